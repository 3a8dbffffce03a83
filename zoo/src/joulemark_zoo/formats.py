"""The forms in which a model can be handed to a C++ runtime: one exporter each, in EXPORTERS."""

from __future__ import annotations

import dataclasses
import platform
import signal
import subprocess
import sys
from pathlib import Path

import torch

from .fixes import mended
from .spec import ExportSpec
from .weights import without_caches

#: tf32 is float32 whose products take 11 bits of each factor, on GPUs that have it.
DTYPES = {"fp32": torch.float32, "tf32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
MEMORY_FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
#: Error allowed between the exported and the eager model in the same precision, relative, Euclidean norm.
TOLERANCES = {"fp32": 1e-3, "tf32": 2e-2, "fp16": 2e-2, "bf16": 1e-1}

#: Batch that a TorchScript artefact is traced at, and others that it must then run at.
TRACED_BATCH, CHECKED_BATCHES = 3, (1, 2)
#: The program that runs a package and compares: check.py.
CHECKER = (sys.executable, "-m", "joulemark_zoo.check")
#: Range of a dynamic batch dimension. A package exported so was seen to run at batch 1 too, and
#: every export checks it.
DYNAMIC_BATCHES = (1, 4096)



@dataclasses.dataclass(frozen=True)
class CompilerSetting:
    """A setting of Inductor that is not its default, the device it is made for, and why."""

    name: str
    value: bool
    device: str
    reason: str


COMPILER_SETTINGS = (
    CompilerSetting(
        "layout_optimization",
        False,
        "cuda",
        "The layout is the spec's, not the compiler's to choose. And torch 2.11 takes the output of a convolution "
        "with channels_last weights for contiguous: one convolution was 1.4 of its size wrong, a resnet18 2.4.",
    ),
)


class ExportError(RuntimeError):
    """An artefact that would not compute what the model does."""


def round_products(precision: str) -> None:
    """From here on, float32 products are those of `precision`: rounded for tf32, whole for all others. torch's own defaults
    round in convolutions and not in matrix products."""
    for backend in (torch.backends.cuda.matmul, torch.backends.cudnn):
        backend.allow_tf32 = precision == "tf32"


def placed(model: torch.nn.Module, spec: ExportSpec) -> torch.nn.Module:
    """The model in the spec's precision and layout, on its device (in place)."""
    moved = model.to(
        device=spec.device, dtype=DTYPES[spec.precision], memory_format=MEMORY_FORMATS[spec.layout]
    )
    return without_caches(moved)


@dataclasses.dataclass
class Eager:
    """The model that an export must agree with: in the spec's precision and layout, on its device."""

    model: torch.nn.Module
    images: torch.Tensor  # [N, 3, H, W], float32, on the CPU
    spec: ExportSpec
    error: float = 0.0  # of this model against its float32 self, relative, the worst image's

    def batch(self, size: int) -> torch.Tensor:
        """Image i of the batch is image i mod N, as the workers do it."""
        index = torch.arange(size) % self.images.shape[0]
        return self.images[index].to(
            device=self.spec.device,
            dtype=DTYPES[self.spec.precision],
            memory_format=MEMORY_FORMATS[self.spec.layout],
        )

    @property
    def allowed(self) -> float:
        """Two programs that round differently may be as far apart as each is from float32."""
        return max(TOLERANCES[self.spec.precision], 2 * self.error)

    def check(self, exported, size: int, hint: str = "") -> None:
        """Runs both at one batch size. Raises ExportError when `exported` fails or differs."""
        x = self.batch(size)
        if problem := difference(exported, x, self.model(x), self.allowed):
            raise ExportError(problem + hint)


def difference(exported, x: torch.Tensor, expected: torch.Tensor, allowed: float) -> str | None:
    """Why the output for x is not the expected one, or None."""
    size = len(x)
    try:
        out = exported(x).float()
    except RuntimeError as error:
        return f"does not run at batch {size}: {str(error).splitlines()[-1]}"
    expected = expected.float()
    if out.shape != expected.shape:
        return f"at batch {size} gives shape {list(out.shape)}, not {list(expected.shape)}"
    away = ((out - expected).norm() / expected.norm().clamp_min(1e-12)).item()
    if not away <= allowed:  # also when it is not a number
        return f"at batch {size} is {away:.3g} away from eager (allowed {allowed:.3g})"
    return None


def export_torchscript(eager: Eager, folder: Path) -> list[dict]:
    """A trace that runs any batch size. Neither frozen nor optimised for inference: measured slower."""
    with mended(eager.model, eager.spec):
        traced = torch.jit.trace(eager.model, eager.batch(TRACED_BATCH), check_trace=False)
    # Run as it was traced: fusing it for a few images took minutes for a DenseNet on a GPU.
    with torch.jit.optimized_execution(False):
        for size in CHECKED_BATCHES:
            eager.check(traced, size, hint=f" (traced at batch {TRACED_BATCH})")
    path = folder / "model.pt"
    traced.save(str(path))
    return [{"file": path.name, "batch": None}]


def export_aoti(eager: Eager, folder: Path) -> list[dict]:
    """One package for each batch size with static shapes, the fastest code; or one for any batch."""
    return [compile_package(eager, folder, size) for size in eager.spec.batches or (None,)]


def compile_package(eager: Eager, folder: Path, size: int | None) -> dict:
    low, high = DYNAMIC_BATCHES
    dynamic = None if size else ({0: torch.export.Dim("batch", min=low, max=high)},)
    # An example of batch 1 would make the dimension static.
    example = eager.batch(size or 4)
    with mended(eager.model, eager.spec):
        program = torch.export.export(eager.model, (example,), dynamic_shapes=dynamic, strict=False)
    path = folder / (f"model-b{size}.pt2" if size else "model.pt2")
    torch._inductor.aoti_compile_and_package(
        program, package_path=str(path), inductor_configs=compiler_settings(eager.spec)
    )
    unchecked = check_package(eager, path, (size,) if size else (1, 2, 8))
    return {"file": path.name, "batch": size, **({"unchecked": unchecked} if unchecked else {})}


def check_package(eager: Eager, path: Path, sizes: tuple[int, ...]) -> str | None:
    """Runs a package in a process of its own. Raises ExportError when it fails or differs.

    Returns why it could not be checked when that process crashes: the package is loaded by another
    program in the end, for which a crash of Python's loader proves nothing, and which checks it again.
    """
    cases = path.with_suffix(".cases")
    inputs = [eager.batch(size) for size in sizes]
    torch.save({"allowed": eager.allowed, "cases": [(x, eager.model(x)) for x in inputs]}, cases)
    try:
        done = subprocess.run([*CHECKER, str(path), str(cases)], capture_output=True, text=True)
    finally:
        cases.unlink()
    if done.returncode < 0:
        return (
            f"Python's loader was killed by {signal.Signals(-done.returncode).name}. Seen where $CXX is a compiler "
            "that links the C++ library statically: set CXX to the system's g++ and export again"
        )
    if done.returncode:
        raise ExportError((done.stdout.strip() or done.stderr.strip()).splitlines()[-1])
    return None


EXPORTERS = {"torchscript": export_torchscript, "aoti": export_aoti}


def compiler_settings(spec: ExportSpec) -> dict[str, bool]:
    """What COMPILER_SETTINGS has for this spec; empty where nothing is compiled."""
    if spec.format != "aoti":
        return {}
    return {s.name: s.value for s in COMPILER_SETTINGS if s.device == spec.device}


def host_of(format: str, device: str) -> dict | None:
    """What compiled code is tied to: this machine. TorchScript is tied to nothing."""
    if format != "aoti":
        return None
    if device == "cuda":
        gpu = torch.cuda.get_device_name(0)
        compiled_for = "sm_%d%d" % torch.cuda.get_device_capability(0)
    else:
        gpu, compiled_for = None, "native"
    return {"machine": platform.machine(), "cpu": cpu_name(), "gpu": gpu, "compiled_for": compiled_for}


def cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
