#!/usr/bin/env python3
"""What the boards of one name took for one configuration, and how that goes with how warm they were.

    python3 data/results/temperature.py [--setup NAME] [--model NAME] [--input-size HxW] [--batch N]
    python3 data/results/temperature.py --all [--setup NAME]

A Markdown table with a line for each board, and two slopes of the logarithm of energy over the temperature, which is
the mean of a run's start and end: between boards, of the mean of each, and within boards, about the mean of each. A
board that takes more is warmer for it, so the slope between boards holds more than what warmth does to one board.
With --all, the slope within boards of every configuration that some ran several times, at 5 °C or more apart.
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

#: Of what a board's runs of a configuration have to be apart for a slope.
FEWEST_APART_C = 5.0
#: What is drawn as a sentinel in the campaigns of data/campaigns.
SETUP = "nvidia-h100-80gb-hbm3-torch-torchscript-fp16-channels_last"


@dataclass(frozen=True)
class Run:
    configuration: tuple[str, str, int]  #: architecture, input size, batch
    board: str
    joules: float
    ci95_rel: float
    images_per_s: float
    idle_w: float | None
    start_c: float
    end_c: float
    capped: bool  #: the power limit held it

    @property
    def celsius(self) -> float:
        return (self.start_c + self.end_c) / 2


@dataclass(frozen=True)
class Slope:
    per_celsius: float
    standard_error: float
    about_mean: float  #: standard deviation of the logarithms
    about_line: float  #: the same without what goes with the temperature


def runs_of(setup: str) -> list[Run]:
    """In the order of measuring. Runs without an energy, a board or a temperature say nothing here."""
    found = []
    for run in collect.runs_in(collect.HERE / setup):
        run = collect.with_later_columns(run)
        conditions = run["conditions"] or {}  # a run that failed early has none
        at = [(conditions.get(when) or {}).get("temperature_c") for when in ("start", "end")]
        if run["status"] == "ok" and run["energy_j_per_image"] and run["board"] and None not in at:
            configuration = (run["architecture"], run["input_size"], run["batch"])
            energy = (run["energy_j_per_image"], run["ci95_rel"], run["images_per_s"], run["idle_w"])
            found.append(Run(configuration, run["board"], *energy, *at, "power_capped" in run["flags"]))
    return found


def by_board(runs: list[Run]) -> dict[str, list[Run]]:
    boards: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        boards[run.board].append(run)
    return boards


def within(boards: dict[str, list[Run]]) -> Slope | None:
    """About the mean of each board that ran it more than once; none where they leave no degree of freedom."""
    again = [runs for runs in boards.values() if len(runs) > 1]
    warmer = [r.celsius - fmean(q.celsius for q in runs) for runs in again for r in runs]
    more = [math.log(r.joules) - fmean(math.log(q.joules) for q in runs) for runs in again for r in runs]
    return slope(warmer, more, lost=len(again) + 1) if len(more) > len(again) + 1 else None


def print_every_slope(runs: list[Run]) -> None:
    configurations: dict[tuple, list[Run]] = defaultdict(list)
    for run in runs:
        configurations[run.configuration].append(run)
    print("| architecture | input | batch | boards | runs | apart, °C | a °C (standard error) |\n|---|---|---|---|---|---|---|")
    for (architecture, size, batch), of in sorted(configurations.items()):
        boards = {board: runs for board, runs in by_board(of).items() if len(runs) > 1}
        apart = max((max(r.celsius for r in runs) - min(r.celsius for r in runs) for runs in boards.values()), default=0.0)
        found = within(boards) if apart >= FEWEST_APART_C else None
        if found is None:
            continue
        capped = ", at the power limit" if any(r.capped for runs in boards.values() for r in runs) else ""
        print(f"| {architecture} | {size} | {batch} | {len(boards)} | {sum(map(len, boards.values()))} | {apart:.1f} "
              f"| {found.per_celsius:+.2%} ({found.standard_error:.2%}){capped} |")


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
    parser.add_argument("--all", action="store_true", help="every configuration's slope within boards")
    given = parser.parse_args()
    runs = runs_of(given.setup)
    if given.all:
        print_every_slope(runs)
        return 0
    boards = by_board([r for r in runs if r.configuration == (given.model, given.input_size, given.batch)])
    if len(boards) < 4:
        print(f"temperature.py: {len(boards)} boards ran {given.model} at batch {given.batch} there: a line needs 4", file=sys.stderr)
        return 1
    print(table(boards) + "\n")
    means = [(fmean(r.celsius for r in runs), fmean(math.log(r.joules) for r in runs)) for runs in boards.values()]
    print(in_words(f"Between {len(boards)} boards", slope([c for c, _ in means], [e for _, e in means], lost=2)))
    if found := within(boards):
        again = sum(len(runs) > 1 for runs in boards.values())
        print(in_words(f"Within {again} boards that ran it more than once", found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
