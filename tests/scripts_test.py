"""The scripts that add results up and set things up say the truth."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CTEST = """<testsuite>
  <testcase name="meter" status="{meter}"/>
  <testcase name="zoo" status="run"/>
  <testcase name="fuzz_frame" status="run"/>
</testsuite>"""
METER = """<testsuites><testsuite>
  <testcase name="wraps" classname="Rapl" status="run" result="completed">{failure}</testcase>
  <testcase name="resets" classname="Rapl" status="run" result="completed"/>
</testsuite></testsuites>"""
ZOO = """<testsuites><testsuite>
  <testcase name="exports" classname="tests"/>
  <testcase name="on_a_gpu" classname="tests"><skipped message="no GPU here"/></testcase>
</testsuite></testsuites>"""


def total(folder: Path, *, meter: str = "run", failure: str = "") -> subprocess.CompletedProcess:
    (folder / "ctest.xml").write_text(CTEST.format(meter=meter))
    (folder / "meter_test.xml").write_text(METER.format(failure=failure))
    (folder / "zoo.xml").write_text(ZOO)
    return subprocess.run(
        [sys.executable, ROOT / "script/total.py", folder], capture_output=True, text=True
    )


def test_total_counts_cases_where_they_are_known(tmp_path):
    done = total(tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "  skipped  tests.on_a_gpu: no GPU here",
        "4 passed, 0 failed, 1 skipped, in 3 programs",
    ]


def test_total_names_what_failed(tmp_path):
    done = total(tmp_path, meter="fail", failure="<failure message='1 != 2'/>")
    assert done.returncode == 1
    assert "FAILED   Rapl.wraps" in done.stdout
    assert "3 passed, 1 failed, 1 skipped" in done.stdout


def test_total_counts_a_program_that_died_after_its_cases_passed(tmp_path):
    done = total(tmp_path, meter="fail")
    assert done.returncode == 1
    assert "FAILED   meter" in done.stdout


def test_total_of_nothing_is_a_failure(tmp_path):
    (tmp_path / "ctest.xml").write_text("<testsuite/>")
    done = subprocess.run([sys.executable, ROOT / "script/total.py", tmp_path], capture_output=True)
    assert done.returncode == 1


SCRIPTS = sorted(
    path for path in (ROOT / "script").iterdir() if path.suffix == "" and path.is_file()
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_explains_itself_and_refuses_what_it_does_not_know(script):
    helped = subprocess.run([script, "--help"], capture_output=True, text=True, cwd="/")
    assert helped.returncode == 0
    assert f"script/{script.name}" in helped.stdout
    refused = subprocess.run([script, "--no-such-option"], capture_output=True, text=True, cwd="/")
    assert refused.returncode != 0
    assert "--help" in refused.stderr


def test_setup_without_apt_names_what_is_missing(tmp_path):
    """A dpkg that knows only g++, and no apt: the rest is named, nothing is installed."""
    (tmp_path / "dpkg-query").write_text('#!/bin/sh\necho "installed g++"\n')
    (tmp_path / "apt-get").write_text(f'#!/bin/sh\ntouch "{tmp_path}/apt-was-called"\nexit 1\n')
    for program in ("dpkg-query", "apt-get"):
        (tmp_path / program).chmod(0o755)
    done = subprocess.run(
        [ROOT / "script/setup", "--no-system", "--only", "system"],
        capture_output=True,
        text=True,
        env={"PATH": f"{tmp_path}:/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert "libsqlite3-dev" in done.stdout
    assert " g++ " not in done.stdout
    assert not (tmp_path / "apt-was-called").exists()
