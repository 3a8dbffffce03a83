"""python -m joulemark_zoo export|list|survey|coverage|facts: the command line."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from . import __version__, images, listed
from .facts import command as facts
from .spec import DEVICES, FORMATS, LAYOUTS, PRECISIONS, WEIGHTS, ExportSpec
from .survey import command as survey

EXIT_USAGE, EXIT_SOME_FAILED, EXIT_NOT_FOUND, EXIT_IO = 2, 3, 5, 6


class Refused(Exception):
    """What cannot be done, and what to do instead: one line for the user."""

    def __init__(self, code: int, what: str, next_step: str):
        super().__init__(what)
        self.code, self.next_step = code, next_step


def main() -> int:
    args = parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return COMMANDS[args.command](args)
    except Refused as refused:
        print(f"joulemark_zoo: {refused}. {refused.next_step}", file=sys.stderr)
        if args.json:
            print(json.dumps({"error": {"what": str(refused), "next": refused.next_step}}))
        return refused.code
    except KeyboardInterrupt:
        print("joulemark_zoo: stopped; what was complete is kept", file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:  # as in `list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


# --- options -----------------------------------------------------------------------------------------


def batches(text: str) -> tuple[int, ...]:
    return () if text == "any" else tuple(dict.fromkeys(positive(part) for part in text.split(",")))


def positive(text: str) -> int:
    return bounded(text, 1, 65536)


def seed(text: str) -> int:
    return bounded(text, 0, 2**63 - 1)


def bounded(text: str, low: int, high: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"'{text}' is not an integer from {low} to {high}")
    return value


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds above 0")
    return value


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="joulemark_zoo", description="Exports timm models to artefacts that joulemark measures."
    )
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(dest="command", required=True)

    export = commands.add_parser(
        "export",
        help="export models",
        epilog="Exit codes: 0 all exported, 2 wrong use, 3 some failed (see DIR/failures.json), "
        "5 no such model, 6 DIR cannot be written.",
    )
    export.add_argument("models", nargs="*", metavar="MODEL", help="architecture, architecture.tag or glob")
    export.add_argument("--list", type=Path, metavar="FILE",
                        help="in place of MODEL: a JSON array of objects with model and, where they differ from the "
                        "options, format, precision, layout, batch, input_size")
    export.add_argument("--format", choices=FORMATS, default="torchscript")
    export.add_argument("--precision", choices=PRECISIONS, default="fp32")
    export.add_argument("--layout", choices=LAYOUTS, default="contiguous")
    export.add_argument("--device", choices=DEVICES, default="cpu", help="where it will run")
    export.add_argument("--batch", type=batches, default=(), metavar="any|N,N,...",
                        help="aoti: compile one package for each size, or one for any (default any)")
    export.add_argument("--input-size", type=positive, metavar="PIXELS", help="instead of the model's own")
    export.add_argument("--weights", choices=WEIGHTS, default="auto",
                        help="auto: pretrained where they can be had, else live random weights; "
                        "default: random ones as timm initialises them, for comparison")
    export.add_argument("--seed", type=seed, default=1, help="of random weights and synthetic images (default 1)")
    export.add_argument("--images", type=Path, metavar="DIR",
                        help="photographs for the reference input, instead of synthetic images")
    export.add_argument("--import", dest="modules", action="append", default=[], metavar="MODULE",
                        help="a Python module that registers more models with timm (repeatable)")
    export.add_argument("--out", type=Path, default=Path("artefacts"), metavar="DIR")
    export.add_argument("--jobs", type=positive, default=max(1, (os.cpu_count() or 2) // 2), metavar="N",
                        help="models at once")
    export.add_argument("--timeout", type=seconds, default=600.0, metavar="S", help="per model (default 600)")
    export.add_argument("--force", action="store_true", help="export again what is complete")
    export.add_argument("--json", action="store_true", help="answer in JSON")

    listing = commands.add_parser("list", help="list timm's models")
    listing.add_argument("globs", nargs="*", metavar="GLOB", default=["*"])
    listing.add_argument("--pretrained", action="store_true", help="only those with weights, with their tags")
    listing.add_argument("--json", action="store_true", help="answer in JSON")

    trial = commands.add_parser("survey", help="try to export every model of a table of results")
    survey.add_options(trial, positive, seconds)
    coverage = commands.add_parser("coverage", help="bring the table and the page of surveys up to date")
    survey.add_coverage_options(coverage)
    stated = commands.add_parser("facts", help="write what timm's package states of its models, for the catalogue")
    facts.add_options(stated)
    return top


# --- list --------------------------------------------------------------------------------------------


def run_list(args: argparse.Namespace) -> int:
    found = find(args.globs, pretrained=args.pretrained)
    print(json.dumps(found) if args.json else "\n".join(found))
    return 0


def find(patterns: list[str], *, pretrained: bool = False) -> list[str]:
    from . import names

    try:
        return names.find(patterns, pretrained=pretrained)
    except names.UnknownModel as unknown:
        raise Refused(EXIT_NOT_FOUND, str(unknown), unknown.next_step) from unknown


# --- export ------------------------------------------------------------------------------------------


def run_export(args: argparse.Namespace) -> int:
    requests = requests_of(args)
    for request in requests:
        check_options(request)
    check_images(args)
    check_device(args)
    check_writable(args.out)
    register(args.modules)
    specs = [spec for request in requests for spec in specs_of(request, find(request.models))]
    check_once(specs, args.out)
    results = export_specs(specs, args, reach_hub(args))
    return summarise(specs, results, args)


def requests_of(args: argparse.Namespace) -> list[argparse.Namespace]:
    """What is asked for: the options for all models that are named, or those of each entry of a list."""
    if bool(args.models) == bool(args.list):
        raise Refused(EXIT_USAGE, "models are named either by MODEL or by --list FILE", "See export --help")
    if not args.list:
        return [args]
    try:
        entries = listed.read(args.list, {"batch": batches, "input_size": positive})
    except listed.BadList as error:
        raise Refused(EXIT_USAGE, str(error), "export --help says what is in it") from error
    return [argparse.Namespace(**{**vars(args), **entry, "models": [entry["model"]]}) for entry in entries]


def check_once(specs: list[ExportSpec], out: Path) -> None:
    """Two exports into one folder would be at odds."""
    seen: set[Path] = set()
    for spec in specs:
        folder = spec.folder(out)
        if folder in seen:
            raise Refused(EXIT_USAGE, f"{folder} would be exported twice", "Name each variant of a model once")
        seen.add(folder)


def check_options(args: argparse.Namespace) -> None:
    if args.format == "torchscript" and args.batch:
        raise Refused(EXIT_USAGE, "a TorchScript artefact runs any batch", "Leave --batch out, or use --format aoti")
    if args.precision == "tf32" and args.device == "cpu":
        raise Refused(EXIT_USAGE, "tf32 is a precision of GPUs", "Name --device cuda, or export fp32")


def check_images(args: argparse.Namespace) -> None:
    if args.images:
        try:
            images.photographs(args.images)
        except ValueError as error:
            raise Refused(EXIT_USAGE, str(error), "Name a folder of JPEG or PNG files") from error


def check_device(args: argparse.Namespace) -> None:
    if args.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise Refused(EXIT_USAGE, "torch sees no CUDA device here", "Export on the machine that measures")


def check_writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".write-test-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise cannot_write(out, error) from error


def cannot_write(out: Path, error: OSError) -> Refused:
    return Refused(EXIT_IO, f"cannot write to {out}: {error.strerror or error}", "Choose another --out")


def register(modules: list[str]) -> None:
    from . import names

    try:
        names.register(tuple(modules))
    except Exception as error:
        raise Refused(
            EXIT_USAGE, f"--import failed: {type(error).__name__}: {error}", "Is it on PYTHONPATH?"
        ) from error


def reach_hub(args: argparse.Namespace) -> bool:
    """Asked once for the whole run: twenty models must not each wait for a hub that is not there."""
    from . import hub

    if args.weights in ("live", "default"):
        return False
    in_reach = hub.in_reach()
    if not in_reach and not args.json:
        what = "live random weights" if args.weights == "auto" else "an error"
        print(f"The hub of pretrained weights is not in reach: what its cache lacks gets {what}.", flush=True)
    return in_reach


def specs_of(args: argparse.Namespace, models: list[str]) -> list[ExportSpec]:
    from .names import own_input_size

    return [
        ExportSpec(
            name=name, format=args.format, precision=args.precision, layout=args.layout, device=args.device,
            batches=args.batch, weights=args.weights, seed=args.seed, modules=tuple(args.modules),
            input_size=None if args.input_size == own_input_size(name) else args.input_size,
            images=str(args.images.resolve()) if args.images else None,
        )
        for name in models
    ]


def export_specs(specs: list[ExportSpec], args: argparse.Namespace, hub_in_reach: bool) -> list:
    from .run import export_all

    def say(result, done: int, total: int) -> None:
        if args.json:
            return
        text = {
            "exported": f"{result.seconds:.1f} s",
            "kept": "is there already",
            "failed": f"FAILED in {result.stage} after {result.seconds:.1f} s: {result.error}",
        }[result.status]
        print(f"[{done}/{total}] {result.spec.name}: {text}", flush=True)

    try:
        return export_all(
            specs, args.out.resolve(), jobs=args.jobs, timeout=args.timeout, force=args.force,
            hub_in_reach=hub_in_reach, say=say,
        )
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_write(args.out, error) from error


def run_survey(args: argparse.Namespace) -> int:
    register(args.modules)
    try:
        return survey.run_survey(args) if args.command == "survey" else survey.run_coverage(args)
    except survey.CannotSurvey as error:
        raise Refused(EXIT_USAGE, str(error), error.next_step) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_write(args.out if args.command == "survey" else args.table, error) from error


def run_facts(args: argparse.Namespace) -> int:
    try:
        return facts.run(args)
    except facts.CannotState as error:
        raise Refused(EXIT_USAGE, str(error), error.next_step) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_write(args.out, error) from error


def summarise(specs: list[ExportSpec], results: list, args: argparse.Namespace) -> int:
    """Says how it went; in JSON in the order of `specs`, which is that of a list."""
    failed = [r for r in results if r.status == "failed"]
    if args.json:
        place = {spec: number for number, spec in enumerate(specs)}
        rows = [
            {
                "model": r.spec.name, "status": r.status, "seconds": round(r.seconds, 2), "stages": r.stages,
                "folder": str(r.spec.folder(args.out)), "stage": r.stage or None, "error": r.error or None,
            }
            for r in sorted(results, key=lambda r: place[r.spec])
        ]
        print(json.dumps({"models": rows}))
    elif failed:
        where = args.out / "failures.json"
        print(f"{len(failed)} of {len(results)} failed; {where} says why", file=sys.stderr)
    return EXIT_SOME_FAILED if failed else 0


COMMANDS = {
    "export": run_export, "list": run_list, "survey": run_survey, "coverage": run_survey, "facts": run_facts,
}

if __name__ == "__main__":
    sys.exit(main())
