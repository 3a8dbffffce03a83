"""Images per second of the LibTorch worker against timm eager in Python, paired in one run.

For every model and batch the two take turns, A B A B ..., on the same machine with the same number
of threads; the figure is the median of the ratios pair by pair, so a machine whose speed drifts
moves both sides of a ratio.

    python bench/throughput/throughput.py --joulemark build/release/bin/joulemark --models artefacts \
        --device cpu --batches 1 8 resnet18 vit_tiny_patch16_224

Ours is the `images_per_s` that `joulemark measure` reports (windows after warm-up, queue kept full);
eager is a plain loop under torch.inference_mode, warmed up for as long, timed over at least as many
seconds, synchronised at both ends.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "zoo" / "src"))

DTYPES = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="MODEL")
    parser.add_argument("--joulemark", required=True, type=Path)
    parser.add_argument("--models", required=True, type=Path, help="folder of exported artefacts")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--precision", default="fp32", choices=sorted(DTYPES))
    parser.add_argument("--layout", default="contiguous", choices=["contiguous", "channels_last"])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="timed part of one side")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of both sides")
    parser.add_argument("--json", type=Path, help="also write the pairs here")
    return parser.parse_args()


class Eager:
    """One timm model as a user of timm runs it."""

    def __init__(self, name: str, args: argparse.Namespace):
        from joulemark_zoo import _torchvision_ops  # noqa: F401  makes timm importable
        import timm
        import torch

        self.torch = torch
        torch.manual_seed(0)
        if args.device == "cpu":
            torch.set_num_threads(args.threads)
        else:
            torch.backends.cudnn.benchmark = True
        layout = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
        self.format = layout[args.layout]
        self.dtype = getattr(torch, DTYPES[args.precision])
        self.device = args.device
        model = timm.create_model(name, pretrained=False).eval()
        self.size = model.pretrained_cfg["input_size"]
        self.model = model.to(device=self.device, dtype=self.dtype, memory_format=self.format)

    def images_per_second(self, batch: int, seconds: float) -> float:
        torch = self.torch
        x = torch.randn(batch, *self.size).to(
            device=self.device, dtype=self.dtype, memory_format=self.format
        )
        with torch.inference_mode():
            self._run_for(x, min(1.0, seconds))
            steps, took = self._run_for(x, seconds)
        return steps * batch / took

    def _run_for(self, x, seconds: float) -> tuple[int, float]:
        self._synchronize()
        steps, began = 0, time.monotonic()
        # Synchronising every few steps bounds the queue; 16 keep the device busy meanwhile.
        while time.monotonic() - began < seconds or steps < 3:
            for _ in range(16 if self.device == "cuda" else 1):
                self.model(x)
                steps += 1
            self._synchronize()
        return steps, time.monotonic() - began

    def _synchronize(self) -> None:
        if self.device == "cuda":
            self.torch.cuda.synchronize()


def ours(name: str, batch: int, args: argparse.Namespace, db: Path) -> float:
    command = [
        str(args.joulemark), "measure", name, "--runtime", "torch", "--format", "torchscript",
        "--precision", args.precision, "--layout", args.layout, "--models", str(args.models),
        "--db", str(db), "--batch", str(batch), "--max-seconds", str(args.seconds + 1.5),
        "--target-ci", "0.01%", "--no-idle", "--json",
    ]  # a target that is not reached uses all of the time, as eager does
    command += ["--device", "cuda:0"] if args.device == "cuda" else ["--threads", str(args.threads)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nfailed: {done.stderr.strip()}")
    return json.loads(done.stdout)["rows"][0]["images_per_s"]


def main() -> int:
    args = parse_arguments()
    rows = []
    print(f"{'model':28} {'batch':>5} {'ours img/s':>11} {'eager img/s':>11} {'ratio':>7}  pairs")
    with tempfile.TemporaryDirectory() as folder:
        for name in args.names:
            eager = Eager(name, args)
            for batch in args.batches:
                pairs = []
                for _ in range(args.pairs):
                    a = ours(name, batch, args, Path(folder) / "bench.sqlite")
                    pairs.append((a, eager.images_per_second(batch, args.seconds)))
                ratios = [a / b for a, b in pairs]
                row = {
                    "model": name, "batch": batch, "pairs": pairs,
                    "ratio_median": statistics.median(ratios),
                    "ratio_min": min(ratios), "ratio_max": max(ratios),
                }
                rows.append(row)
                print(
                    f"{name:28} {batch:5} {statistics.median(a for a, _ in pairs):11.1f} "
                    f"{statistics.median(b for _, b in pairs):11.1f} {row['ratio_median']:7.3f}  "
                    f"{row['ratio_min']:.3f} .. {row['ratio_max']:.3f}",
                    flush=True,
                )
    if args.json:
        machine = {"host": platform.machine(), "cpus": os.cpu_count(), "device": args.device}
        args.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
