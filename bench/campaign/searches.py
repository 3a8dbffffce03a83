#!/usr/bin/env python3
"""What a search for the best batch takes where it begins with what an earlier one found, beside that earlier one.

    python3 bench/campaign/searches.py FILE...     # runs*.jsonl of data/results

Of each search that began so, the newest one before it of the same architecture, input size, precision, runtime and device
name that began with eight images or with one. Seconds are of all bursts, with what the runtime prepares for them.
Where the files are of two devices, also how far apart the best batches are that both found for one configuration.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path


def searches(files: list[str]) -> list[dict]:
    """In the order of measuring."""
    rows = [json.loads(line) for file in files for line in Path(file).read_text().splitlines()]
    found = [r for r in rows if r["status"] == "ok" and r["policy"] == "throughput" and "batch_search" in r["provenance"]]
    return sorted(found, key=lambda r: r["run"])


def began_with_a_likely_batch(row: dict) -> bool:
    return row["provenance"]["batch_search"].get("first", 1) not in (1, 8)


def print_devices(rows: list[dict]) -> None:
    """The newest search of each configuration that was not ended early, on every device."""
    best: dict[tuple, dict[str, int]] = {}
    for row in rows:
        if "search_cut" not in row["flags"].split():
            best.setdefault(tuple(row[k] for k in ("architecture", "input_size", "precision", "format")), {})[row["device"]] = row["batch"]
    apart = [max(of.values()) // min(of.values()) for of in best.values() if len(of) > 1]
    if apart:
        same, near = (sum(times <= limit for times in apart) for limit in (1, 2))
        print(f"\nOf {len(apart)} configurations on two devices, the best batch is the same in {same}, and within a factor of two in {near}.")


def main() -> int:
    earlier: dict[tuple, dict] = {}
    pairs = []
    rows = searches(sys.argv[1:])
    for row in rows:
        key = tuple(row[k] for k in ("architecture", "input_size", "precision", "format", "device"))
        if not began_with_a_likely_batch(row):
            if "time_s" in row["provenance"]:  # before method 4 a row does not say what its search took
                earlier[key] = row
        elif key in earlier:
            pairs.append((earlier[key], row))
    if not pairs:
        print("searches.py: no search in these files began with what an earlier one found", file=sys.stderr)
        return 1
    print("| search | n | s, mean | s, median | s, largest | sizes, mean |\n|---|---|---|---|---|---|")
    for name, of in zip(("the earlier one", "begun with what it found"), zip(*pairs)):
        took = [r["provenance"]["time_s"]["search"] for r in of]
        sizes = statistics.fmean(len(r["provenance"]["batch_search"]["bursts"]) for r in of)
        print(f"| {name} | {len(of)} | {statistics.fmean(took):.1f} | {statistics.median(took):.1f} | {max(took):.1f} | {sizes:.1f} |")
    same = sum(a["batch"] == b["batch"] for a, b in pairs)
    print(f"\nThe same batch in {same} of {len(pairs)}.")
    for a, b in pairs:
        if a["batch"] != b["batch"]:
            print(f"  {b['architecture']}, {b['input_size']}, {b['precision']}: {a['batch']}, then {b['batch']}")
    print_devices(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
