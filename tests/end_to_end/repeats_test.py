"""The study of repeated runs: its schedule, its statistics, and one small study."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "data/studies/repeats.py"
spec = importlib.util.spec_from_file_location("repeats", SCRIPT)
repeats = importlib.util.module_from_spec(spec)
sys.modules["repeats"] = repeats
spec.loader.exec_module(repeats)


def test_every_round_holds_every_model_in_an_order_of_its_own():
    plan = repeats.schedule(["a", "b", "c", "d"], 12, seed=1)
    rounds = [[m for number, m in plan if number == i] for i in range(12)]
    assert all(sorted(r) == ["a", "b", "c", "d"] for r in rounds)
    assert len({tuple(r) for r in rounds}) > 6
    assert plan == repeats.schedule(["a", "b", "c", "d"], 12, seed=1)


def runs(energies, half, name="m", **other):
    row = {"architecture": name, "batch": 1, "status": "ok", "ci95_rel": half, "systematic_terms": {"sensor": 0.5}}
    row["window_list"] = [{"seconds": 1.0, "images": 10.0, "joules": 100.0}]
    return [{**row, "energy_j_per_image": e, **other} for e in energies]


def test_an_interval_holds_what_lies_within_it():
    (group,) = repeats.grouped(runs([1.0, 1.0, 1.0, 1.03], half=0.02))
    # The mean of the others is 1 % above each of the first three, and 3 % of 1.03 below the last.
    assert group.held == [True, True, True, False]
    (wide,) = repeats.grouped(runs([1.0, 1.0, 1.0, 1.03], half=0.03))
    assert all(wide.held)


def test_intervals_that_are_right_hold_as_often_as_they_say():
    """Each run is off by its own error of 1 %; an interval of 1.96 of them, and of the others' mean."""
    source = random.Random(3)
    energies = [1.0 + source.gauss(0.0, 0.01) for _ in range(400)]
    (group,) = repeats.grouped(runs(energies, half=0.0196))
    assert 0.92 < sum(group.held) / 400 < 0.98
    (narrow,) = repeats.grouped(runs(energies, half=0.005))
    assert sum(narrow.held) / 400 < 0.5


def test_the_term_for_the_host_widens_the_interval_and_no_other_does():
    terms = {"sensor": 0.5, "host": 0.03}
    (group,) = repeats.grouped(runs([1.0, 1.0, 1.0], half=0.04, systematic_terms=terms))
    assert group.half_widths == pytest.approx([0.05] * 3)


def test_a_spread_that_is_the_hosts_is_a_line_of_the_time():
    """3 mJ an image, and 120 W for as long as it takes."""
    some = runs([4.2e-3] * 4, half=0.01)
    for run, pace in zip(some, (10e-3, 12e-3, 11e-3, 14e-3)):
        run["window_list"] = [
            {"seconds": 100 * time, "images": 100.0, "joules": 100 * (3e-3 + 120 * time)}
            for time in (pace, 1.1 * pace)
        ]
    (group,) = repeats.grouped(some)
    line = repeats.line_through(group)
    assert (line.fixed, line.slope) == pytest.approx((3e-3, 120.0))
    assert line.left == pytest.approx(0.0, abs=1e-9)
    assert line.slowest == pytest.approx(0.4)
    for window in some[0]["window_list"]:
        window["joules"] *= 1.1
    (beside,) = repeats.grouped(some)
    assert repeats.line_through(beside).left > 0.01
    assert repeats.line_through(repeats.grouped(runs([1.0] * 3, half=0.1))[0]) is None


def test_failures_are_counted_and_few_runs_are_no_group():
    some = runs([1.0, 1.1, 1.2], half=0.1) + runs([None], half=None, status="unstable")
    (group,) = repeats.grouped(some)
    assert group.failed == 1
    assert "(+1 failed)" in repeats.table([group])
    assert repeats.grouped(runs([1.0, 1.0], half=0.1)) == []


def test_wilson():
    low, high = repeats.wilson(54, 60)
    # From the formula by hand: 0.799 to 0.953.
    assert low == pytest.approx(0.7985, abs=1e-3) and high == pytest.approx(0.9534, abs=1e-3)


def test_a_small_study(world, build):
    world.artefact("model", step={"mode": "sleep", "ms_fixed": 2, "ms_per_image": 0})
    out = world.folder / "study"
    env = {**world.env, "JOULEMARK": str(build / "bin/joulemark"), "HOME": str(world.folder)}
    options = ["--runtime", "reference", "--meter", "synthetic", "--meter-option", "waveform=flat:100"]
    options += ["--max-seconds", "2", "--idle-seconds", "0.2"]

    def call(*arguments):
        command = [sys.executable, SCRIPT, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=env, cwd=world.folder)

    first = call("run", out, "model", "--repeats", 3, "--batch", 1, "--pause", "0", "--", *options)
    assert first.returncode == 0, first.stdout + first.stderr + (out / "measure.log").read_text()
    again = call("run", out, "model", "--repeats", 3, "--batch", 1, "--pause", "0", "--", *options)
    assert again.stdout == ""
    table = call("analyse", out)
    assert table.returncode == 0, table.stderr
    assert "| model, batch 1 | 3 |" in table.stdout
    assert len(list((out / "traces").glob("*.energy.csv"))) == 3
    assert call("analyse", world.folder / "nothing").returncode != 0
