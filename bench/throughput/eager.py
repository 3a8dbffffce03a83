"""timm eager, as a user of timm runs it: prints images per second of one batch size as JSON.

    python bench/throughput/eager.py ARTEFACT --batch 8 --seconds 3

ARTEFACT is the folder with the descriptor.json of a TorchScript artefact. Weights, images, precision,
layout and device are those of the artefact, so both sides of the benchmark compute the same; that is
checked against the artefact's reference output before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "zoo" / "src"))

from joulemark_zoo import _torchvision_ops  # noqa: E402, F401  makes timm importable
import numpy as np  # noqa: E402
import timm  # noqa: E402
import torch  # noqa: E402

from joulemark_zoo.formats import DTYPES, MEMORY_FORMATS, round_products  # noqa: E402

#: What `joulemark measure` allows (docs/method.md).
TOLERANCES = {"fp32": 0.005, "tf32": 0.03, "fp16": 0.03, "bf16": 0.15}
FEWEST_STEPS = 3


class Eager:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        d = self.descriptor = json.loads((folder / "descriptor.json").read_text())
        round_products(d["precision"])
        self.where = {"device": d["device"], "dtype": DTYPES[d["precision"]]}
        self.format = MEMORY_FORMATS[d["layout"]]
        model = create(d).eval()
        load_weights(model, folder / d["artefacts"][0]["file"])
        self.model = model.to(**self.where, memory_format=self.format)
        self.images = self.tensor("input").to(**self.where)
        self.check()

    def tensor(self, which: str) -> torch.Tensor:
        """float32 reference tensor of the artefact, on the CPU."""
        facts = self.descriptor["reference"][which]
        values = np.fromfile(self.folder / facts["file"], dtype="<f4").reshape(facts["shape"])
        return torch.from_numpy(values)

    def check(self) -> None:
        with torch.inference_mode():
            out = self.model(self.images.contiguous(memory_format=self.format)).float().cpu()
        expected = self.tensor("output")
        away = ((out - expected).norm(dim=1) / expected.norm(dim=1)).max().item()
        # The gate of docs/method.md.
        allowed = max(TOLERANCES[self.descriptor["precision"]], min(0.4, 2 * self.descriptor["reference"]["eager_error"]))
        if not away <= allowed:
            sys.exit(f"eager computes something else: {away:.2g} away, allowed {allowed}")

    def batch(self, size: int) -> torch.Tensor:
        """The reference images over and over, as a worker repeats them."""
        index = torch.arange(size, device=self.images.device) % len(self.images)
        return self.images[index].contiguous(memory_format=self.format)

    def images_per_second(self, size: int, warm_up: float, seconds: float) -> float:
        x = self.batch(size)
        with torch.inference_mode():
            self.run_for(x, warm_up)
            steps, took = self.run_for(x, seconds)
        return steps * size / took

    def run_for(self, x: torch.Tensor, seconds: float) -> tuple[int, float]:
        """Steps and the time that they took. Nothing waits for the device before the end: its own
        queue is what holds the loop back."""
        steps, began = 0, time.monotonic()
        while time.monotonic() - began < seconds or steps < FEWEST_STEPS:
            self.model(x)
            steps += 1
        if self.where["device"] == "cuda":
            torch.cuda.synchronize()
        return steps, time.monotonic() - began


def create(d: dict) -> torch.nn.Module:
    """The timm model without its weights, for the input size of the artefact."""
    size = d["input_size"][-1]
    usual = timm.get_pretrained_cfg(d["name"], allow_unregistered=True)
    other = {"img_size": size} if usual is not None and usual.input_size[-1] != size else {}
    return timm.create_model(d["architecture"], pretrained=False, **other)


def load_weights(model: torch.nn.Module, torchscript: Path) -> None:
    weights = torch.jit.load(str(torchscript), map_location="cpu").state_dict()
    # A trace also keeps buffers that timm makes anew; what timm asks for must all be there.
    missing = model.load_state_dict(weights, strict=False).missing_keys
    if missing:
        sys.exit(f"{torchscript} has no {', '.join(missing[:3])}: it is of another version of timm")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("artefact", type=Path)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--warm-up", type=float, default=1.5, metavar="SECONDS")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--threads", type=int, default=0, help="of the CPU; 0: torch's choice")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.backends.cudnn.benchmark = False  # as in the worker
    rate = Eager(args.artefact).images_per_second(args.batch, args.warm_up, args.seconds)
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    print(json.dumps({"images_per_s": rate, "torch": torch.__version__, "gpu": gpu}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
