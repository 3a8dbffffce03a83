"""Writing one artefact folder: the model, its reference tensors and descriptor.json, or nothing."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import platform
import shutil
from pathlib import Path

import numpy as np
import torch

from . import __version__
from .build import BuiltModel, build
from .formats import DTYPES, EXPORTERS, host_of, placed
from .spec import ExportSpec

SCHEMA = "joulemark.descriptor/1"


def file_facts(path: Path) -> dict:
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256") if hasattr(hashlib, "file_digest") else None
        if digest is None:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
    return {"file": path.name, "sha256": digest.hexdigest(), "bytes": path.stat().st_size}


def write_tensor(path: Path, tensor: torch.Tensor) -> dict:
    values = np.ascontiguousarray(tensor.detach().cpu().numpy(), dtype="<f4")
    values.tofile(path)
    return {**file_facts(path), "dtype": "float32", "shape": list(values.shape)}


def reference_output(built: BuiltModel, spec: ExportSpec) -> torch.Tensor:
    """Float32 logits of the weights as the target precision rounds them, so that the check at
    measuring time sees arithmetic and graph, not the rounding of weights."""
    model = built.model.to(dtype=DTYPES[spec.precision]).to(dtype=torch.float32, device=spec.device)
    logits = model(built.images.to(spec.device)).float().cpu()
    if logits.ndim != 2:
        raise RuntimeError(f"the model returns shape {tuple(logits.shape)}, not [images, classes]")
    if not torch.isfinite(logits).all():
        raise RuntimeError("the float32 model's logits are not finite")
    if logits.std() < 0.05 or torch.equal(logits[0], logits[-1]):
        raise RuntimeError(f"the float32 model's logits are dead (deviation {logits.std():.2g})")
    return logits


def export_one(spec: ExportSpec, out: Path) -> Path:
    """Exports into a folder beside the final one and renames it when it is complete."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    final = spec.folder(out)
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = final.parent / f".{final.name}.{os.getpid()}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        with torch.inference_mode(spec.format != "aoti"), torch.no_grad():
            descriptor = fill(spec, partial)
        (partial / "descriptor.json").write_text(json.dumps(descriptor, indent=1) + "\n")
        shutil.rmtree(final, ignore_errors=True)
        partial.rename(final)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return final


def fill(spec: ExportSpec, folder: Path) -> dict:
    built = build(spec)
    logits = reference_output(built, spec)
    parameters = sum(p.numel() for p in built.model.parameters())
    model = placed(built.model, spec)
    artefacts = EXPORTERS[spec.format](model, built.images, spec, folder)
    config = built.config
    return {
        "schema": SCHEMA,
        "name": spec.name,
        "architecture": spec.architecture,
        "tag": config.get("tag") or spec.tag or None,
        "input_size": list(built.size),
        "mean": list(config["mean"]),
        "std": list(config["std"]),
        "crop_pct": float(config.get("crop_pct") or 1.0),
        "interpolation": config.get("interpolation", "bicubic"),
        "classes": logits.shape[1],
        "parameters": parameters,
        "precision": spec.precision,
        "layout": spec.layout,
        "format": spec.format,
        "device": spec.device,
        "artefacts": [{**file_facts(folder / a["file"]), "batch": a["batch"]} for a in artefacts],
        "host": host_of(spec),
        "weights": built.weights,
        "reference": {
            "input": write_tensor(folder / "reference_input.f32", built.images),
            "output": write_tensor(folder / "reference_output.f32", logits),
            "made_with": f"{spec.device} float32 eager",
            "images": built.images_from,
        },
        "exporter": {
            "joulemark_zoo": __version__,
            "torch": torch.__version__,
            "timm": __import__("timm").__version__,
            "python": platform.python_version(),
            "exported_at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }
