"""A shared store: `--db postgresql://...` on a real server, with many writers and on its bad days."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import postgres_server
from world import eventually, interrupt

pytestmark = pytest.mark.skipif(
    postgres_server.why_not() is not None, reason=postgres_server.why_not() or "there is a server"
)

NOT_FOUND, PERMISSION, STORE_PROBLEM, UNAVAILABLE = 5, 6, 7, 8
# Beside other work a number may come out `unstable`; here it is the rows that count.
MEASURED = (0, 3, 4)
SLEEP = {"step": {"mode": "sleep", "ms_fixed": 2, "ms_per_image": 0}}
STAND_IN = Path(__file__).parent / "stand_in_zoo.py"


@pytest.fixture(scope="module")
def server():
    with postgres_server.PostgresServer() as running:
        yield running


@pytest.fixture
def shared(world, server):
    """A world whose database is a new one of the server."""
    if "built without PostgreSQL" in world.run("list", env={"JOULEMARK_DB": "postgresql:///x"}).err:
        pytest.skip("this joulemark was built without PostgreSQL (libpq-dev)")
    world.database = server.new_database()
    world.url = server.url(world.database)
    world.env["JOULEMARK_DB"] = world.url
    return world


def count(server, shared) -> int:
    return int(server.sql(shared.database, "SELECT count(*) FROM joulemark.record"))


def test_two_that_measure_at_once_and_a_file_with_the_same_rows(server, shared):
    for name in ("first", "second"):
        shared.artefact(name, **SLEEP)
    calls = [shared.measure_arguments(name, batch="1,2,3") for name in ("first", "second")]
    started = [shared.start(*call) for call in calls]
    campaigns = set()
    for process in started:
        out, err = process.communicate(timeout=60)
        assert process.returncode in MEASURED, err
        campaigns.add(json.loads(out)["campaign"])
    rows = shared.rows()
    assert sorted((r["model"], r["batch"]) for r in rows) == [
        (model, batch) for model in ("first", "second") for batch in (1, 2, 3)
    ]
    assert {r["campaign"] for r in rows} == campaigns and len(campaigns) == 2

    # Everything that leaves joulemark is the same, to the byte, from a file with these rows.
    copy = shared.folder / "copy.sqlite"
    imported = shared.run("import", shared.url, "--db", copy, "--json")
    assert imported.code == 0, imported.err
    assert imported.json == {"added": 6, "there": 0}
    run = rows[0]["run"]
    calls = [
        ("list", "--json"), ("show", run), ("show", run, "--json"), ("export",),
        *[("export", "--format", form) for form in ("csv", "json", "jsonl")],
        ("export", "--model", "first", "--status", rows[0]["status"], "--format", "jsonl"),
    ]
    for call in calls:
        here, there = shared.run(*call), shared.run(*call, "--db", copy)
        assert here.code == 0, here.err
        assert here.out == there.out, call
    for db, page in ((shared.url, "a.html"), (copy, "b.html")):
        assert shared.run("report", "--db", db, "--out", page).code == 0
    assert (shared.folder / "a.html").read_bytes() == (shared.folder / "b.html").read_bytes()
    # And back: nothing is added twice.
    again = shared.run("import", copy, "--json")
    assert again.json == {"added": 0, "there": 6}
    assert count(server, shared) == 6


def test_one_device_is_measured_once_at_a_time(shared):
    shared.artefact("model", **SLEEP)
    estimate = ["measure", "model", "--runtime", "reference", "--meter", "estimate", "--json"]
    first = shared.start(*estimate, "--max-seconds", 20, "--no-idle")
    eventually(shared.workers, "the first one measures")
    refused = shared.run(*estimate)
    assert refused.code == STORE_PROBLEM, refused.err
    assert refused.error["kind"] == "busy"
    assert str(first.pid) in refused.err
    # Reading is always possible, and so is measuring something else.
    assert shared.run("list", "--json").code == 0
    assert shared.measure("model").code in MEASURED
    interrupt(first)
    first.communicate(timeout=20)


def test_a_server_that_dies_in_mid_run_and_comes_back_costs_no_row(server, shared):
    shared.artefact("model", **SLEEP)
    process = shared.start(*shared.measure_arguments("model", batch="1,2,3"))
    eventually(lambda: count_or_none(server, shared) == 1, "the first row is stored")
    server.kill()
    eventually(shared.workers, "measuring goes on meanwhile")
    server.start()
    out, err = process.communicate(timeout=90)
    assert process.returncode in MEASURED, err
    assert [r["batch"] for r in json.loads(out)["rows"]] == [1, 2, 3]
    assert [r["batch"] for r in shared.rows()] == [1, 2, 3]
    assert list(shared.folder.glob("joulemark-unsent-*")) == []


def count_or_none(server, shared) -> int | None:
    there = server.sql(shared.database, "SELECT to_regclass('joulemark.record') IS NOT NULL")
    return count(server, shared) if there == "t" else None


def test_a_server_that_stays_away_ends_the_run_and_the_row_is_kept(server, shared):
    shared.artefact("model", **SLEEP)
    process = shared.start(
        *shared.measure_arguments("model", batch="1,2,3"), "--db-wait", "0.5"
    )
    eventually(lambda: count_or_none(server, shared) == 1, "the first row is stored")
    server.kill()
    try:
        out, err = process.communicate(timeout=60)
    finally:
        server.start()
    assert process.returncode == STORE_PROBLEM, err
    assert "trying again for" in err
    (kept,) = shared.folder.glob("joulemark-unsent-*.sqlite")
    said = json.loads(out)["error"]
    assert kept.name in said["what"]
    assert f"joulemark import ./{kept.name} --db" in said["next"]
    assert [r["batch"] for r in shared.rows()] == [1]
    added = shared.run("import", kept, "--json")
    assert added.json == {"added": 1, "there": 0}, added.err
    assert [r["batch"] for r in shared.rows()] == [1, 2]
    assert shared.left_behind() == []


def test_ctrl_c_while_the_server_is_away_keeps_the_row(server, shared):
    shared.artefact("model", **SLEEP)
    process = shared.start(*shared.measure_arguments("model", batch="1,2,3"))
    eventually(lambda: count_or_none(server, shared) == 1, "the first row is stored")
    server.kill()
    try:
        # The first line that it says is that of the lost connection.
        while "trying again" not in (line := process.stderr.readline()):
            assert line, "it ended without a word"
        interrupt(process)
        _, err = process.communicate(timeout=30)
    finally:
        server.start()
    assert process.returncode == 130, err
    assert len(list(shared.folder.glob("joulemark-unsent-*.sqlite"))) == 1


def test_what_is_wrong_is_said_before_the_first_joule_and_never_the_password(server, shared):
    shared.artefact("model", **SLEEP)
    server.sql("postgres", "DROP ROLE IF EXISTS ann; CREATE ROLE ann LOGIN PASSWORD 'right'")
    measured = shared.measure("model")
    assert measured.code in MEASURED, measured.err

    def refused(url: str, code: int, kind: str, *words: str):
        reads = [["export", "--json"], ["list", "--json"]]
        for call in (*reads, shared.measure_arguments("model"), ["calibrate", "--json"]):
            outcome = shared.run(*call, env={"JOULEMARK_DB": url})
            reading = call in reads and kind == "read_only"
            assert outcome.code == (0 if reading else code), (call, outcome.err)
            said = outcome.out + outcome.err
            assert "hunter2" not in said and "right" not in said
            if not reading:
                assert outcome.error["kind"] == kind and outcome.error["next"]
                assert all(word in said for word in words), said
        assert count(server, shared) == 1

    database = shared.database
    refused(server.tcp_url(database, "ann:hunter2"), PERMISSION, "permission_denied", "ann", ".pgpass")
    refused(server.tcp_url("nowhere", "ann:right"), STORE_PROBLEM, "io", "createdb")
    refused(server.tcp_url(database, "ann:right"), PERMISSION, "permission_denied", "GRANT")
    refused("postgresql://ann:hunter2@127.0.0.1:1/x", STORE_PROBLEM, "io", "127.0.0.1:1")
    refused("postgresql://ann:hunter2/@127.0.0.1/x", 2, "invalid_input", "%2F")
    refused("host=127.0.0.1 password=hunter2", 2, "invalid_input", "postgresql://")
    server.sql(database, f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    refused(shared.url, STORE_PROBLEM, "read_only")
    assert not list(shared.folder.glob("*hunter2*")), "no such text was taken for a file's name"


def test_a_password_is_in_nothing_that_leaves_joulemark(server, shared):
    shared.artefact("model", **SLEEP)
    server.sql("postgres", f"DROP ROLE IF EXISTS eve; CREATE ROLE eve LOGIN PASSWORD 'hunter2';"
                           f"GRANT CREATE ON DATABASE {shared.database} TO eve")
    shared.env["JOULEMARK_DB"] = server.tcp_url(shared.database, "eve:hunter2")
    said = []
    for call in (
        [*shared.measure_arguments("model"), "--trace", "trace"],
        ["list"], ["list", "--json"], ["export", "--format", "jsonl"], ["export", "--json", "--out", "x.csv"],
        ["report", "--json"], ["measure", "--help"], ["show", "nothing", "--json"],
        [a for a in shared.measure_arguments("model") if a != "--json"],
        ["import", shared.env["JOULEMARK_DB"]],
    ):
        outcome = shared.run(*call)
        assert outcome.code in (*MEASURED, NOT_FOUND), (call, outcome.err)
        said.append(outcome.out + outcome.err)
    written = [path for path in shared.folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".html" for path in written)
    said += [path.read_bytes().decode(errors="replace") for path in written]
    assert not any("hunter2" in text for text in said)
    assert any("eve@127.0.0.1" in text for text in said), "the place itself is said"
    dump = server.sql(shared.database, "SELECT string_agg(r::text, '') FROM joulemark.record r")
    assert "hunter2" not in dump and len(dump) > 1000


def test_a_library_that_cannot_be_loaded_is_said_to_be_missing(shared):
    broken = shared.folder / "lib"
    broken.mkdir()
    (broken / "libpq.so.5").write_text("no library")
    outcome = shared.run("list", "--json", env={"LD_LIBRARY_PATH": str(broken)})
    assert outcome.code == UNAVAILABLE, outcome.err
    assert outcome.error["kind"] == "unsupported"
    assert "libpq5" in outcome.error["next"]
    # A file needs no such library.
    other = {"LD_LIBRARY_PATH": str(broken), "JOULEMARK_DB": "none.sqlite"}
    assert shared.run("list", "--json", env=other).code == 0


def test_a_campaign_is_collected_into_a_shared_store_once(server, shared):
    env = {
        "STAND_IN_MODELS": json.dumps({name: SLEEP for name in ("alpha", "beta")}),
        "STAND_IN_WORKER": str(shared.build / "bin/joulemark-worker-reference"),
        "STAND_IN_LOG": str(shared.folder / "exports.jsonl"),
        "JOULEMARK_EXPORTER": f"'{sys.executable}' '{STAND_IN}'",
    }
    plan = {
        "name": "test", "models": ["*"], "runtime": "reference", "device": "cpu", "batch": ["1"],
        "variants": [{"format": "reference", "precision": "fp32", "layout": "contiguous"}],
        "max_seconds": 1.2, "target_ci": 0.3, "export_timeout": 60,
    }
    (shared.folder / "plan.json").write_text(json.dumps(plan))
    planned = shared.run("campaign", "plan", "plan.json", "--out", "campaign", "--json", env=env)
    assert planned.code == 0, planned.err
    meter = ["--meter", "synthetic", "--meter-option", "waveform=flat:100", "--idle-seconds", "0.1"]
    for shard in ("1/2", "2/2"):
        ran = shared.run("campaign", "run", "campaign", *meter, "--shard", shard, "--json", env=env)
        assert ran.code in MEASURED, ran.err
    for added in (2, 0):
        collected = shared.run("campaign", "collect", "campaign", "--into", shared.url, "--json")
        assert collected.code == 0, collected.err
        assert f"{added} rows added" in collected.err
        assert collected.json["rows"] == 2 and collected.json["left"] == 0
    assert sorted(r["model"] for r in shared.rows()) == ["alpha", "beta"]
