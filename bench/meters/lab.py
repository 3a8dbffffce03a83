"""The laboratory itself: a board that all tools look at, the tools as processes, and what they did.

A `Board` is one waveform with a zero of its own, seen through a copy of the fake driver library;
the same library is asked for the truth. `measure_together` starts tools on it, waits until all are
set up, lets them measure the same seconds, and reads their CPU time from outside.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common  # noqa: E402

READY_S = 120.0  # to import a tool's libraries on a busy machine
ANSWER_S = 20.0  # after the end of the window
LEAD_S = 0.5  # from the last tool's being ready to the window


@dataclass(frozen=True)
class Tool:
    """One column: how a user would run it."""

    name: str
    meter: str  # nvml or rapl
    command: tuple[str, ...]
    version: str


@dataclass
class Result:
    """What one tool made of one waveform. Absent is what it did not say."""

    tool: str
    waveform: str
    failed: str | None = None
    truth: float | None = None
    joules: float | None = None
    stated_rel: float | None = None
    steps_known: bool = False  # of the load, to the tool
    stated_without_steps_rel: float | None = None  # what it would have stated then
    terms: dict[str, float] = field(default_factory=dict)  # of which `stated_rel` is made
    gap_rel: float | None = None
    between_samples_rel: float | None = None
    queries: int | None = None  # of the energy counter
    flags: list[str] = field(default_factory=list)
    #: The share that the sensor itself is off by, between the updates that the tool can have seen.
    sensor_rel: float = 0.0
    seconds: float | None = None
    cpu_s: float | None = None
    set_up: bool = False

    @property
    def error_rel(self) -> float | None:
        return None if self.failed else self.joules / self.truth - 1.0


class Board:
    def __init__(self, name: str, waveform: str, sensor: str, folder: Path) -> None:
        self.name = name
        self.zero = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        slug = "".join(c if c.isalnum() else "-" for c in name)
        # A process loads a library once per path: each board is a copy of its own, under the name
        # that tools look for.
        self.folder = Path(tempfile.mkdtemp(prefix=f"{slug}-", dir=folder))
        self.library = self.folder / "libnvidia-ml.so.1"
        shutil.copy(common.existing(common.FAKE_NVML), self.library)
        # CodeCarbon looks for a GPU by calling the driver's program.
        smi = self.folder / "nvidia-smi"
        smi.write_text("#!/bin/sh\n")
        smi.chmod(0o755)
        self.settings = f"waveform={waveform};{sensor};zero={self.zero:.6f}"
        self.truth = self._load()

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "LD_LIBRARY_PATH": str(self.folder),
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "JOULEMARK_FAKE_NVML": self.settings,
        }

    def _load(self) -> ctypes.CDLL:
        os.environ["JOULEMARK_FAKE_NVML"] = self.settings  # read at the first call, which is this
        library = ctypes.CDLL(str(self.library))
        for name in ("fake_nvml_joules", "fake_nvml_sensor_error_joules"):
            function = getattr(library, name)
            function.argtypes, function.restype = [ctypes.c_double] * 2, ctypes.c_double
        # Nothing is used before the zero: or it would be another board's.
        if library.fake_nvml_joules(self.zero - 1e4, self.zero) > 1e-3:
            raise RuntimeError(f"{self.library} was loaded before: its truth is another board's")
        del os.environ["JOULEMARK_FAKE_NVML"]
        return library

    def joules(self, start: float, end: float) -> float:
        return self.truth.fake_nvml_joules(start, end)

    def sensor_error_joules(self, start: float, end: float) -> float:
        return self.truth.fake_nvml_sensor_error_joules(start, end)


class Running:
    """A tool's process, and the lines that it says."""

    def __init__(self, tool: Tool, command: list[str], board: Board, log: Path) -> None:
        self.tool = tool
        self.result = Result(tool.name, board.name)
        with log.open("w") as errors:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors}
            self.process = subprocess.Popen(command, env=board.environment(), text=True, **pipes)

    def fail(self, why: str) -> None:
        self.result.failed = why.splitlines()[0] if why else "no reason given"

    def hear(self) -> dict:
        """The next line; one is there, or the end."""
        line = self.process.stdout.readline()
        try:
            said = json.loads(line)
        except ValueError:
            said = {"failed": f"ended with {line.strip() or 'nothing'!r} and no answer"}
        if "failed" in said:
            self.fail(said["failed"])
        return said

    def tell(self, what: dict) -> None:
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def children() -> dict[int, list[int]]:
    """Of every process, those that it started."""
    found: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
        found.setdefault(parent, []).append(int(stat.parent.name))
    return found


def tree_cpu_seconds(pid: int) -> float:
    """CPU time of a process and of all below it that are alive."""
    below, total, waiting = children(), 0.0, [pid]
    while waiting:
        one = waiting.pop()
        waiting += below.get(one, [])
        try:
            total += common.cpu_seconds(one)
        except OSError:
            continue
    return total


def listen(tools: list[Running], until: float):
    """Yields each tool as it says something, at most one line of each; whoever is silent fails."""
    with selectors.DefaultSelector() as selector:
        for t in tools:
            selector.register(t.process.stdout, selectors.EVENT_READ, t)
        while selector.get_map():
            heard = selector.select(max(0.0, until - time.monotonic()))
            if not heard:
                for key in list(selector.get_map().values()):
                    key.data.fail("no answer in time")
                return
            for key, _ in heard:
                selector.unregister(key.fileobj)
                yield key.data


def settle(running: Running, said: dict, board: Board, cpu_s: float) -> None:
    """Puts what a tool said beside the truth of the interval that it said it for."""
    result, start, end = running.result, said["from"], said["to"]
    result.truth = board.joules(start, end)
    result.joules = said["joules"]
    result.seconds = end - start
    result.cpu_s = cpu_s
    result.stated_rel = said.get("stated_rel")
    result.stated_without_steps_rel = said.get("stated_without_steps_rel")
    result.steps_known = said.get("steps_known", False)
    result.terms = said.get("terms", {})
    result.gap_rel = said.get("gap_rel")
    result.queries = said.get("queries")
    result.between_samples_rel = said.get("between_samples_rel")
    result.flags = said.get("flags", [])
    if running.tool.meter == "nvml":
        shown = said.get("shown_s", 0.0)  # a tool that knows of updates says when it saw those of its edges
        result.sensor_rel = board.sensor_error_joules(start + shown, end + shown) / result.truth


def measure_together(
    tools: list[tuple[Tool, list[str]]], board: Board, seconds: float, logs: Path
) -> list[Result]:
    """Lets each tool, with the command that starts it, measure the same seconds of one board."""
    logs.mkdir(parents=True, exist_ok=True)
    everyone = [
        Running(tool, command, board, logs / f"{tool.name}, {board.name}.log")
        for tool, command in tools
    ]
    for r in listen(everyone, time.monotonic() + READY_S):
        r.result.set_up = r.hear().get("ready", False)
    ready = [r for r in everyone if r.result.failed is None]
    begin = time.monotonic() + LEAD_S
    for r in ready:
        r.tell({"begin": begin, "seconds": seconds})
    time.sleep(max(0.0, begin - 0.1 - time.monotonic()))
    before = {r: tree_cpu_seconds(r.process.pid) for r in ready}
    for r in listen(ready, begin + seconds + ANSWER_S):
        said = r.hear()
        if r.result.failed is None:
            settle(r, said, board, tree_cpu_seconds(r.process.pid) - before[r])
    for r in everyone:
        r.end()
    return [r.result for r in everyone]
