"""The built programs, each test with a world of its own: models, database, temporary folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from world import World

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def build() -> Path:
    """The build folder under test: JOULEMARK_BUILD, or build/dev."""
    folder = Path(os.environ.get("JOULEMARK_BUILD", ROOT / "build/dev"))
    assert (folder / "bin/joulemark").exists(), f"{folder}/bin/joulemark is missing: script/test builds it"
    return folder


@pytest.fixture
def world(build, tmp_path):
    with World(build, tmp_path) as made:
        yield made
