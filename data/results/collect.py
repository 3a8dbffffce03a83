#!/usr/bin/env python3
"""Adds what measure.sh or a campaign made to the results of this folder, and prints them as a table.

    python3 data/results/collect.py add OUT...     OUT: folders that measure.sh wrote, or campaigns'
    python3 data/results/collect.py table [--all] [--setup GLOB]
                                                   Markdown, as in the README: the architectures of architectures.txt,
                                                   or all; of those setups whose name matches
    python3 data/results/collect.py check          every number again from its windows

Results are one folder for each setup (device, runtime, format, precision, layout):

    <setup>/runs*.jsonl    one run a line: its row, windows, conditions and provenance (docs/columns.md);
                           a file for each call of `add`, named by its first run
    <setup>/rows.csv       the rows alone, made from those
    <setup>/machine.json   what `joulemark doctor` said of the machine

Runs are only ever added: a run that is there already is left as it is, so adding twice changes nothing.
"""

from __future__ import annotations

import argparse
import csv
import fnmatch
import json
import math
import sys
from collections import Counter, defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))
from exported import read_database, read_lines  # noqa: E402

#: What a line of a runs*.jsonl holds beside the columns of a row.
BESIDE_THE_ROW = ("systematic_terms", "conditions", "provenance", "window_list")
POLICIES = {"batch_1": "batch 1", "throughput": "best batch"}


def runs_in(folder: Path) -> list[dict]:
    """All of a setup, in the order in which they were measured."""
    runs = [run for file in folder.glob("runs*.jsonl") for run in read_lines(file)]
    return sorted(runs, key=lambda run: run["run"])


def setups(results: Path) -> dict[str, list[dict]]:
    """All runs by the name of their setup."""
    folders = sorted({file.parent for file in results.glob("*/runs*.jsonl")})
    return {folder.name: runs_in(folder) for folder in folders}


# --- add ---------------------------------------------------------------------------------------------


def add(out: Path, results: Path) -> dict[str, int]:
    """Adds the runs of one folder; returns how many were new, by setup. ValueError when one is not sound."""
    new = runs_of(out)
    if not new:
        raise ValueError(f"{out} has no runs")
    for run in new:
        if problem := unsound(run):
            raise ValueError(f"{out}: run {run.get('run')}: {problem}")
    added: dict[str, int] = {}
    for setup in sorted({run["setup"] for run in new}):
        folder = results / setup
        folder.mkdir(parents=True, exist_ok=True)
        known = {run["run"] for run in runs_in(folder)}
        fresh = [run for run in new if run["setup"] == setup and run["run"] not in known]
        if fresh:
            write_runs(folder, sorted(fresh, key=lambda run: run["run"]))
            write_rows(folder)
        machine = out / "doctor.json"
        # Rows of other machines, which a campaign's database may hold too, are not fresh: what it says is not of theirs.
        if fresh and machine.exists() and not (folder / "machine.json").exists():
            (folder / "machine.json").write_text(without_paths(machine), encoding="utf-8")
        added[setup] = len(fresh)
    return added


def runs_of(out: Path) -> list[dict]:
    """Of a folder of measure.sh, or of a campaign, whose database is read by joulemark."""
    if (out / "runs.jsonl").exists() or not (out / "results.sqlite").exists():
        return read_lines(out / "runs.jsonl")
    return read_database(out / "results.sqlite")


def write_runs(folder: Path, runs: list[dict]) -> None:
    """Into a file of their own: what is there is never written again."""
    lines = [json.dumps(run, ensure_ascii=False, separators=(",", ":")) + "\n" for run in runs]
    file = folder / f"runs-{runs[0]['run']}.jsonl"
    fresh = file.with_suffix(".partial")
    fresh.write_text("".join(lines), encoding="utf-8")
    fresh.replace(file)


