"""What to export: one value that travels from the command line to the process that exports it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

FORMATS = ("torchscript", "aoti")
PRECISIONS = ("fp32", "tf32", "fp16", "bf16")
LAYOUTS = ("contiguous", "channels_last")
DEVICES = ("cpu", "cuda")
WEIGHTS = ("auto", "pretrained", "live", "default")


@dataclasses.dataclass(frozen=True)
class ExportSpec:
    """One variant of one model. `name` is a timm architecture, or architecture.tag."""

    name: str
    format: str = "torchscript"
    precision: str = "fp32"
    layout: str = "contiguous"
    device: str = "cpu"
    batches: tuple[int, ...] = ()  # empty: any batch size
    input_size: int | None = None  # pixels of each side; None: the model's own
    weights: str = "auto"
    seed: int = 1  # of random weights and of synthetic images
    images: str | None = None  # a folder of photographs; None: synthetic images
    modules: tuple[str, ...] = ()  # Python modules that register more models with timm

    @property
    def architecture(self) -> str:
        return self.name.partition(".")[0]

    @property
    def tag(self) -> str | None:
        return self.name.partition(".")[2] or None

    def folder(self, out: Path) -> Path:
        """Where the artefact folder of this variant lies under `out`."""
        size = f"-{self.input_size}x{self.input_size}" if self.input_size else ""
        return out / (self.name + size) / f"{self.format}-{self.precision}-{self.layout}-{self.device}"
