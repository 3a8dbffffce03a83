"""Writing one artefact folder, whole or not at all, and telling whether one is whole."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import os
import platform
import shutil
from pathlib import Path
from typing import Callable

import numpy as np
import torch

from . import __version__, fixes, hub, images
from .build import BuiltModel, build, timm
from .formats import DTYPES, EXPORTERS, Eager, ExportError, compiler_settings, host_of, placed, round_products
from .spec import ExportSpec

SCHEMA = "joulemark.descriptor/1"
#: Logits with a smaller deviation, or of which half are nearer than this to another image's (relative to their size),
#: could not tell a wrong model from a right one. Not the nearest two: attention and gates in a row let a few images of
#: eight grow and others shrink, until those are alike (halonet50ts, regnetv_064).
LEAST_DEVIATION, LEAST_DISTANCE = 0.05, 0.02
#: The program that measures allows twice the error of eager, and 0.4 at most.
MOST_EAGER_ERROR = 0.2


def export_one(
    spec: ExportSpec,
    out: Path,
    enter: Callable[[str], None],
    counts: images.Counts = images.Counts(),
    show: Callable[[BuiltModel], None] = lambda built: None,
) -> Path:
    """Exports into a folder beside the final one, which takes its place when it is complete.

    Tells `enter` the stage that begins: build, reference, export, write. When all is written, `show` gets the model
    that it was made from. Raises what stops it.
    """
    final = spec.folder(out)
    partial = partial_folder(spec, out, os.getpid())
    try:
        partial.mkdir(parents=True)
        with torch.no_grad():
            enter("build")
            built = build(spec, counts)
            descriptor = fill(spec, built, partial, enter)
        (partial / "descriptor.json").write_text(json.dumps(descriptor, indent=1) + "\n")
        replace(final, partial)
        with torch.no_grad():
            show(built)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return final


def fill(spec: ExportSpec, built: BuiltModel, folder: Path, enter: Callable[[str], None]) -> dict:
    """Writes every file but the descriptor, which it returns."""
    parameters = sum(p.numel() for p in built.model.parameters())
    enter("reference")
    round_products("fp32")
    logits = reference_output(built, spec)
    round_products(spec.precision)
    eager = Eager(placed(built.model, spec), built.images, spec)
    eager.error = error_of_eager(eager, logits)
    enter("export")
    artefacts = EXPORTERS[spec.format](eager, folder)
    enter("write")
    return {
        "schema": SCHEMA,
        "name": spec.name,
        "architecture": spec.architecture,
        "tag": built.tag,
        "input_size": list(built.size),
        "mean": list(built.config["mean"]),
        "std": list(built.config["std"]),
        "crop_pct": float(built.config["crop_pct"]),
        "interpolation": built.config["interpolation"],
        "classes": logits.shape[1],
        "parameters": parameters,
        "precision": spec.precision,
        "layout": spec.layout,
        "format": spec.format,
        "device": spec.device,
        "artefacts": [{**file_facts(folder / a["file"]), **a} for a in artefacts],
        "host": host_of(spec.format, spec.device),
        "weights": built.weights,
        "reference": {
            "input": write_tensor(folder / "reference_input.f32", built.images),
            "output": write_tensor(folder / "reference_output.f32", logits),
            "made_with": f"{spec.device} float32 eager",
            "eager_error": eager.error,
            "images": built.images_from,
        },
        "exporter": {**versions(), "compiler": compiler_settings(spec), "fixes": fixes.names_of(spec),
                     "exported_at": now()},
    }


def reference_output(built: BuiltModel, spec: ExportSpec) -> torch.Tensor:
    """float32 logits [N, classes] of the weights as the target precision rounds them, so that the
    check at measuring time sees arithmetic and graph, not the rounding of weights."""
    model = built.model.to(dtype=DTYPES[spec.precision]).to(dtype=torch.float32, device=spec.device)
    logits = model(built.images.to(spec.device))
    if not isinstance(logits, torch.Tensor) or logits.ndim != 2 or logits.shape[1] < 2:
        shape = list(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise ExportError(f"the model returns {shape}, not logits [images, classes]")
    logits = logits.float().cpu()
    if not torch.isfinite(logits).all():
        raise ExportError(f"the logits are not finite with weights rounded to {spec.precision}")
    deviation, distance = logits.std(dim=1).mean().item(), distance_between(logits)
    if deviation < LEAST_DEVIATION:
        raise ExportError(f"the logits are dead: their deviation is {deviation:.2g}")
    if distance < LEAST_DISTANCE:
        raise ExportError(f"the logits hardly depend on the image: they differ by {distance:.2g} of their size")
    return logits


def error_of_eager(eager: Eager, logits: torch.Tensor) -> float:
    """How far eager in the target precision is from the reference: the worst image's relative error."""
    out = eager.model(eager.batch(len(logits))).float().cpu()
    precision = eager.spec.precision
    if not torch.isfinite(out).all():
        raise ExportError(f"the logits are not finite in {precision}: export it in another precision")
    error = ((out - logits).norm(dim=1) / logits.norm(dim=1)).max().item()
    if error > MOST_EAGER_ERROR:
        raise ExportError(
            f"in {precision} PyTorch itself is {error:.2g} away from float32 (at most {MOST_EAGER_ERROR}): "
            "no check could tell a wrong model from a right one"
        )
    return error


