"""The committed results keep to their schema and follow from their windows; and the script that adds to them."""

from __future__ import annotations

import csv
import importlib.util
import itertools
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "data/results"


def script(name: str):
    """A script of data/results as a module."""
    spec = importlib.util.spec_from_file_location(name, RESULTS / f"{name}.py")
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


boards, collect, temperature = map(script, ("boards", "collect", "temperature"))


def call(*arguments, env: dict | None = None) -> subprocess.CompletedProcess:
    command = [sys.executable, RESULTS / "collect.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=env)


@pytest.fixture
def out(world) -> Path:
    """A folder as measure.sh leaves it: one model under two policies, and one that fails."""
    world.artefact("resnet18", step={"mode": "sleep", "ms_fixed": 2})
    world.artefact("broken", output="nan")
    assert world.measure("resnet18", "broken", batch="1,throughput").code == 3
    folder = world.folder / "out"
    folder.mkdir()
    assert world.run("export", "--format", "jsonl", "--out", folder / "runs.jsonl").code == 0
    (folder / "doctor.json").write_text(world.run("doctor", "--json").out)
    return folder


def test_adding_twice_is_adding_once(out, tmp_path):
    results = tmp_path / "results"
    first = call("--results", results, "add", out)
    assert first.returncode == 0, first.stderr
    (folder,) = results.iterdir()
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    (runs,) = [name for name in before if name.startswith("runs-") and name.endswith(".jsonl")]
    assert set(before) == {runs, "rows.csv", "machine.json"}
    again = call("--results", results, "add", out)
    assert "0 runs added" in again.stdout
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert "4 runs are sound" in call("--results", results, "check").stdout


def test_what_comes_later_is_a_file_of_its_own(out, world, tmp_path):
    results = tmp_path / "results"
    call("--results", results, "add", out)
    (folder,) = results.iterdir()
    (first,) = folder.glob("runs-*.jsonl")
    before = first.read_bytes()
    assert world.measure("resnet18", batch="4").code == 0
    (out / "runs.jsonl").unlink()  # then the database is read
    (out / "results.sqlite").write_bytes(world.db.read_bytes())
    added = call("--results", results, "add", out, env={**os.environ, "JOULEMARK": str(world.joulemark)})
    assert "1 runs added" in added.stdout, added.stderr
    assert first.read_bytes() == before
    assert len(list(folder.glob("runs-*.jsonl"))) == 2
    with open(folder / "rows.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 5


def test_the_table_has_energy_interval_and_failures(out, tmp_path):
    call("--results", tmp_path / "results", "add", out)
    table = call("--results", tmp_path / "results", "table", "--all").stdout
    (line,) = [line for line in table.splitlines() if line.startswith("| resnet18 |")]
    assert line.count("±") == 2
    assert "wrong_output" in table


def test_the_table_has_each_architecture_at_its_usual_size(out, tmp_path):
    runs = [json.loads(line) for line in (out / "runs.jsonl").read_text().splitlines()]
    throughput = next(run for run in runs if run["architecture"] == "resnet18" and run["policy"] == "throughput")
    others = [throughput | {"input_size": size, "run": f"9{size}", "batch": 77} for size in ("128x128", "448x448")]
    (out / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in [*runs, *others]))
    added = call("--results", tmp_path / "results", "add", out)
    assert "6 runs added" in added.stdout, added.stderr
    table = call("--results", tmp_path / "results", "table", "--all").stdout
    (line,) = [line for line in table.splitlines() if line.startswith("| resnet18")]
    assert f"({throughput['batch']})" in line and "(77)" not in line
    assert "| broken |" in table  # a failure


def test_setups_are_chosen_and_told_apart_by_what_differs():
    heading = call("table", "--setup", "nvidia-h200*fp16-channels_last").stdout.splitlines()[0]
    assert heading == "| mJ/image | aoti, batch 1 | aoti, best batch | torchscript, batch 1 | torchscript, best batch |"
    precisions = call("table", "--setup", "nvidia-h200-torch-torchscript-*-channels_last").stdout.splitlines()[0]
    assert "| fp16, best batch |" in precisions and "| fp32, best batch |" in precisions
    none = call("table", "--setup", "no-such-*")
    assert none.returncode == 1 and "no-such-*" in none.stderr


def test_a_number_that_does_not_follow_from_its_windows_is_refused(out, tmp_path):
    runs = [json.loads(line) for line in (out / "runs.jsonl").read_text().splitlines()]
    next(run for run in runs if run["status"] == "ok")["energy_j_per_image"] *= 1.001
    (out / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    done = call("--results", tmp_path / "results", "add", out)
    assert done.returncode == 1
    assert "energy_j_per_image" in done.stderr
    assert not list((tmp_path / "results").glob("*"))


def test_committed_rows_are_a_database_to_read_and_to_import(world):
    committed = {run["run"]: collect.with_later_columns(run) for runs in collect.setups(RESULTS).values() for run in runs}
    if not committed:
        pytest.skip("no results are committed yet")
    read = world.run("export", "--format", "jsonl", "--db", RESULTS)
    assert read.code == 0, read.err
    assert {run["run"]: run for run in map(json.loads, read.out.splitlines())} == committed
    for added in (len(committed), 0):
        imported = world.run("import", RESULTS, "--json")
        assert imported.json == {"added": added, "there": len(committed) - added}
    again = world.run("export", "--format", "jsonl").out
    assert {run["run"]: run for run in map(json.loads, again.splitlines())} == committed
    world.artefact("model", step={"mode": "sleep", "ms_fixed": 2})
    refused = world.run(*world.measure_arguments("model"), "--db", RESULTS)
    assert refused.code != 0 and "joulemark import" in refused.err


def test_what_is_committed_keeps_to_the_schema_and_follows_from_its_windows():
    schema = json.loads((ROOT / "docs/schema/row.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    committed = collect.setups(RESULTS)
    if not committed:
        pytest.skip("no results are committed yet")
    for setup, runs in committed.items():
        for run in runs:
            assert run["setup"] == setup
            row = {key: value for key, value in run.items() if key not in collect.BESIDE_THE_ROW}
            assert not [error.message for error in validator.iter_errors(row)], run["run"]
            assert collect.unsound(run) is None, run["run"]
        with open(RESULTS / setup / "rows.csv", newline="") as file:
            rows = [(row["run"], row["board"], row["temperature_c"]) for row in csv.DictReader(file)]
        cell = lambda value: "" if value is None else str(value)  # noqa: E731
        whole = map(collect.with_later_columns, runs)
        assert rows == [(run["run"], cell(run["board"]), cell(run["temperature_c"])) for run in whole]


def warmth(*arguments):
    return subprocess.run([sys.executable, RESULTS / "temperature.py", *arguments], capture_output=True, text=True)


def test_how_energy_goes_with_the_temperature_of_boards_is_said_of_the_committed_rows():
    """The figures of docs/method.md: a line of the table for each board, and both slopes."""
    said = warmth()
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    boards = [line for line in lines[2:] if line.startswith("| ")]
    between, within = (line for line in lines if "per °C" in line)
    assert between.startswith(f"Between {len(boards)} boards: +") and len(boards) >= 8
    assert within.startswith("Within ")


def test_too_few_boards_for_a_line_are_an_error():
    said = warmth("--model", "no_such_model")
    assert said.returncode == 1 and not said.stdout
    assert "0 boards ran no_such_model" in said.stderr


def test_a_slope_is_of_the_logarithm_of_energy():
    s = temperature.slope([40, 50, 60, 70], [0.0, 0.02, 0.04, 0.06], lost=2)
    assert s.per_celsius == pytest.approx(0.002) and s.about_line == pytest.approx(0, abs=1e-12)
    assert s.about_mean == pytest.approx(0.0258, abs=1e-4)


@pytest.fixture(scope="module")
def analysed_boards(build, tmp_path_factory):
    """The boards of the setups that most have run, as `joulemark analyse` sees them, that in fp16 first."""
    folders = []
    for precision in ("fp16", "bf16", "tf32", "fp32"):
        folders.append(tmp_path_factory.mktemp(precision))
        setup = f"nvidia-h200-torch-torchscript-{precision}-channels_last"
        command = [build / "bin/joulemark", "analyse", "boards", "--setup", setup, "--db", RESULTS, "--out", folders[-1]]
        ran = subprocess.run(command, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
    return folders


def test_the_factors_of_boards_are_those_of_another_least_squares(analysed_boards):
    """joulemark's come from the normal equations of the boards alone, these from the whole design and numpy."""
    values = json.loads((analysed_boards[0] / "boards.json").read_text())["values"]
    ours = {value["about"]: value["value"] for value in values if value["name"] == "board_factor"}
    seen = [boards.configurations(folder / "boards.csv") for folder in analysed_boards]
    in_fp16 = boards.offsets(seen[0])
    assert len(in_fp16) >= 15 and {board: math.exp(log) for board, (log, _) in in_fp16.items()} == pytest.approx(ours, rel=1e-5)

    # What comparisons take is of the rows of all precisions.
    known = boards.offsets([configuration for of in seen for configuration in of])
    taken = {value["about"]: value["value"] for value in values if value["name"] == "taken_between_boards_rel"}
    apart = sorted(abs(a[0] - b[0]) + a[1] + b[1] for a, b in itertools.combinations(known.values(), 2))
    assert [taken["least"], taken["most"]] == pytest.approx([apart[0], apart[-1]], rel=1e-2)


def test_what_comparisons_take_between_boards_holds_what_it_was_not_made_of(analysed_boards):
    files = [folder / "boards.csv" for folder in analysed_boards]
    said = subprocess.run([sys.executable, RESULTS / "boards.py", *files], capture_output=True, text=True)
    assert said.returncode == 0
    for pairs in boards.pairs_of_each(files).values():
        assert len(pairs) >= 20 and f"| {len(pairs)} |" in said.stdout
        assert sum(abs(p.apart) <= abs(p.expected) + p.reach for p in pairs) >= 0.95 * len(pairs)


def test_of_boards_that_share_too_little_nothing_is_known():
    assert boards.offsets([{"x": 1.0, "y": 1.1}]) == {}
    assert boards.tied([{"v": 1, "w": 1}, {"x": 1, "y": 1}, {"y": 1, "z": 1}]) == {"x", "y", "z"}
