#!/usr/bin/env python3
"""How many configurations an hour of a device gives, and what each costs besides measuring.

    script/bench campaign                              # a small campaign on the CPU, made for it
    python3 bench/campaign/campaign.py --rows FILE...  # of rows that are there: runs*.jsonl of data/results, or
                                                       # `joulemark export --format jsonl` of a campaign's database

Of each sitting (rows of one call of `joulemark campaign run`), from when its first measurement began to its last row:

configurations/h   rows with a number, in an hour of the device, exports between them included
measuring          share of that time in which models ran to be measured: batch search, warm-up and windows, and the check
                   of the output at the size that runs first, as on a GPU: what the runtime prepares for that size it
                   does there, and not in the search (rows from before 2026-11-28, 19:00, do not say how long; 0 here)
exporting, idle    what is between the rows: exports of the next lot, idle power
besides, s a row   median and 90 % quantile of what is left of a row's time: starting the worker, loading, stopping, and
                   checking the output where that is not warming up
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common  # noqa: E402

GOAL_PER_HOUR, GOAL_BESIDES_S, GOAL_SHARE = 300, 2.0, 0.85
#: Models that timm keeps for its own tests: small, of several kinds.
MODELS = ["test_byobnet", "test_convnext", "test_efficientnet", "test_mambaout", "test_resnet", "test_vit"]


@dataclass(frozen=True)
class Row:
    """What a row says of its own time, in seconds."""

    ended: float  # since the epoch
    took: float
    modelling: float  # of it: batch search, warm-up and windows, and a check that warmed up
    measured: bool

    @property
    def began(self) -> float:
        return self.ended - self.took

    @property
    def besides(self) -> float:
        return self.took - self.modelling


@dataclass(frozen=True)
class Sitting:
    rows: list[Row]  # in the order of measuring

    @property
    def hours(self) -> float:
        # Rows of models that were not exported are written at one time, before others that began earlier.
        return (max(r.ended for r in self.rows) - min(r.began for r in self.rows)) / 3600

    @property
    def measuring(self) -> float:
        return sum(r.modelling for r in self.rows) / (3600 * self.hours)

    @property
    def between(self) -> float:
        """Seconds that belong to no row."""
        return 3600 * self.hours - sum(r.took for r in self.rows)


def time_of(run: dict) -> Row | None:
    """None for rows of versions that did not say what their time went into."""
    time_s = run["provenance"].get("time_s")
    if not time_s:
        return None
    ended = datetime.fromisoformat(run["measured_at"].replace("Z", "+00:00")).timestamp()
    modelling = time_s["search"] + time_s.get("run", 0.0)
    if check_warmed_up(run):
        modelling += time_s.get("check", 0.0)
    return Row(ended, time_s["row"], modelling, run["status"] == "ok")


def check_warmed_up(run: dict) -> bool:
    """Whether the output was checked at the size that ran first, or at eight images that were of no use later."""
    provenance = run["provenance"]
    first = provenance.get("batch_search", {}).get("first", run.get("batch"))
    return first is not None and provenance.get("gate", {}).get("batch") == first


def sittings(runs: list[dict]) -> tuple[list[Sitting], int]:
    """By the call that made them, those of several rows; and how many rows say nothing of their time."""
    by_call: dict[str, list[Row]] = {}
    silent = 0
    for run in sorted(runs, key=lambda r: r["measured_at"]):
        if row := time_of(run):
            # Rows from before there was a name for it are of one sitting in each campaign.
            by_call.setdefault(run["provenance"].get("sitting") or run["campaign"], []).append(row)
        else:
            silent += 1
    return [Sitting(rows) for rows in by_call.values() if len(rows) > 1], silent


def print_table(found: list[Sitting]) -> None:
    common.table("sitting", "rows", "failed", "min", "configurations/h", "measuring", "exporting, idle", "besides, s a row")
    for number, s in enumerate(found, start=1):
        measured = [r for r in s.rows if r.measured]
        besides = sorted(r.besides for r in measured)
        common.row_of([
            number, len(s.rows), len(s.rows) - len(measured), f"{60 * s.hours:.1f}",
            f"{len(measured) / s.hours:.0f}", f"{s.measuring:.0%}", f"{s.between / (3600 * s.hours):.0%}",
            f"{statistics.median(besides):.2f} ({besides[math.ceil(0.9 * len(besides)) - 1]:.2f})" if besides else "",
        ])  # fmt: skip


def judge(found: list[Sitting]) -> None:
    hours = sum(s.hours for s in found)
    measured = [r for s in found for r in s.rows if r.measured]
    figures = (
        ("configurations an hour", len(measured) / hours, GOAL_PER_HOUR, 1, "{:.0f}"),
        ("share of measuring", sum(s.measuring * s.hours for s in found) / hours, GOAL_SHARE, 1, "{:.2f}"),
        ("seconds besides, median", statistics.median(r.besides for r in measured), GOAL_BESIDES_S, -1, "{:.2f}"),
    )
    print()
    for name, value, goal, sign, form in figures:
        verdict = "reached" if sign * value >= sign * goal else "missed"
        print(f"- {name}: {form.format(value)}; the goal of {form.format(goal)} is {verdict}")


def small_campaign(program: Path, folder: Path) -> list[dict]:
    """A campaign of timm's smallest models on the CPU, made and run for this. Its rows."""
    exporter = os.environ.get("JOULEMARK_EXPORTER", f"{common.ROOT / '.venv/bin/python'} -m joulemark_zoo")
    plan = {
        "name": "bench", "models": MODELS, "batch": ["1", "throughput"], "device": "cpu", "weights": "live",
        "max_seconds": 6, "max_batch": 16, "lot": 3,
    }  # fmt: skip
    (folder / "plan.json").write_text(json.dumps(plan))
    joulemark = [str(common.existing(program)), "campaign"]
    for arguments in (["plan", folder / "plan.json", "--out", folder / "c"], ["run", folder / "c"]):
        command = [*joulemark, *map(str, arguments), "--exporter", exporter]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode not in (0, 3):  # 3: some models failed, which are rows
            raise SystemExit(f"{' '.join(command)}\nended with exit code {done.returncode}: {done.stdout.strip()}")
    export = [str(program), "export", "--db", str(folder / "c/results.sqlite"), "--format", "jsonl"]
    said = subprocess.run(export, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in said.stdout.splitlines()]


def main() -> int:
    parser = common.parser(__doc__)
    parser.add_argument("--rows", type=Path, nargs="+", metavar="FILE", help="rows that are there, JSON lines")
    args = parser.parse_args()
    surroundings = common.Surroundings()
    if args.rows:
        runs = [json.loads(line) for file in args.rows for line in file.read_text().splitlines() if line]
    else:
        with tempfile.TemporaryDirectory(prefix="joulemark-bench-") as folder:
            runs = small_campaign(args.joulemark, Path(folder))
    found, silent = sittings(runs)
    if silent:
        print(f"{silent} of {len(runs)} rows do not say what their time went into, and are left out.\n")
    if not any(r.measured for s in found for r in s.rows):
        print("campaign: no sitting has measured rows", file=sys.stderr)
        return 1
    print_table(found)
    if args.rows:
        judge(found)
        print("\n" + "; ".join(sorted({f"{r['device']}, method {r['method']}" for r in runs})) + ".")
    else:
        common.print_machine(args.joulemark, surroundings, "timm's test models on the CPU, exported and measured in turns")
    return 0


if __name__ == "__main__":
    sys.exit(main())
