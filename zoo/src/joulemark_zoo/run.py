"""Exporting many models: one process each, so that none can end the run."""

from __future__ import annotations

import concurrent.futures
import fcntl
import functools
import json
import os
import shutil
import signal
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from . import forked, hub, one
from .artefact import is_complete, partial_folder
from .forked import SCRATCH_PREFIX
from .spec import ExportSpec

FAILURES = "failures.json"
#: Of what a process said before it crashed: Python's own frames are about twenty of them.
LOG_LINES = 40


@dataclass
class ExportResult:
    spec: ExportSpec
    status: str  # exported | kept | failed
    seconds: float = 0.0
    stage: str = ""  # of a failure: start, import, build, reference, export, write
    error: str = ""
    traceback: str = ""
    stages: dict[str, float] = field(default_factory=dict)  # seconds of each that was entered


@dataclass
class Run:
    """What all exports of one call share. `env` is added to the environment of their processes.

    `hub_in_reach` turns false, and stays so, when the hub stops answering: its client takes most of a
    minute to give up, and no two models should wait for that.
    """

    out: Path
    scratch: Path
    env: dict[str, str]
    timeout: float  # seconds for each model
    force: bool
    hub_in_reach: bool
    children: set[forked.Forked] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: bool = False

    def is_offline(self) -> bool:
        """Whether the next model has to do without the hub."""
        self.hub_in_reach = self.hub_in_reach and hub.in_reach()
        return not self.hub_in_reach

    def start(self, spec: ExportSpec, report: Path, log: Path) -> forked.Forked:
        offline = self.is_offline()
        work = functools.partial(one.export, offline=offline, threads=int(self.env["OMP_NUM_THREADS"]))
        with self.lock:
            if self.stopped:
                raise OSError("the run was stopped")
            child = forked.start(work, (spec, self.out, report, log), self.env)
            self.children.add(child)
            return child

    def end(self, child: forked.Forked) -> None:
        """Ends an exporter and the compilers it started."""
        child.end()
        with self.lock:
            self.children.discard(child)

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
            for child in self.children:
                child.end()


def export_all(
    specs: list[ExportSpec],
    out: Path,
    *,
    jobs: int,
    timeout: float,
    force: bool,
    hub_in_reach: bool,
    say: Callable[[ExportResult, int, int], None],
) -> list[ExportResult]:
    """Exports every spec, `jobs` at a time; tells `say(result, done, total)` about each as it ends.

    Failures are results, and rows of failures.json in `out`. When it is interrupted, the processes
    are ended, and what was complete stays. Raises OSError when there is no room for scratch files.
    """
    sweep(out)
    results: list[ExportResult] = []
    # Compilers unpack and cache hundreds of megabytes: all of it goes with this folder.
    with tempfile.TemporaryDirectory(prefix=f"{SCRATCH_PREFIX}{os.getpid()}-") as scratch:
        env = environment(Path(scratch), min(jobs, len(specs)) or 1, {spec.device for spec in specs})
        run = Run(out, Path(scratch), env, timeout, force, hub_in_reach)
        pool = concurrent.futures.ThreadPoolExecutor(max_workers=jobs)
        try:
            futures = [pool.submit(export_in_process, spec, run) for spec in specs]
            for future in concurrent.futures.as_completed(futures):
                results.append(future.result())
                say(results[-1], len(results), len(specs))
        finally:
            run.stop()
            pool.shutdown(wait=True, cancel_futures=True)
            record_failures(results, out)
    return results


