#!/usr/bin/env python3
"""What it costs to ask a real NVML driver, when in the counter's period it is cheap, and whether asking slows a process
that launches kernels.

    python3 bench/controller/nvml_query.py [--json FILE]

Needs an NVIDIA GPU, nvidia-ml-py, and joulemark_zoo with what it needs (PYTHONPATH=zoo/src). Three parts, each with its queries in shuffled order:

cost    CPU and wall time of one query by the time since the last one of any kind, idle and beside a load.
phase   the same of the energy counter by the time since its last step, beside the load. The counter steps on a strict grid of
        100 ms (docs/meters.md), which is found by polling it without pause before and after.
stall   steps per second of a model that waits for its host (resnet18, fp16, batch 1, eager, one stream, synchronised
        after every step), in spells of a second with queries every 0.1 s and in spells without, in turns.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import random
import statistics
import sys
import time
from multiprocessing.synchronize import Event

#: NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION and NVML_FI_DEV_POWER_INSTANT of nvml.h.
FIELD_ENERGY, FIELD_POWER = 83, 186


def queries() -> dict:
    import pynvml

    pynvml.nvmlInit()
    device = pynvml.nvmlDeviceGetHandleByIndex(0)

    def field(number: int):
        (value,) = pynvml.nvmlDeviceGetFieldValues(device, [number])
        if value.nvmlReturn:
            raise pynvml.NVMLError(value.nvmlReturn)

    return {
        "energy counter": lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(device),
        "energy as field 83": lambda: field(FIELD_ENERGY),
        "power as field 186": lambda: field(FIELD_POWER),
        "power ring": lambda: pynvml.nvmlDeviceGetSamples(device, pynvml.NVML_TOTAL_POWER_SAMPLES, 0),
    }


def cost(calls: dict, spacings: list[float], times: int, shuffle: random.Random) -> list[dict]:
    """Median CPU and wall time of each query at each spacing, s."""
    rows = []
    for spacing in spacings:
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
        order = [name for name in calls for _ in range(times)]
        shuffle.shuffle(order)
        for name in order:
            time.sleep(spacing)
            wall, cpu = time.perf_counter(), time.thread_time()
            calls[name]()
            seen[name].append((time.thread_time() - cpu, time.perf_counter() - wall))
        for name, both in seen.items():
            cpus, walls = zip(*both)
            rows.append({
                "query": name, "spacing_s": spacing, "n": times,
                "cpu_ms": 1e3 * statistics.median(cpus), "wall_ms": 1e3 * statistics.median(walls),
                "wall_max_ms": 1e3 * max(walls),
            })  # fmt: skip
    return rows


def grid_of(read_counter) -> tuple[float, float]:
    """When the counter stepped, s on perf_counter, as the middle of the two queries around it; and how far apart they were."""
    before, value = time.perf_counter(), read_counter()
    while True:
        asked = time.perf_counter()
        fresh = read_counter()
        if fresh != value:
            return (before + asked) / 2, asked - before
        before = asked


def phase(times: int, shuffle: random.Random) -> list[dict]:
    """Median cost of one query at each tenth of the period."""
    import pynvml

    device = pynvml.nvmlDeviceGetHandleByIndex(0)

    def read_counter() -> int:
        return pynvml.nvmlDeviceGetTotalEnergyConsumption(device)

    period = 0.1
    step, unsure = grid_of(read_counter)
    seen: dict[int, list[tuple[float, float]]] = {tenth: [] for tenth in range(10)}
    order = [tenth for tenth in seen for _ in range(times)]
    shuffle.shuffle(order)
    for tenth in order:
        # Half a second after the last query, as the tracker's are.
        at = step + period * (math.ceil((time.perf_counter() + 0.5 - step) / period) + (tenth + 0.5) / 10)
        time.sleep(max(0.0, at - time.perf_counter()))
        wall, cpu = time.perf_counter(), time.thread_time()
        read_counter()
        seen[tenth].append((time.thread_time() - cpu, time.perf_counter() - wall))
    again, unsure_again = grid_of(read_counter)
    off = (again - step + period / 2) % period - period / 2
    return [
        {
            "since_the_step_ms": 100 * period * (tenth + 0.5), "n": times,
            "cpu_ms": 1e3 * statistics.median(c for c, _ in both), "wall_ms": 1e3 * statistics.median(w for _, w in both),
            "grid_off_by_ms": 1e3 * (abs(off) + unsure + unsure_again),
        }
        for tenth, both in seen.items()
    ]  # fmt: skip


def launch(ready: Event, stop: Event, steps: multiprocessing.Queue) -> None:
    """Runs steps until it is told to stop; then hands on when each ended."""
    import torch
    from joulemark_zoo.build import timm  # not by itself: it needs torchvision's operators

    model = timm.create_model("resnet18").eval().half().cuda()
    x = torch.randn(1, 3, 224, 224, device="cuda", dtype=torch.float16)
    ended = []
    with torch.inference_mode():
        for _ in range(50):
            model(x)
        torch.cuda.synchronize()
        ready.set()
        while not stop.is_set():
            model(x)
            torch.cuda.synchronize()
            ended.append(time.clock_gettime(time.CLOCK_MONOTONIC))
    steps.put(ended)


def stall(calls: dict, pairs: int, shuffle: random.Random) -> tuple[list[dict], list[dict], list[dict]]:
    """Steps/s with queries over steps/s without, of each query; and cost beside that load, by query and by phase."""
    context = multiprocessing.get_context("spawn")
    ready, stop, steps = context.Event(), context.Event(), context.Queue()
    process = context.Process(target=launch, args=(ready, stop, steps))
    process.start()
    if not ready.wait(120):
        process.kill()
        raise SystemExit("nvml_query: the load did not start")
    spells = []  # (query or None, from, to)
    try:
        beside = cost(calls, [0.5], 8, shuffle)
        phases = phase(5, shuffle)
        for _ in range(pairs):
            for name in shuffle.sample(list(calls), len(calls)):
                both = [None, name]
                shuffle.shuffle(both)
                spells += [spell(calls, name, who) for who in both]
    finally:
        stop.set()
        ended = steps.get(timeout=60)
        process.join()
    return [ratio(name, spells, ended) for name in calls], beside, phases


def spell(calls: dict, pair: str, who: str | None) -> tuple[str, str | None, float, float]:
    began = time.clock_gettime(time.CLOCK_MONOTONIC)
    for _ in range(10):
        time.sleep(0.1)
        if who:
            calls[who]()
    return pair, who, began, time.clock_gettime(time.CLOCK_MONOTONIC)


def ratio(name: str, spells: list, ended: list[float]) -> dict:
    """Over the pairs of spells of one query."""

    def rate(begin: float, end: float) -> float:
        return sum(begin <= t < end for t in ended) / (end - begin)

    mine = [s for s in spells if s[0] == name]
    ratios = []
    for one, other in zip(mine[::2], mine[1::2]):
        asked, quiet = (one, other) if one[1] else (other, one)
        ratios.append(rate(*asked[2:]) / rate(*quiet[2:]))
    error = statistics.stdev(ratios) / len(ratios) ** 0.5
    return {"query": name, "pairs": len(ratios), "ratio": statistics.fmean(ratios), "standard_error": error}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", help="write what was seen there too")
    parser.add_argument("--pairs", type=int, default=4, help="pairs of spells of each query [4]")
    args = parser.parse_args()
    shuffle = random.Random(1)
    try:
        calls = queries()
        for call in calls.values():
            call()
    except Exception as error:  # no package, no driver, no field: whatever NVML says
        print(f"nvml_query: cannot ask NVML here: {error}", file=sys.stderr)
        return 1
    idle = cost(calls, [0.1, 0.5], 8, shuffle)
    stalls, beside, phases = stall(calls, args.pairs, shuffle)
    print("| query | since the last | device | CPU, ms | wall, ms | longest, ms |\n|---|---:|---|---:|---:|---:|")
    for where, rows in (("idle", idle), ("busy", beside)):
        for r in rows:
            print(
                f"| {r['query']} | {r['spacing_s']:g} s | {where} | {r['cpu_ms']:.2f} | {r['wall_ms']:.2f} "
                f"| {r['wall_max_ms']:.2f} |"
            )
    print("\n| since the counter's step | CPU, ms | wall, ms | the step is known within |\n|---:|---:|---:|---:|")
    for r in phases:
        print(
            f"| {r['since_the_step_ms']:.0f} ms | {r['cpu_ms']:.2f} | {r['wall_ms']:.2f} | {r['grid_off_by_ms']:.1f} ms |"
        )
    print("\n| query every 0.1 s | pairs | steps/s with ÷ without | standard error |\n|---|---:|---:|---:|")
    for r in stalls:
        print(f"| {r['query']} | {r['pairs']} | {r['ratio']:.4f} | {r['standard_error']:.4f} |")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"idle": idle, "busy": beside, "phase": phases, "stall": stalls}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
