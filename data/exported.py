"""What the scripts of this folder share: rows, from a database by `joulemark export` or from a file of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path


def joulemark() -> str:
    """The program: $JOULEMARK, or the release build's."""
    return os.environ.get("JOULEMARK", str(Path(__file__).resolve().parents[1] / "build/release/bin/joulemark"))


def read_lines(file: Path) -> list[dict]:
    """Of JSON lines; none where there is no such file."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def read_database(database: Path) -> list[dict]:
    """All rows with windows, conditions and provenance. Raises ValueError with what joulemark said against it."""
    command = [joulemark(), "export", "--db", str(database), "--format", "jsonl"]
    said = subprocess.run(command, capture_output=True, text=True)
    if said.returncode:
        raise ValueError(f"{database}: {said.stderr.strip()}")
    return [json.loads(line) for line in said.stdout.splitlines() if line]
