#!/usr/bin/env python3
"""What the boards of one name took for one configuration, and how that goes with how warm they were.

    python3 data/results/temperature.py [--setup NAME] [--model NAME] [--input-size HxW] [--batch N]

A Markdown table with a line for each board, and two slopes of the logarithm of energy over the temperature, which is
the mean of a run's start and end: between boards, of the mean of each, and within boards, about the mean of each. A
board that takes more is warmer for it, so the slope between boards holds more than what warmth does to one board.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, linear_regression, stdev

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import collect  # noqa: E402

#: What is drawn as a sentinel in the campaigns of data/campaigns.
SETUP = "nvidia-h100-80gb-hbm3-torch-torchscript-fp16-channels_last"


@dataclass(frozen=True)
class Run:
    board: str
    joules: float
    ci95_rel: float
    images_per_s: float
    idle_w: float | None
    start_c: float
    end_c: float

    @property
    def celsius(self) -> float:
        return (self.start_c + self.end_c) / 2


@dataclass(frozen=True)
class Slope:
    per_celsius: float
    standard_error: float
    about_mean: float  #: standard deviation of the logarithms
    about_line: float  #: the same without what goes with the temperature


def runs_of(setup: str, model: str, input_size: str, batch: int) -> list[Run]:
    """In the order of measuring. Runs without an energy, a board or a temperature say nothing here."""
    found = []
    for run in collect.runs_in(collect.HERE / setup):
        board = collect.with_board(run)["board"]
        conditions = run["conditions"] or {}  # a run that failed early has none
        at = [(conditions.get(when) or {}).get("temperature_c") for when in ("start", "end")]
        is_that = (run["architecture"], run["input_size"], run["batch"], run["status"]) == (model, input_size, batch, "ok")
        if is_that and run["energy_j_per_image"] and board and None not in at:
            found.append(Run(board, run["energy_j_per_image"], run["ci95_rel"], run["images_per_s"], run["idle_w"], *at))
    return found


def slope(celsius: list[float], logs: list[float], lost: int) -> Slope:
    """By least squares; `lost`: degrees of freedom that the line and the means have taken."""
    line = linear_regression(celsius, logs)
    left = sum((y - line.intercept - line.slope * x) ** 2 for x, y in zip(celsius, logs))
    about_line = math.sqrt(left / (len(logs) - lost))
    spread = math.sqrt(sum((x - fmean(celsius)) ** 2 for x in celsius))
    return Slope(line.slope, about_line / spread, stdev(logs), about_line)


def table(boards: dict[str, list[Run]]) -> str:
    lines = ["| board | mJ/image | °C at start and end | W when idle | images/s |", "|---|---|---|---|---|"]
    for board, runs in sorted(boards.items(), key=lambda b: fmean(r.joules for r in b[1])):
        energy = ", ".join(f"{1e3 * r.joules:.1f}" + (f" ± {r.ci95_rel:.1%}".replace("%", " %") if r.ci95_rel >= 0.01 else "") for r in runs)
        warmth = ", ".join(f"{r.start_c:.0f} to {r.end_c:.0f}" for r in runs)
        idle = ", ".join("?" if r.idle_w is None else f"{r.idle_w:.0f}" for r in runs)
        lines.append(f"| {board[-6:]} | {energy} | {warmth} | {idle} | {', '.join(f'{r.images_per_s:,.0f}' for r in runs)} |")
    return "\n".join(lines)


def in_words(what: str, s: Slope) -> str:
    return f"{what}: {s.per_celsius:+.2%} per °C (standard error {s.standard_error:.2%}); {s.about_mean:.1%} about the mean, {s.about_line:.1%} about the line"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--setup", default=SETUP)
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--input-size", default="224x224")
    parser.add_argument("--batch", type=int, default=512)
    given = parser.parse_args()
    boards: dict[str, list[Run]] = defaultdict(list)
    for run in runs_of(given.setup, given.model, given.input_size, given.batch):
        boards[run.board].append(run)
    if len(boards) < 4:
        print(f"temperature.py: {len(boards)} boards ran {given.model} at batch {given.batch} there: a line needs 4", file=sys.stderr)
        return 1
    print(table(boards) + "\n")
    means = [(fmean(r.celsius for r in runs), fmean(math.log(r.joules) for r in runs)) for runs in boards.values()]
    print(in_words(f"Between {len(boards)} boards", slope([c for c, _ in means], [e for _, e in means], lost=2)))
    again = [runs for runs in boards.values() if len(runs) > 1]
    warmer = [r.celsius - fmean(q.celsius for q in runs) for runs in again for r in runs]
    more = [math.log(r.joules) - fmean(math.log(q.joules) for q in runs) for runs in again for r in runs]
    if len(more) > len(again) + 1:
        print(in_words(f"Within {len(again)} boards that ran it more than once", slope(warmer, more, lost=len(again) + 1)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
