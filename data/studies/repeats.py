#!/usr/bin/env python3
"""How well does the interval of one run hold for other runs of the same configuration?

    python3 data/studies/repeats.py run OUT MODEL... [--repeats 12] [--batch 64] [--pause 1..4] [-- MEASURE OPTIONS]
    python3 data/studies/repeats.py analyse OUT... [--keep NAME]

`run` measures every model `--repeats` times, each time by a call of `joulemark measure` of its own: a new worker, a new
load, a new warm-up. Every round takes the models in another order (`--seed`), with pauses between, so that a drift of
the machine meets all models alike. Called again it goes on where it ended.

`analyse` asks of every run whether its 95 % interval, with its term for the host where it has one, holds the mean of the
model's other runs, and how the spread between runs compares with what one run says of itself. A second table asks what the
spread is made of: over all windows of a model, J/image as a line of the time per image. With --keep the runs and their raw traces (compressed) go to
data/studies/NAME/.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import statistics
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))
from exported import joulemark, read_database, read_lines  # noqa: E402


# --- run -----------------------------------------------------------------------------------------------


def schedule(models: list[str], repeats: int, seed: int) -> list[tuple[int, str]]:
    """(round, model) of every run: each round holds every model once, in an order of its own."""
    shuffle = random.Random(seed)
    order = []
    for number in range(repeats):
        models_of_round = list(models)
        shuffle.shuffle(models_of_round)
        order += [(number, model) for model in models_of_round]
    return order


def run(args: argparse.Namespace) -> int:
    args.out.mkdir(parents=True, exist_ok=True)
    journal = args.out / "journal.jsonl"
    done = {(entry["round"], entry["model"]) for entry in read_lines(journal)}
    plan = schedule(args.models, args.repeats, args.seed)
    pause = random.Random(args.seed + 1)
    began = time.monotonic()
    for position, (number, model) in enumerate(plan, start=1):
        if (number, model) in done:
            continue
        if args.budget and time.monotonic() - began > args.budget:
            print(f"time is up: {len(plan) - position + 1} of {len(plan)} runs are left; call again")
            return 3
        time.sleep(pause.uniform(*args.pause))
        code = measure(args, model)
        with journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"round": number, "model": model, "code": code}) + "\n")
        print(f"[{position}/{len(plan)}] round {number + 1}: {model}: exit code {code}", flush=True)
    return 0


def measure(args: argparse.Namespace, model: str) -> int:
    command = [joulemark(), "measure", model, "--db", args.out / "results.sqlite", "--batch", args.batch]
    command += ["--trace", args.out / "traces", *args.options]
    with (args.out / "measure.log").open("a", encoding="utf-8") as log:
        return subprocess.run(list(map(str, command)), stdout=log, stderr=log).returncode


# --- analyse -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Repeats:
    """The runs of one configuration, and how often the interval of one holds the mean of the others."""

    name: str
    energies: list[float]  # J per image
    half_widths: list[float]  # of the 95 % interval and the host's term, relative
    failed: int
    windows: list[list[tuple[float, float]]]  # of each run: s/image, J/image

    @property
    def mean(self) -> float:
        return statistics.fmean(self.energies)

    @property
    def spread(self) -> float:
        """Standard deviation between runs, relative."""
        return statistics.stdev(self.energies) / self.mean

    @property
    def held(self) -> list[bool]:
        """For each run: does its interval hold the mean of the others?"""
        total, n = sum(self.energies), len(self.energies)
        return [
            abs((total - e) / (n - 1) - e) <= half * e for e, half in zip(self.energies, self.half_widths)
        ]


@dataclass(frozen=True)
class Line:
    """J/image = fixed + slope x s/image, over all windows of a configuration (least squares)."""

    fixed: float  # J/image that the time does not change
    slope: float  # W
    left: float  # standard deviation between runs of what is beside the line, relative to the mean energy
    slowest: float  # s/image of the slowest run over that of the fastest, less one


def line_through(group: Repeats) -> Line | None:
    points = [point for run in group.windows for point in run]
    times, energies = [t for t, _ in points], [e for _, e in points]
    if len(set(times)) < 2:
        return None
    slope, fixed = statistics.linear_regression(times, energies)
    beside = [statistics.fmean(e - fixed - slope * t for t, e in run) for run in group.windows]
    paces = [statistics.fmean(t for t, _ in run) for run in group.windows]
    return Line(fixed, slope, statistics.stdev(beside) / group.mean, max(paces) / min(paces) - 1)


def grouped(runs: list[dict]) -> list[Repeats]:
    """By model, policy and batch; only those that ran at least three times."""
    groups: dict[str, list[dict]] = {}
    for r in runs:
        groups.setdefault(f"{r['architecture']}, batch {r['batch']}", []).append(r)
    found = []
    for name, group in sorted(groups.items()):
        good = [r for r in group if r["status"] == "ok" and r["ci95_rel"] is not None]
        if len(good) >= 3:
            energies = [r["energy_j_per_image"] for r in good]
            halves = [math.hypot(r["ci95_rel"], (r["systematic_terms"] or {}).get("host", 0.0)) for r in good]
            windows = [[per_image(w) for w in r["window_list"]] for r in good]
            found.append(Repeats(name, energies, halves, len(group) - len(good), windows))
    return found


def per_image(window: dict) -> tuple[float, float]:
    return window["seconds"] / window["images"], window["joules"] / window["images"]


def table(groups: list[Repeats]) -> str:
    lines = [
        "| configuration | runs | mJ/image | between runs, SD | ± of one run, median | held |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for g in groups:
        failed = f" (+{g.failed} failed)" if g.failed else ""
        lines.append(
            f"| {g.name} | {len(g.energies)}{failed} | {1e3 * g.mean:.4g} | {100 * g.spread:.2g} % | "
            f"{100 * statistics.median(g.half_widths):.2g} % | {sum(g.held)}/{len(g.held)} |"
        )
    held = [h for g in groups for h in g.held]
    low, high = wilson(sum(held), len(held))
    lines.append("")
    lines.append(
        f"The interval of a run holds the mean of the others in {sum(held)} of {len(held)} "
        f"({100 * sum(held) / len(held):.0f} %; 95 % interval {100 * low:.0f} to {100 * high:.0f} %). The goal is 90 %."
    )
    lines += ["", *line_table(groups)]
    return "\n".join(lines) + "\n"


def line_table(groups: list[Repeats]) -> list[str]:
    lines = [
        "| J/image = a + P × s/image | a, mJ | P, W | beside the line, between runs, SD | slowest run's time more than the fastest's |",
        "|---|---:|---:|---:|---:|",
    ]
    for g in groups:
        if line := line_through(g):
            lines.append(
                f"| {g.name} | {1e3 * line.fixed:.4g} | {line.slope:.0f} | {100 * line.left:.2g} % | {100 * line.slowest:.2g} % |"
            )
    return lines


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Journal of the American Statistical Association 22, 1927)."""
    z = statistics.NormalDist().inv_cdf(0.975)
    share, square = successes / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return middle - half, middle + half


