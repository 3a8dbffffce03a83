"""Whether an artefact folder is complete; without importing torch."""

from __future__ import annotations

import json
from pathlib import Path

from .spec import ExportSpec


def is_complete(spec: ExportSpec, out: Path) -> bool:
    """True when the folder holds what this spec would make, file by file."""
    folder = spec.folder(out)
    try:
        descriptor = json.loads((folder / "descriptor.json").read_text())
        files = [*descriptor["artefacts"], *(descriptor["reference"][k] for k in ("input", "output"))]
        if [a["batch"] for a in descriptor["artefacts"]] != list(spec.batches or (None,)):
            return False
        weights = descriptor["weights"]
        if weights["origin"] == "live" and weights.get("seed") != spec.seed:
            return False
        if spec.weights != "auto" and weights["origin"] != spec.weights:
            return False
        return all((folder / f["file"]).stat().st_size == f["bytes"] for f in files)
    except (OSError, KeyError, ValueError):
        return False
