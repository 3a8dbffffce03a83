"""Exports one variant in this process, which forked.py has made for it."""

from __future__ import annotations

import faulthandler
import json
import os
import time
import traceback
from pathlib import Path

from .spec import ExportSpec

TRACEBACK_LINES = 15


class Report:
    """A file that holds the stage reached, how long each took in seconds, and the error if there was one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: dict = {"stage": "start", "seconds": {}}
        self._began = time.monotonic()

    def enter(self, stage: str) -> None:
        self._end_stage()
        self._state["stage"] = stage
        self._write()

    def complete(self) -> None:
        self._end_stage()
        self._write()

    def fail(self, error: Exception) -> None:
        first = next(iter(str(error).strip().splitlines()), "")
        self._state["error"] = f"{type(error).__name__}: {first}" if first else type(error).__name__
        self._state["traceback"] = "\n".join(traceback.format_exc().splitlines()[-TRACEBACK_LINES:])
        self.complete()

    def _end_stage(self) -> None:
        now = time.monotonic()
        self._state["seconds"][self._state["stage"]] = round(now - self._began, 3)
        self._began = now

    def _write(self) -> None:
        self._path.write_text(json.dumps(self._state))


def export(spec: ExportSpec, out: Path, report: Path, log: Path, *, offline: bool, threads: int) -> int:
    """The exit code: 0, or 1 where the report has an error. What libraries print goes into `log`."""
    speak_into(log)
    return export_and_report(spec, out, Report(report), offline=offline, threads=threads)


def speak_into(log: Path) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)  # no pipe: a compiler left behind could hold it open
    os.dup2(file, 1)
    os.dup2(file, 2)
    faulthandler.enable()  # a crash in a library leaves Python's traceback there


def export_and_report(spec: ExportSpec, out: Path, report: Report, *, offline: bool, threads: int) -> int:
    report.enter("import")
    try:
        import torch
        from huggingface_hub import constants

        from .artefact import export_one
        from .names import register
        from .vector_units import spare_trials

        torch.set_num_threads(threads)
        if offline:  # it has read its environment when it was imported; offline, it still looks into its cache
            constants.HF_HUB_OFFLINE = True
        if spec.format == "aoti" and spec.device != "cpu":
            spare_trials()
        register(spec.modules)
        export_one(spec, out, report.enter)
        report.complete()
        return 0
    except Exception as error:
        report.fail(error)
        return 1
