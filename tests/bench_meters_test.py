"""The waveform laboratory says of every tool what it did: its tables, its protocol, its trees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAB = ROOT / "bench/meters"
sys.path.insert(0, str(LAB))
import lab  # noqa: E402
import powercap  # noqa: E402
import tables  # noqa: E402
import waveforms  # noqa: E402

JOULEMARK = lab.Tool("Joulemark", "nvml", (), "1")
PEER = lab.Tool("Peer", "nvml", (), "2")


def result(tool=JOULEMARK, waveform="flat", truth=100.0, joules=100.0, **more) -> lab.Result:
    more = {"set_up": True, "cpu_s": 0.1, **more}
    return lab.Result(tool.name, waveform, truth=truth, joules=joules, **more)


def failure(tool=PEER, waveform="flat", why="broken", set_up=False) -> lab.Result:
    return lab.Result(tool.name, waveform, failed=why, set_up=set_up)


@pytest.fixture
def library() -> Path:
    path = Path(os.environ["JOULEMARK_BUILD"]) / "lib/libfake_nvml.so"
    if b"__asan_init" in path.read_bytes():
        pytest.skip("a library with the address sanitizer can only be loaded into a program that has it too, and Python has not")
    return path


# --- Tables ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "relative, text",
    [(0.0, "0.00"), (-1e-6, "0.00"), (0.0012, "+0.12"), (-0.0999, "-9.99"), (0.334, "+33.4")],
)
def test_errors_are_signed_percent(relative, text):
    assert tables.percent(relative) == text


def test_the_truth_lies_within_what_is_stated_or_is_marked():
    inside = result(joules=101.0, stated_rel=0.01)
    outside = result(joules=101.1, stated_rel=0.01)
    assert tables.contains_truth(inside)
    assert tables.contains_truth(outside) is False
    assert tables.contains_truth(result(joules=150.0)) is None
    # Both as shares of the truth: 1 % of 101.1 J are 1.01 % of 100.
    assert tables.cell(inside) == "+1.00 ± 1.01"
    assert tables.cell(outside) == "+1.10 ± 1.01 **outside**"
    assert tables.cell(result(joules=20.0, stated_rel=5.0)) == "-80.0 ± 100.0"
    assert tables.cell(result(joules=150.0)) == "+50.0"


def test_a_load_that_the_sensor_misses_is_marked_and_counts_apart():
    results = [
        result(joules=100.1, stated_rel=0.01),
        result(waveform="fast", joules=120.0, stated_rel=0.01, sensor_rel=0.2),
        result(PEER, joules=99.0),
        result(PEER, waveform="fast", joules=85.0),
    ]
    assert tables.unresolved(results) == {"fast"}
    assert tables.error_rows([JOULEMARK, PEER], results) == [
        ["flat", "0.00", "+0.10 ± 1.00", "-1.00"],
        ["fast †", "+20.0", "+20.0 ± 1.20 **outside**", "-15.0"],
    ]
    row = tables.summary_row(JOULEMARK, results)
    assert row[2:4] == ["+0.10", "+20.0"]
    assert row[5] == "1 of 2"
    assert tables.summary_row(PEER, results)[5] == "states none"


def test_the_verdict_names_what_was_missed():
    good = [result(joules=100.1, stated_rel=0.01)]
    assert tables.verdict("Joulemark", good).count("yes") == 2
    off = [*good, result(waveform="bursts", joules=100.4, stated_rel=0.01)]
    assert "no: bursts" in tables.verdict("Joulemark", off)
    assert "all: yes" in tables.verdict("Joulemark", off)
    aliased = [*good, result(waveform="fast", joules=120.0, stated_rel=0.01, sensor_rel=0.2)]
    assert "yes (1 of them)" in tables.verdict("Joulemark", aliased)
    assert "all: no: fast" in tables.verdict("Joulemark", aliased)


def test_a_run_that_failed_is_neither_near_nor_inside():
    text = tables.verdict("Joulemark", [failure(JOULEMARK, set_up=True)])
    assert text.count("no: flat") == 2


def test_a_failure_is_a_row_with_its_reason():
    results = [result(), failure(why="No module named 'torch'")]
    assert tables.summary_row(PEER, results)[5] == "No module named 'torch'"
    assert tables.cell(results[1]) == ""
    assert tables.cell(failure(set_up=True)) == "failed"


def test_a_statement_without_the_steps_counts_too():
    blind = [result(joules=120.0, stated_rel=0.2, stated_without_steps_rel=0.1)]
    assert "all: yes. And where it does not know the steps: no: flat" in tables.verdict("Joulemark", blind)
    seeing = [result(joules=120.0, stated_rel=0.2, stated_without_steps_rel=0.5)]
    assert tables.verdict("Joulemark", seeing).endswith("all: yes.")


def test_what_could_have_warned_stands_beside_the_error():
    terms = {"sensor": 0.01, "aliasing": 0.2}
    results = [
        result(joules=125.0, stated_rel=0.2002, stated_without_steps_rel=0.6, terms=terms, steps_known=True,
               gap_rel=-0.0004, between_samples_rel=0.4),
        # Nothing to know of a load that is constant.
        result(waveform="constant", joules=100.1, stated_rel=0.6, stated_without_steps_rel=0.6, terms=terms),
        result(PEER, joules=90.0),
        failure(JOULEMARK, "broken", set_up=True),
    ]  # fmt: skip
    assert tables.knowledge_rows("Joulemark", results) == [
        ["flat", "+25.0", "± 25.0", "± 25.0", "± 75.0", "-0.04", "none", "± 50.0"],
        ["constant", "+0.10", "", "", "± 60.1", "", "none", ""],
    ]


def test_a_calibration_is_shown_in_watts():
    found = {
        "updates": {"period_s": 0.10002},
        "responses": [
            {"channel": "counter", "lag_s": 0.0071, "lag_spread_s": 0.0042},
            {"channel": "power", "lag_s": 0.0101},
        ],
        "aliasing": [{"period_s": 0.02, "duty": 0.25, "reference_w": 265.0, "worst_rel": 1.6}],
    }
    assert tables.calibration_rows(found) == [
        ["update period", "100.02 ms"],
        ["lag, counter", "7.1 ± 4.2 ms"],
        ["lag, instant power", "10.1 ms"],
        ["squares of 20 ms, duty 0.25", "misread by up to 424 W, of 265 W"],
    ]


# --- Waveforms -------------------------------------------------------------------------------------


def test_windows_are_not_all_whole_updates_long():
    parts = [waveforms.window_seconds(6.0, i) - 6.0 for i in range(1, 17)]
    assert all(0.0 <= p < 0.1 for p in parts)
    # Each tenth of an update has one of them at least.
    assert {int(100 * p) for p in parts} == set(range(10))


@pytest.mark.parametrize("waveform", waveforms.WAVEFORMS.values())
def test_the_period_of_a_waveform_is_the_one_after_which_it_repeats_itself(waveform, library, tmp_path, monkeypatch):
    monkeypatch.setattr(lab.common, "FAKE_NVML", library)
    board = lab.Board("periodic", waveform, "sampling=20", tmp_path)
    period = waveforms.period_s(waveform)
    moments = [board.zero + t for t in (0.001, 0.002, 0.3, 1.7)]
    used = [board.joules(t, t + (period or 0.01)) for t in moments]
    assert used == pytest.approx([used[0]] * 4, rel=1e-6)
    if period is None:
        return
    # And no part of it is such a period.
    for part in (2, 3, 5):
        begins = [moments[0] + i * period / 7 for i in range(7)]
        used = [board.joules(t, t + period / part) for t in begins]
        assert max(used) > 1.01 * min(used)


# --- Boards ----------------------------------------------------------------------------------------


def test_every_board_has_a_truth_of_its_own(library, tmp_path, monkeypatch):
    monkeypatch.setattr(lab.common, "FAKE_NVML", library)
    first = lab.Board("ramp", "ramp:100,700,60", "sampling=20", tmp_path)
    time.sleep(0.01)
    again = lab.Board("ramp", "ramp:100,700,60", "sampling=20", tmp_path)
    for board in (first, again):
        used = board.joules(board.zero + 6.0, board.zero + 12.0)
        assert used == pytest.approx(6.0 * (100.0 + 10.0 * 9.0), abs=1e-2)
        assert board.environment()["LD_LIBRARY_PATH"] == str(board.library.parent)
    assert again.zero > first.zero
    # A ramp of 0.2 W a sample, each as much too low as it is early: half a sample on the average.
    assert first.sensor_error_joules(first.zero, first.zero + 6.05) == pytest.approx(-0.6, abs=1e-2)


def test_the_sensor_is_judged_between_the_updates_that_a_tool_saw():
    class Sensor:
        """Off by the more, the later."""

        joules = staticmethod(lambda start, end: 10.0 * (end - start))
        sensor_error_joules = staticmethod(lambda start, end: end * end / 2 - start * start / 2)

    class Told:
        def __init__(self):
            self.tool, self.result = JOULEMARK, lab.Result("Joulemark", "flat")

    said = {"from": 1.0, "to": 3.0, "joules": 20.0, "stated_rel": 0.1, "steps_known": True, "terms": {"sensor": 0.1}}
    early, late = Told(), Told()
    lab.settle(early, said, Sensor, cpu_s=0.1)
    lab.settle(late, {**said, "shown_s": 0.5}, Sensor, cpu_s=0.1)
    assert early.result.error_rel == late.result.error_rel == 0.0
    assert early.result.sensor_rel == pytest.approx(4.0 / 20.0)
    assert late.result.sensor_rel == pytest.approx(5.0 / 20.0)
    assert late.result.steps_known and late.result.terms == {"sensor": 0.1}


# --- What tools say --------------------------------------------------------------------------------

TOOL = """
import sys
sys.path.insert(0, {tools!r})
import tool
class T:
    def __init__(self):
        print("a library's own words")
        {setup}
    def begin(self): self.calls = ["begin"]
    def end(self): return {{"joules": 7.0, "calls": self.calls + ["end"]}}
