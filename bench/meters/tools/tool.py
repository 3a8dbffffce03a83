"""What every tool of the laboratory has in common. A tool runs in its own virtual environment and
speaks lines of JSON: it says {"ready": true} once it is set up, is told {"begin": T, "seconds": S}
(T on CLOCK_MONOTONIC), measures S seconds of sleep from then on, and says what came out:

    {"from": T, "to": T, "joules": J, "stated_rel": U, "said": "..."}    or    {"failed": "why"}

`from` and `to` are what the tool's user would take the number for: the return of the call that
begins and the call that ends; a tool that chose them on the sensor's updates also says `shown_s`,
how much later these were shown. `stated_rel` is there only where the tool states an uncertainty,
`said` only where it said something besides its number. The end of standard input ends the tool,
so that its CPU time can be read from outside before that.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Protocol


class Measuring(Protocol):
    def begin(self) -> None: ...

    def end(self) -> dict:
        """At least {"joules": ...}."""


def sleep_until(monotonic: float) -> None:
    time.sleep(max(0.0, monotonic - time.monotonic()))


def run(prepare: Callable[[], Measuring]) -> int:
    # What a library prints of its own accord shall not mix with our lines.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(what: dict) -> None:
        answers.write(json.dumps(what) + "\n")
        answers.flush()

    try:
        measuring = prepare()
        say({"ready": True})
        told = sys.stdin.readline()
        if not told:
            return 0
        say(measure(measuring, **json.loads(told)))
    except Exception as e:  # whatever a tool raises is its row in the table
        say({"failed": f"{type(e).__name__}: {e}"})
    sys.stdin.readline()
    return 0


def measure(measuring: Measuring, begin: float, seconds: float) -> dict:
    sleep_until(begin)
    measuring.begin()
    began = time.monotonic()
    sleep_until(began + seconds)
    ended = time.monotonic()
    return {"from": began, "to": ended, **measuring.end()}
