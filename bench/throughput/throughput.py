"""Images per second of the LibTorch worker against timm eager in Python, in pairs, in one run.

For every model and batch both sides take turns (A B, B A, A B, ...), each in a fresh process, on
the same artefact: same weights, images, precision, layout, threads and torch. The figure is the
median of the ratios pair by pair, so a machine whose speed drifts moves both sides of a ratio.

Ours is the images_per_s that `joulemark measure` reports (windows after warm-up, queue kept full);
eager is a plain loop under torch.inference_mode, warmed up and timed for as long (eager.py). What
measuring costs is inside our side.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common  # noqa: E402

WARM_UP = 1.5  # seconds; `measure` takes 1 s or a little more


def parse_arguments():
    parser = common.parser(__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="MODEL", default=["resnet18", "vit_tiny_patch16_224"],
        help="exported models [resnet18 vit_tiny_patch16_224]",
    )
    parser.add_argument("--models", type=Path, default=common.ROOT / "artefacts", metavar="DIR")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--precision", default="fp32", choices=["fp32", "fp16", "bf16"])
    parser.add_argument("--layout", default="contiguous", choices=["contiguous", "channels_last"])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8], metavar="N")
    parser.add_argument("--pairs", type=int, default=3, metavar="N")
    parser.add_argument("--seconds", type=float, default=2.0, help="timed part of one side [2]")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; 0: torch's choice [1]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every pair here")
    return parser.parse_args()


class Sides:
    """The two sides of one model's comparison."""

    def __init__(self, name: str, args, folder: Path) -> None:
        self.name, self.args = name, args
        self.joulemark = common.Joulemark(args.joulemark, folder, args.models)
        variant = f"torchscript-{args.precision}-{args.layout}-{args.device}"
        self.artefact = args.models / name / variant
        if not (self.artefact / "descriptor.json").exists():
            sys.exit(
                f"{self.artefact} is missing: python -m joulemark_zoo export {name} --format torchscript "
                f"--precision {args.precision} --layout {args.layout} --device {args.device} "
                f"--out {args.models}"
            )
        self.torch = set()
        self.gpu = None

    def ours(self, batch: int) -> float:
        a = self.args
        command = self.joulemark.command(
            "measure", self.name, "--runtime", "torch", "--format", "torchscript",
            "--precision", a.precision, "--layout", a.layout, "--batch", batch,
            "--device", "cuda:0" if a.device == "cuda" else "cpu", "--threads", a.threads,
            # A target that is not reached uses all of the time, as eager does.
            "--max-seconds", a.seconds + WARM_UP, "--target-ci", "0.01%", "--no-idle",
        )  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        row = common.only_row(command, done.returncode, done.stdout, done.stderr)
        self.torch.add(row["runtime_version"].partition("+")[0])
        return row["images_per_s"]

    def eager(self, batch: int) -> float:
        a = self.args
        script = Path(__file__).with_name("eager.py")
        command = [
            sys.executable, "-B", script, self.artefact, "--batch", batch, "--threads", a.threads,
            "--warm-up", WARM_UP, "--seconds", a.seconds,
        ]  # fmt: skip
        # The variables that joulemark sets for its worker.
        threads = {k: str(a.threads) for k in ("OMP_NUM_THREADS", "MKL_NUM_THREADS") if a.threads}
        command = [str(c) for c in command]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **threads})
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\nfailed: {done.stderr.strip()}")
        said = json.loads(done.stdout)
        self.torch.add(said["torch"].partition("+")[0])
        self.gpu = said["gpu"]
        return said["images_per_s"]

    def pairs(self, batch: int) -> list[tuple[float, float]]:
        """[(ours, eager)], images per second. Who goes first alternates."""
        measured = []
        for i in range(self.args.pairs):
            if i % 2 == 0:
                a = common.persistently(lambda: self.ours(batch))
                b = self.eager(batch)
            else:
                b = self.eager(batch)
                a = common.persistently(lambda: self.ours(batch))
            measured.append((a, b))
        if len(self.torch) != 1:
            sys.exit(f"the two sides use different torch: {', '.join(sorted(self.torch))}")
        return measured


def main() -> int:
    args = parse_arguments()
    common.existing(args.joulemark)
    surroundings = common.Surroundings()
    rows, facts = [], set()
    common.table("model", "batch", "ours, images/s", "timm eager, images/s", "ours / eager, median (range)")
    with tempfile.TemporaryDirectory() as folder:
        for name in args.names:
            sides = Sides(name, args, Path(folder))
            for batch in args.batches:
                pairs = sides.pairs(batch)
                ratios = [a / b for a, b in pairs]
                ours, eager = ([pair[side] for pair in pairs] for side in (0, 1))
                common.row_of(
                    [name, batch, f"{statistics.median(ours):.1f}", f"{statistics.median(eager):.1f}",
                     common.median_and_range(ratios, "{:.3f}")]
                )  # fmt: skip
                rows.append({"model": name, "batch": batch, "pairs": pairs})
            facts.update(f"torch {t}" for t in sides.torch)
            facts.update(g for g in [sides.gpu] if g and args.device == "cuda")
    threads = [f"{args.threads} thread{'s' * (args.threads > 1)}"] if args.threads else []
    variant = [f"{args.precision}, {args.layout}", *threads, f"{args.pairs} pairs of {args.seconds:g} s"]
    common.print_machine(args.joulemark, surroundings, *sorted(facts), *variant)
    if args.json:
        args.json.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
