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
    """What --trace wrote is what the replay meter plays.

    A trace steps as often as it was read, every 50 ms, and a busy machine meets many of those too late to count. So every
    sixth row is played, as of a counter that steps three times a second, and there is more time than the windows need;
    where nothing is in the way, the replay ends once its interval is narrow.
    """
    world.artefact("model", **SLEEP)
    recorded = world.measure("model", seconds=12, extra=["--trace", "traces", "--target-ci", "0.001%"])
    assert recorded.code == 0, recorded.err
    (trace,) = (world.folder / "traces").glob("*.energy.csv")
    header, *rows = trace.read_text().splitlines(keepends=True)
    assert header == "seconds,joules,watts\n"
    trace.write_text("".join([header, *rows[::6]]))
    again = world.run(
        *("measure", "model", "--runtime", "reference", "--meter", "replay", "--no-idle"),
        *("--meter-option", f"trace={trace}", "--batch", "1", "--max-seconds", "9", "--json"),
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


def checks(world, env: dict) -> dict:
    """What `doctor --check` says of the one GPU."""
    outcome = world.run("doctor", "--check", "--json", env=env)
    assert outcome.code == 0, outcome.err
    (gpu,) = [c for c in outcome.json["checks"] if c["meter"] == "nvml"]
    return gpu


def test_the_doctors_check_finds_that_a_sound_meter_agrees_with_itself(world, fake_nvml):
    gpu = checks(world, fake_nvml("waveform=sine:300,50,2"))
    by_name = {e["name"]: e for e in gpu["estimators"]}
    assert set(by_name) == {"energy counter", "ring of power samples", "instant power", "driver's average"}
    assert by_name["energy counter"]["verdict"] == "reference"
    assert by_name["energy counter"]["power_w"] == pytest.approx(300, rel=0.1)
    for name in ("ring of power samples", "driver's average"):
        assert by_name[name]["verdict"] == "agrees", by_name
        assert abs(by_name[name]["difference_rel"]) <= 0.01
    assert gpu["seconds"] == pytest.approx(4, abs=1)


def test_the_doctors_check_finds_a_counter_that_aliases(world, fake_nvml):
    """A counter that sums a sample of every 100 ms sees only one part of a load that varies as fast."""
    gpu = checks(world, fake_nvml("waveform=square:100,400,0.1,0.5;sampling=100"))
    by_name = {e["name"]: e for e in gpu["estimators"]}
    assert by_name["ring of power samples"]["verdict"] == "differs"
    assert abs(by_name["ring of power samples"]["difference_rel"]) > 0.2


def test_the_doctors_check_says_what_it_cannot_check_and_why(world, fake_nvml):
    env = fake_nvml("devices=2;ring=NOT_SUPPORTED;average=NOT_SUPPORTED;mute=0")
    outcome = world.run("doctor", "--check", env=env)
    assert outcome.code == 0, outcome.err
    section = outcome.out[outcome.out.index("Cross-checks") :]
    assert "GPU-fake-2" in section, "the one that works, by its own index"
    assert "GPU-fake-1" not in section
    assert "the reference" in section
    assert section.count("not checked: Fake GPU does not offer it") == 2
    assert "instant power" in section and "agrees" in section


def test_a_meter_that_is_lost_while_it_is_checked_is_said(world, fake_nvml):
    gpu = checks(world, fake_nvml("lost_after_ms=2500"))
    assert gpu["error"]["kind"] == "meter_lost"
    assert gpu["error"]["next"]


def test_the_doctor_names_every_way_of_measuring(world, fake_nvml):
    outcome = world.run("doctor", "--json", env=fake_nvml("waveform=flat:200"))
    assert outcome.code == 0, outcome.err
    assert "nvml" in outcome.out
    assert "estimate" in outcome.out
