"""Measuring with a GPU's driver (a fake one), with the estimate, and with a meter that is lost."""

from __future__ import annotations

import pytest

SLEEP = {"step": {"mode": "sleep", "ms_fixed": 2, "ms_per_image": 0}}


@pytest.fixture
def fake_nvml(build):
    """The environment that makes joulemark load the fake driver library."""

    def made(settings: str = "") -> dict:
        (library,) = list(build.rglob("libfake_nvml.so"))
        return {"JOULEMARK_NVML_LIBRARY": str(library), "JOULEMARK_FAKE_NVML": settings}

    return made


def test_a_gpu_counter_gives_the_energy_of_its_waveform(world, fake_nvml):
    """500 images/s at a flat 200 W are 0.4 J/image, within what the interval and the sensor allow."""
    world.artefact("model", **SLEEP)
    env = fake_nvml("waveform=flat:200")
    outcome = world.measure("model", meter="nvml", env=env, seconds=4)
    assert outcome.code == 0, outcome.err
    (row,) = world.rows()
    assert row["scope"] == "gpu_board"
    watts = row["energy_j_per_image"] * row["images_per_s"]
    assert watts == pytest.approx(200, rel=0.03)
    assert row["power_w"] == pytest.approx(200, rel=0.03)
    assert "estimated" not in row["flags"]


def test_a_lost_gpu_is_a_row(world, fake_nvml):
    world.artefact("model", **SLEEP)
    env = fake_nvml("waveform=flat:200;lost_after_ms=2500")
    outcome = world.measure("model", meter="nvml", env=env, seconds=6)
    assert outcome.code == 4, outcome.err
    (row,) = world.rows()
    assert row["status"] == "meter_lost"
    assert row["energy_j_per_image"] is None


def test_no_driver_says_what_to_install(world):
    world.artefact("model", **SLEEP)
    env = {"JOULEMARK_NVML_LIBRARY": "/nonexistent/libnvidia-ml.so.1"}
    outcome = world.measure("model", meter="nvml", env=env)
    assert outcome.code != 0
    assert "driver" in outcome.err


def test_a_trace_can_be_measured_again(world):
    """What --trace wrote is what the replay meter plays."""
    world.artefact("model", **SLEEP)
    recorded = world.measure("model", seconds=6, extra=["--trace", "traces", "--target-ci", "0.001%"])
    assert recorded.code == 0, recorded.err
    (trace,) = (world.folder / "traces").glob("*.energy.csv")
    assert trace.read_text().startswith("seconds,joules,watts\n")
    again = world.run(
        *("measure", "model", "--runtime", "reference", "--meter", "replay", "--no-idle"),
        *("--meter-option", f"trace={trace}", "--batch", "1", "--max-seconds", "3.5", "--json"),
    )
    assert again.code == 0, again.err
    first, second = world.rows()
    assert second["scope"] == "simulated"
    assert second["power_w"] == pytest.approx(first["power_w"], rel=0.05)


def test_a_folder_for_traces_that_cannot_be_made_is_said_before_measuring(world):
    world.artefact("model", **SLEEP)
    (world.folder / "file").write_text("")
    outcome = world.measure("model", extra=["--trace", "file/traces"])
    assert outcome.code != 0
    assert outcome.error["next"]
    assert "file/traces" in outcome.err
    assert not world.db.exists()


def test_an_estimate_is_called_one(world):
    world.artefact("model", step={"mode": "spin", "ms_fixed": 2, "ms_per_image": 0})
    outcome = world.measure("model", meter="estimate")
    assert outcome.code == 0, outcome.err
    (row,) = world.rows()
    assert "estimated" in row["flags"].split()
    assert row["scope"] == "cpu_estimate"
    assert row["systematic_rel"] >= 0.5


def test_the_doctor_names_every_way_of_measuring(world, fake_nvml):
    outcome = world.run("doctor", "--json", env=fake_nvml("waveform=flat:200"))
    assert outcome.code == 0, outcome.err
    assert "nvml" in outcome.out
    assert "estimate" in outcome.out
