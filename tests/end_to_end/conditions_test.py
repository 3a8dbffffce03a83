"""What happens to a device and its host while a model is measured is in the row, in words, and under --strict."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time

import pytest

SLEEP = {"step": {"mode": "sleep", "ms_fixed": 2, "ms_per_image": 0}}
# A run that goes on to its end, so that what happens at a certain time happens within it. Idle power
# takes two seconds with the lock on the counter's steps, warm-up one.
TO_THE_END = ("--target-ci", "0.0001%")
MID_RUN_MS = 5500


@pytest.fixture
def fake_nvml(build):
    """The environment that makes joulemark load the fake driver library."""

    def made(settings: str = "") -> dict:
        (library,) = list(build.rglob("libfake_nvml.so"))
        return {"JOULEMARK_NVML_LIBRARY": str(library), "JOULEMARK_FAKE_NVML": settings}

    return made


#: Enough windows for an interval also where other tests take the CPUs and most steps of the counter are met late.
LONG_ENOUGH = 5


def measured(world, env: dict, extra=(), seconds=LONG_ENOUGH) -> tuple[dict, str]:
    """The one row of a measurement, and what `show` says of it."""
    world.artefact("model", **SLEEP)
    outcome = world.measure("model", meter="nvml", env=env, seconds=seconds, extra=[*TO_THE_END, *extra])
    assert outcome.code in (0, 4), outcome.err
    (row,) = world.rows()
    shown = world.run("show", row["run"])
    assert shown.code == 0, shown.err
    return row, shown.out


# What the driver says, the flag that it raises, and what `show` has to say of it: the flag in words,
# and the condition itself.
CONDITIONS = {
    "clock_dropped": (
        f"clock_after_ms={MID_RUN_MS};clock_mhz=1500",
        "the clock fell by more than 2 %",
        "1980 MHz -> 1500 MHz",
    ),
    "clock_low": (
        "clock_after_ms=0;clock_mhz=1200",
        "more than 10 % below its highest",
        "1200 MHz",
    ),
    "power_limit_changed": (
        f"power_limit_after_ms={MID_RUN_MS};power_limit=500",
        "somebody changed the power limit",
        "700 W -> 500 W",
    ),
    "temperature_changed": ("heating=4", "more than 5 °C", "°C -> "),
    "mig_slice": ("mig=1", "what other slices use is in it", "MIG                    on"),
    "persistence_off": ("persistence=0", "may be too high", "persistence mode       off"),
    "shared_device": ("processes=1,2", "another process was on the device", "other processes        2"),
    "throttled": ("throttle=0x8", "because of heat or a hardware limit", "hw_slowdown"),
    "power_capped": ("throttle=0x4", "the power limit set the clock", "sw_power_cap"),
}


@pytest.mark.parametrize("flag", CONDITIONS)
def test_a_condition_raises_its_flag_and_is_shown(world, fake_nvml, flag):
    settings, in_words, condition = CONDITIONS[flag]
    row, shown = measured(world, fake_nvml(settings))
    assert row["status"] == "ok", row["message"]
    flags = set(row["flags"].split())
    # Others may use this host while the tests run; nothing else may be raised.
    also = {"idle_shared"} if flag == "shared_device" else set()  # they were there while it idled, too
    assert flags - {"busy_host", "weights_random", "short_window", "not_steady", "drifted"} == {flag} | also
    assert in_words in shown
    assert condition in shown


def test_a_device_that_waits_for_its_host_is_said(world, fake_nvml):
    # Submitting takes as long as three steps do: the device is done before the next one comes.
    world.artefact("model", step={"mode": "sleep", "ms_fixed": 1, "ms_host": 3})
    outcome = world.measure("model", meter="nvml", env=fake_nvml(), seconds=LONG_ENOUGH)
    assert outcome.code == 0, outcome.err
    (row,) = world.rows()
    assert "host_bound" in row["flags"].split()
    shown = world.run("show", row["run"]).out
    assert "whose speed then decides about throughput and energy" in shown
    assert re.search(r"the worker waited for the device [0-4] % of the time", shown), shown


def test_a_host_that_others_use_is_said(world, fake_nvml):
    spinner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        row, shown = measured(world, fake_nvml(), seconds=3)
    finally:
        spinner.kill()
        spinner.wait()
    assert "busy_host" in row["flags"].split()
    assert "more than a quarter of a CPU" in shown
    assert "host meanwhile" in shown


def test_strict_refuses_what_a_flag_names_and_keeps_the_windows(world, fake_nvml):
    row, shown = measured(world, fake_nvml("mig=1"), extra=["--strict"], seconds=3)
    assert row["status"] == "unstable"
    assert row["energy_j_per_image"] is None
    assert "--strict refuses" in row["message"] and "mig_slice" in row["message"]
    assert row["windows"] > 0
    assert "what other slices use is in it" in shown


def test_the_conditions_in_between_are_exported(world, fake_nvml):
    measured(world, fake_nvml("power_limit_after_ms=0;power_limit=600"), seconds=3)
    (line,) = world.run("export", "--format", "jsonl").out.splitlines()
    conditions = json.loads(line)["conditions"]
    assert conditions["range"]["power_limit_w"] == [600.0, 600.0]
    assert conditions["range"]["looks"] > 2, "only start and end were looked at"
    assert conditions["range"]["looks_s"] >= 0


def test_a_controller_that_is_starved_for_half_a_second_loses_no_truth(world, fake_nvml):
    """Stopped for longer than the counter's period, it must not take a late reading for an early one."""
    world.artefact("model", **SLEEP)
    arguments = world.measure_arguments("model", seconds=7, meter="nvml")
    process = world.start(*arguments, *TO_THE_END, env=fake_nvml("waveform=flat:200"))
    time.sleep(4.5)  # idle, its warm-up, and some windows
    for _ in range(3):
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        process.send_signal(signal.SIGCONT)
        time.sleep(0.25)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    (line,) = world.run("export", "--format", "jsonl").out.splitlines()
    row = json.loads(line)
    assert row["power_w"] == pytest.approx(200, rel=0.02)
    for window in row["window_list"]:
        assert window["joules"] / window["seconds"] == pytest.approx(200, rel=0.05)
    assert max(window["seconds"] for window in row["window_list"]) > 0.55, "it was not starved at all"


