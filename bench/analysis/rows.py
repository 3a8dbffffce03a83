"""Made-up measurements of the architectures in the catalogue, as many as are asked for.

Energy goes with GMACs and activations, with noise of its own for each model and setup: frontiers, fits and
correlations have as much to do as with real ones. The same numbers for the same seed.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ("throughput", "batch_1", "min_energy")
#: Of each setup; the repeats of a model are on one after the other.
BOARDS = 8


def setup_name(number: int) -> str:
    """Two precisions of one device after the other: they share the factors of its boards."""
    return f"gpu{number // 2}-torch-{('fp16', 'fp32')[number % 2]}-nhwc"


def pairs(count: int) -> list[dict]:
    """(architecture, input size) with its counts; where the catalogue has fewer, also at sizes that it does not have."""
    with (ROOT / "data/catalogue/costs.csv").open(newline="") as file:
        known = list(csv.DictReader(file))
    made = [{"architecture": k["architecture"], "size": int(k["input_size"]), "gmacs": float(k["gmacs"]),
             "activations": float(k["activations_m"])} for k in known]  # fmt: skip
    larger = 0
    while len(made) < count:
        larger += 1
        for model in made[: min(len(known), count - len(made))]:
            scale = (1 + larger / 4) ** 2
            made.append({**model, "size": int(model["size"] * (1 + larger / 4)) + 1, "gmacs": model["gmacs"] * scale,
                         "activations": model["activations"] * scale})  # fmt: skip
    return made[:count]


def template(with_windows: bool) -> dict:
    """A row that was measured: its windows, conditions and provenance stand in all that are made up here, so that
    reading takes what it takes."""
    folder = ROOT / "data/results/nvidia-h100-80gb-hbm3-torch-torchscript-fp16-channels_last"
    row = json.loads(min(folder.glob("runs-*.jsonl")).read_text().partition("\n")[0])
    if not with_windows:
        del row["window_list"]
    return row


def rows(models: int, setups: int, repeats: int = 1, with_windows: bool = True, seed: int = 1) -> Iterator[dict]:
    """`models` x `setups` x `repeats` rows; the repeats are of the three policies in turn."""
    draw = random.Random(seed)
    like = template(with_windows)
    for setup in range(setups):
        slower = 1.0 + 0.4 * setup
        for model in pairs(models):
            energy = 0.002 * model["gmacs"] ** 0.7 * model["activations"] ** 0.3 * slower * draw.lognormvariate(0, 0.3)
            for repeat in range(repeats):
                policy = POLICIES[repeat % len(POLICIES)]
                joules = energy * (8 if policy == "batch_1" else 1) * draw.lognormvariate(0, 0.005)
                yield {
                    **like, "run": f"{setup:02}-{model['architecture']}-{model['size']}-{repeat}", "campaign": "bench",
                    "model": model["architecture"], "architecture": model["architecture"],
                    "input_size": f"{model['size']}x{model['size']}", "setup": setup_name(setup), "policy": policy,
                    "batch": 1 if policy == "batch_1" else 256, "energy_j_per_image": joules, "images_per_s": 400 / joules,
                    "measured_at": f"2026-11-{1 + repeat % 28:02}T{setup:02}:00:00Z",
                    "board": f"GPU-{(len(model['architecture']) + repeat) % BOARDS}",
                }  # fmt: skip


def write(file: Path, made: Iterator[dict]) -> int:
    """One row a line; how many there were."""
    count = 0
    with file.open("w") as out:
        for row in made:
            out.write(json.dumps(row) + "\n")
            count += 1
    return count
