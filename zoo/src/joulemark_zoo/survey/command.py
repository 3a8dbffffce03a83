"""python -m joulemark_zoo survey and coverage: their options and steps."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..forked import ServerEnded
from ..spec import FORMATS, LAYOUTS, PRECISIONS
from . import journal, table
from .attempt import Limits
from .plan import Pair, read_pairs, smallest_of_each

#: A survey runs on the CPU, which has no TF32.
ON_CPU = tuple(p for p in PRECISIONS if p != "tf32")


class CannotSurvey(Exception):
    """What is wrong with what was asked for; `next_step` says what to do instead."""

    def __init__(self, what: str, next_step: str):
        super().__init__(what)
        self.next_step = next_step


def add_options(parser: argparse.ArgumentParser, positive, seconds) -> None:
    parser.add_argument("--from", dest="table", type=Path, required=True, metavar="CSV",
                        help="timm's results-imagenet.csv: the architectures and their input sizes")
    parser.add_argument("--out", type=Path, required=True, metavar="JSONL",
                        help="outcomes; appended to, never rewritten")
    parser.add_argument("--formats", default="torchscript", metavar="NAME,...", help=f"of {', '.join(FORMATS)}")
    parser.add_argument("--precision", choices=ON_CPU, default="fp32")
    parser.add_argument("--layout", choices=LAYOUTS, default="contiguous")
    parser.add_argument("--import", dest="modules", action="append", default=[], metavar="MODULE",
                        help="a Python module that registers more models with timm (repeatable)")
    parser.add_argument("--only", nargs="+", metavar="ARCHITECTURE", help="these alone")
    parser.add_argument("--per-family", type=positive, metavar="N", help="the N cheapest of every family alone")
    parser.add_argument("--shard", type=shard, default=(1, 1), metavar="I/N", help="every N-th pair, from the I-th on")
    parser.add_argument("--skip", type=Path, metavar="CSV",
                        help="a table of `coverage`: what it has is not tried again")
    parser.add_argument("--retry", action="store_true", help="try again what failed")
    parser.add_argument("--budget", type=seconds, default=999_999.0, metavar="S", help="begin nothing after S seconds")
    parser.add_argument("--timeout", type=seconds, default=600.0, metavar="S", help="per model (default 600)")
    parser.add_argument("--memory", type=positive, default=14, metavar="GIB", help="per model (default 14)")
    parser.add_argument("--threads", type=positive, default=1, metavar="N", help="per model (default 1)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def shard(text: str) -> tuple[int, int]:
    which, _, count = text.partition("/")
    if not (which.isdigit() and count.isdigit() and 1 <= int(which) <= int(count)):
        raise argparse.ArgumentTypeError(f"'{text}' is not I/N with I from 1 to N")
    return int(which), int(count)


def run_survey(args: argparse.Namespace) -> int:
    """Tries what is left, and says how it went. Raises CannotSurvey, OSError."""
    from ..names import own_input_size
    from .run import left_of, survey

    pairs = chosen(args, own_input_size)
    variants = variants_of(args)
    done = {**known_rows(args.skip), **outcomes(args.out)}
    work = left_of(pairs, variants, done, args.retry)
    if not args.json:
        total = len(pairs) * len(variants)
        print(f"{total - len(work)} of {total} have an outcome in {args.out}; {len(work)} to try", flush=True)
    limits = Limits(args.timeout, args.memory * 2**30, args.threads)
    out = opened(args.out)
    try:
        rows = survey(work, out, limits, args.budget, own_input_size, say_nothing if args.json else say)
    except ServerEnded as error:
        raise CannotSurvey(str(error), "See that torch and timm can be imported") from error
    finally:
        out.close()
    if args.json:
        print(json.dumps({"left": len(work) - len(rows), "rows": rows}))
    return 0


def variants_of(args: argparse.Namespace) -> list:
    from .run import Variant

    formats = args.formats.split(",")
    if unknown := [f for f in formats if f not in FORMATS]:
        raise CannotSurvey(f"there is no format '{unknown[0]}'", f"Take of {', '.join(FORMATS)}")
    return [Variant(format, args.precision, args.layout, tuple(args.modules)) for format in formats]


def chosen(args: argparse.Namespace, own_size) -> list[Pair]:
    from ..names import family

    try:
        pairs = read_pairs(args.table, own_size)
    except (ValueError, OSError) as error:
        raise CannotSurvey(str(error), "Name timm's results-imagenet.csv") from error
    if args.only:
        known = {p.architecture for p in pairs}
        if unknown := [name for name in args.only if name not in known]:
            raise CannotSurvey(f"{args.table} has no architecture '{unknown[0]}'", "See its column model")
        pairs = [p for p in pairs if p.architecture in args.only]
    if args.per_family:
        pairs = smallest_of_each(pairs, family, args.per_family)
    which, count = args.shard
    return pairs[which - 1 :: count]


def known_rows(path: Path | None) -> dict[tuple, dict]:
    """The rows of a committed table that say how a pair went."""
    rows = read_table(path) if path else []
    return {table.key_of(r): r for r in rows if r["outcome"] != "not_tried"}


def read_table(path: Path) -> list[dict]:
    try:
        return table.read(path)
    except (ValueError, OSError) as error:
        raise CannotSurvey(str(error), "Name a table that `joulemark_zoo coverage` wrote") from error


def outcomes(path: Path) -> dict[tuple, dict]:
    try:
        return journal.read(path)
    except ValueError as error:
        raise CannotSurvey(str(error), "Remove that line, or choose another --out") from error


def opened(path: Path) -> journal.Journal:
    try:
        return journal.Journal(path)
    except journal.Busy as error:
        raise CannotSurvey(str(error), "Wait for it, or choose another --out") from error


def add_coverage_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("outcomes", nargs="*", type=Path, metavar="JSONL", help="what surveys wrote")
    parser.add_argument("--from", dest="results", type=Path, metavar="CSV",
                        help="timm's results-imagenet.csv, as the surveys had it; needed with JSONL")
    parser.add_argument("--import", dest="modules", action="append", default=[], metavar="MODULE", help="as for survey")
    parser.add_argument("--table", type=Path, required=True, metavar="CSV", help="made, or brought up to date")
    parser.add_argument("--page", type=Path, metavar="MD", help="has its part between the marks made again")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run_coverage(args: argparse.Namespace) -> int:
    """Brings the table and the page up to date. Raises CannotSurvey, OSError."""
    from . import page

    known = read_table(args.table) if args.table.exists() else []
    rows = merged_table(args, known) if args.outcomes else known
    text = args.page.read_text() if args.page else ""
    try:
        text = page.with_summary(text, rows) if args.page else ""
    except ValueError as error:
        raise CannotSurvey(f"{args.page}: {error}", "Put them where the numbers belong") from error
    write(args.table, table.text_of(rows))
    if args.page:
        write(args.page, text)
    print(json.dumps({"rows": len(rows)}) if args.json else f"{len(rows)} rows in {args.table}")
    return 0


def merged_table(args: argparse.Namespace, known: list[dict]) -> list[dict]:
    from ..names import family, own_input_size

    if not args.results:
        raise CannotSurvey("outcomes without the table of results", "Name it with --from")
    try:
        pairs = read_pairs(args.results, own_input_size)
        new = journal.merged(args.outcomes).values()
    except (ValueError, OSError) as error:
        raise CannotSurvey(str(error), "Name timm's results-imagenet.csv and what surveys wrote") from error
    return table.table_of(pairs, new, known, family)


def write(path: Path, text: str) -> None:
    """The whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.partial")
    fresh.write_text(text)
    fresh.replace(path)


def say(row: dict, done: int, total: int) -> None:
    where = "" if row["outcome"] == "exported" else f" in {row['stage']}: {row['reason']}"
    fixes = f" with {', '.join(row['fixes'])}" if row.get("fixes") else ""
    print(f"[{done}/{total}] {row['architecture']} {row['input_size']} {row['format']}: {row['outcome']}{fixes}{where}"
          f" ({row['seconds']} s)", flush=True)


def say_nothing(row: dict, done: int, total: int) -> None:
    pass
