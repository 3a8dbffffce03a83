"""Exports one variant in this process: python -m joulemark_zoo.one SPEC_JSON OUT REPORT.

REPORT is a JSON file that holds the stage reached, and the error if there was one. The process ends,
with every compiler that it started, when its standard input closes: then nobody waits for it.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path

from .spec import ExportSpec

TRACEBACK_LINES = 15


def end_with_the_parent() -> None:
    def watch() -> None:
        while os.read(0, 1):
            pass
        os.killpg(0, signal.SIGKILL)  # the parent makes this process the leader of its own group

    threading.Thread(target=watch, daemon=True).start()


def main(spec_json: str, out: str, report: str) -> int:
    faulthandler.enable()  # a crash in a library leaves Python's traceback in the log
    end_with_the_parent()
    state = {"stage": "import"}

    def enter(stage: str) -> None:
        state["stage"] = stage
        Path(report).write_text(json.dumps(state))

    enter("import")
    spec = ExportSpec.from_json(spec_json)
    try:
        from .artefact import export_one
        from .names import register
        from .vector_units import spare_trials

        if spec.format == "aoti" and spec.device != "cpu":
            spare_trials()
        register(spec.modules)
        export_one(spec, Path(out), enter)
        return 0
    except Exception as error:
        first = next(iter(str(error).strip().splitlines()), "")
        state["error"] = f"{type(error).__name__}: {first}" if first else type(error).__name__
        state["traceback"] = "\n".join(traceback.format_exc().splitlines()[-TRACEBACK_LINES:])
        enter(state["stage"])
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