def distance_between(logits: torch.Tensor) -> float:
    """How far the logits of an image [N, classes] are from the nearest other's, relative to their norm, as the check at
    measuring time takes it: the median of all images."""
    values = logits.double()
    apart = torch.cdist(values, values).fill_diagonal_(math.inf).min(dim=1).values
    return (apart / values.norm(dim=1).clamp_min(1e-12)).median().item()


def is_complete(spec: ExportSpec, out: Path, *, hub_in_reach: bool) -> bool:
    """True when the folder holds what this spec would make here and now, every file with its digest."""
    folder = spec.folder(out)
    try:
        d = json.loads((folder / "descriptor.json").read_text())
        files = [*d["artefacts"], d["reference"]["input"], d["reference"]["output"]]
        made_by = versions()
        # Compiled code fits one release of torch; a trace does not mind.
        same_program = d["exporter"]["joulemark_zoo"] == made_by["joulemark_zoo"] and (
            spec.format != "aoti" or d["exporter"]["torch"] == made_by["torch"]
        )
        return (
            d["schema"] == SCHEMA
            and same_program
            and d["host"] == host_of(spec.format, spec.device)
            and d["exporter"].get("compiler", {}) == compiler_settings(spec)
            and d["exporter"].get("fixes", []) == fixes.names_of(spec)
            and {a["batch"] for a in d["artefacts"]} >= set(spec.batches or (None,))
            and "eager_error" in d["reference"]
            and d["reference"]["images"] == images.label(spec.seed, spec.images)
            and has_weights(spec, d["weights"], hub_in_reach)
            and all(file_facts(folder / f["file"])["sha256"] == f["sha256"] for f in files)
        )
    except (OSError, KeyError, TypeError, ValueError):
        return False


def has_weights(spec: ExportSpec, weights: dict, hub_in_reach: bool) -> bool:
    origin = weights["origin"]
    if origin == "pretrained":
        return spec.weights in ("auto", "pretrained")
    could_be_pretrained = hub_in_reach and weights.get("reason") in (hub.ASKED, hub.OUT_OF_REACH)
    wanted = spec.weights == origin or (spec.weights == "auto" and origin == "live" and not could_be_pretrained)
    return wanted and weights["seed"] == spec.seed


def partial_folder(spec: ExportSpec, out: Path, pid: int) -> Path:
    """Where process `pid` builds the artefact; hidden, so that no reader takes it for one."""
    final = spec.folder(out)
    return final.parent / f".{final.name}.{pid}.partial"


def replace(final: Path, complete: Path) -> None:
    """Puts `complete` in the place of `final`: what was there goes only when the new one is in place."""
    old = complete.with_suffix(".old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.rename(old)
    complete.rename(final)
    shutil.rmtree(old, ignore_errors=True)


def file_facts(path: Path) -> dict:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return {"file": path.name, "sha256": digest.hexdigest(), "bytes": path.stat().st_size}


def write_tensor(path: Path, tensor: torch.Tensor) -> dict:
    """Writes float32, little-endian, row-major."""
    values = np.ascontiguousarray(tensor.detach().cpu().numpy(), dtype="<f4")
    values.tofile(path)
    return {**file_facts(path), "dtype": "float32", "shape": list(values.shape)}


def versions() -> dict:
    return {
        "joulemark_zoo": __version__,
        "torch": torch.__version__,
        "timm": timm.__version__,
        "python": platform.python_version(),
    }


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
