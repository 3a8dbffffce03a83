"""Stands in for joulemark_zoo: `list` and `export` of models that the reference worker runs.

$STAND_IN_MODELS is a JSON object of model names: each the reference worker's options, or a text, which is why the
model cannot be exported. $STAND_IN_WORKER is that worker.
"""

import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

MODELS = json.loads(os.environ["STAND_IN_MODELS"])


def listed(globs: list[str]) -> int:
    found = sorted(name for name in MODELS if any(fnmatch.fnmatch(name, g) for g in globs))
    if not found:
        print(f"joulemark_zoo: no model matches {globs[0]}", file=sys.stderr)
        return 5
    print("a library says something first")
    print(json.dumps(found))
    return 0


def made(entry: dict, out: Path) -> dict:
    name = entry["model"]
    options = MODELS[name]
    if isinstance(options, str):
        return {"model": name, "status": "failed", "stage": "build", "error": options}
    # As a whole or not at all, as the real one does.
    scratch = out / f".{name}.{os.getpid()}.partial"
    command = [os.environ["STAND_IN_WORKER"], "--make-artefact", scratch, "--name", name]
    subprocess.run([*command, "--options", json.dumps(options)], check=True, capture_output=True)
    (out / name).mkdir(exist_ok=True)
    (variant,) = (scratch / name).iterdir()
    precision = entry["precision"]
    descriptor = json.loads((variant / "descriptor.json").read_text())
    (variant / "descriptor.json").write_text(json.dumps({**descriptor, "precision": precision}))
    goal = out / name / variant.name.replace("fp32", precision)
    if not goal.exists():
        variant.rename(goal)
    shutil.rmtree(scratch)
    return {"model": name, "status": "exported", "stage": None, "error": None}


def main() -> int:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list")
    listing.add_argument("globs", nargs="+")
    listing.add_argument("--json", action="store_true")
    export = commands.add_parser("export")
    export.add_argument("--list", type=Path)
    export.add_argument("--out", type=Path)
    args, others = parser.parse_known_args()
    if args.command == "list":
        return listed(args.globs)
    entries = json.loads(args.list.read_text())
    if "STAND_IN_LOG" in os.environ:
        with open(os.environ["STAND_IN_LOG"], "a") as log:
            log.write(json.dumps({"models": [e["model"] for e in entries], "entries": entries, "options": others}) + "\n")
    time.sleep(float(os.environ.get("STAND_IN_SECONDS", "0")))
    rows = [made(entry, args.out) for entry in entries]
    print(json.dumps({"models": rows}))
    return 3 if any(r["status"] == "failed" for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
