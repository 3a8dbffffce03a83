"""What a survey tries, and in which order: pure functions of a table of results."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable

#: Columns of timm's results-imagenet.csv that a survey reads.
COLUMNS = ("model", "img_size", "param_count")


@dataclass(frozen=True)
class Pair:
    """An architecture at one of the sizes at which it was evaluated."""

    architecture: str
    input_size: int  # pixels of each side
    parameters: float  # millions, as the table states them
    first: bool  # of several sizes, the one that is tried first

    @property
    def cost(self) -> float:
        """Grows with the time of a forward pass: most layers use each weight once for every few pixels."""
        return self.parameters * self.input_size**2


def read_pairs(table: Path, own_size: Callable[[str], int | None]) -> list[Pair]:
    """Every (architecture, input size) of a table in timm's format, in the order to try them.

    `own_size` is the size in a model's configuration. Raises ValueError when the table is not one, OSError when it
    cannot be read.
    """
    with open(table, newline="") as file:
        reader = csv.DictReader(file)
        if missing := [c for c in COLUMNS if c not in (reader.fieldnames or ())]:
            raise ValueError(f"{table} has no column {', '.join(missing)}")
        found: dict[str, dict[int, float]] = {}
        for line, row in enumerate(reader, start=2):
            try:
                size, parameters = int(row["img_size"]), float(row["param_count"].replace(",", ""))
            except (TypeError, ValueError, AttributeError) as error:
                raise ValueError(f"line {line} of {table} has no size or number of parameters") from error
            found.setdefault(row["model"].partition(".")[0], {})[size] = parameters
    return in_order(
        Pair(name, size, parameters, size == first_size(sizes, own_size(name)))
        for name, sizes in found.items()
        for size, parameters in sizes.items()
    )


def first_size(sizes: Iterable[int], own: int | None) -> int:
    """The model's own size if it was evaluated there, else the smallest."""
    return own if own in sizes else min(sizes)


def in_order(pairs: Iterable[Pair]) -> list[Pair]:
    """One size of every architecture before further ones, cheap ones before dear ones: a survey that is stopped
    has covered as many architectures as it could."""
    return sorted(pairs, key=lambda p: (not p.first, p.cost, p.architecture))


def smallest_of_each(pairs: list[Pair], family: Callable[[str], str], count: int) -> list[Pair]:
    """The `count` cheapest pairs of every family, in the order of `pairs`."""
    taken: dict[str, int] = {}
    kept = []
    for pair in pairs:
        key = family(pair.architecture)
        if taken.get(key, 0) < count:
            taken[key] = taken.get(key, 0) + 1
            kept.append(pair)
    return kept
