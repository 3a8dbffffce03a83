"""The page in web/: its types, its units against real data, its size, and what a person does with it in a browser.

It is built with the Node and the npm that are here. Where they are missing or too old, or where npm's registry cannot
be reached and nothing is installed yet, the tests are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
OLDEST_NODE = (20, 19)
UNREACHABLE = ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH")


def node_version() -> tuple[int, ...]:
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return tuple(int(part) for part in said.stdout.strip().lstrip("v").split("."))


@pytest.fixture(scope="module")
def npm():
    """Runs npm in web/, with what package-lock.json names installed."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("the page needs Node and npm, which are not here")
    if node_version() < OLDEST_NODE:
        pytest.skip(f"the page needs Node {'.'.join(map(str, OLDEST_NODE))} or newer")
    program = Path(os.environ.get("JOULEMARK_BUILD", ROOT / "build/dev")) / "bin/joulemark"
    environment = {**os.environ, "JOULEMARK": str(program)}

    def run(*arguments: str) -> str:
        done = subprocess.run(["npm", *arguments], cwd=WEB, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"npm {' '.join(arguments)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    installed = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund"], cwd=WEB, env=environment, capture_output=True, text=True
    )
    if installed.returncode != 0 and any(word in installed.stderr for word in UNREACHABLE):
        pytest.skip("npm's registry cannot be reached")
    assert installed.returncode == 0, installed.stderr[-4000:]
    run("run", "fixtures")
    return run


def test_types_hold(npm):
    npm("run", "check")


def test_units(npm):
    npm("test")


def test_the_page_is_built_and_small(npm):
    npm("run", "build")
    npm("run", "size")
    page = (WEB / "dist/index.html").read_text()
    assert "<script>" not in page and "<style" not in page and "http://" not in page


def has_page(folder: Path) -> bool:
    """Whether the program was built with the page (script/setup makes it first); else it says so and ends with 8."""
    program = Path(os.environ.get("JOULEMARK_BUILD", ROOT / "build/dev")) / "bin/joulemark"
    done = subprocess.run(
        [program, "export-site", folder / "site", "--db", ROOT / "data/results"], capture_output=True, text=True
    )
    assert done.returncode in (0, 8), done.stderr
    return done.returncode == 0


def test_what_a_person_does(npm, tmp_path):
    if not Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).exists():
        pytest.skip("the page is opened in Chromium, which is not here")
    npm("run", "build")
    said = npm("run", "test:browser")
    if not has_page(tmp_path):
        pytest.skip("passed on the static server alone: this joulemark was built before its page")
    assert "The page is on joulemark serve" in said, "the program has another page: build it again"
