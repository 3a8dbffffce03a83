"""`joulemark campaign`: planned, run in several sittings, killed at any moment, collected and verified."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest

from campaigns import FAST, VARIANT, Campaigns
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
    assert ran.json["measured"] == 2 * (4 + 3), (
        ran.json, [(r["model"], r["status"], r["message"]) for r in six.rows() if r["status"] != "ok"],
    )
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
    again = six.resume()
    assert again.json["left"] == 0
    assert len(six.rows()) == 18, "nothing is measured twice"
    verified = six.world.run("campaign", "verify", six.folder)
    assert verified.code == 0 and "18 of 18 rows" in verified.out
    text = six.world.run("campaign", "status", six.folder).out
    assert "14 of 18 rows measured, 4 failed, 0 left" in text
    assert "sentinel model0: 8 rows" in text
    assert "idle power: " in text and "an hour" in text


def test_throughput_as_launched_and_batch_1_as_a_cuda_graph_from_one_artefact(world):
    models = {f"model{i}": FAST for i in range(3)}
    models["waits"] = {**FAST, "fail": {"at": "capture", "kind": "load_failed"}}
    campaigns = Campaigns(world, models)
    campaigns.env["JOULEMARK_REFERENCE_GPUS"] = "1"
    planned = campaigns.plan(
        device="cuda:0", max_batch=4, max_seconds=3,
        variants=[{**VARIANT, "batch": ["throughput"]}, {**VARIANT, "batch": ["1"], "cuda_graph": True}],
    )
    assert planned.code == 0, planned.err
    assert planned.json["rows"] == 4 * 2
    ran = campaigns.run()
    assert ran.code == 3, ran.err
    assert ran.json["measured"] == 7 and ran.json["failed"] == 1 and ran.json["left"] == 0
    rows = campaigns.rows()
    graphs = [r for r in rows if r["setup"].endswith("-cuda_graph")]
    assert {(r["architecture"], r["policy"]) for r in graphs} == {(name, "batch_1") for name in models}
    assert {r["policy"] for r in rows if r not in graphs} == {"throughput"}
    (failed,) = [r for r in rows if r["status"] != "ok"]
    assert failed["architecture"] == "waits" and failed in graphs
    assert failed["status"] == "load_failed" and "asked to fail" in failed["message"]
    exported = [name for e in campaigns.exports() for name in e["models"]]
    assert sorted(exported) == sorted(models), "an artefact is made once for both"
    shown = world.run("show", failed["run"], "--json", "--db", campaigns.folder / "results.sqlite")
    assert shown.json["provenance"]["settings"]["cuda_graph"] is True
    assert campaigns.run().json["left"] == 0 and len(campaigns.rows()) == 8
    assert world.run("campaign", "collect", campaigns.folder, campaigns.folder).code == 0
    assert len(campaigns.rows()) == 8


def test_all_variants_of_a_lot_are_exported_in_one_call(six):
    variants = [VARIANT, {**VARIANT, "precision": "fp16"}]
    assert six.plan(variants=variants, lot=12).code == 0
    ran = six.run()
    assert ran.json["measured"] == 2 * 4 and ran.json["failures"] == {"crashed": 2, "export_failed": 2}
    (call,) = six.exports()
    assert sorted((e["model"], e["precision"]) for e in call["entries"]) == sorted(
        (model, precision) for model in json.loads(six.env["STAND_IN_MODELS"]) for precision in ("fp32", "fp16")
    )
    measured = Counter(r["precision"] for r in six.rows() if r["status"] == "ok")
    assert measured == {"fp32": 4, "fp16": 4}


def test_lots_are_as_large_as_the_machine_allows_and_rows_stay_those_of_the_plan(six):
    assert six.plan(lot=12).code == 0
    first = six.run("--lot", "2", "--export-jobs", "3", "--tolerate-failures")
    assert first.code == 0, first.err
    assert [len(call["entries"]) for call in six.exports()] == [2, 2, 2]
    assert all("--jobs 3" in " ".join(call["options"]) for call in six.exports())
    again = six.run()
    assert again.code == 0 and again.json["left"] == 0 and len(six.rows()) == 6, again.err
    refused = six.run("--lot", "0")
    assert refused.code == 2 and "--lot" in refused.err


def test_the_first_lot_of_a_slot_is_as_large_as_rows_of_other_campaigns_say(six):
    six.mend("crashes", "cannot")
    six.plan(lot=12)
    # A job may take 6.2 s by the plan, so that three fit into 20 s; it takes about two.
    assert six.run("--slot", "20").code == 0
    assert len(six.exports()[0]["entries"]) == 3
    other = six.world.folder / "other"
    assert six.plan(other, name="other", lot=12).code == 0
    before = len(six.exports())
    known = six.world.run("import", six.folder / "results.sqlite", "--db", other / "results.sqlite")
    assert known.code == 0, known.err
    assert six.run("--slot", "20", folder=other).code == 0
    assert len(six.exports()[before]["entries"]) == 6


def test_failures_are_tried_again_on_request_and_only_then(six):
    six.plan()
    assert six.run().json["failures"] == {"crashed": 1, "export_failed": 1}
    text = six.world.run("campaign", "status", six.folder).out
    assert "failed: 1 crashed, 1 export_failed; to try again: joulemark campaign run" in text
    assert "--retry-failed" in text
    six.mend("crashes")
    assert six.run().code == 0 and six.run("--retry-failed=timed_out,unstable").code == 0
    assert len(six.rows()) == 6, "neither was asked for"
    again = six.run("--retry-failed=crashed")
    assert again.code == 0, again.err
    assert again.json["failures"] == {"export_failed": 1} and again.json["measured"] == 5
    assert len(six.rows()) == 7
    # It fails again: once in a call, and its newest row counts.
    again = six.run("--retry-failed")
    assert again.code == 3 and again.json["failed"] == 1 and again.json["left"] == 0
    assert [r["status"] for r in six.rows() if r["architecture"] == "cannot"] == ["export_failed"] * 2
    six.mend("cannot")
    again = six.run("--retry-failed")
    assert again.code == 0 and again.json["measured"] == 6 and again.json["failed"] == 0
    assert six.run("--retry-failed").code == 0
    assert len(six.rows()) == 9, "every row is kept, and what is ok is not tried again"
    verified = six.world.run("campaign", "verify", six.folder)
    assert verified.code == 0 and "9 of 9 rows" in verified.out
    wrong = six.run("--retry-failed=timeout")
    assert wrong.code == 2 and "'timed_out'?" in wrong.err


def test_disturbed_rows_are_measured_again_on_request(six):
    six.mend("crashes", "cannot")
    six.plan()
    assert six.run().code == 0
    database = six.folder / "results.sqlite"
    exported = six.world.run("export", "--db", database, "--format", "jsonl").out.splitlines()
    # Nothing here can be made to disturb one row and no other: so flags are written into what was measured.
    runs = [json.loads(line) | {"flags": "estimated"} for line in exported]
    runs[2]["flags"], runs[4]["flags"] = "estimated busy_host", "not_steady busy_host"
    written = six.folder / "disturbed.jsonl"
    written.write_text("".join(json.dumps(run) + "\n" for run in runs))
    database.unlink()
    assert six.world.run("import", written, "--db", database).code == 0
    said = six.status()
    assert (said["measured"], said["left"], said["disturbed"]) == (6, 0, 2)
    assert said["disturbances"] == {"busy_host": 2, "not_steady": 1}
    text = six.world.run("campaign", "status", six.folder).out
    assert "disturbed, and of no use to analyses: 2 (2 busy_host, 1 not_steady)" in text and "--retry-disturbed" in text
    for arguments in ([], ["--retry-failed"], ["--retry-disturbed=throttled"]):
        assert six.run(*arguments).code == 0 and len(six.rows()) == 6, "none of these was asked for"
    assert six.run("--retry-disturbed=not_steady").code == 0
    assert [r["model"] for r in six.rows()[6:]] == [runs[4]["model"]]
    assert six.run("--retry-disturbed").code == 0
    assert runs[2]["model"] in [r["model"] for r in six.rows()[7:]]
    # The new rows may be disturbed in earnest. What counts is one row of each configuration all the same.
    said = six.status()
    assert (said["measured"], said["failed"], said["left"]) == (6, 0, 0)
    wrong = six.run("--retry-disturbed=busy")
    assert wrong.code == 2 and "A row is disturbed by throttled" in wrong.err


def test_what_is_tried_again_in_shards_is_collected_in_the_place_of_what_failed(six):
    six.plan(sentinel={"model": "crashes", "every": 3})
    rows = 6 + 3
    for k in (1, 2):
        six.run("--shard", f"{k}/2", "--slot", "1000")
    collected = six.world.run("campaign", "collect", six.folder, "--json").json
    assert collected["left"] == 0 and collected["failures"] == {"crashed": 1 + 3, "export_failed": 1}
    six.mend("crashes")
    # One shard of another division, then all of it: each failure once more, whoever it was that failed.
    for arguments in (["--shard", "2/3"], []):
        six.run(*arguments, "--retry-failed=crashed")
    said = six.status()
    assert (said["measured"], said["failures"], said["left"]) == (rows - 1, {"export_failed": 1}, 0)
    for _ in range(2):
        collected = six.world.run("campaign", "collect", six.folder, "--json")
        assert collected.code == 0, collected.err
        assert collected.json["measured"] == rows - 1
    counts = Counter((r["architecture"], r["status"]) for r in six.rows())
    assert counts[("crashes", "crashed")] == 4 and counts[("crashes", "ok")] == 4
    # Into a database that has nothing yet: what counts, and nothing else.
    into = six.world.folder / "other.sqlite"
    assert six.world.run("campaign", "collect", six.folder, "--into", into, "--json").json["measured"] == rows - 1
    there = six.world.run("export", "--db", into, "--format", "json").json
    assert Counter(r["status"] for r in there) == {"ok": rows - 1, "export_failed": 1}


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


# Ten kills each: JOULEMARK_KILLS=200 takes ten minutes.
@pytest.mark.parametrize("seed", range(int(os.environ.get("JOULEMARK_KILLS", "20")) // 10))
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


def test_another_kind_of_device_is_another_campaign(six):
    six.plan()
    assert six.run("--slot", "7").json["measured"] >= 1
    with closing(sqlite3.connect(six.folder / "results.sqlite")) as database, database:
        database.execute("UPDATE record SET device = 'NVIDIA H200'")
    before = len(six.rows())
    refused = six.run()
    assert refused.code == 2
    assert "rows of NVIDIA H200" in refused.error["what"] and "another campaign" in refused.error["next"]
    assert len(six.rows()) == before


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
    assert len(six.sittings()) == 3
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


def test_two_processes_with_the_same_shard_do_not_stand_in_each_others_way(six):
    """A scheduler may start a task again elsewhere while the first, of which it has lost sight, lives on."""
    six.plan()
    twins = [six.world.start(*six.arguments(None, "--shard", "1/1"), env=six.env) for _ in range(2)]
    for process in twins:
        out, err = process.communicate(timeout=60)
        assert process.returncode in (0, 3), err
    wrote = [six.world.run("export", "--db", database, "--format", "json").json for database in six.sittings()]
    assert len(wrote) == 2 and all(wrote), "each has rows of its own"
    assert six.status()["left"] == 0 and six.status()["rows"] == 6
    verified = six.world.run("campaign", "verify", six.folder, "--json")
    assert verified.code == 0 and verified.json["rows"] == sum(len(w) for w in wrote), "what is there twice is sound too"
    assert six.world.run("campaign", "collect", six.folder).code == 0
    assert Counter(r["architecture"] for r in six.rows()).most_common(1)[0][1] == 1
    assert len(six.rows()) == 6
    nothing = six.run("--shard", "1/1")
    assert nothing.code == 0 and len(six.sittings()) == 2, "a sitting that has nothing to do leaves nothing"
    assert six.world.left_behind() == [], "artefacts of shards are removed from this machine"


def test_a_sitting_that_was_killed_while_it_wrote_is_repaired(six):
    """What SQLite leaves then can be undone only by who may write to it; readers alone could not go on."""
    six.plan()
    assert six.run("--shard", "1/2").code in (0, 3)
    (database,) = six.sittings()
    rows = six.status()["measured"] + six.status()["failed"]
    half = database.with_name("half.sqlite")
    shutil.copy(database, half)
    with closing(sqlite3.connect(half, isolation_level=None)) as file:
        file.execute("PRAGMA cache_size = 1")
        file.execute("BEGIN")
        for _ in range(400):  # more than fits into the cache: pages of the database are overwritten, as in a commit
            file.execute("INSERT INTO calibration SELECT NULL, hex(randomblob(16)), '', '', '', '', hex(randomblob(2000))")
        shutil.copy(half, database)
        shutil.copy(f"{half}-journal", f"{database}-journal")
    assert Path(f"{database}-journal").stat().st_size > 0
    said = six.status()
    assert said["measured"] + said["failed"] == rows
    assert not Path(f"{database}-journal").exists()
    half.unlink()


def test_two_collects_at_once_make_one(six):
    six.plan()
    running = [six.world.start(*six.arguments(None, "--shard", f"{k}/2"), env=six.env) for k in (1, 2)]
    eventually(lambda: six.sittings(), "a shard that has begun")
    both = [six.world.start("campaign", "collect", six.folder) for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0 or (process.returncode == 7 and "another joulemark" in err), err
    for process in running:
        process.communicate(timeout=60)
    assert six.world.run("campaign", "collect", six.folder, "--json").json["left"] == 0
    assert len(six.rows()) == 6 and len({r["run"] for r in six.rows()}) == 6


def test_it_stops_between_jobs_when_it_is_told_to(six):
    six.plan()
    process = six.start("--tolerate-failures")
    eventually(lambda: six.status()["measured"] >= 1, "a row")
    process.send_signal(signal.SIGUSR1)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert 0 < six.status()["left"] < 6
    assert six.run("--tolerate-failures").code == 0, "one of six cannot be exported, one crashes"
    assert six.status()["left"] == 0 and six.status()["failed"] == 2


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
