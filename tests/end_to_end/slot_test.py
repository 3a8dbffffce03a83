"""`data/campaigns/slot.sh`: one slot of a campaign on a machine that has nothing of it yet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from campaigns import FAST, Campaigns

SLOT = Path(__file__).resolve().parents[2] / "data/campaigns/slot.sh"
METER = ["--meter", "synthetic", "--meter-option", "waveform=flat:100", "--idle-seconds", "0.1"]
#: joulemark of a host with two GPUs: what doctor says of them, and which of them are calibrated when.
WITH_GPUS = """#!/bin/sh
case $1 in
  doctor) echo '{"meters": [{"measures": true, "devices": [{"id": "GPU-b"}, {"id": "GPU-a"}]},
                            {"measures": false, "devices": [{"id": "cpu"}]}],
                 "runtimes": [{"devices": [{"name": "cpu"}, {"name": "cuda:1"}, {"name": "cuda:0"}]}]}' ;;
  calibrate) echo "$3" >>"$CALIBRATED"; exit "$CALIBRATES" ;;
  *) exec "$REAL" "$@" ;;
esac
"""


@pytest.fixture
def four(world):
    return Campaigns(world, {f"model{i}": FAST for i in range(4)})


@pytest.fixture
def measured(four):
    """A folder of published rows, of two of the four models."""
    four.plan()
    assert four.run("--tolerate-failures").code == 0
    folder = four.world.folder / "published"
    folder.mkdir()
    exported = four.world.run("export", "--db", four.folder / "results.sqlite", "--format", "jsonl")
    (folder / "runs.jsonl").write_text("".join(exported.out.splitlines(keepends=True)[:2]))
    return folder


def slot(four: Campaigns, out: Path, seconds: int, *options: str, **environment: str) -> subprocess.CompletedProcess:
    env = {
        **four.world.env, **four.env, "JOULEMARK": str(four.world.joulemark), "PYTHON": sys.executable,
        "JOULEMARK_WORKER_TORCH": "none is needed", **environment,
    }  # fmt: skip
    command = [SLOT, four.world.folder / "plan.json", out, str(seconds), *METER, *options]
    return subprocess.run(list(map(str, command)), env=env, text=True, capture_output=True, timeout=100)


def rows(four: Campaigns, out: Path) -> list[dict]:
    return four.world.run("export", "--db", out / "results.sqlite", "--format", "json").json


def test_it_measures_what_nobody_has_and_goes_on_when_called_again(four, measured):
    out = four.world.folder / "slot"
    first = slot(four, out, 90, RESULTS=str(measured))
    assert first.returncode == 0, first.stderr
    assert "Added 2 to" in first.stdout and "4 of 4 rows measured" in first.stdout
    known = {json.loads(line)["run"] for line in (measured / "runs.jsonl").read_text().splitlines()}
    there = rows(four, out)
    assert known < {r["run"] for r in there} and sorted(r["model"] for r in there) == [f"model{i}" for i in range(4)]
    assert json.loads((out / "doctor.json").read_text())["meters"]
    again = slot(four, out, 90, RESULTS=str(measured))
    assert again.returncode == 0 and rows(four, out) == there, again.stderr


def test_a_slot_that_is_over_begins_nothing(four, measured):
    out = four.world.folder / "slot"
    late = slot(four, out, 0, RESULTS=str(measured))
    assert late.returncode == 3 and "nothing is left of the slot" in late.stdout
    assert len(rows(four, out)) == 2


def test_gpus_are_calibrated_once_and_a_failure_of_it_ends_the_slot(four, measured):
    out = four.world.folder / "slot"
    program = four.world.folder / "joulemark"
    program.write_text(WITH_GPUS)
    program.chmod(0o755)
    log = four.world.folder / "calibrated"
    gpus = {"JOULEMARK": str(program), "REAL": str(four.world.joulemark), "CALIBRATED": str(log), "RESULTS": str(measured)}
    failed = slot(four, out, 1, DEVICE="cuda:all", CALIBRATES="1", **gpus)
    assert failed.returncode == 1 and sorted(log.read_text().split()) == ["cuda:0", "cuda:1"]
    log.unlink()
    # A second of slot is over by then: what is asked here is what comes before measuring.
    for _ in range(2):
        slot(four, out, 1, DEVICE="cuda:1,cuda:0", CALIBRATES="0", **gpus)
    assert sorted(log.read_text().split()) == ["cuda:0", "cuda:1"], "once for these boards"
    assert (out / "calibrated").read_text() == "GPU-a GPU-b\n"
    assert len(rows(four, out)) == 2


def test_it_says_how_it_is_called(four):
    said = subprocess.run([SLOT], text=True, capture_output=True)
    assert said.returncode == 2 and "data/campaigns/slot.sh PLAN OUT SECONDS" in said.stdout
