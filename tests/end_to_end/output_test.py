"""What leaves the program: JSON on every command, rows by their schema, CSV, and a report that opens."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
SLEEP = {"step": {"mode": "sleep", "ms_fixed": 2, "ms_per_image": 0}}
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def measured(build, tmp_path_factory):
    """One world for all tests here: a model under two policies, and one that fails."""
    from world import World

    with World(build, tmp_path_factory.mktemp("output")) as world:
        world.artefact("resnet18", **SLEEP)
        world.artefact("convnext_atto", **SLEEP, output="nan")
        outcome = world.measure("resnet18", "convnext_atto", batch="1,8")
        assert outcome.code == 3, outcome.err
        yield world


def test_rows_keep_to_the_schema(measured):
    schema = json.loads((ROOT / "docs/schema/row.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    rows = measured.rows()
    assert len(rows) >= 3
    for row in rows:
        errors = [error.message for error in validator.iter_errors(row)]
        assert not errors, errors
    # The schema is not hollow: a number that turned into text is found.
    assert list(validator.iter_errors({**rows[0], "images_per_s": "fast"}))
    assert list(validator.iter_errors({key: rows[0][key] for key in rows[0] if key != "status"}))


def test_every_ok_row_has_its_interval_origin_and_uncertainty(measured):
    for row in measured.rows():
        if row["status"] != "ok":
            assert row["energy_j_per_image"] is None
            assert row["message"]
            continue
        assert row["energy_j_per_image"] > 0
        assert 0 < row["ci95_rel"] < 1
        assert row["systematic_rel"] is not None
        assert row["windows"] >= 3
        for key in ("meter", "scope", "method", "artefact_sha256", "measured_at", "run"):
            assert row[key], key


def test_csv_says_the_same_as_json(measured):
    out = measured.folder / "rows.csv"
    assert measured.run("export", "--format", "csv", "--out", out).code == 0
    from_csv = list(csv.DictReader(io.StringIO(out.read_text())))
    from_json = measured.rows()
    assert list(from_csv[0]) == list(from_json[0])
    for textual, typed in zip(from_csv, from_json, strict=True):
        for key, value in typed.items():
            if value is None:
                assert textual[key] == "", key
            elif isinstance(value, (int, float)):
                assert float(textual[key]) == value, key
            elif isinstance(value, str):
                assert textual[key] == value, key


def test_jsonl_has_the_rows_and_what_they_follow_from(measured):
    exported = measured.run("export", "--format", "jsonl")
    assert exported.code == 0, exported.err
    full = [json.loads(line) for line in exported.out.splitlines()]
    beside = {"systematic_terms", "conditions", "provenance", "window_list"}
    assert [{k: v for k, v in row.items() if k not in beside} for row in full] == measured.rows()
    for row in full:
        assert beside <= set(row)
        if row["status"] == "ok":
            windows = row["window_list"]
            assert len(windows) == row["windows"]
            joules, images = (sum(w[key] for w in windows) for key in ("joules", "images"))
            assert row["energy_j_per_image"] == pytest.approx(joules / images)


@pytest.mark.parametrize("command", ["doctor", "list", "export", "show", "report"])
def test_json_parses_on_every_command(measured, command):
    arguments = {
        "show": lambda: [measured.rows()[0]["run"]],
        "report": lambda: ["--out", measured.folder / "again.html"],
    }.get(command, list)()
    outcome = measured.run(command, *arguments, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json


def test_help_documents_commands_and_exit_codes(measured):
    helped = measured.run("--help")
    assert helped.code == 0
    for command in ("doctor", "measure", "list", "show", "report", "export"):
        assert re.search(rf"^\s+{command}\b", helped.out, re.M), command
    for code in ("0", "2", "3", "4", "5", "7", "130"):
        assert re.search(rf"^\s+{code}\s+\w", helped.out, re.M), f"exit code {code}"


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_the_report_opens_in_a_browser_without_errors_and_has_its_picture(measured):
    report = measured.folder / "report.html"
    assert measured.run("report", "--out", report).code == 0
    picture = measured.folder / "report.png"
    browser = [
        *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"),
        *(f"--user-data-dir={measured.folder}/browser", "--window-size=1280,1600"),
    ]
    dumped = subprocess.run(
        [*browser, "--dump-dom", report.as_uri()], capture_output=True, text=True, timeout=60
    )
    console = [line for line in dumped.stderr.splitlines() if "CONSOLE" in line]
    assert console == []
    assert "<svg" in dumped.stdout
    assert "resnet18" in dumped.stdout
    assert "convnext_atto" in dumped.stdout  # failures are listed too
    shot = subprocess.run(
        [*browser, f"--screenshot={picture}", report.as_uri()], capture_output=True, timeout=60
    )
    assert shot.returncode == 0
    assert picture.stat().st_size > 10_000, "the page is empty"


def test_the_report_loads_nothing_from_elsewhere(measured):
    report = measured.folder / "alone.html"
    assert measured.run("report", "--out", report).code == 0
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", report.read_text())
