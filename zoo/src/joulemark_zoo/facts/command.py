"""python -m joulemark_zoo facts: its options and steps."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


class CannotState(Exception):
    """What is wrong; `next_step` says what to do instead."""

    def __init__(self, what: str, next_step: str):
        super().__init__(what)
        self.next_step = next_step


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="JSON",
                        help="file to write, for `joulemark catalogue build`")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(args: argparse.Namespace) -> int:
    """Raises CannotState, OSError."""
    from .collect import NotCited, collect

    try:
        facts = collect()
    except NotCited as error:
        raise CannotState(str(error), "Mend the tables in joulemark_zoo/facts, or install the timm they are for") from error
    write(args.out, text_of(facts))
    counts = counts_of(facts)
    print(json.dumps(counts) if args.json else "Wrote {}: {}".format(
        args.out, ", ".join(f"{value} {key.replace('_', ' ')}" for key, value in counts.items())))
    return 0


def counts_of(facts: dict) -> dict[str, int]:
    dated = {f["family"] for f in facts["families"] if f["date"]}
    return {
        "architectures": len(facts["architectures"]),
        "architectures_with_a_date": sum(a["family"] in dated for a in facts["architectures"]),
        "architectures_without_a_family": sum(a["family"] is None for a in facts["architectures"]),
        "families": len(facts["families"]),
        "weights": len(facts["weights"]),
        "weights_with_a_date": sum(w["date"] is not None for w in facts["weights"]),
        "weights_with_a_licence": sum(w["licence"] is not None for w in facts["weights"]),
    }


def text_of(facts: dict) -> str:
    """JSON with one entry a line, so that a change is a readable diff. What is unknown is left out."""
    parts = []
    for key, value in facts.items():
        if isinstance(value, list):
            lines = (json.dumps({k: v for k, v in entry.items() if v is not None}) for entry in value)
            parts.append(f" {json.dumps(key)}: [\n  " + ",\n  ".join(lines) + "\n ]")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def write(path: Path, text: str) -> None:
    """The whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.partial")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
