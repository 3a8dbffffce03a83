"""Ctrl-C, and processes that are killed: what is complete is kept and nothing is left behind."""

from __future__ import annotations

import os
import signal

from world import eventually

SLOW = {"step": {"mode": "sleep", "ms_fixed": 5, "ms_per_image": 0}}


def finished_rows(world) -> list[dict]:
    return world.rows() if world.db.exists() else []


def test_ctrl_c_keeps_what_is_complete_and_says_so(world):
    for name in ("first", "second", "third"):
        world.artefact(name, **SLOW)
    process = world.start(*world.measure_arguments("first", "second", "third"))
    eventually(lambda: len(finished_rows(world)) == 1, "the first row is stored")
    eventually(world.workers, "the second worker runs")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "interrupted" in err.lower()
    assert "1" in err  # how many are kept
    rows = world.rows()
    assert [(row["model"], row["status"]) for row in rows] == [("first", "ok")]
    assert world.workers() == []
    assert world.left_behind() == []


def test_term_ends_in_order_too(world):
    world.artefact("only", **SLOW)
    process = world.start(*world.measure_arguments("only", seconds=20))
    eventually(world.workers, "the worker runs")
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert world.workers() == []
    assert world.left_behind() == []


def test_a_killed_worker_is_a_crashed_row_and_the_rest_is_kept(world):
    world.artefact("first", **SLOW)
    world.artefact("second", **SLOW)
    process = world.start(*world.measure_arguments("first", "second"))
    (victim,) = eventually(world.workers, "the first worker runs")
    os.kill(victim, signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    statuses = {row["model"]: row["status"] for row in world.rows()}
    assert statuses == {"first": "crashed", "second": "ok"}
    assert "SIGKILL" in next(row["message"] for row in world.rows() if row["model"] == "first")
    assert world.left_behind() == []


def test_a_killed_controller_leaves_no_worker_and_the_next_start_sweeps(world):
    world.artefact("first", **SLOW)
    process = world.start(*world.measure_arguments("first", seconds=20))
    eventually(world.workers, "the worker runs")
    process.kill()
    process.wait()
    eventually(lambda: not world.workers(), "the worker ends with its controller")
    assert world.left_behind(), "the killed controller could not remove the worker's folder"
    again = world.measure("first")
    assert again.code == 0, again.err
    assert world.left_behind() == []
    assert [row["status"] for row in world.rows()] == ["ok"]
