"""One model, tried in a process of its own that is forked from a server with torch and timm in memory."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from .. import forked
from ..images import Counts
from ..spec import ExportSpec

REASON_LENGTH = 300


@dataclass(frozen=True)
class Limits:
    seconds: float
    memory: int  # bytes of private memory
    threads: int


def try_export(spec: ExportSpec, counts: Counts, limits: Limits, scratch: Path) -> dict:
    """Exports into `scratch`, and removes it. The part of a row that says how it went: `outcome` is exported or failed.

    Never raises for what the model does: a crash, a time-out, and memory that is refused are outcomes.
    """
    ours, theirs = multiprocessing.Pipe(duplex=False)
    folder = Path(tempfile.mkdtemp(dir=scratch))
    child = None
    try:
        child = forked.start(run, (theirs, spec, counts, limits, folder), environment(limits, folder))
        began = time.monotonic()
        theirs.close()
        outcome = outcome_of(child, listen(ours, began + limits.seconds), limits)
    finally:
        if child:
            child.end()
        ours.close()
        shutil.rmtree(folder, ignore_errors=True)
    return {**outcome, "seconds": round(time.monotonic() - began, 2)}


def listen(pipe: Connection, deadline: float) -> dict:
    """What the child has told until it ended, or the deadline."""
    told: dict = {"stage": "start"}
    try:
        while (left := deadline - time.monotonic()) > 0:
            if pipe.poll(left):
                told.update(pipe.recv())
        told["late"] = True
    except (EOFError, OSError):
        pass
    return told


def outcome_of(child: forked.Forked, told: dict, limits: Limits) -> dict:
    """What was told, or why the child could tell no outcome."""
    late = told.get("late", False)
    told = {k: v for k, v in told.items() if k != "late"}
    if "outcome" in told:
        return told
    if late:
        return {**told, "outcome": "failed", "reason": f"not done after {limits.seconds:g} s"}
    code = child.wait(10.0)
    name = signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
    return {**told, "outcome": "failed", "reason": f"the process ended by {name}"}


def environment(limits: Limits, folder: Path) -> dict[str, str]:
    """Compilers cache hundreds of megabytes for a model, in a folder of its own; the headers that they precompile, which
    cost as much as a model, are kept for the next one in TMPDIR."""
    return {
        "TMPDIR": str(folder.parent), "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"), "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": str(limits.threads), "TORCHINDUCTOR_COMPILE_THREADS": str(limits.threads),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")])),
        # Inductor would try the vector units of the CPU with programs of its own, once for every model.
        "TORCHINDUCTOR_VEC_ISA_OK": os.environ.get("TORCHINDUCTOR_VEC_ISA_OK") or "1",
    }


# --- in the child ------------------------------------------------------------------------------------


def run(pipe: Connection, spec: ExportSpec, counts: Counts, limits: Limits, folder: Path) -> None:
    confine(limits)
    import torch

    from ..artefact import export_one
    from ..names import register
    from .half import half_precision

    def look(built) -> None:
        pipe.send(facts_of(spec.folder(folder)))  # known, whatever comes of the rest
        if spec.precision == "fp32" and spec.format == "torchscript":
            with contextlib.suppress(Exception):  # then it stays unknown
                pipe.send(half_precision(built.model, built.images))

    torch.set_num_threads(limits.threads)
    try:
        register(spec.modules)
        export_one(spec, folder, lambda stage: pipe.send({"stage": stage}), counts, look)
    except Exception as error:
        pipe.send({"outcome": "failed", "reason": reason_of(error)})
    pipe.send({"peak_bytes": peak_memory()})


def confine(limits: Limits) -> None:
    """A limit of memory that torch sees as an allocation refused."""
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def facts_of(folder: Path) -> dict:
    descriptor = json.loads((folder / "descriptor.json").read_text())
    return {
        "outcome": "exported",
        "stage": "done",
        "artefact_bytes": sum(a["bytes"] for a in descriptor["artefacts"]),
        "eager_error": descriptor["reference"]["eager_error"],
        **{k: v for k in ("fixes",) if (v := descriptor["exporter"].get(k))},
        **({"unchecked": u[0]} if (u := [a["unchecked"] for a in descriptor["artefacts"] if "unchecked" in a]) else {}),
    }


def reason_of(error: Exception) -> str:
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    # TorchScript and the compilers say first that they failed, and last why.
    if len(lines) > 1 and len(text) + len(lines[-1]) < REASON_LENGTH:
        text += f" ... {lines[-1]}"
    return text[:REASON_LENGTH]


def peak_memory() -> int:
    """Bytes, of this process or the largest that it started."""
    return 1024 * max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
