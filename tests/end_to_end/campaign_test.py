"""`joulemark campaign`: planned, run in several sittings, killed at any moment, collected and verified."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

from campaigns import FAST, Campaigns
from world import eventually, interrupt

SCHEMA = Path(__file__).resolve().parents[2] / "docs/schema/row.schema.json"


@pytest.fixture
def six(world):
    models = {f"model{i}": FAST for i in range(4)}
    models["cannot"] = "no such layer"
    models["crashes"] = {**FAST, "crash": {"at": "load"}}
    return Campaigns(world, models)


def test_a_campaign_from_its_plan_to_its_last_row(six):
    planned = six.plan(batch=["1", "4"], sentinel={"model": "model0", "every": 3})
    assert planned.code == 0, planned.err
    # Six models and the sentinel three times, each under two policies.
    assert planned.json["rows"] == 2 * (6 + 3)
    assert six.status()["left"] == 18
    ran = six.run()
    assert ran.code == 3, ran.err
    assert ran.json["measured"] == 2 * (4 + 3) and ran.json["failed"] == 4 and ran.json["left"] == 0
    assert len(ran.json["sentinel"]["values"]) == 2 * (1 + 3)
    assert len(ran.json["idle_w"]["values"]) == len(six.exports())
    rows = six.rows()
    failures = {(r["architecture"], r["status"]) for r in rows if r["status"] != "ok"}
    assert failures == {("cannot", "export_failed"), ("crashes", "crashed")}
    schema = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    assert not [error.message for row in rows for error in schema.iter_errors(row)]
    (why,) = {r["message"] for r in rows if r["model"] == "cannot"}
    assert "no such layer" in why
    assert list((six.folder / "artefacts").iterdir()) == [six.folder / "artefacts/model0"], "only the sentinel stays"
    assert max(len(e["models"]) for e in six.exports()) <= 4
    again = six.run()
    assert again.json["left"] == 0
    assert len(six.rows()) == 18, "nothing is measured twice"
    verified = six.world.run("campaign", "verify", six.folder)
    assert verified.code == 0 and "18 of 18 rows" in verified.out
    text = six.world.run("campaign", "status", six.folder).out
    assert "14 of 18 rows measured, 4 failed, 0 left" in text
    assert "sentinel model0: 8 rows" in text
    assert "idle power: " in text and "an hour" in text


def test_it_goes_on_after_ctrl_c(six):
    six.plan()
    process = six.start()
    eventually(lambda: six.status()["measured"] >= 1, "a row")
    interrupt(process)
    assert process.wait(timeout=20) == 130
    assert "Go on with joulemark campaign run" in process.stderr.read()
    assert 0 < six.status()["left"] < 6
    assert six.run().json["left"] == 0
    assert len(six.rows()) == 6
    assert six.world.workers() == []


def test_a_slot_that_is_over_ends_the_run_and_the_next_goes_on(six):
    six.plan(lot=100)
    # A job is expected to take 6.2 seconds at first, so that two fit.
    first = six.run("--slot", "13")
    assert first.code in (0, 3), first.err
    assert 1 <= first.json["measured"] + first.json["failed"]
    assert len(six.exports()[0]["models"]) == 2
    nothing = six.run("--slot", "0.5")
    assert nothing.json["left"] == first.json["left"]
    assert six.run().json["left"] == 0


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_random_moments_it_loses_nothing_and_does_nothing_twice(world, seed):
    source = random.Random(seed)
    campaigns = Campaigns(world, {f"model{i:02}": FAST for i in range(12)})
    planned = campaigns.plan(max_seconds=0.5, order_seed=seed, sentinel={"model": "model00", "every": 5})
    assert planned.code == 0, planned.err
    kept: set[str] = set()
    for _ in range(10):
        process = campaigns.start()
        time.sleep(source.uniform(0.05, 2.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (campaigns.folder / "results.sqlite").exists():
            runs = {r["run"] for r in campaigns.rows()}
            assert kept <= runs, "a row that was there is gone"
            kept = runs
    eventually(lambda: world.workers() == [], "the workers of killed runs end")
    ran = campaigns.run()
    assert ran.code in (0, 3), ran.err
    assert ran.json["left"] == 0
    rows = Counter(r["model"].partition(".")[0] for r in campaigns.rows())
    assert rows == {**{f"model{i:02}": 1 for i in range(12)}, "model00": 1 + 4}
    assert world.run("campaign", "verify", campaigns.folder).code == 0


def test_shards_are_collected_once(six):
    six.plan()
    shard = six.world.folder / "shard"
    six.plan(folder=shard)
    six.run("--slot", "0.1")
    there = six.run(folder=shard)
    assert there.json["left"] == 0
    # All of the same campaign was measured elsewhere, beside what is here.
    for _ in range(2):
        collected = six.world.run("campaign", "collect", six.folder, shard, "--json")
        assert collected.code == 0, collected.err
        assert collected.json["left"] == 0
    assert len(six.rows()) == 6


def test_shards_run_side_by_side_and_are_one_campaign(six):
    six.plan(sentinel={"model": "model0", "every": 2})
    running = [six.world.start(*six.arguments(None, "--shard", f"{k}/3"), env=six.env) for k in (1, 2, 3)]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert process.returncode in (0, 3), err
    # Six models and the sentinel before every second of them and last.
    assert six.status()["left"] == 0 and six.status()["rows"] == 6 + 4
    assert len(list(six.folder.glob("shards/*/results.sqlite"))) == 3
    for _ in range(2):
        collected = six.world.run("campaign", "collect", six.folder, "--json")
        assert collected.code == 0, collected.err
    assert len(six.rows()) == 10
    assert six.run().json["left"] == 0
    wrong = six.run("--shard", "4/3")
    assert wrong.code == 2 and "the second of eight" in wrong.err


def test_what_two_processes_measured_both_is_kept_once(six):
    """A scheduler that lost a node may run its part again elsewhere while the node still works."""
    six.plan()
    twin = six.world.folder / "twin"
    six.plan(folder=twin)
    assert six.run("--shard", "1/2").code in (0, 3)
    assert six.run("--shard", "1/2", folder=twin).code in (0, 3)
    six.run("--shard", "2/2")
    collected = six.world.run("campaign", "collect", six.folder, six.folder, twin, "--json")
    assert collected.code == 0, collected.err
    assert len(six.rows()) == 6


def test_a_row_that_does_not_follow_from_its_windows_is_named(six):
    six.plan()
    six.run()
    with sqlite3.connect(six.folder / "results.sqlite") as file:
        (run,) = file.execute("SELECT run FROM record WHERE status = 'ok' LIMIT 1").fetchone()
        file.execute("UPDATE window SET joules = joules * 1.01 WHERE record_id = (SELECT id FROM record WHERE run = ?)", (run,))
    verified = six.world.run("campaign", "verify", six.folder)
    assert verified.code == 2
    assert run in verified.out and "energy_j_per_image" in verified.out


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"models": ["nothing*"]}, "no model matches nothing*"),
        ({"modles": ["*"]}, "'modles' is not known; 'models'?"),
        ({"batch": ["best"]}, "best"),
        ({"name": ""}, "'name'"),
    ],
)
def test_a_plan_that_is_wrong_is_refused(six, fields, said):
    planned = six.plan(**fields)
    assert planned.code in (2, 5)
    assert said in planned.err


def test_wrong_use_says_what_is_right(six):
    missing = six.world.run("campaign", "run", "nowhere")
    assert missing.code == 5 and "joulemark campaign plan" in missing.err
    six.plan()
    assert "holds a campaign already" in six.plan().err
    six.env["JOULEMARK_EXPORTER"] = "/no/such/program"
    without = six.run()
    assert without.code == 8 and "--exporter" in without.err
    text = (six.folder / "campaign.json").read_text()
    (six.folder / "campaign.json").write_text(text.replace('"max_seconds": 1.2', '"max_seconds": 5'))
    edited = six.run()
    assert edited.code == 2 and "was changed" in edited.err
