"""The workers under test, each with an artefact that it can run."""

from __future__ import annotations

import json
import math
import os
import subprocess
import warnings
from array import array
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("JOULEMARK_BUILD", ROOT / "build/dev"))
GIVEN = os.environ.get("JOULEMARK_CONFORMANCE_WORKER")
PATIENCE = float(os.environ.get("JOULEMARK_CONFORMANCE_SECONDS", "120"))

# How far logits may be from the reference's, in the Euclidean norm of all of them: docs/method.md.
TOLERANCE = {"fp32": 0.005, "tf32": 0.03, "fp16": 0.03, "bf16": 0.15}


class NotHere(Exception):
    """Why a worker cannot be tested on this machine."""


@dataclass
class Subject:
    """A worker program, an artefact, and what the artefact computes."""

    name: str
    program: Path
    folder: Path
    device: str = ""

    def __post_init__(self) -> None:
        self.descriptor = json.loads((self.folder / "descriptor.json").read_text())
        self.device = self.device or self.descriptor["device"]
        self.device = "cuda:0" if self.device == "cuda" else self.device
        artefacts = self.descriptor["artefacts"]
        # Where there are several, one for any batch size can be tested in more ways.
        chosen = next((a for a in artefacts if a["batch"] is None), artefacts[0])
        self.artefact = self.folder.resolve() / chosen["file"]
        self.only_batch: int | None = chosen["batch"]
        self.classes: int = self.descriptor["classes"]
        self.images: int = self.descriptor["reference"]["input"]["shape"][0]
        self.pixels = (self.folder / self.descriptor["reference"]["input"]["file"]).read_bytes()
        self.logits = array("f", (self.folder / self.descriptor["reference"]["output"]["file"]).read_bytes())
        self.image_bytes = len(self.pixels) // self.images

    def load_params(self, **changes) -> dict:
        return {
            "artefact": str(self.artefact),
            "format": self.descriptor["format"],
            "device": self.device,
            "precision": self.descriptor["precision"],
            "layout": self.descriptor["layout"],
            "input_shape": self.descriptor["input_size"],
            "classes": self.classes,
            "threads": 1,
            "cuda_graph": False,
            "options": {},
            **changes,
        }

    def batches(self) -> list[int]:
        """One image, all of them, a number that does not divide theirs, and more than there are."""
        if self.only_batch is not None:
            return [self.only_batch]
        not_dividing = next(b for b in range(2, self.images + 2) if self.images % b)
        return [1, self.images, not_dividing, self.images + 1, 2 * self.images + 1]

    def a_batch(self) -> int:
        return self.only_batch or 2

    def pixels_of(self, indices: list[int]) -> bytes:
        size = self.image_bytes
        return b"".join(self.pixels[i * size : (i + 1) * size] for i in indices)

    def distance(self, logits: list[float], indices: list[int]) -> float:
        """Euclidean norm of the difference to the reference of these images, relative to that of it."""
        wanted = [v for i in indices for v in self.logits[i * self.classes : (i + 1) * self.classes]]
        assert len(logits) == len(wanted)
        gap = math.sqrt(sum((a - b) ** 2 for a, b in zip(logits, wanted, strict=True)))
        return gap / math.sqrt(sum(b * b for b in wanted))

    @property
    def tolerance(self) -> float:
        return TOLERANCE[self.descriptor["precision"]]


def program_of(name: str) -> Path:
    return BUILD / f"bin/joulemark-worker-{name}"


def names() -> list[str]:
    """The worker that is given, or those of the build; only the LibTorch worker may be missing there."""
    if GIVEN:
        return ["given"]
    return ["reference", *(["torch"] if program_of("torch").exists() else [])]


def make(name: str, folder: Path) -> Subject:
    """The subject of a name, with its artefact in `folder`. Raises NotHere."""
    if name == "given":
        artefact = os.environ.get("JOULEMARK_CONFORMANCE_ARTEFACT")
        if not artefact:
            raise ValueError("set JOULEMARK_CONFORMANCE_ARTEFACT to a folder with a descriptor.json")
        device = os.environ.get("JOULEMARK_CONFORMANCE_DEVICE", "")
        return Subject("given", Path(GIVEN).resolve(), Path(artefact), device)
    program = program_of(name)
    return Subject(name, program, {"reference": _reference, "torch": _torch}[name](program, folder))


def _reference(program: Path, folder: Path) -> Path:
    subprocess.run([program, "--make-artefact", folder, "--name", "model"], check=True)
    return folder / "model/reference-fp32-contiguous-cpu"


def _torch(_program: Path, folder: Path) -> Path:
    """A small network as TorchScript, with the logits of the eager one."""
    try:
        import torch
    except ImportError as error:
        raise NotHere(f"this Python has no torch to make a model with: {error}") from error
    torch.manual_seed(1)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3, stride=2),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(64, 10),
    ).eval()
    images = torch.randn(4, 3, 32, 32)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of TorchScript, which is what is tested
        logits = network(images)
        torch.jit.trace(network, images[:3]).save(str(folder / "model.pt"))
    (folder / "input.f32").write_bytes(images.numpy().tobytes())
    (folder / "output.f32").write_bytes(logits.numpy().tobytes())
    descriptor = {
        "artefacts": [{"file": "model.pt", "batch": None}],
        "format": "torchscript",
        "device": "cpu",
        "precision": "fp32",
        "layout": "contiguous",
        "input_size": [3, 32, 32],
        "classes": 10,
        "reference": {
            "input": {"file": "input.f32", "shape": [4, 3, 32, 32]},
            "output": {"file": "output.f32", "shape": [4, 10]},
        },
    }
    (folder / "descriptor.json").write_text(json.dumps(descriptor))
    return folder
