"""Joulemark and other meters beside each other on power that is known.

A fake libnvidia-ml.so.1 and a fake powercap tree follow waveforms whose energy is known in closed
form. Every tool measures the same seconds of each, in a process and a virtual environment of its
own, as its users install it. The error of each is that of the number which it printed, for the time
between the call that began its window and the one that ended it (Joulemark chooses its edges and
says them). CPU time is that of the tool's processes in the window, read from outside.

Before that, `joulemark calibrate` gets to know the board, as a user would let it; what Joulemark
states of each number rests on what came out.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import asdict
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import calibration  # noqa: E402
import common  # noqa: E402
import powercap  # noqa: E402
import tables  # noqa: E402
from lab import Board, Result, Tool, measure_together  # noqa: E402
from waveforms import GPU_SENSOR, QUICK, WAVEFORMS, period_s, window_seconds  # noqa: E402

FOLDER = common.ROOT / "build/bench-meters"
WINDOW = common.ROOT / "build/bench/bin/joulemark_window"
#: Joulemark's, with the newest calibration of the board.
DATABASE = FOLDER / "joulemark.sqlite"
CALIBRATION = FOLDER / "calibration.json"  # the same, as it was printed
#: name, meter, environment (none: Joulemark), script, its arguments. Tools of one meter measure at
#: the same time, but for those that keep the processors busy.
JOULEMARK = "Joulemark"
TOOLS = [
    (JOULEMARK, "nvml", None, None, ["nvml", str(DATABASE)]),
    ("ZeusMonitor", "nvml", "zeus", "zeus_monitor", ["nvml"]),
    ("Zeus PowerMonitor", "nvml", "zeus", "zeus_power", []),
    ("CodeCarbon, machine", "nvml", "codecarbon", "codecarbon_tracker", ["nvml", "machine"]),
    ("CodeCarbon, process", "nvml", "codecarbon", "codecarbon_tracker", ["nvml", "process"]),
    ("pyJoules", "nvml", "pyjoules", "pyjoules_meter", ["nvml"]),
    ("optimum-benchmark", "nvml", "optimum", "optimum_energy", []),
    ("polling, 1 Hz", "nvml", "polling", "polling", []),
    ("Joulemark, CPU", "rapl", None, None, ["rapl"]),
    ("ZeusMonitor, CPU", "rapl", "zeus", "zeus_monitor", ["rapl"]),
    ("CodeCarbon, CPU, machine", "rapl", "codecarbon", "codecarbon_tracker", ["rapl", "machine"]),
    ("CodeCarbon, CPU, process", "rapl", "codecarbon", "codecarbon_tracker", ["rapl", "process"]),
    ("pyJoules, CPU", "rapl", "pyjoules", "pyjoules_meter", ["rapl"]),
]
#: Polls in two processes without a pause, which would slow down the others on a small machine.
ALONE = {"Zeus PowerMonitor"}
#: Torch is gigabytes: the project's own is found after what the environment has itself.
BORROWS_TORCH = {"optimum"}
#: The package whose version a table names.
PACKAGES = {
    "zeus": "zeus",
    "codecarbon": "codecarbon",
    "pyjoules": "pyJoules",
    "optimum": "optimum-benchmark",
    "polling": "nvidia-ml-py",
}


def parse_arguments() -> argparse.Namespace:
    parser = common.parser(__doc__)
    parser.add_argument("--quick", action="store_true", help=f"four waveforms only: {', '.join(QUICK)}")
    parser.add_argument("--waveforms", nargs="+", choices=WAVEFORMS, metavar="NAME", help="only these")
    parser.add_argument("--meters", nargs="+", choices=["nvml", "rapl"], default=["nvml", "rapl"])
    parser.add_argument("--seconds", type=float, default=6.0, help="shortest window [6]")
    parser.add_argument(
        "--keep-calibration", action="store_true", help="use that of the last call; a new one takes 80 s"
    )
    parser.add_argument("--table", type=Path, metavar="FILE", help="print the tables of results that were kept")
    return parser.parse_args()


def build_environment(name: str) -> None:
    """A virtual environment with exactly what requirements/<name>.txt says; kept while that holds."""
    wanted = HERE / "requirements" / f"{name}.txt"
    folder = FOLDER / "venv" / name
    stamp = folder / "installed.txt"
    if stamp.exists() and stamp.read_text() == wanted.read_text():
        return
    print(f"installing {name} ...", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True, clear=True)
    if name in BORROWS_TORCH:
        (packages,) = folder.glob("lib/python*/site-packages")
        (packages / "project.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [folder / "bin/pip", "install", "--quiet", "--no-deps", "--requirement", wanted]
    if subprocess.run(pip, stdout=sys.stderr).returncode == 0:
        stamp.write_text(wanted.read_text())


def version_of(environment: str | None, joulemark: Path) -> str:
    if environment is None:
        return common.version(joulemark).removeprefix("joulemark ")
    pinned = (HERE / "requirements" / f"{environment}.txt").read_text().splitlines()
    wanted = f"{PACKAGES[environment]}=="
    (found,) = (line.removeprefix(wanted) for line in pinned if line.startswith(wanted))
    return found


def make_tools(meter: str, joulemark: Path) -> list[Tool]:
    made = []
    for name, its_meter, environment, script, arguments in TOOLS:
        if its_meter != meter:
            continue
        if environment is None:
            command = [str(common.existing(WINDOW))]
        else:
            build_environment(environment)
            python = FOLDER / "venv" / environment / "bin/python"
            command = [str(python), str(HERE / "tools" / f"{script}.py")]
        made.append(Tool(name, meter, (*command, *arguments), version_of(environment, joulemark)))
    return made


def know_the_board(joulemark: Path, keep: bool) -> dict:
    """Lets Joulemark calibrate itself, unless it may keep what it knows of this board."""
    if not (keep and DATABASE.exists() and CALIBRATION.exists()):
        print("nvml: joulemark calibrate, 80 s", file=sys.stderr, flush=True)
        CALIBRATION.write_text(json.dumps(calibration.calibrate(joulemark, DATABASE), indent=1))
    return json.loads(CALIBRATION.read_text())


def gpu_command(tool: Tool, name: str) -> list[str]:
    """Joulemark is told the step of a periodic load, as `joulemark measure` hears of it from its worker."""
    step = period_s(WAVEFORMS[name])
    return [*tool.command, *([str(step)] if tool.name == JOULEMARK and step else [])]


def measure_gpu(tools: list[Tool], name: str, seconds: float) -> list[Result]:
    results = []
    together = [t for t in tools if t.name not in ALONE]
    for group in filter(None, [together, *([t] for t in tools if t.name in ALONE)]):
        board = Board(name, WAVEFORMS[name], GPU_SENSOR, FOLDER / "boards")
        commands = [(t, gpu_command(t, name)) for t in group]
        results += measure_together(commands, board, seconds, FOLDER / "log")
    return results


def measure_cpu(tools: list[Tool], name: str, seconds: float) -> list[Result]:
    board = Board(name, WAVEFORMS[name], "devices=0", FOLDER / "boards")
    with powercap.Powercap(board.library, board.environment(), board.zero) as tree:
        commands = [(t, powercap.inside(tree.tree, list(t.command))) for t in tools]
        results = measure_together(commands, board, seconds, FOLDER / "log")
    if tree.longest_gap_s > 0.01:
        print(f"{name}: the package's counter stood still for {1e3 * tree.longest_gap_s:.0f} ms", file=sys.stderr)
    return results


def measure_all(meter: str, tools: list[Tool], args: argparse.Namespace) -> list[Result]:
    measure = measure_gpu if meter == "nvml" else measure_cpu
    names = args.waveforms or (QUICK if args.quick else list(WAVEFORMS))
    results: list[Result] = []
    able = tools
    for i, name in enumerate(names, start=1):
        print(f"{meter}, {i} of {len(names)}: {name}", file=sys.stderr, flush=True)
        results += measure(able, name, window_seconds(args.seconds, i))
        # What cannot even be set up has told why once.
        unable = {r.tool for r in results if r.failed and not r.set_up}
        able = [t for t in able if t.name not in unable]
    return results


def print_calibration(found: dict) -> None:
    print("\nWhat `joulemark calibrate` found out about the GPU:\n")
    common.table("term", "found")
    for row in tables.calibration_rows(found):
        common.row_of(row)


def print_tables(meter: str, tools: list[Tool], results: list[Result]) -> None:
    board = "GPU: a fake driver library" if meter == "nvml" else "CPU: a fake powercap tree"
    print(f"\n{board}. Error of the energy, ± what the tool states, both in % of the truth:\n")
    shown = [t for t in tools if any(r.tool == t.name and r.set_up for r in results)]
    common.table("waveform", "the sensor itself", *(t.name for t in shown))
    for row in tables.error_rows(shown, results):
        common.row_of(row)
    print()
    common.table(
        "tool", "version", "worst where resolved, %", "worst of all, %",
        "CPU s a window, median (range)", "truth within what it states",
    )  # fmt: skip
    for tool in tools:
        common.row_of(tables.summary_row(tool, results))
    print(f"\n{tables.verdict(tools[0].name, results)}", flush=True)
    if meter == "nvml":
        print("\nWhat Joulemark can know of its own error, in % of the truth:\n")
        common.table(
            "waveform", "error", "stated, steps known", "of it aliasing", "stated, steps unknown",
            "ring against counter", "flags", "changes between samples, at most",
        )  # fmt: skip
        for row in tables.knowledge_rows(tools[0].name, results):
            common.row_of(row)


def kept_results(file: Path) -> tuple[dict | None, dict[str, list[Result]]]:
    """The calibration, and the results of each meter."""
    kept = json.loads(file.read_text())
    found = kept.pop("calibration", None)
    return found, {m: [Result(**r) for r in rows] for m, rows in kept.items()}


def main() -> int:
    args = parse_arguments()
    common.existing(args.joulemark)
    surroundings = common.Surroundings()
    found, measured = kept_results(args.table) if args.table else (None, {})
    for meter in args.meters:
        if meter == "rapl" and (why := powercap.why_not()):
            print(f"\nThe fake powercap tree cannot be shown to the tools here: {why}.")
            continue
        tools = make_tools(meter, args.joulemark)
        if not args.table:
            shutil.rmtree(FOLDER / "boards", ignore_errors=True)
            if meter == "nvml":
                found = know_the_board(args.joulemark, args.keep_calibration)
            measured[meter] = measure_all(meter, tools, args)
        if meter == "nvml" and found:
            print_calibration(found)
        if measured.get(meter):
            print_tables(meter, tools, measured[meter])
    if not args.table:
        kept = {m: [asdict(r) for r in rows] for m, rows in measured.items()}
        kept["calibration"] = found
        (FOLDER / "results.json").write_text(json.dumps(kept, indent=1))
        common.print_machine(args.joulemark, surroundings, f"windows of {args.seconds:g} to {args.seconds + 0.1:g} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