# --- Which device ------------------------------------------------------------------------------


def as_gpu_model(folder) -> None:
    descriptor = json.loads((folder / "descriptor.json").read_text())
    descriptor["device"] = "cuda"
    (folder / "descriptor.json").write_text(json.dumps(descriptor))


def test_of_eight_gpus_of_which_two_are_hidden_the_right_one_is_measured(world, fake_nvml):
    """CUDA calls the third GPU cuda:0 when the first two are hidden; NVML still calls it 2."""
    as_gpu_model(world.artefact("model", **SLEEP))
    env = {
        **fake_nvml("devices=8"),
        "JOULEMARK_REFERENCE_GPUS": "8",
        "CUDA_VISIBLE_DEVICES": "2,3,4,5,6,7",
    }
    outcome = world.measure("model", meter="auto", env=env, seconds=3, extra=["--device", "cuda:0"])
    assert outcome.code == 0, outcome.err
    (line,) = world.run("export", "--format", "jsonl").out.splitlines()
    assert json.loads(line)["provenance"]["meter"]["device_id"] == "GPU-fake-3"


def test_of_several_gpus_none_is_guessed(world, fake_nvml):
    """A worker on the CPU has no bus id that says which GPU is meant."""
    world.artefact("model", **SLEEP)
    env = fake_nvml("devices=8")
    outcome = world.measure("model", meter="nvml", env=env)
    assert outcome.error["kind"] == "invalid_input"
    assert "gpu=INDEX" in outcome.error["next"]
    named = world.measure("model", meter="nvml", env=env, seconds=3, extra=["--meter-option", "gpu=5"])
    assert named.code == 0, named.err


# --- Meters that fail while they are read ---------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (f"denied_after_ms={MID_RUN_MS}", "Insufficient Permissions"),
        (f"still_after_ms={MID_RUN_MS - 2000}", "has not moved"),
        (f"reset_after_ms={MID_RUN_MS}", "went backwards"),
    ],
)
def test_a_meter_that_fails_in_mid_run_is_a_row_that_says_how(world, fake_nvml, settings, why):
    row, shown = measured(world, fake_nvml("waveform=flat:200;" + settings), seconds=8)
    assert row["status"] == "meter_lost"
    assert why in row["message"]
    assert row["energy_j_per_image"] is None
    assert why in shown
