"""`joulemark calibrate`, its place in the database, and what `measure` makes of it."""

from __future__ import annotations

import json
import sqlite3

import pytest

SLEEP = {"step": {"mode": "sleep", "ms_fixed": 2, "ms_per_image": 0}}


@pytest.fixture
def gpu(build):
    """The environment in which both of the driver's libraries are fakes."""

    def library(name: str) -> str:
        (found,) = list(build.rglob(name))
        return str(found)

    return {
        "JOULEMARK_NVML_LIBRARY": library("libfake_nvml.so"),
        "JOULEMARK_FAKE_NVML": "waveform=flat:200",
        "JOULEMARK_CUDA_LIBRARY": library("libfake_cuda.so"),
    }


def test_a_calibration_is_stored_and_measured_with(world, gpu):
    calibrated = world.run("calibrate", "--device", "cuda", "--quick", "--json", "--trace", "seen", env=gpu)
    assert calibrated.code == 0, calibrated.err
    found = calibrated.json
    assert found["device"] == "Fake GPU"
    assert found["updates"]["period_s"] == pytest.approx(0.1, abs=0.002)
    assert [state["name"] for state in found["states"]][-1] == "steady load"
    assert all(state["watts"] == pytest.approx(200, rel=0.01) for state in found["states"])
    # The fake's power does not follow the load, so there is no answer to find a lag in.
    assert found["responses"] == []
    index = (world.folder / "seen/index.csv").read_text().splitlines()
    assert len(index) == 1 + 3 + 1 + 3 * (4 + 2)

    world.artefact("model", **SLEEP)
    measured = world.measure("model", meter="nvml", env=gpu, seconds=4)
    assert measured.code == 0, measured.err
    assert "not calibrated" not in measured.err
    (row,) = world.rows()
    shown = world.run("show", row["run"])
    assert found["id"] in shown.out and "aliasing" in shown.out


def test_a_meter_without_a_calibration_says_so(world, gpu):
    world.artefact("model", **SLEEP)
    measured = world.measure("model", meter="nvml", env=gpu, seconds=4)
    assert "Fake GPU is not calibrated" in measured.err
    (row,) = world.rows()
    assert "none; `joulemark calibrate`" in world.run("show", row["run"]).out


def test_a_calibration_that_cannot_be_read_is_an_error_and_not_ignored(world, gpu):
    world.artefact("model", **SLEEP)
    assert world.measure("model", meter="nvml", env=gpu, seconds=4).code == 0
    (database,) = world.folder.glob("*.sqlite")
    with sqlite3.connect(database) as file:
        device = file.execute("SELECT device FROM record").fetchone()[0]
        file.execute(
            "INSERT INTO calibration VALUES (1, 'x', 'nvml', ?, 'GPU-fake-1', '2026', ?)",
            (device, json.dumps({"schema": "another"})),
        )
    again = world.measure("model", meter="nvml", env=gpu, seconds=4)
    assert again.code == 2
    assert "Calibrate again" in again.err


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        (("--device", "gpu"), 2, "Devices are cpu, cuda and cuda:N"),
        (("--device", "cuda:9"), 5, "there is no cuda:9"),
        (("--device", "cuda", "--meter", "nothing"), 2, "nothing"),
    ],
)
def test_wrong_use_says_what_is_right(world, gpu, arguments, code, said):
    outcome = world.run("calibrate", *arguments, env=gpu)
    assert outcome.code == code
    assert said in outcome.err
    assert list(world.folder.glob("*.sqlite")) == []


def test_an_interrupted_calibration_stores_nothing(world, gpu):
    from world import eventually, interrupt

    process = world.start("calibrate", "--device", "cuda", env=gpu)
    eventually(lambda: list(world.folder.glob("*.sqlite")), "a database")
    interrupt(process)
    assert process.wait(timeout=20) == 130
    (database,) = world.folder.glob("*.sqlite")
    with sqlite3.connect(database) as file:
        assert file.execute("SELECT count(*) FROM calibration").fetchone() == (0,)
