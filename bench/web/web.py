#!/usr/bin/env python3
"""How soon and how fast `joulemark serve` answers, and how fast the page draws beside Plotly and ECharts.

    script/bench web [--seconds S] [--rate N] [--rounds N] [--no-page]

Documents are made with all cores; then the server has one to itself and the client the others. Requests leave at their times, whether or not earlier ones
were answered, so that a delay counts for all that it delays. wrk, where it is there, says what the core can do. The
page runs in headless Chromium (bench/web/page.mjs); its npm packages are installed where Node is there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "analysis")]
import common  # noqa: E402
import rows  # noqa: E402  (those of bench/analysis)

RESULTS = common.ROOT / "data/results"
GOALS = {"p99": 5.0, "paint": 1000.0, "redraw": 60.0, "hover": 5.0, "keys": 50.0}  # ms
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/")


@contextmanager
def serving(program: Path, db: Path, *more: str, cores: set[int]):
    """(process, port, seconds until it says its address), on these cores alone."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [program, "serve", "--port", "0", "--db", db, *more], stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )  # fmt: skip
    found = ADDRESS.search(process.stdout.readline())
    if not found:
        sys.exit(f"joulemark serve ended with exit code {process.wait()}")
    try:
        yield process, int(found[1]), time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def until_ready(program: Path, folder: Path, runs: int, cores: set[int]) -> None:
    """From the start of the process until it answers: all documents are made by then."""
    made = folder / "rows.jsonl"
    count = rows.write(made, rows.rows(1600, 4))
    many = folder / "rows.sqlite"
    subprocess.run([program, "import", made, "--db", many], check=True, stdout=subprocess.DEVNULL)
    common.table("database", "s until it answers: median (range)", "resident, MiB")
    for name, db in (("data/results", RESULTS), (f"{count} made-up rows, 4 setups", many)):
        took, resident = [], 0
        for _ in range(runs):
            with serving(program, db, "--api-only", cores=cores) as (process, _, seconds):
                took.append(seconds)
                status = Path(f"/proc/{process.pid}/status").read_text()
                resident = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
        common.row_of((name, common.median_and_range(took), f"{resident:.0f}"))


def paced(port: int, paths: list[str], rate: float, seconds: float) -> list[float]:
    """Milliseconds from when each request was due until all of its answer was there."""
    connection = HTTPConnection("127.0.0.1", port)
    late = []
    began = time.perf_counter() + 0.1
    for i in range(int(rate * seconds)):
        due = began + i / rate
        while (left := due - time.perf_counter()) > 0:
            time.sleep(left)
        connection.request("GET", paths[i % len(paths)], headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            sys.exit(f"{paths[i % len(paths)]} answered {answer.status}")
        late.append(1000 * (time.perf_counter() - due))
    return late


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def documents(port: int) -> dict[str, list[str]]:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/api/v1/index.json")
    index = json.loads(connection.getresponse().read())
    analyses = [f"/api/v1/{entry['path']}" for entry in index["analyses"]]
    return {
        "index.json": ["/api/v1/index.json"],
        "an analysis": analyses,
        "models.json": ["/api/v1/models.json"],
        "all of them in turn": ["/api/v1/index.json", "/api/v1/models.json", *analyses],
    }


def latencies(process, port: int, rate: float, seconds: float) -> None:
    print(f"\n{rate:g} requests/s for {seconds:g} s each, one connection, gzip:\n")
    common.table("document", "p50, ms", "p99, ms", "most, ms", "server's CPU", "goal")
    for name, paths in documents(port).items():
        before = common.cpu_seconds(process.pid)
        late = paced(port, paths, rate, seconds)
        cpu = (common.cpu_seconds(process.pid) - before) / seconds
        p99 = percentile(late, 0.99)
        verdict = f"p99 {GOALS['p99']:g} ms: {'met' if p99 <= GOALS['p99'] else 'missed'}"
        common.row_of((name, f"{statistics.median(late):.2f}", f"{p99:.2f}", f"{max(late):.2f}", f"{cpu:.1%}", verdict))


def capacity(port: int, seconds: float) -> None:
    if not shutil.which("wrk"):
        print("\nwrk is not here (Debian: wrk): what a core can do at most was not measured.")
        return
    print("\nAs fast as wrk asks, one thread, gzip:\n")
    common.table("document", "connections", "requests/s", "p99, ms", "errors")
    for path in ("index.json", "models.json"):
        for connections in (200, 1000):
            said = subprocess.run(
                ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-H", "Accept-Encoding: gzip",
                 f"http://127.0.0.1:{port}/api/v1/{path}"], check=True, capture_output=True, text=True,
            ).stdout  # fmt: skip
            p99 = re.search(r"99%\s+(\S+)", said)[1]
            rate = float(re.search(r"Requests/sec:\s+(\S+)", said)[1])
            errors = re.search(r"Socket errors: (.*)", said) or re.search(r"(Non-2xx.*)", said)
            common.row_of((path, connections, f"{rate:,.0f}", p99.replace("ms", ""), errors[1] if errors else "none"))