def write_rows(folder: Path) -> None:
    runs = [with_later_columns(run) for run in runs_in(folder)]
    columns = [key for key in runs[-1] if key not in BESIDE_THE_ROW]
    with open(folder / "rows.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns)
        rows.writerows(["" if run[c] is None else run[c] for c in columns] for run in runs)


def with_later_columns(run: dict) -> dict:
    """A run from before there were columns for them has its board and its temperature in its documents alone, as
    joulemark reads them."""
    board = run.get("board") or ((run["provenance"] or {}).get("meter") or {}).get("device_id") or None
    at = [((run["conditions"] or {}).get(when) or {}).get("temperature_c") for when in ("start", "end")]
    celsius = run.get("temperature_c")
    if celsius is None and None not in at:
        celsius = sum(at) / 2
    return {**run, "board": board, "temperature_c": celsius}


def without_paths(doctor: Path) -> str:
    """What the doctor said, less where programs lay on that machine's disk."""
    said = json.loads(doctor.read_text(encoding="utf-8"))
    said.pop("models", None)
    for runtime in said.get("runtimes", []):
        runtime["detail"] = runtime["detail"].partition("; ")[0]
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


# --- check -------------------------------------------------------------------------------------------


def unsound(run: dict) -> str | None:
    """Why a run's numbers do not follow from its windows, or None."""
    if run["status"] != "ok":
        return "a failure with an energy" if run["energy_j_per_image"] is not None else None
    windows = run["window_list"]
    joules, images, seconds = (sum(w[k] for w in windows) for k in ("joules", "images", "seconds"))
    derived = {
        "windows": len(windows),
        "seconds": seconds,
        "energy_j_per_image": joules / images,
        "images_per_s": images / seconds,
        "power_w": joules / seconds,
        "systematic_rel": math.sqrt(sum(term**2 for term in run["systematic_terms"].values())),
    }
    if run["idle_w"] is not None:
        derived["energy_net_j_per_image"] = (joules - run["idle_w"] * seconds) / images
    for key, value in derived.items():
        if not math.isclose(run[key], value, rel_tol=1e-6):
            return f"{key} is {run[key]}, its windows give {value}"
    return None


# --- table -------------------------------------------------------------------------------------------


def newest(runs: list[dict]) -> dict[tuple[str, str], dict]:
    """By architecture and policy; of several the last."""
    return {(run["architecture"], run["policy"]): run for run in runs}


def usual_sizes(by_setup: dict[str, list[dict]]) -> dict[str, str]:
    """Of each architecture the input size of which most setups have runs, then that of most runs, then 224x224."""
    setups_at, runs_at = defaultdict(set), Counter()
    for setup, runs in by_setup.items():
        for run in runs:
            if run["input_size"]:  # a model that was never exported has none
                setups_at[run["architecture"], run["input_size"]].add(setup)
                runs_at[run["architecture"], run["input_size"]] += 1

    def rank(known: tuple[str, str]) -> tuple:
        return len(setups_at[known]), runs_at[known], known[1] == "224x224", known[1]

    return dict(sorted(setups_at, key=rank))


def at_usual_size(runs: list[dict], usual: dict[str, str]) -> list[dict]:
    """Without those of campaigns that measure an architecture at several sizes; failures that have no size stay."""
    return [run for run in runs if run["input_size"] in (None, usual.get(run["architecture"]))]


def cell(run: dict | None) -> str:
    if run is None:
        return ""
    if run["status"] != "ok":
        return run["status"]
    value = f"{three_digits(run['energy_j_per_image'] * 1e3)} ± {run['ci95_rel'] * 100:.1f} %"
    if run["policy"] == "batch_1":
        return value
    return f"{value} ({run['batch']}{' †' if 'search_cut' in run['flags'].split() else ''})"


def three_digits(value: float) -> str:
    """Three significant digits, never an exponent: 14.0, 1200."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:.{max(0, 2 - math.floor(math.log10(rounded)))}f}"


def distinct(names: list[str]) -> dict[str, str]:
    """Each setup by the parts of its name that are not those of all; the whole where there is one only.

    A name's parts are joined by hyphens; names of different lengths stay whole."""
    parts = [name.split("-") for name in names]
    if len(parts) < 2 or len({len(p) for p in parts}) > 1:
        return {name: name for name in names}
    differing = [i for i, of_all in enumerate(zip(*parts)) if len(set(of_all)) > 1]
    return {name: "-".join(p[i] for i in differing) for name, p in zip(names, parts)}


def table(results: Path, only: set[str] | None = None, setup_glob: str = "*") -> str:
    """Of all architectures, or of some, each at its usual input size; columns that have any of them."""
    found = setups(results)
    usual = usual_sizes(found)
    by_setup = {
        setup: newest(at_usual_size(runs, usual)) for setup, runs in found.items() if fnmatch.fnmatchcase(setup, setup_glob)
    }
    architectures = {architecture for runs in by_setup.values() for architecture, _ in runs}
    if only is not None:
        architectures &= only
    columns = [
        (setup, policy)
        for setup, runs in by_setup.items()
        for policy in POLICIES
        if any((architecture, policy) in runs for architecture in architectures)
    ]
    if not columns:
        raise ValueError(f"{results} has no runs of those architectures on a setup '{setup_glob}'")

    def least(architecture: str) -> float:
        energies = [
            run["energy_j_per_image"]
            for runs in by_setup.values()
            for (name, _), run in runs.items()
            if name == architecture and run["energy_j_per_image"] is not None
        ]
        return min(energies, default=math.inf)

    names = distinct(list(dict.fromkeys(setup for setup, _ in columns)))
    lines = ["| mJ/image | " + " | ".join(f"{names[s]}, {POLICIES[p]}" for s, p in columns) + " |"]
    lines.append("|---|" + "---:|" * len(columns))
    for architecture in sorted(architectures, key=lambda name: (least(name), name)):
        cells = [cell(by_setup[setup].get((architecture, policy))) for setup, policy in columns]
        lines.append(f"| {architecture} | " + " | ".join(cells) + " |")
    if any("†" in line for line in lines):
        lines += ["", "† The search for the best batch ran out of time while throughput still grew: a larger one is better."]
    return "\n".join(lines) + "\n"


def listed() -> set[str]:
    lines = (HERE / "architectures.txt").read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=HERE, help="instead of this folder")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("add").add_argument("out", nargs="+", type=Path)
    shown = commands.add_parser("table")
    shown.add_argument("--all", action="store_true", help="not only those of architectures.txt")
    shown.add_argument("--setup", default="*", metavar="GLOB", help="of these setups only")
    commands.add_parser("check")
    args = parser.parse_args()
    try:
        if args.command == "table":
            print(table(args.results, None if args.all else listed(), args.setup), end="")
            return 0
        if args.command == "add":
            for out in args.out:
                for setup, count in add(out, args.results).items():
                    print(f"{setup}: {count} runs added")
            return 0
        for setup, runs in setups(args.results).items():
            for run in runs:
                if problem := unsound(run):
                    raise ValueError(f"{setup}: run {run['run']}: {problem}")
            print(f"{setup}: {len(runs)} runs are sound")
        return 0
    except (OSError, ValueError, KeyError) as error:
        print(f"collect: {error!r}" if isinstance(error, KeyError) else f"collect: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