sys.exit(tool.run(T))
"""


def speak(setup: str = "pass") -> tuple[subprocess.CompletedProcess, list[dict], float]:
    begin = time.monotonic()
    go = json.dumps({"begin": begin, "seconds": 0.05}) + "\n"
    code = TOOL.format(tools=str(LAB / "tools"), setup=setup)
    done = subprocess.run([sys.executable, "-c", code], input=go, capture_output=True, text=True)
    return done, [json.loads(line) for line in done.stdout.splitlines()], begin


def test_a_tool_says_when_it_is_ready_and_what_came_out():
    done, said, begin = speak()
    assert said[0] == {"ready": True}
    assert said[1]["joules"] == 7.0
    assert said[1]["calls"] == ["begin", "end"]
    assert said[1]["from"] >= begin
    assert said[1]["to"] - said[1]["from"] >= 0.05
    assert "a library's own words" in done.stderr


def test_a_tool_that_cannot_be_set_up_says_why():
    _, said, _ = speak("import no_such_library")
    assert said == [{"failed": "ModuleNotFoundError: No module named 'no_such_library'"}]


# --- The fake powercap tree ------------------------------------------------------------------------


def test_the_package_counts_what_the_waveform_uses(library):
    zero = time.monotonic() - 10.0
    env = {**os.environ, "JOULEMARK_FAKE_NVML": f"waveform=flat:200;zero={zero}"}
    give_up = time.monotonic() + 30
    with powercap.Powercap(library, env, zero) as running:
        package = running.tree / "intel-rapl:0"
        assert (package / "name").read_text() == "package-0\n"
        values = []
        while len(values) < 5 and time.monotonic() < give_up:
            joules = int((package / "energy_uj").read_text()) * 1e-6
            assert joules <= 200.0 * (time.monotonic() - zero)
            if joules and joules not in values:
                values.append(joules)
    assert len(values) == 5
    assert values == sorted(values)
    assert values[0] >= 2000.0
    assert running.longest_gap_s > 0.0
    assert not running.tree.exists()