def runs_of(out: Path) -> list[dict]:
    """From a folder that `run` made, or one that --keep made."""
    kept = out / "runs.jsonl"
    if kept.exists():
        return read_lines(kept)
    try:
        return read_database(out / "results.sqlite")
    except ValueError as error:
        raise SystemExit(f"repeats.py: {error}") from None


def analyse(args: argparse.Namespace) -> int:
    runs = [r for out in args.out for r in runs_of(out)]
    groups = grouped(runs)
    if not groups:
        print("repeats.py: no configuration ran three times or more", file=sys.stderr)
        return 1
    text = table(groups)
    print(text, end="")
    if args.keep:
        keep(args, runs, text)
    return 0


def keep(args: argparse.Namespace, runs: list[dict], text: str) -> None:
    folder = HERE / args.keep
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "runs.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(r, sort_keys=True) + "\n" for r in runs)
    (folder / "table.md").write_text(text, encoding="utf-8")
    with tarfile.open(folder / "traces.tar.xz", "w:xz") as archive:
        for out in args.out:
            for trace in sorted((out / "traces").glob("*.csv")):
                archive.add(trace, trace.name)
    for out in args.out:
        shutil.copy(out / "journal.jsonl", folder / f"journal-{out.name}.jsonl")


# --- command line --------------------------------------------------------------------------------------


def seconds_range(text: str) -> tuple[float, float]:
    low, _, high = text.partition("..")
    return float(low), float(high or low)


def split_options(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What stands before and after `--`."""
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("run", help="measure; options after -- go to joulemark measure")
    one.add_argument("out", type=Path)
    one.add_argument("models", nargs="+", metavar="MODEL")
    one.add_argument("--repeats", type=int, default=12)
    one.add_argument("--batch", default="64", help="policy of `joulemark measure`")
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--pause", type=seconds_range, default=(1.0, 4.0), metavar="S..S")
    one.add_argument("--budget", type=float, help="seconds after which no run is begun")
    two = commands.add_parser("analyse", help="from what was measured to the table")
    two.add_argument("out", nargs="+", type=Path)
    two.add_argument("--keep", metavar="NAME", help="copy runs and traces to data/studies/NAME")
    arguments, options = split_options(sys.argv[1:])
    args = parser.parse_args(arguments)
    args.options = options
    return run(args) if args.command == "run" else analyse(args)


if __name__ == "__main__":
    sys.exit(main())
