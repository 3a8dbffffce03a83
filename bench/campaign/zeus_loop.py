#!/usr/bin/env python3
"""The same models measured by Joulemark and by Zeus's loop, in turns: time of a call, and spread between calls.

    python3 bench/campaign/zeus_loop.py --models FOLDER --zeus "python3" resnet18 vit_tiny_patch16_224 ...

FOLDER holds TorchScript artefacts of joulemark_zoo; --zeus is a Python that has torch and zeus. Each round measures every
model by every way, in shuffled order, each time by a process of its own:

joulemark     `joulemark measure MODEL --batch N`: checks the output, warms up, windows until ±1 % or --max-seconds
zeus, 100     zeus_script.py: 20 steps to warm up, one window of 100 steps
zeus, 5 s     the same with a window of 5 s

Seconds are of the whole call, starting Python or the worker and loading included. The spread is the standard deviation
between calls, relative. Both read the same counter, so none of them is the truth. With --budget what was measured by
then is the table, and each call is a line of --calls as soon as it is over: a machine may be gone before the last one.
What that file holds already is in the table too, so that --rounds 0 prints one again.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common  # noqa: E402

SCRIPT = Path(__file__).with_name("zeus_script.py")


@dataclass(frozen=True)
class Artefact:
    name: str
    file: Path
    size: int
    precision: str
    layout: str


@dataclass(frozen=True)
class Call:
    joules_per_image: float
    seconds: float  # of the whole call
    stated: float | None = None  # relative half width of its interval


def find(models: Path, name: str, precision: str) -> Artefact:
    for path in sorted(models.glob(f"{name}/*/descriptor.json")):
        d = json.loads(path.read_text())
        if d["format"] == "torchscript" and d["precision"] == precision:
            return Artefact(name, path.parent / d["artefacts"][0]["file"], d["input_size"][1], precision, d["layout"])
    raise SystemExit(f"zeus_loop: no TorchScript artefact of {name} in {precision} below {models}")


def ask(command: list[str], env: dict | None = None) -> tuple[subprocess.CompletedProcess, float]:
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    return done, time.monotonic() - began


def by_joulemark(args, artefact: Artefact, db: Path) -> Call:
    command = [
        args.joulemark, "measure", artefact.name, "--models", args.models, "--db", db, "--device", args.device,
        "--format", "torchscript", "--precision", artefact.precision, "--layout", artefact.layout,
        "--batch", args.batch, "--no-idle", "--json", *shlex.split(args.measure),
    ]  # fmt: skip
    command = list(map(str, command))
    done, took = ask(command)
    row = common.only_row(command, done.returncode, done.stdout, done.stderr)
    return Call(row["energy_j_per_image"], took, row["ci95_rel"])


def alone_with(device: str) -> tuple[dict, str]:
    """An environment that shows this GPU alone, and its name there: PyTorch and Zeus would open the first one too, which
    somebody else may be measuring."""
    kind, _, index = device.partition(":")
    if kind != "cuda":
        return {}, device
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    chosen = shown.split(",")[int(index or 0)] if shown else index or "0"
    return {"CUDA_VISIBLE_DEVICES": chosen}, "cuda:0"


def by_zeus(args, artefact: Artefact, *window: str) -> Call:
    shown, device = alone_with(args.device)
    command = [*shlex.split(args.zeus), SCRIPT, artefact.file, "--batch", args.batch, "--size", artefact.size]
    command += ["--precision", artefact.precision, "--layout", artefact.layout, "--device", device, *window]
    command = list(map(str, command))
    done, took = ask(command, {**os.environ, **shown, "PYTHONWARNINGS": "ignore"})
    if done.returncode != 0:
        raise common.NotMeasured(f"{' '.join(command)}\nended with exit code {done.returncode}: {done.stderr.strip()[-500:]}")
    return Call(json.loads(done.stdout.splitlines()[-1])["joules_per_image"], took)


def known_calls(file: Path | None) -> dict[tuple[str, str], list[Call]]:
    calls: dict[tuple[str, str], list[Call]] = {}
    for line in file.read_text().splitlines() if file and file.exists() else []:
        call = json.loads(line)
        of = calls.setdefault((call.pop("model"), call.pop("way")), [])
        of.append(Call(**call))
    return calls


def measure_in_turns(args, artefacts: list[Artefact], ways: dict) -> dict[tuple[str, str], list[Call]]:
    """What each (model, way) gave, in `--rounds` rounds or as many of their calls as the budget allows to begin, and
    before."""
    began = time.monotonic()
    shuffle = random.Random(1)
    turns = [(a, way) for a in artefacts for way in ways]
    rounds = [shuffle.sample(turns, len(turns)) for _ in range(args.rounds)]
    calls = known_calls(args.calls)
    for artefact, way in itertools.chain.from_iterable(rounds):
        if time.monotonic() - began > args.budget:
            break
        try:
            call = ways[way](artefact)
        except common.NotMeasured as problem:
            print(problem, file=sys.stderr, flush=True)
            continue
        calls.setdefault((artefact.name, way), []).append(call)
        if args.calls:
            with args.calls.open("a") as file:
                file.write(json.dumps({"model": artefact.name, "way": way, **vars(call)}) + "\n")
    return calls


def main() -> int:
    parser = common.parser(__doc__)
    parser.add_argument("names", nargs="+", metavar="MODEL")
    parser.add_argument("--models", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--zeus", default="python3", metavar="COMMAND", help="a Python with torch and zeus [python3]")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--precision", default="fp16")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", default="", metavar="OPTIONS", help="more options of joulemark measure")
    parser.add_argument("--calibrated", type=Path, metavar="DB", help="database with a calibration of this device")
    parser.add_argument("--budget", type=float, default=math.inf, metavar="S", help="begin no call after so many seconds")
    parser.add_argument("--calls", type=Path, metavar="FILE", help="add every call to it, a line of JSON, and take those that it has")
    args = parser.parse_args()
    surroundings = common.Surroundings()
    artefacts = [find(args.models, name, args.precision) for name in args.names] if args.rounds else []
    with tempfile.TemporaryDirectory(prefix="joulemark-bench-") as folder:
        db = args.calibrated or Path(folder) / "bench.sqlite"
        ways = {
            "joulemark": lambda a: by_joulemark(args, a, db),
            "zeus, 100 steps": lambda a: by_zeus(args, a, "--steps", "100"),
            "zeus, 5 s": lambda a: by_zeus(args, a, "--seconds", "5"),
        }
        calls = measure_in_turns(args, artefacts, ways)
    common.table("model", "way", "calls", "mJ/image", "between calls, SD", "stated ±, median", "s a call, median")
    for name in args.names:
        for way in ways:
            of = calls.get((name, way), [])
            if not of:
                common.row_of([name, way, 0, "no result", "", "", ""])
                continue
            energies = [c.joules_per_image for c in of]
            mean = statistics.fmean(energies)
            spread = f"{100 * statistics.stdev(energies) / mean:.2g} %" if len(of) > 1 else ""
            stated = [c.stated for c in of if c.stated is not None]
            common.row_of([
                name, way, len(of), f"{1e3 * mean:.4g}", spread,
                f"{100 * statistics.median(stated):.2g} %" if stated else "none",
                f"{statistics.median(c.seconds for c in of):.1f}",
            ])  # fmt: skip
    if args.rounds:
        common.print_machine(args.joulemark, surroundings, f"batch {args.batch}, {args.precision}, {args.device}")
    return 0 if calls else 1


if __name__ == "__main__":
    sys.exit(main())
