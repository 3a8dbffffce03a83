#!/usr/bin/env python3
"""How long analyses and choices take, each in a process of its own that finds nothing prepared.

    script/bench analysis [--runs N] [--rows 102400] [--keep FOLDER] [--beside FILE]

Two databases of made-up rows (bench/analysis/rows.py), which carry the windows, conditions and provenance of a row that
was measured: 1,600 models x 4 setups, and sixteen times as many without windows. Of each command the wall clock, the
CPU time and the largest resident size, with the file in the page cache. Beside it, on the first, what a script with
NumPy takes for two of the analyses (bench/analysis/peer.py).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common  # noqa: E402
import rows  # noqa: E402  (beside this file)

MODELS, SETUPS = 1600, 4
ONE_SETUP = rows.setup_name(0)
GOALS = {"all analyses, one core": 1.0, "choose": 0.05, "all analyses of many": 10.0}
GOAL_BYTES = 1 << 30


@dataclass(frozen=True)
class Took:
    wall_s: float
    cpu_s: float
    bytes: int


def on_one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def run(command: list, one_core: bool = False) -> Took:
    """One process from its start to its end; the end of the benchmark where it fails."""
    began = time.perf_counter()
    child = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, preexec_fn=on_one_core if one_core else None)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command} ended with exit code {child.returncode}")
    return Took(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def line(name: str, took: list[Took], goal: float | None) -> str:
    walls = [t.wall_s for t in took]
    cpu = statistics.median(t.cpu_s for t in took)
    mebibytes = max(t.bytes for t in took) / 2**20
    verdict = "" if goal is None else f"{goal:g} s: {'met' if statistics.median(walls) <= goal else 'missed'}"
    return f"| {name} | {common.median_and_range(walls, '{:.3f}')} | {cpu:.3f} | {mebibytes:.0f} | {verdict} |"


def database(program: Path, folder: Path, name: str, made) -> Path:
    """The rows in SQLite, as `joulemark import` puts them there, and how long that took."""
    lines, place = folder / f"{name}.jsonl", folder / f"{name}.sqlite"
    if not place.exists():
        count = rows.write(lines, made)
        took = run([program, "import", lines, "--db", place])
        print(f"imported {count} rows in {took.wall_s:.1f} s", file=sys.stderr, flush=True)
        lines.unlink()
    return place


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each command [5]")
    parser.add_argument("--rows", type=int, default=16 * MODELS * SETUPS, help="of the second database [102400]")
    parser.add_argument("--keep", type=Path, help="folder for the databases, which stay there and are used again")
    parser.add_argument("--beside", type=Path, metavar="FILE", help="another build, timed in the same turns")
    given = parser.parse_args()
    program = common.existing(given.joulemark)
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)

        def databases(maker: Path, whose: str = "") -> tuple[Path, Path]:
            many = rows.rows(MODELS, SETUPS, given.rows // (MODELS * SETUPS), False)
            return (database(maker, folder, f"few{whose}", rows.rows(MODELS, SETUPS)), database(maker, folder, f"many{whose}", many))

        few, many = databases(program)
        out = Path(temporary) / "out"
        surroundings = common.Surroundings()
        commands = {
            "all analyses": [program, "analyse", "--db", few, "--out", out],
            "all analyses, one core": [program, "analyse", "--db", few, "--out", out],
            "frontier and drivers": [program, "analyse", "frontier", "drivers", "--setup", ONE_SETUP, "--db", few, "--out", out],
            "frontier and drivers, NumPy": [sys.executable, Path(__file__).with_name("peer.py"), few, ONE_SETUP],
            "choose": [program, "choose", "--min-top1", "80", "--max-energy", "1J", "--db", few],
            "choose, one setup": [program, "choose", "--min-top1", "80", "--setup", ONE_SETUP, "--db", few],
            "score of all models": [program, "score", "--setup", ONE_SETUP, "--db", few],
            "all analyses of many": [program, "analyse", "--db", many, "--out", out],
        }  # fmt: skip
        if given.beside:
            other = common.existing(given.beside)
            theirs = dict(zip((program, few, many), (other, *databases(other, "-other"))))  # which an older one can read
            commands |= {
                f"{name}, the other build": [theirs.get(c, c) for c in command] for name, command in commands.items() if command[0] == program
            }
        took = {name: [] for name in commands}
        for command in commands.values():
            run(command)  # once for the page cache
        for _ in range(given.runs):  # in turn, so that what else the machine does falls on all alike
            for name, command in commands.items():
                took[name].append(run(command, one_core="one core" in name))
    print("| | wall, s: median (range) | CPU, s | MiB at most | goal |\n|---|---:|---:|---:|---|")
    for name, runs in took.items():
        print(line(name, runs, GOALS.get(name)))
    ratio = statistics.median(t.wall_s for t in took["frontier and drivers, NumPy"]) / statistics.median(
        t.wall_s for t in took["frontier and drivers"]
    )
    most = max(t.bytes for t in took["all analyses of many"])
    print(f"\nNumPy takes {ratio:.1f} times as long for the two analyses that it has in common.")
    print(f"Memory of many rows: {'within' if most <= GOAL_BYTES else 'beyond'} 1 GiB.")
    common.print_machine(program, surroundings, f"{given.runs} runs in turn")


if __name__ == "__main__":
    main()
