#!/usr/bin/env python3
"""Chooses architectures for a campaign: of every family of timm the most accurate, the smallest, and some between.

    python3 data/campaigns/choose.py results-imagenet.csv [--of-each 2] [--largest 200] [--pixels 384]
        [--without data/results/SETUP/rows.csv] > models.json

results-imagenet.csv is timm's published table. What rows.csv has already counts as chosen. A family is the module of timm that defines the architecture. Left out
are architectures of more than --largest million parameters, or evaluated at more than --pixels, and those that timm
has for its own tests (test_...). Prints a JSON list,
for the field `models` of a plan (docs/campaigns.md). Needs timm: run it with the exporter's Python.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Published:
    """An architecture with the best published top-1 of its weights that the limits allow."""

    name: str
    top1: float  # %
    parameters: float  # million


def read(table: Path, largest: float, pixels: int) -> list[Published]:
    best: dict[str, Published] = {}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = row["model"].partition(".")[0]
            one = Published(name, float(row["top1"]), float(row["param_count"].replace(",", "")))
            fits = one.parameters <= largest and int(row["img_size"]) <= pixels and not name.startswith("test_")
            if fits and (name not in best or one.top1 > best[name].top1):
                best[name] = one
    return list(best.values())


def spread(family: list[Published], count: int) -> list[str]:
    """`count` of them at even steps from the least accurate to the most; the smallest stands in for the former."""
    ordered = sorted(family, key=lambda p: (p.top1, -p.parameters))
    smallest = min(ordered, key=lambda p: p.parameters)
    ordered.remove(smallest)
    ordered.insert(0, smallest)
    if len(ordered) <= count:
        return [p.name for p in ordered]
    if count == 1:
        return [ordered[-1].name]
    return [ordered[round(i * (len(ordered) - 1) / (count - 1))].name for i in range(count)]


def families(architectures: list[Published]) -> dict[str, list[Published]]:
    from joulemark_zoo import _torchvision_ops  # noqa: F401  (makes timm importable everywhere)
    from timm.models import is_model, model_entrypoint

    by_module = defaultdict(list)
    for one in architectures:
        if is_model(one.name):
            by_module[model_entrypoint(one.name).__module__].append(one)
    return by_module


def measured(rows: Path | None) -> set[str]:
    """The architectures that a table of results has, whatever came of them."""
    if rows is None:
        return set()
    with rows.open(encoding="utf-8", newline="") as file:
        return {row["architecture"] for row in csv.DictReader(file)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--of-each", type=int, default=2, metavar="N", help="architectures of a family (2)")
    parser.add_argument("--largest", type=float, default=200.0, metavar="M", help="million parameters (200)")
    parser.add_argument("--pixels", type=int, default=384, help="input size (384)")
    parser.add_argument("--without", type=Path, metavar="ROWS.CSV", help="leave out what this table has")
    args = parser.parse_args()
    chosen = families(read(args.table, args.largest, args.pixels))
    names = {name for family in chosen.values() for name in spread(family, args.of_each)}
    print(json.dumps(sorted(names - measured(args.without)), indent=0))


if __name__ == "__main__":
    main()
