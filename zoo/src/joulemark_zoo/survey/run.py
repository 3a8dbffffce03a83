"""The survey's loop: what is left, one after the other, an outcome on the disk for each."""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable

from ..artefact import MOST_EAGER_ERROR, now, versions
from ..formats import cpu_name
from ..images import Counts
from ..spec import ExportSpec
from . import journal
from .attempt import Limits, try_export
from .plan import Pair

#: Fewer images than an export has: two can still be told apart, and a forward pass is what a large model costs.
SMALL = Counts(reference=2, statistics=4)
#: What fails with them, or would in half precision, is tried once more as an export would do it, so that no failure is
#: the survey's own.
FULL = Counts()


#: What an outcome depends on.
VERSIONS = ("joulemark_zoo", "torch", "timm")


@dataclass(frozen=True)
class Variant:
    format: str
    precision: str
    layout: str
    modules: tuple[str, ...] = ()  # that register more models with timm

    def spec(self, pair: Pair, own_size: int | None) -> ExportSpec:
        return ExportSpec(
            name=pair.architecture, format=self.format, precision=self.precision, layout=self.layout,
            weights="live", modules=self.modules, input_size=None if pair.input_size == own_size else pair.input_size,
        )

    def key(self, pair: Pair) -> tuple:
        return pair.architecture, pair.input_size, self.format, self.precision, self.layout


def left_of(
    pairs: Iterable[Pair], variants: Iterable[Variant], done: dict[tuple, dict], retry: bool
) -> list[tuple[Pair, Variant]]:
    """What has no outcome yet; with `retry`, also what failed."""
    variants = list(variants)
    return [
        (pair, variant)
        for pair in pairs
        for variant in variants
        if (row := done.get(variant.key(pair))) is None or (retry and row["outcome"] == "failed")
    ]


def survey(
    work: list[tuple[Pair, Variant]],
    out: journal.Journal,
    limits: Limits,
    budget: float,
    own_size: Callable[[str], int | None],
    say: Callable[[dict, int, int], None],
) -> list[dict]:
    """Tries all of `work`, but begins nothing after `budget` seconds. Returns the rows of this call."""
    rows = []
    deadline = time.monotonic() + budget
    common = {**{k: v for k, v in versions().items() if k in VERSIONS}, "machine": cpu_name(), "threads": limits.threads}
    with tempfile.TemporaryDirectory(prefix="joulemark-survey-") as scratch:
        for pair, variant in work:
            if time.monotonic() >= deadline:
                break
            outcome = try_twice(variant.spec(pair, own_size(pair.architecture)), limits, Path(scratch))
            row = {**dict(zip(journal.KEY, variant.key(pair))), **outcome, **common, "at": now()}
            out.append(row)
            rows.append(row)
            say(row, len(rows), len(work))
    return rows


def try_twice(spec: ExportSpec, limits: Limits, scratch: Path) -> dict:
    outcome = try_export(spec, SMALL, limits, scratch)
    images = SMALL
    if has_doubts(outcome):
        outcome, images = try_export(spec, FULL, limits, scratch), FULL
    return {**outcome, "images": [images.reference, images.statistics]}


def has_doubts(outcome: dict) -> bool:
    """Whether the number of images can have decided this outcome."""
    if outcome["outcome"] == "failed":
        return outcome["stage"] in ("reference", "export")
    return "half_largest" in outcome and outcome.get("half_error", math.inf) > MOST_EAGER_ERROR


