#!/usr/bin/env python3
"""Whether what comparisons take between two boards holds their difference, of configurations that it was not made of.

    joulemark analyse boards --setup NAME --db data/results --out OUT    # of each precision
    .venv/bin/python data/results/boards.py OUT/boards.csv...             # of those that share factors

Of each configuration that several boards ran, the factors of the boards are fitted to all others of all files, as
src/analysis/board_factors.hpp says; then each two of its boards are looked at: whether the logarithms of their energies
are no further apart than both boards' intervals reach, which is what comparisons take, and whether they would be held
if both were divided by their boards' factors, by the widths of the intervals alone.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean, median

import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from student import student_t_95  # noqa: E402


def configurations(file: Path) -> list[dict[str, float]]:
    """Of each configuration, the logarithm of the energy by board."""
    found: dict[tuple, dict[str, float]] = defaultdict(dict)
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["model"], row["batch"], row["weights"]][row["board"]] = math.log(float(row["energy_j_per_image"]))
    return list(found.values())


def tied(seen: list[dict[str, float]]) -> set[str]:
    """The largest group of boards that share configurations, at first or second hand."""
    groups: list[set[str]] = []
    for boards in map(set, seen):
        joined = [group for group in groups if group & boards]
        groups = [group for group in groups if not group & boards] + [boards.union(*joined)]
    return max(groups, key=len, default=set())


def offsets(seen: list[dict[str, float]]) -> dict[str, tuple[float, float]]:
    """Of each board what it takes more, and half the width of the interval of a row of it; none where nothing is left."""
    boards = sorted(tied(seen))
    seen = [configuration for configuration in seen if set(configuration) <= set(boards)]
    pairs = [(c, boards.index(b), value) for c, of in enumerate(seen) for b, value in of.items()]
    design = np.zeros((len(pairs), len(seen) + len(boards)))
    for i, (c, b, _) in enumerate(pairs):
        design[i, c] = design[i, len(seen) + b] = 1.0
    degrees = len(pairs) - np.linalg.matrix_rank(design)
    if degrees < 1:
        return {}
    inverse = np.linalg.pinv(design.T @ design)
    effects = inverse @ design.T @ np.array([value for *_, value in pairs])
    rest = np.array([value for *_, value in pairs]) - design @ effects
    variance = float(rest @ rest) / degrees
    # Each board beside the mean of all.
    centre = np.zeros((len(boards), design.shape[1]))
    centre[:, len(seen) :] = np.eye(len(boards)) - 1.0 / len(boards)
    covariance = centre @ inverse @ centre.T * variance
    t = student_t_95(degrees)
    return {
        board: (float((centre @ effects)[i]), t * math.sqrt(covariance[i, i] + variance / 2.0))
        for i, board in enumerate(boards)
    }


@dataclass(frozen=True)
class Pair:
    """One configuration on two boards: logarithms."""

    apart: float  #: of the two energies
    expected: float  #: of the factors of the boards, which other configurations gave
    reach: float  #: of both boards' intervals together


def pairs_of(own: list[dict[str, float]], others: list[dict[str, float]]) -> list[Pair]:
    """Of each of its own configurations, by what all others say of its boards."""
    pairs = []
    for left_out, boards in enumerate(own):
        known = offsets(own[:left_out] + own[left_out + 1 :] + others)
        for a, b in combinations(sorted(set(boards) & set(known)), 2):
            reach = known[a][1] + known[b][1]
            pairs.append(Pair(boards[a] - boards[b], known[a][0] - known[b][0], reach))
    return pairs


def pairs_of_each(files: list[Path]) -> dict[Path, list[Pair]]:
    """Of the configurations of each file, by what all others of all files say."""
    seen = {file: configurations(file) for file in files}
    return {
        file: pairs_of(own, [configuration for other in files if other != file for configuration in seen[other]])
        for file, own in seen.items()
    }


def line_of(file: Path, pairs: list[Pair]) -> str:
    if not pairs:
        return f"| {file} | 0 | | | | |"
    rules = [
        [(abs(p.apart) <= (most := abs(p.expected) + p.reach), most) for p in pairs],
        [(abs(p.apart - p.expected) <= p.reach, p.reach) for p in pairs],
    ]
    cells = [
        cell
        for rule in rules
        for cell in (f"{100 * fmean(held for held, _ in rule):.0f} %", f"{100 * median(width for _, width in rule):.1f} %")
    ]
    return f"| {file} | {len(pairs)} | {' | '.join(cells)} |"


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    print("| of | pairs | as measured: held | ±, median | brought to one board: held | ±, median |")
    print("|---|---|---|---|---|---|")
    for file, pairs in pairs_of_each(list(map(Path, arguments))).items():
        print(line_of(file, pairs))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
