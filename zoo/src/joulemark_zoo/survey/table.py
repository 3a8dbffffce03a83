"""The committed table of a survey: one row for each pair and variant, sorted, so that a change is a readable diff."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Callable, Iterable

from .journal import KEY
from .plan import Pair

#: The variant in which every pair of the table of results has a row, tried or not.
MAIN = ("torchscript", "fp32", "contiguous")
#: Columns in their order; docs/zoo.md says what they are.
COLUMNS = (
    "architecture", "input_size", "format", "precision", "layout", "family", "first_size", "outcome", "fixes", "stage",
    "reason", "eager_error", "half_error", "half_largest", "artefact_mb", "peak_gb", "images", "joulemark_zoo", "torch",
    "timm", "machine", "date",
)


def row_of(outcome: dict, pair: Pair, family: str) -> dict[str, str]:
    """One line of a survey's journal as a row; what it does not know is empty."""
    failed = outcome["outcome"] == "failed"
    values = {
        **{k: outcome.get(k) for k in COLUMNS},
        "family": family,
        "first_size": "yes" if pair.first else "no",
        "fixes": " ".join(outcome.get("fixes", ())),
        "stage": outcome["stage"] if failed else None,
        "reason": outcome["reason"] if failed else None,
        "eager_error": rounded(outcome.get("eager_error")),
        "artefact_mb": scaled(outcome.get("artefact_bytes"), 1e6, 1),
        "peak_gb": scaled(outcome.get("peak_bytes"), 1e9, 1),
        "images": "{}+{}".format(*outcome["images"]),
        "date": outcome["at"][:10],
    }
    return {k: "" if v is None else str(v) for k, v in values.items()}


def untried(pair: Pair, family: str) -> dict[str, str]:
    known = {
        **dict(zip(KEY, (pair.architecture, str(pair.input_size), *MAIN))),
        "family": family, "first_size": "yes" if pair.first else "no", "outcome": "not_tried",
    }
    return {c: known.get(c, "") for c in COLUMNS}


def rounded(value: float | None) -> str | None:
    return None if value is None else f"{value:.3g}"


def scaled(value: float | None, unit: float, digits: int) -> str | None:
    return None if value is None else f"{value / unit:.{digits}f}"


def table_of(
    pairs: Iterable[Pair], outcomes: Iterable[dict], known: Iterable[dict[str, str]], family: Callable[[str], str]
) -> list[dict[str, str]]:
    """Every pair in the main variant, and what was tried in others. `outcomes` replace rows of `known`.

    Rows of pairs that the table of results no longer has are dropped.
    """
    by_pair = {(p.architecture, p.input_size): p for p in pairs}
    rows = {}
    for (name, size), pair in by_pair.items():
        row = untried(pair, family(name))
        rows[key_of(row)] = row
    for row in known:
        if row["outcome"] != "not_tried" and (row["architecture"], int(row["input_size"])) in by_pair:
            rows[key_of(row)] = row
    for outcome in outcomes:
        if pair := by_pair.get((outcome["architecture"], outcome["input_size"])):
            row = row_of(outcome, pair, family(pair.architecture))
            rows[key_of(row)] = row
    return [rows[k] for k in sorted(rows)]


def key_of(row: dict[str, str]) -> tuple:
    return (row["architecture"], int(row["input_size"]), row["format"], row["precision"], row["layout"])


def read(path: Path) -> list[dict[str, str]]:
    """Raises ValueError when the file is no such table, OSError when it cannot be read."""
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path} is no table of a survey, or of another version")
        return list(reader)


def text_of(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
