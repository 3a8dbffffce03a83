"""The database's bad days: full disk, read-only, from the future, in use, not a database."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess

import pytest

from world import eventually

STORE_PROBLEM = 7
SLEEP = {"step": {"mode": "sleep", "ms_fixed": 2, "ms_per_image": 0}}


@pytest.fixture
def measured(world):
    """A world with one complete row."""
    world.artefact("model", **SLEEP)
    outcome = world.measure("model")
    assert outcome.code == 0, outcome.err
    return world


def expect_store_problem(outcome, kind: str, *words: str):
    assert outcome.code == STORE_PROBLEM, (outcome.out, outcome.err)
    assert outcome.error["kind"] == kind
    assert outcome.error["next"]
    for word in words:
        assert word in outcome.err


def test_a_database_of_a_newer_version_is_not_touched(measured):
    with sqlite3.connect(measured.db) as database:
        database.execute("PRAGMA user_version = 1000")
    before = measured.db.read_bytes()
    expect_store_problem(measured.measure("model"), "newer_schema", "1000")
    assert measured.db.read_bytes() == before


def test_a_file_that_is_no_database_is_not_touched(world):
    world.artefact("model", **SLEEP)
    world.db.write_text("all my notes, in prose, and much longer than a header of sixteen bytes\n" * 9)
    before = world.db.read_bytes()
    outcome = world.measure("model")
    assert outcome.code != 0
    assert str(world.db) in outcome.err
    assert world.db.read_bytes() == before


def test_a_second_writer_is_told_who_is_measuring(world):
    world.artefact("model", **SLEEP)
    first = world.start(*world.measure_arguments("model", seconds=20))
    eventually(world.workers, "the first one measures")
    expect_store_problem(world.measure("model"), "busy", str(first.pid))
    # Reading is always possible.
    assert world.run("list", "--json").code == 0
    first.terminate()
    first.communicate(timeout=20)
    assert world.measure("model").code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write read-only files: see the next test")
def test_a_read_only_database(measured):
    measured.db.chmod(0o444)
    expect_store_problem(measured.measure("model"), "read_only", str(measured.db))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_read_only_disk(measured):
    disk = measured.folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk])
    if mounted.returncode:
        pytest.skip("mount is not allowed here")
    try:
        target = disk / "joulemark.sqlite"
        target.write_bytes(measured.db.read_bytes())
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        env = {"JOULEMARK_DB": str(target)}
        expect_store_problem(measured.measure("model", env=env), "read_only", str(target))
        # What is there can still be read.
        exported = measured.run("export", "--format", "json", env=env)
        assert exported.code == 0, exported.err
        assert len(exported.json) == 1
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount; RLIMIT_FSIZE below covers the rest")
def test_a_full_disk_keeps_the_rows_that_are_there(measured):
    disk = measured.folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk])
    if mounted.returncode:
        pytest.skip("mount is not allowed here")
    try:
        target = disk / "joulemark.sqlite"
        target.write_bytes(measured.db.read_bytes())
        filler = disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        env = {"JOULEMARK_DB": str(target)}
        expect_store_problem(measured.measure("model", env=env), "storage_full")
        filler.unlink()
        exported = measured.run("export", "--format", "json", env=env)
        assert [row["status"] for row in exported.json] == ["ok"]
        again = measured.measure("model", env=env)
        assert again.code == 0, again.err
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_file_size_limit_is_a_full_disk(measured):
    """For people without root: the kernel refuses to let the database grow.

    The limit holds for all files of the process, the memory shared with the worker too, so the
    database is first made the largest of them.
    """
    with sqlite3.connect(measured.db) as database:
        database.execute("CREATE TABLE padding AS SELECT randomblob(4000000) AS bytes")
    limit = measured.db.stat().st_size

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    # One row may still fit into the last page; many do not.
    process = measured.start(
        *measured.measure_arguments("model", batch="1,2,3,4,5,6,7,8", seconds=1), preexec_fn=limited
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == STORE_PROBLEM, err
    assert "cannot grow" in err or "full" in err
    rows = measured.rows()
    assert 1 <= len(rows) < 9
    assert {row["status"] for row in rows} == {"ok"}
