#!/usr/bin/env python3
"""What weights as timm initialises them take beside live ones (docs/artefacts.md), on one board each.

    python3 data/results/weights.py

A Markdown table with a line for each run with timm's weights and the live run of the same architecture, input size, policy and
board that was nearest to it in time; the ratio is of the first over the second, ± the intervals of both.
"""

from __future__ import annotations

import math
import sys
from datetime import datetime
from pathlib import Path
from statistics import fmean, stdev

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import collect  # noqa: E402
from student import student_t_95  # noqa: E402  of the folder above, where collect looks too

SUFFIX = "-default_weights"
FEWEST_PAIRS, MOST_PAIRS = 6, 16


def at(run: dict) -> datetime:
    return datetime.fromisoformat(run["measured_at"].replace("Z", "+00:00"))


def alike(run: dict) -> tuple:
    return tuple(run[k] for k in ("architecture", "input_size", "policy", "board"))


def measured(folder: Path) -> list[dict]:
    runs = [collect.with_later_columns(run) for run in collect.runs_in(folder)]
    return [r for r in runs if r["status"] == "ok" and r["energy_j_per_image"] and r["board"]]


def pairs() -> list[tuple[dict, dict]]:
    found = []
    for folder in sorted(collect.HERE.glob(f"*{SUFFIX}")):
        live = measured(folder.with_name(folder.name.removesuffix(SUFFIX)))
        for run in measured(folder):
            of = [other for other in live if alike(other) == alike(run) and other["weights"].startswith("live")]
            if of:
                found.append((run, min(of, key=lambda other: abs(at(other) - at(run)))))
    return found


def line(default: dict, live: dict) -> str:
    ratio = default["energy_j_per_image"] / live["energy_j_per_image"] - 1.0
    within = math.hypot(default["ci95_rel"], live["ci95_rel"])
    end = [run["conditions"]["end"]["temperature_c"] for run in (default, live)]
    energies = " | ".join(f"{collect.three_digits(1e3 * run['energy_j_per_image'])} ({run['batch']})" for run in (default, live))
    return f"| {default['architecture']} | {energies} | {100 * ratio:+.1f} ± {100 * within:.1f} % | {end[0]:.0f}, {end[1]:.0f} |"


def main() -> int:
    found = sorted(pairs(), key=lambda p: p[0]["energy_j_per_image"] / p[1]["energy_j_per_image"])
    logs = [math.log(d["energy_j_per_image"] / live["energy_j_per_image"]) for d, live in found]
    if not FEWEST_PAIRS <= len(logs) <= MOST_PAIRS:
        print(f"weights.py: an interval needs {FEWEST_PAIRS} to {MOST_PAIRS} pairs, there are {len(logs)}", file=sys.stderr)
        return 1
    print("| architecture | timm's, mJ (batch) | live, mJ (batch) | timm's less live | °C at the end |\n|---|---|---|---|---|")
    print("\n".join(line(*pair) for pair in found))
    half = student_t_95(len(logs) - 1) * stdev(logs) / math.sqrt(len(logs))
    ends = [100 * math.expm1(fmean(logs) + side * half) for side in (-1, 0, 1)]
    print(f"\nIn the geometric mean of {len(logs)}: {ends[1]:+.1f} % (95 %: {ends[0]:+.1f} to {ends[2]:+.1f} %); standard deviation {100 * stdev(logs):.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