def environment(scratch: Path, jobs: int, devices: set[str]) -> dict[str, str]:
    """What is added to ours. The compiler's cache is shared by a run: its first entries cost as much as a model."""
    env = {"TMPDIR": str(scratch), "TORCHINDUCTOR_CACHE_DIR": str(scratch / "inductor")}
    # Inductor starts a pool of compilers of its own, of one process a core, in every job.
    for threads in ("OMP_NUM_THREADS", "TORCHINDUCTOR_COMPILE_THREADS"):
        env[threads] = os.environ.get(threads) or str(max(1, (os.cpu_count() or 1) // jobs))
    if "cpu" not in devices:
        # Inductor tries the vector units of the CPU with programs of its own, which code for a GPU does not use.
        env["TORCHINDUCTOR_VEC_ISA_OK"] = os.environ.get("TORCHINDUCTOR_VEC_ISA_OK") or "1"
    package = str(Path(__file__).resolve().parents[1])
    env["PYTHONPATH"] = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    return env


def export_in_process(spec: ExportSpec, run: Run) -> ExportResult:
    began = time.monotonic()
    if not run.force and is_complete(spec, run.out, hub_in_reach=run.hub_in_reach):
        return ExportResult(spec, "kept")
    try:
        result = attempt(spec, run)
    except OSError as error:
        result = ExportResult(spec, "failed", stage="start", error=str(error))
    result.seconds = time.monotonic() - began
    return result


def attempt(spec: ExportSpec, run: Run) -> ExportResult:
    """One process from its start to its end."""
    own = Path(tempfile.mkdtemp(dir=run.scratch))
    report, log = own / "report.json", own / "log"
    child = run.start(spec, report, log)
    try:
        code = child.wait(run.timeout)
    finally:
        run.end(child)
    state = read_report(report)
    tail = log.read_text(errors="replace").splitlines()[-LOG_LINES:] if log.exists() else []
    shutil.rmtree(own, ignore_errors=True)
    if code == 0:
        return ExportResult(spec, "exported", stages=state.get("seconds", {}))
    discard_partial(spec, run.out, child.pid)
    late = code is None
    return ExportResult(
        spec,
        "failed",
        stage=state.get("stage", "start"),
        error=f"not done after {run.timeout:g} s" if late else state.get("error") or ending(code, tail),
        traceback=state.get("traceback") or "\n".join(tail),
        stages=state.get("seconds", {}),
    )


def read_report(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def ending(code: int, tail: list[str]) -> str:
    if code == -signal.SIGKILL:
        return "killed by SIGKILL (often: out of memory)"
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return tail[-1] if tail else f"exit code {code}"


def discard_partial(spec: ExportSpec, out: Path, pid: int) -> None:
    shutil.rmtree(partial_folder(spec, out, pid), ignore_errors=True)
    try:
        spec.folder(out).parent.rmdir()  # only when nothing else is in it
    except OSError:
        pass


def sweep(out: Path) -> None:
    """Removes what runs that were killed left: half folders and scratch folders of processes that are gone."""
    for folder in (*out.glob("*/.*.partial"), *out.glob("*/.*.old")):
        if not is_alive(folder.name.split(".")[-2]):
            shutil.rmtree(folder, ignore_errors=True)
    for place in {tempfile.gettempdir(), forked.SOCKETS}:
        for folder in Path(place).glob(f"{SCRATCH_PREFIX}*"):
            if not is_alive(folder.name[len(SCRATCH_PREFIX) :].partition("-")[0]):
                shutil.rmtree(folder, ignore_errors=True)


def is_alive(pid: str) -> bool:
    if not pid.isdigit():
        return True  # not a name of ours
    try:
        os.kill(int(pid), 0)
        # One that nobody has waited for yet has ended all the same.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except ProcessLookupError:
        return False
    except OSError:
        return True


def record_failures(results: list[ExportResult], out: Path) -> None:
    """failures.json holds the last failure of each variant; one that worked since is dropped."""
    path = out / FAILURES
    folder = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # another run may write to the same folder
        rows = {row["variant"]: row for row in read_rows(path)}
        for r in results:
            variant = str(r.spec.folder(Path()))
            rows.pop(variant, None)
            if r.status == "failed":
                rows[variant] = {
                    "variant": variant, "model": r.spec.name, "stage": r.stage, "error": r.error,
                    "seconds": round(r.seconds, 1), "traceback": r.traceback,
                }
        if rows:
            fresh = path.with_suffix(".partial")
            fresh.write_text(json.dumps(list(rows.values()), indent=1) + "\n")
            fresh.replace(path)
        else:
            path.unlink(missing_ok=True)
    finally:
        os.close(folder)


def read_rows(path: Path) -> list[dict]:
    try:
        rows = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    return [r for r in rows if isinstance(r, dict) and "variant" in r] if isinstance(rows, list) else []
