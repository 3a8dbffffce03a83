"""Campaigns of models that the reference worker runs, with a stand-in for the exporter."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from world import World

STAND_IN = Path(__file__).parent / "stand_in_zoo.py"
FAST = {"step": {"mode": "sleep", "ms_fixed": 1, "ms_per_image": 0}}
VARIANT = {"format": "reference", "precision": "fp32", "layout": "contiguous"}


class Campaigns:
    """Campaigns of models that the reference worker runs."""

    def __init__(self, world: World, models: dict) -> None:
        self.world = world
        self.folder = world.folder / "campaign"
        self.log = world.folder / "exports.jsonl"
        self.env = {
            "STAND_IN_MODELS": json.dumps(models),
            "STAND_IN_WORKER": str(world.build / "bin/joulemark-worker-reference"),
            "STAND_IN_LOG": str(self.log),
            "JOULEMARK_EXPORTER": f"'{sys.executable}' '{STAND_IN}'",
        }

    def mend(self, *models: str) -> None:
        """From now on these models can be exported and run."""
        all_models = json.loads(self.env["STAND_IN_MODELS"])
        self.env["STAND_IN_MODELS"] = json.dumps({**all_models, **dict.fromkeys(models, FAST)})

    def plan(self, folder: Path | None = None, **fields):
        plan = {
            "name": "test", "models": ["*"], "variants": [VARIANT], "runtime": "reference", "device": "cpu",
            "batch": ["1"], "max_seconds": 1.2, "target_ci": 0.3, "lot": 4, "export_timeout": 60, **fields,
        }
        (self.world.folder / "plan.json").write_text(json.dumps(plan))
        return self.world.run("campaign", "plan", "plan.json", "--out", folder or self.folder, "--json", env=self.env)

    def arguments(self, folder: Path | None = None, *extra, verb: str = "run") -> list:
        meter = ["--meter", "synthetic", "--meter-option", "waveform=flat:100", "--idle-seconds", "0.1"]
        return ["campaign", verb, folder or self.folder, *meter, "--json", *extra]

    def run(self, *extra, folder: Path | None = None):
        return self.world.run(*self.arguments(folder, *extra), env=self.env)

    def resume(self):
        return self.world.run(*self.arguments(verb="resume"), env=self.env)

    def start(self, *extra):
        return self.world.start(*self.arguments(None, *extra), env=self.env)

    def status(self) -> dict:
        said = self.world.run("campaign", "status", self.folder, "--json")
        assert said.code == 0, said.err
        return said.json

    def sittings(self) -> list[Path]:
        """The databases of all shards."""
        return sorted(self.folder.glob("shards/*/*/results.sqlite"))

    def rows(self) -> list[dict]:
        exported = self.world.run("export", "--db", self.folder / "results.sqlite", "--format", "json")
        assert exported.code == 0, exported.err
        return exported.json

    def exports(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]
