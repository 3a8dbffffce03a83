"""Models and workers that fail in every way: each is a row with its reason, the others are measured."""

from __future__ import annotations

import json

import pytest

SLEEP = {"step": {"mode": "sleep", "ms_fixed": 2, "ms_per_image": 0}}


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        pytest.param({"crash": {"at": "load"}}, "crashed", ["SIG"], id="dies while loading"),
        pytest.param({"crash": {"at": "step", "step": 20}}, "crashed", ["SIG"], id="dies while running"),
        pytest.param({"hang": {"at": "step", "step": 20}}, "timed_out", [], id="hangs while running"),
        pytest.param({"output": "nan"}, "wrong_output", ["finite"], id="NaN output"),
        pytest.param({"output": "constant"}, "wrong_output", [], id="constant output"),
        pytest.param({"output": "wrong"}, "wrong_output", [], id="another function"),
        pytest.param({"garbage": True}, "crashed", [], id="speaks no protocol"),
    ],
)
def test_a_failure_is_a_row_and_the_next_model_is_measured(world, options, status, words):
    world.artefact("bad", **SLEEP, **options)
    world.artefact("good", **SLEEP)
    outcome = world.measure("bad", "good")
    assert outcome.code == 3, outcome.err
    rows = {row["model"]: row for row in world.rows()}
    assert rows["bad"]["status"] == status, rows["bad"]["message"]
    assert rows["bad"]["energy_j_per_image"] is None
    for word in words:
        assert word in rows["bad"]["message"]
    assert rows["good"]["status"] == "ok"
    assert world.workers() == []
    assert world.left_behind() == []


def test_only_failures_is_another_exit_code(world):
    world.artefact("bad", crash={"at": "load"})
    assert world.measure("bad").code == 4


def test_a_batch_that_does_not_fit_is_a_row_and_the_search_stops_below_it(world):
    world.artefact("model", **SLEEP, out_of_memory={"above_batch": 16})
    outcome = world.measure("model", batch="1,64,throughput")
    assert outcome.code == 3, outcome.err
    rows = {row["policy"]: row for row in world.rows()}
    assert rows["batch_1"]["status"] == "ok"
    assert rows["fixed"]["status"] == "out_of_memory"
    assert rows["fixed"]["batch"] == 64
    assert rows["throughput"]["status"] == "ok"
    assert rows["throughput"]["batch"] <= 16


def test_a_search_begins_where_an_earlier_one_of_the_same_database_ended(world):
    world.artefact("model", **SLEEP, out_of_memory={"above_batch": 16})
    assert world.measure("model", batch="throughput").code == 0
    assert world.measure("model", batch="throughput").code == 0
    assert world.measure("model", batch="throughput,min_energy").code == 0
    found = [row["batch"] for row in world.rows() if row["policy"] == "throughput"]
    exported = world.run("export", "--format", "jsonl").out.splitlines()
    searches = [json.loads(line)["provenance"]["batch_search"] for line in exported]
    assert [search["first"] for search in searches] == [1, found[0], 1, 1], "the least energy may be at a far smaller size"
    assert all(burst["running_s"] > 0 for search in searches for burst in search["bursts"])


def test_chatter_on_stdout_harms_nothing(world):
    world.artefact("noisy", **SLEEP, chatter=True)
    outcome = world.measure("noisy")
    assert outcome.code == 0, outcome.err
    assert outcome.json  # stdout is one JSON document and nothing else
