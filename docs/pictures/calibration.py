#!/usr/bin/env python3
"""Draws what a calibration saw: the pictures of docs/calibration.md.

    joulemark calibrate --device cuda:0 --trace SEEN --json > SEEN/calibration.json
    python3 docs/pictures/calibration.py SEEN docs/pictures/calibration-NAME

Writes NAME-updates.svg, NAME-answer.svg and NAME-aliasing.svg. Needs matplotlib 3.10, which nothing else here does.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

plt.rcParams.update({
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "svg.hashsalt": "joulemark",  # the same file from the same data
})
WIDTH = 7.0  # inches
LOAD, COUNTER, SAMPLES, INSTANT = "#b0b0b0", "#1f5fa8", "#c4510c", "#2b8a5a"


def rows(file: Path) -> list[dict[str, float]]:
    if not file.exists():
        return []
    with file.open(newline="") as f:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(f)]


class Seen:
    """A folder of `joulemark calibrate --trace`, and what was made of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found = json.loads((folder / "calibration.json").read_text())
        with (folder / "index.csv").open(newline="") as f:
            self.index = list(csv.DictReader(f))

    def squares(self) -> list[dict]:
        return [entry for entry in self.index if entry["period_s"]]

    def part(self, entry: dict, kind: str) -> list[dict[str, float]]:
        return rows(self.folder / f"{entry['file']}.{kind}.csv")


def updates(seen: Seen) -> plt.Figure | None:
    """Readings of the counter against time, less the mean power, so that its steps show."""
    readings = rows(seen.folder / "readings.csv")
    if len(readings) < 2:
        return None
    first, last = readings[0], readings[-1]
    watts = (last["joules"] - first["joules"]) / (last["answered_s"] - first["answered_s"])
    shown = [r for r in readings if r["answered_s"] < first["answered_s"] + 1.0]
    figure, axes = plt.subplots(figsize=(WIDTH, 2.4), layout="constrained")
    t = [1e3 * (r["answered_s"] - first["answered_s"]) for r in shown]
    y = [r["joules"] - first["joules"] - watts * (r["answered_s"] - first["answered_s"]) for r in shown]
    axes.plot(t, y, ".", markersize=3, color=COUNTER)
    axes.set_xlabel("time of the answer, ms")
    axes.set_ylabel(f"energy less {watts:.0f} W × time, J")
    period = seen.found["updates"].get("period_s")
    if period:
        axes.set_title(f"The counter polled without pause: an update every {1e3 * period:.2f} ms", loc="left")
    return figure


def counter_power(points: list[dict[str, float]]) -> tuple[list[float], list[float]]:
    """Power between neighbouring points, at the middle between them."""
    times, watts = [], []
    for a, b in zip(points, points[1:]):
        times.append(0.5 * (a["seconds"] + b["seconds"]))
        watts.append((b["joules"] - a["joules"]) / (b["seconds"] - a["seconds"]))
    return times, watts


def answer(seen: Seen) -> plt.Figure | None:
    """All periods of the slow square on top of each other, about the rising and the falling edge."""
    slow = max(seen.squares(), key=lambda e: float(e["period_s"]), default=None)
    if slow is None:
        return None
    period, high, began = (float(slow[key]) for key in ("period_s", "high_s", "began_s"))
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.0), layout="constrained", sharey=True)
    times, watts = counter_power(seen.part(slow, "points"))
    kinds = [
        ("counter, between updates", COUNTER, "o", times, watts),
        *(
            (label, colour, mark, [r["seconds"] for r in part], [r["watts"] for r in part])
            for label, colour, mark, part in (
                ("samples", SAMPLES, ".", seen.part(slow, "samples")),
                ("instant power", INSTANT, ".", seen.part(slow, "instant")),
            )
        ),
    ]
    for side, edge, title in ((0, 0.0, "rising edge"), (1, high, "falling edge")):
        for label, colour, mark, t, w in kinds:
            since = [((x - began - edge + 0.5 * period) % period) - 0.5 * period for x in t]
            near = [(1e3 * s, v) for s, v in zip(since, w) if -0.15 < s < 0.45]
            axes[side].plot(*zip(*near) if near else ([], []), mark, markersize=4, color=colour, label=label)
        axes[side].axvline(0.0, color=LOAD, linewidth=1)
        axes[side].set_xlabel("ms since the load's edge")
        axes[side].set_title(title, loc="left")
    axes[0].set_ylabel("power, W")
    axes[1].legend(loc="center right")
    return figure


def aliasing(seen: Seen) -> plt.Figure | None:
    """Mean power of each locked square at its phases, relative to squares of nearly its period."""
    groups = seen.found["aliasing"]
    if not groups:
        return None
    figure, axes = plt.subplots(figsize=(WIDTH, 2.6), layout="constrained")
    for group, colour in zip(groups, (COUNTER, SAMPLES, INSTANT)):
        off = [100 * (w / group["reference_w"] - 1) for w in group["watts"]]
        phases = [i / len(off) for i in range(len(off))]
        label = f"{1e3 * group['period_s']:.0f} ms, duty {group['duty']:.2f}"
        axes.plot(phases, off, "o-", color=colour, linewidth=1, markersize=4, label=label)
    axes.axhline(0.0, color=LOAD, linewidth=1)
    axes.set_xlabel("phase of the square against the counter's updates, periods")
    axes.set_ylabel("mean power, % off")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def main(folder: str, name: str) -> int:
    seen = Seen(Path(folder))
    for kind, draw in (("updates", updates), ("answer", answer), ("aliasing", aliasing)):
        if (figure := draw(seen)) is None:
            print(f"{kind}: nothing was seen that could be drawn")
            continue
        file = Path(f"{name}-{kind}.svg")
        figure.savefig(file, metadata={"Date": None})
        print(file)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
