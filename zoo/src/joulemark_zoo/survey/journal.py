"""The survey's file of outcomes: JSON lines, only ever appended to."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Iterable

#: What one line is about. A later line about the same replaces an earlier one.
KEY = ("architecture", "input_size", "format", "precision", "layout")


class Busy(Exception):
    """Another survey writes to the file."""


def key_of(row: dict) -> tuple:
    return tuple(row[k] for k in KEY)


def read(path: Path) -> dict[tuple, dict]:
    """The last line about each key. A last line without its end, of a survey that was killed, does not count.

    Raises ValueError for any other line that is not an outcome.
    """
    rows: dict[tuple, dict] = {}
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return rows
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            row = json.loads(line)
            rows[key_of(row)] = row
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"line {number} of {path} is not an outcome: {error}") from error
    return rows


def merged(paths: Iterable[Path]) -> dict[tuple, dict]:
    """Of several files; the outcome of each key that was found last."""
    rows: dict[tuple, dict] = {}
    for path in paths:
        for key, row in read(path).items():
            if key not in rows or rows[key]["at"] <= row["at"]:
                rows[key] = row
    return rows


class Journal:
    """Appends outcomes, each on the disk before the next is begun. Raises Busy, OSError."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self.file)
            raise Busy(f"another survey writes to {path}") from error
        self._cut_torn_line()

    def _cut_torn_line(self) -> None:
        size = os.fstat(self.file).st_size
        content = os.pread(self.file, size, 0)
        os.ftruncate(self.file, content.rfind(b"\n") + 1)

    def append(self, row: dict) -> None:
        os.write(self.file, (json.dumps(row) + "\n").encode())
        os.fsync(self.file)

    def close(self) -> None:
        os.close(self.file)
