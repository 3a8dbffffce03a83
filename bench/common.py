"""What the benchmarks in Python share: the programs under test, the machine they ran on, and tables
in Markdown that can be pasted into bench/README.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[1]
RELEASE = ROOT / "build/release/bin"
#: Built by the bench preset; src/meter/testing/fake_board.hpp says what it can be told.
FAKE_NVML = ROOT / "build/bench/lib/libfake_nvml.so"
FAKE_CUDA = ROOT / "build/bench/lib/libfake_cuda.so"


def parser(description: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument(
        "--joulemark", type=Path, default=RELEASE / "joulemark", metavar="FILE",
        help="the program under test [build/release/bin/joulemark]",
    )  # fmt: skip
    return made


def existing(path: Path) -> Path:
    """The same path, when there is such a file; the end of the benchmark otherwise."""
    if not path.exists():
        sys.exit(f"there is no {path}. script/bench builds what the benchmarks need")
    return path


class Joulemark:
    """The program under test, with a database and models of its own below `folder`."""

    def __init__(self, program: Path, folder: Path, models: Path | None = None) -> None:
        self.program = existing(program)
        self.models = models or folder / "models"
        self.db = folder / "bench.sqlite"

    def command(self, *arguments) -> list[str]:
        common = ("--models", self.models, "--db", self.db, "--json")
        return [str(a) for a in (self.program, *arguments, *common)]

    def make_model(self, name: str, **behaviour) -> None:
        """An artefact that the reference worker runs."""
        worker = existing(self.program.with_name("joulemark-worker-reference"))
        made = [worker, "--make-artefact", self.models, "--name", name]
        subprocess.run([*made, "--options", json.dumps(behaviour)], check=True)

    def show(self, run: str) -> dict:
        """Everything that is stored of a run."""
        command = self.command("show", run)
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


class NotMeasured(Exception):
    """A call of joulemark that gave no result; says which and why."""


def only_row(command: Sequence[str], code: int, out: str, err: str) -> dict:
    """The row of a `measure --json` of one model under one policy, which must be ok."""
    try:
        (row,) = json.loads(out)["rows"]
    except (ValueError, KeyError):
        row = {}
    if code != 0 or row.get("status") != "ok":
        reason = row.get("message") or err.strip() or out.strip()
        raise NotMeasured(f"{' '.join(command)}\nended with exit code {code}: {reason}")
    return row


def persistently(measure: Callable[[], T], attempts: int = 3) -> T:
    """What `measure` returns. On a busy machine a run may end as unstable: it is repeated, and that
    is said; after that many attempts the benchmark ends."""
    for attempt in range(1, attempts + 1):
        try:
            return measure()
        except NotMeasured as e:
            if attempt == attempts:
                sys.exit(str(e))
            print(f"once more: {e}", file=sys.stderr, flush=True)
    raise AssertionError("unreachable: attempts >= 1")


def cpu_seconds(pid: int) -> float:
    """CPU time that process `pid` has used by itself, all threads. OSError when it has ended."""
    return time.clock_gettime((~pid << 3) | 2)  # as clock_getcpuclockid(3) does


def median_and_range(values: Sequence[float], form: str = "{:.2f}") -> str:
    """ "1.02 (0.99 .. 1.04)" """
    low, middle, high = (f(values) for f in (min, statistics.median, max))
    return f"{form} ({form} .. {form})".format(middle, low, high)


# --- The machine -----------------------------------------------------------------------------------


def cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def version(program: Path) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return said.stdout.strip()


def commit() -> str:
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    said = subprocess.run(git, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "no commit"


class Surroundings:
    """Who else used the machine while a benchmark ran: from the kernel's account of all CPU time."""

    def __init__(self) -> None:
        self.began = self._read()

    @staticmethod
    def _read() -> tuple[float, float, float, float]:
        """Seconds since boot: clock, CPU time of everybody, of us, and stolen by other machines."""
        fields = [int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        user, nice, system, _, _, irq, soft_irq, steal = fields
        tick = os.sysconf("SC_CLK_TCK")
        ours = os.times()
        return (
            time.monotonic(),
            (user + nice + system + irq + soft_irq) / tick,
            ours.user + ours.system + ours.children_user + ours.children_system,
            steal / tick,
        )

    def line(self) -> str:
        """ "others used 3 % of one CPU, 0 % was stolen" """
        wall, all_cpu, own_cpu, stolen = (b - a for a, b in zip(self.began, self._read()))
        others = max(0.0, all_cpu - own_cpu) / wall
        return f"others used {others:.0%} of one CPU, {stolen / wall:.0%} was stolen"


def print_machine(program: Path, surroundings: Surroundings, *more: str) -> None:
    """The line that says what the table above it is about."""
    facts = [
        f"{cpu_name()}, {os.cpu_count()} CPUs, Linux {platform.release()}",
        *more,
        f"joulemark {version(program)} ({commit()})",
        time.strftime("%Y-%m-%d"),
        surroundings.line(),
    ]
    print("\n" + "; ".join(facts) + ".", flush=True)


# --- Tables ----------------------------------------------------------------------------------------


def row_of(cells: Sequence[object]) -> None:
    print("| " + " | ".join(str(c) for c in cells) + " |", flush=True)


def table(*heads: str) -> None:
    """The head of a table; text on the left, numbers on the right are for the reader's eye only."""
    row_of(heads)
    print("|" + "---|" * len(heads), flush=True)