def drawing(port: int, rounds: int) -> None:
    if not shutil.which("node") or not shutil.which("npm"):
        print("\nNode is not here: the page was not measured.")
        return
    for folder in (common.ROOT / "web", HERE):
        if not (folder / "node_modules").exists():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, stdout=sys.stderr)
    done = subprocess.run(
        ["node", HERE / "page.mjs", f"http://127.0.0.1:{port}/", str(rounds)], capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"bench/web/page.mjs: {done.stderr}")
    found = json.loads(done.stdout)

    def cell(values: list[float] | None, goal: str | None) -> str:
        if not values:
            return "-"
        middle = statistics.median(values)
        mark = "" if goal is None else " (met)" if middle <= GOALS[goal] else " (missed)"
        return f"{middle:.1f} ({min(values):.1f} .. {max(values):.1f}){mark}"

    paint = [p["paint"] for p in found["paint"]]
    answers = [p["answers"] for p in found["paint"]]
    print(f"\nFirst paint, data/results, empty cache: {cell(paint, 'paint')} ms; with its answers {cell(answers, None)} ms.")
    print("\nms, median (range); goals: 60 ms a redraw, 5 ms a hover, 50 ms a key, of the page:\n")
    common.table("points", "drawn by", "redraw", "of it the canvas", "hover", "key of a filter until the picture")
    for points, drawn in found["points"].items():
        for name, took in drawn.items():
            goals = {"redraw": "redraw", "hover": "hover", "keys": "keys"} if name == "Joulemark" else {}
            kinds = ("redraw", "canvas", "hover", "keys")
            common.row_of((points, name, *(cell(took.get(kind), goals.get(kind)) for kind in kinds)))
    print(f"\nChromium {found['chromium']}, headless, without a GPU; ECharts 6.1.0, Plotly 4.1.2; {rounds} rounds.")


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each load [20]")
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second [200]")
    parser.add_argument("--rounds", type=int, default=15, help="of each redraw [15]")
    parser.add_argument("--no-page", action="store_true", help="the server alone")
    given = parser.parse_args()
    program = common.existing(given.joulemark)
    surroundings = common.Surroundings()
    everywhere = os.sched_getaffinity(0)
    one = {min(everywhere)}
    with tempfile.TemporaryDirectory() as temporary:
        until_ready(program, Path(temporary), 3, everywhere)
    os.sched_setaffinity(0, everywhere - one or one)
    with serving(program, RESULTS, cores=one) as (process, port, _):
        latencies(process, port, given.rate, given.seconds)
        capacity(port, given.seconds)
        os.sched_setaffinity(0, everywhere)
        if not given.no_page:
            drawing(port, given.rounds)
    common.print_machine(program, surroundings)


if __name__ == "__main__":
    main()
