"""Exporting many models: one subprocess each, so that none can end the run."""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .artefact_check import is_complete
from .spec import ExportSpec

FAILURES = "failures.json"


@dataclass
class ExportResult:
    spec: ExportSpec
    status: str  # exported | kept | failed
    seconds: float
    error: str = ""
    tail: str = ""


def export_in_subprocess(spec: ExportSpec, out: Path, timeout: float, force: bool) -> ExportResult:
    began = time.monotonic()
    if not force and is_complete(spec, out):
        return ExportResult(spec, "kept", 0.0)
    with tempfile.TemporaryDirectory(prefix="joulemark-export-") as scratch:
        # Compilers unpack and cache hundreds of megabytes: all of it goes with this folder.
        env = {**os.environ, "TMPDIR": scratch, "TORCHINDUCTOR_CACHE_DIR": f"{scratch}/inductor"}
        env["PYTHONPATH"] = os.pathsep.join(
            [str(Path(__file__).resolve().parents[1]), *filter(None, [env.get("PYTHONPATH")])]
        )
        child = subprocess.Popen(
            [sys.executable, "-m", "joulemark_zoo.one", spec.to_json(), str(out)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env, start_new_session=True,
        )
        try:
            _, err = child.communicate(timeout=timeout)
            error = "" if child.returncode == 0 else describe_end(child.returncode, err)
        except subprocess.TimeoutExpired:
            err, error = "", f"not done after {timeout:.0f} s"
        finally:
            end_group(child)
    seconds = time.monotonic() - began
    if not error:
        return ExportResult(spec, "exported", seconds)
    remove_partial(spec, out, child.pid)
    return ExportResult(spec, "failed", seconds, error, "\n".join(err.splitlines()[-15:]))


def end_group(child: subprocess.Popen) -> None:
    """Ends the exporter and the compilers it started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def remove_partial(spec: ExportSpec, out: Path, pid: int) -> None:
    import shutil

    final = spec.folder(out)
    shutil.rmtree(final.parent / f".{final.name}.{pid}.partial", ignore_errors=True)
    try:
        final.parent.rmdir()  # only when nothing else is in it
    except OSError:
        pass


def describe_end(code: int, err: str) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    lines = [line for line in err.splitlines() if line.strip()]
    return lines[-1] if lines else f"exit code {code}"


def export_all(specs: list[ExportSpec], out: Path, *, jobs: int, timeout: float, force: bool, say):
    """Exports every spec; tells `say(result, done, total)` about each as it ends. Returns the results."""
    results = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        futures = [pool.submit(export_in_subprocess, s, out, timeout, force) for s in specs]
        for future in concurrent.futures.as_completed(futures):
            results.append(future.result())
            say(results[-1], len(results), len(specs))
    record_failures(results, out)
    return results


def record_failures(results: list[ExportResult], out: Path) -> None:
    """failures.json holds the last failure of each variant; one that worked since is dropped."""
    path = out / FAILURES
    try:
        rows = {row["variant"]: row for row in json.loads(path.read_text())}
    except (OSError, ValueError, KeyError, TypeError):
        rows = {}
    for r in results:
        variant = str(r.spec.folder(Path()))
        rows.pop(variant, None)
        if r.status == "failed":
            rows[variant] = {
                "variant": variant, "model": r.spec.name, "error": r.error,
                "seconds": round(r.seconds, 1), "traceback": r.tail,
            }
    if rows:
        path.write_text(json.dumps(list(rows.values()), indent=1) + "\n")
    else:
        path.unlink(missing_ok=True)
