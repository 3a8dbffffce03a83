"""The forms in which a model can be handed to a C++ runtime."""

from __future__ import annotations

import platform
from pathlib import Path

import torch

from .spec import ExportSpec

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
MEMORY_FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
#: Relative error allowed between the exported and the eager model in the same precision.
CHECK = {"fp32": 1e-3, "fp16": 2e-2, "bf16": 1e-1}


def placed(model: torch.nn.Module, spec: ExportSpec) -> torch.nn.Module:
    return model.to(
        device=spec.device, dtype=DTYPES[spec.precision], memory_format=MEMORY_FORMATS[spec.layout]
    )


def batch_of(images: torch.Tensor, size: int, spec: ExportSpec) -> torch.Tensor:
    """Image i of the batch is image i mod N, as the workers do it."""
    index = torch.arange(size) % images.shape[0]
    return images[index].to(
        device=spec.device, dtype=DTYPES[spec.precision], memory_format=MEMORY_FORMATS[spec.layout]
    )


def check_same(out: torch.Tensor, expected: torch.Tensor, spec: ExportSpec, what: str) -> None:
    out, expected = out.float(), expected.float()
    if out.shape != expected.shape:
        raise RuntimeError(f"{what}: shape {tuple(out.shape)}, eager {tuple(expected.shape)}")
    error = ((out - expected).norm() / expected.norm().clamp_min(1e-12)).item()
    if not error <= CHECK[spec.precision]:
        raise RuntimeError(f"{what}: {error:.3g} away from eager (allowed {CHECK[spec.precision]})")


def export_torchscript(model, images, spec: ExportSpec, folder: Path) -> list[dict]:
    """A trace that runs any batch size: traced at 3 images, checked at 1 and at 2."""
    traced = torch.jit.trace(model, batch_of(images, 3, spec), check_trace=False)
    for size in (1, 2):
        x = batch_of(images, size, spec)
        check_same(traced(x), model(x), spec, f"traced model at batch {size}")
    path = folder / "model.pt"
    traced.save(str(path))
    return [{"file": path.name, "batch": None}]


def export_aoti(model, images, spec: ExportSpec, folder: Path) -> list[dict]:
    """One package per batch size with static shapes, or one with a dynamic batch dimension."""
    artefacts = []
    for size in spec.batches or (None,):
        x = batch_of(images, size or 4, spec)
        shapes = {} if size else {"dynamic_shapes": ({0: torch.export.Dim("batch", min=1, max=4096)},)}
        program = torch.export.export(model, (x,), strict=False, **shapes)
        path = folder / (f"model-b{size}.pt2" if size else "model.pt2")
        torch._inductor.aoti_compile_and_package(program, package_path=str(path))
        artefacts.append({"file": path.name, "batch": size})
    return artefacts


EXPORTERS = {"torchscript": export_torchscript, "aoti": export_aoti}


def host_of(spec: ExportSpec) -> dict | None:
    """What compiled code is tied to; TorchScript is tied to nothing."""
    if spec.format != "aoti":
        return None
    cuda = spec.device == "cuda"
    return {
        "machine": platform.machine(),
        "cpu": cpu_name(),
        "gpu": torch.cuda.get_device_name(0) if cuda else None,
        "compiled_for": "sm_%d%d" % torch.cuda.get_device_capability(0) if cuda else "native",
    }


def cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
