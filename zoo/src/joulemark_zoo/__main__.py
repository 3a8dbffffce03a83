"""python -m joulemark_zoo export|list: the command line."""

from __future__ import annotations

import argparse
import difflib
import fnmatch
import json
import os
import sys
from pathlib import Path

from . import __version__
from .spec import DEVICES, FORMATS, LAYOUTS, PRECISIONS, WEIGHTS, ExportSpec

EXIT_USAGE, EXIT_SOME_FAILED, EXIT_NOT_FOUND = 2, 3, 5


def batches(text: str) -> tuple[int, ...]:
    if text == "any":
        return ()
    sizes = tuple(int(part) for part in text.split(","))
    if any(size < 1 for size in sizes):
        raise argparse.ArgumentTypeError("batch sizes are 1 or more")
    return sizes


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
        "5 no such model.",
    )
    export.add_argument("models", nargs="+", metavar="MODEL", help="architecture, architecture.tag or glob")
    export.add_argument("--format", choices=FORMATS, default="torchscript")
    export.add_argument("--precision", choices=PRECISIONS, default="fp32")
    export.add_argument("--layout", choices=LAYOUTS, default="contiguous")
    export.add_argument("--device", choices=DEVICES, default="cpu", help="where it will run")
    export.add_argument(
        "--batch", type=batches, default=(), metavar="any|N,N,...",
        help="aoti: sizes to compile with static shapes, or any",
    )
    export.add_argument("--input-size", type=int, metavar="PIXELS", help="instead of the model's own")
    export.add_argument("--weights", choices=WEIGHTS, default="auto",
                        help="auto: pretrained where the hub is reachable, else live random weights")
    export.add_argument("--seed", type=int, default=1, help="of live weights and synthetic images")
    export.add_argument("--images", metavar="DIR", help="photographs for the reference input")
    export.add_argument("--out", type=Path, default=Path("artefacts"), metavar="DIR")
    export.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) // 2),
                        help="models at once")
    export.add_argument("--timeout", type=float, default=600.0, metavar="S", help="per model")
    export.add_argument("--force", action="store_true", help="export again what is complete")
    export.add_argument("--json", action="store_true")

    listing = commands.add_parser("list", help="list timm's models")
    listing.add_argument("globs", nargs="*", metavar="GLOB", default=["*"])
    listing.add_argument("--pretrained", action="store_true", help="only those with weights, with tags")
    listing.add_argument("--json", action="store_true")
    return top


def known_models(pretrained: bool) -> list[str]:
    from . import _torchvision_ops  # noqa: F401
    import timm

    return timm.list_models(pretrained=pretrained)


def matching(pattern: str, architectures: list[str], tagged: list[str]) -> list[str]:
    """Names that a pattern stands for; without a tag, architectures."""
    names = tagged if "." in pattern else architectures
    if any(c in pattern for c in "*?["):
        return fnmatch.filter(names, pattern)
    return [pattern] if pattern in names else []


def die(code: int, what: str, next_step: str, as_json: bool):
    print(f"joulemark_zoo: {what}. {next_step}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": {"what": what, "next": next_step}}))
    sys.exit(code)


def resolve(patterns: list[str], as_json: bool) -> list[str]:
    architectures, tagged = known_models(False), known_models(True)
    names: list[str] = []
    for pattern in patterns:
        found = matching(pattern, architectures, tagged)
        if not found:
            near = difflib.get_close_matches(pattern, tagged if "." in pattern else architectures, 3, 0.5)
            hint = f"Did you mean {', '.join(near)}?" if near else "See python -m joulemark_zoo list"
            die(EXIT_NOT_FOUND, f"timm has no model '{pattern}'", hint, as_json)
        names += [n for n in found if n not in names]
    return names


def run_export(args: argparse.Namespace) -> int:
    from .run import export_all

    if args.format == "torchscript" and args.batch:
        die(EXIT_USAGE, "a TorchScript artefact runs any batch", "Leave --batch out", args.json)
    names = resolve(args.models, args.json)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        probe = args.out / f".write-test-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        die(6, f"cannot write to {args.out}: {error.strerror}", "Choose another --out", args.json)
    weights = "live" if args.weights == "auto" and not hub_is_reachable() else args.weights
    if weights != args.weights and not args.json:
        print("No hub of pretrained weights in reach: models get live random weights.", flush=True)
    specs = [
        ExportSpec(
            name=name, format=args.format, precision=args.precision, layout=args.layout,
            device=args.device, batches=args.batch, input_size=args.input_size, weights=weights,
            seed=args.seed, images=str(Path(args.images).resolve()) if args.images else None,
        )
        for name in names
    ]

    def say(result, done, total):
        if args.json:
            return
        end = {"exported": f"{result.seconds:.1f} s", "kept": "is there already"}
        text = end.get(result.status, f"FAILED: {result.error}")
        print(f"[{done}/{total}] {result.spec.name}: {text}", flush=True)

    results = export_all(
        specs, args.out, jobs=max(1, args.jobs), timeout=args.timeout, force=args.force, say=say
    )
    failed = [r for r in results if r.status == "failed"]
    if args.json:
        rows = [
            {"model": r.spec.name, "status": r.status, "seconds": round(r.seconds, 2),
             "folder": str(r.spec.folder(args.out)), "error": r.error or None}
            for r in results
        ]
        print(json.dumps({"models": rows}))
    elif failed:
        print(f"{len(failed)} of {len(results)} failed: see {args.out / 'failures.json'}", file=sys.stderr)
    return EXIT_SOME_FAILED if failed else 0


def hub_is_reachable() -> bool:
    """Asked once for the whole run: twenty models must not each wait for a hub that is not there."""
    import socket
    from urllib.parse import urlparse

    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    host = urlparse(constants.ENDPOINT).hostname
    try:
        socket.create_connection((host, 443), timeout=3).close()
        return True
    except OSError:
        return False


def run_list(args: argparse.Namespace) -> int:
    names = known_models(args.pretrained)
    found = [n for n in names if any(fnmatch.fnmatch(n, g) for g in args.globs or ["*"])]
    print(json.dumps(found) if args.json else "\n".join(found))
    return 0 if found else EXIT_NOT_FOUND


def main() -> int:
    args = parser().parse_args()
    return run_export(args) if args.command == "export" else run_list(args)


if __name__ == "__main__":
    sys.exit(main())
