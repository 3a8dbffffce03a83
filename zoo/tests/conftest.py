"""Runs the command line as a user does, in a world of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parents[1]


@dataclass
class World:
    """A folder for artefacts, one for scratch files, and no hub."""

    out: Path
    scratch: Path
    env: dict

    def command(self, *args) -> list[str]:
        return [sys.executable, "-m", "joulemark_zoo", *map(str, args)]

    def run(self, *args, **options) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(*args), env=self.env, capture_output=True, text=True, timeout=240, **options
        )

    def export_command(self, *models, weights="live") -> list:
        return ["export", *models, "--import", "zoo_test_models", "--weights", weights, "--out", self.out]

    def export(self, *args, weights="live", **options) -> subprocess.CompletedProcess:
        return self.run(*self.export_command(*args, weights=weights), **options)

    def failures(self) -> dict[str, dict]:
        path = self.out / "failures.json"
        return {row["model"]: row for row in json.loads(path.read_text())} if path.exists() else {}

    def variants(self) -> list[str]:
        return sorted(str(p.parent.relative_to(self.out)) for p in self.out.glob("*/*/descriptor.json"))

    def half_made(self) -> list[Path]:
        return list(self.out.glob("*/.*"))


@pytest.fixture
def world(tmp_path) -> World:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = os.pathsep.join([str(ROOT / "zoo/src"), str(TESTS)])
    env = {**os.environ, "PYTHONPATH": path, "TMPDIR": str(scratch), "HF_HUB_OFFLINE": "1"}
    env["HF_HOME"] = str(tmp_path / "hub")
    env["TORCHINDUCTOR_VEC_ISA_OK"] = "1"  # saves the compiler's own trials
    return World(tmp_path / "out", scratch, env)


@pytest.fixture(scope="session")
def schema() -> jsonschema.Draft202012Validator:
    content = json.loads((ROOT / "docs/schema/descriptor.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(content)
    return jsonschema.Draft202012Validator(content)


@pytest.fixture
def in_world(monkeypatch, tmp_path):
    """For exports in this process: models to export, and scratch files that go away."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.syspath_prepend(str(TESTS))
    from joulemark_zoo import names

    names.register(("zoo_test_models",))
