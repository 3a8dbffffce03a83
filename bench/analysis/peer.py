#!/usr/bin/env python3
"""What a researcher's script would do with NumPy: the frontier of one setup, and Pearson's and Spearman's coefficients
of energy with parameters, GMACs and activations, each with 2,000 bootstrap draws. Read from the same database.

    python3 bench/analysis/peer.py DATABASE SETUP

Only what it has in common with `joulemark analyse frontier drivers`: no intervals of single energies, no flags, no
choice of the newest row.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
DRAWS = 2000


def table(name: str) -> list[dict]:
    with (ROOT / "data/catalogue" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def rows_of(database: str, setup: str) -> list[dict]:
    """Energy, best published top-1 and counts of each model."""
    parameters = {row["architecture"]: float(row["parameters_m"]) for row in table("architectures.csv")}
    counts = {(row["architecture"], row["input_size"]): row for row in table("costs.csv")}
    top1: dict = {}
    for row in table("accuracy.csv"):
        key = (row["model"].partition(".")[0], row["input_size"])
        top1[key] = max(top1.get(key, 0.0), float(row["imagenet_top1"]))
    query = "SELECT architecture, input_size, energy_j_per_image FROM record WHERE setup = ? AND policy = 'throughput'"
    made = []
    for architecture, size, joules in sqlite3.connect(database).execute(query, (setup,)):
        key = (architecture, size.partition("x")[0])
        if key not in top1 or key not in counts:
            continue
        made.append({"joules": joules, "top1": top1[key], "parameters": parameters[architecture],
                     "gmacs": float(counts[key]["gmacs"]), "activations": float(counts[key]["activations_m"])})  # fmt: skip
    return made


def frontier(rows: list[dict]) -> int:
    members, best = 0, 0.0
    for row in sorted(rows, key=lambda r: (r["joules"], -r["top1"])):
        if row["top1"] > best:
            members, best = members + 1, row["top1"]
    return members


def ranks(values: np.ndarray) -> np.ndarray:
    """Of each line; equal values, which resamples have, share their mean rank."""
    order = values.argsort(axis=1, kind="stable")
    place = np.empty_like(values)
    np.put_along_axis(place, order, np.arange(1.0, values.shape[1] + 1)[None, :], axis=1)
    for line, value in zip(place, values):
        _, inverse, count = np.unique(value, return_inverse=True, return_counts=True)
        line[:] = (np.bincount(inverse, weights=line) / count)[inverse]
    return place


def pearson(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    return (x * y).sum(axis=1) / np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))


def drivers(rows: list[dict]) -> dict:
    draw = np.random.default_rng(1).integers(0, len(rows), (DRAWS, len(rows)))
    y = np.array([r["joules"] for r in rows])
    said = {}
    for name in ("parameters", "gmacs", "activations"):
        x = np.array([r[name] for r in rows])
        for kind, one, other in (("pearson", x, y), ("pearson_log", np.log2(x), np.log2(y))):
            said[f"{kind} {name}"] = np.quantile(pearson(one[draw], other[draw]), (0.025, 0.975)).tolist()
        said[f"spearman {name}"] = np.quantile(pearson(ranks(x[draw]), ranks(y[draw])), (0.025, 0.975)).tolist()
    return said


if __name__ == "__main__":
    found = rows_of(sys.argv[1], sys.argv[2])
    json.dump({"n": len(found), "frontier": frontier(found), "drivers": drivers(found)}, sys.stdout)
