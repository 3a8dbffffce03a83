"""CPU time of the joulemark process per second of measuring, for several step times and meters.

The reference worker sleeps for the time of a step, so that nothing but the controller works. `inside`
is what the run itself states (provenance: run.controller_cpu_share, over the windows). `outside` is
the same from the kernel's clock of that process's CPU time, the worker's not included, over the
last part of the run. `whole call` is all of the process, from its start to its end, in seconds of CPU.

Meters: nvml against the fake driver library (or a real one: --nvml-library libnvidia-ml.so.1), a
synthetic meter that is read like RAPL (always fresh, no steps), and the estimate.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common  # noqa: E402

GOAL = 0.01
METERS = {
    "nvml": [],
    "synthetic": ["--meter-option", "waveform=flat:300"],
    "estimate": [],
}
NAMES = {"nvml": "nvml (100 ms counter, ring)", "synthetic": "synthetic (continuous)"}
#: The run ends this long before the process does, at most: stopping the worker, storing the row.
ENDING_S = 0.5
SAMPLE_S = 0.05


def parse_arguments():
    parser = common.parser(__doc__)
    parser.add_argument(
        "--steps", nargs="+", type=float, default=[0.2, 2, 20, 200], metavar="MS",
        help="time of one batch, in milliseconds [0.2 2 20 200]",
    )  # fmt: skip
    parser.add_argument("--meters", nargs="+", choices=sorted(METERS), default=list(METERS))
    parser.add_argument("--seconds", type=float, default=8.0, help="time of one run [8]")
    parser.add_argument(
        "--nvml-library", default=str(common.FAKE_NVML), metavar="FILE",
        help="driver library of the nvml meter [build/bench/lib/libfake_nvml.so]",
    )  # fmt: skip
    return parser.parse_args()


class Watched:
    """One call of joulemark, and how much CPU time its process had used when."""

    def __init__(self, command: list[str], env: dict) -> None:
        self.command = command
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env={**os.environ, **env}, **pipes)
        self.samples: list[tuple[float, float]] = []  # (seconds, CPU seconds)

    def wait(self) -> dict:
        """Watches until the end; returns the row."""
        while self.process.poll() is None:
            try:
                cpu = common.cpu_seconds(self.process.pid)
            except OSError:
                break  # it has just ended
            self.samples.append((time.monotonic(), cpu))
            time.sleep(SAMPLE_S)
        out, err = self.process.communicate()
        return common.only_row(self.command, self.process.returncode, out, err)

    def share(self, seconds: float) -> float:
        """CPU seconds per second over the last `seconds` of the run."""
        end = self.samples[-1][0] - ENDING_S
        inside = [s for s in self.samples if end - seconds <= s[0] <= end]
        (t0, c0), (t1, c1) = inside[0], inside[-1]
        return (c1 - c0) / (t1 - t0)

    def whole(self) -> float:
        return self.samples[-1][1]


def measure(joulemark: common.Joulemark, meter: str, step_ms: float, args) -> tuple[dict, Watched]:
    name = f"sleep-{step_ms:g}-ms"
    joulemark.make_model(name, step={"mode": "sleep", "ms_fixed": step_ms})
    env = {"JOULEMARK_FAKE_NVML": "waveform=flat:300"} if meter == "nvml" else {}
    nvml = ["--meter-option", f"nvml-library={args.nvml_library}"] if meter == "nvml" else []
    command = joulemark.command(
        "measure", name, "--runtime", "reference", "--batch", "1", "--no-idle", "--meter", meter,
        *METERS[meter], *nvml, "--max-seconds", args.seconds,
        "--target-ci", "0.0001%",  # is not reached, so that all of the time is used
    )  # fmt: skip
    watched = Watched(command, env)
    return watched.wait(), watched


def main() -> int:
    args = parse_arguments()
    common.existing(args.joulemark)
    if "nvml" in args.meters and "/" in args.nvml_library:
        common.existing(Path(args.nvml_library))
    surroundings = common.Surroundings()
    nvml_shares = []
    common.table("meter", "step, ms", "inside, % of a core", "outside, % of a core", "whole call, CPU s")
    with tempfile.TemporaryDirectory() as folder:
        joulemark = common.Joulemark(args.joulemark, Path(folder))
        for meter in args.meters:
            for step_ms in args.steps:
                row, watched = common.persistently(lambda: measure(joulemark, meter, step_ms, args))
                inside = joulemark.show(row["run"])["provenance"]["run"]["controller_cpu_share"]
                # Warm-up takes at most half of a run: what comes later lies in the windows.
                outside = watched.share(args.seconds / 2 - ENDING_S)
                common.row_of(
                    [NAMES.get(meter, meter), f"{step_ms:g}", f"{100 * inside:.2f}",
                     f"{100 * outside:.2f}", f"{watched.whole():.3f}"]
                )  # fmt: skip
                if meter == "nvml":
                    nvml_shares += [inside, outside]
    if nvml_shares:
        met = "yes" if max(nvml_shares) < GOAL else "no"
        print(f"\nUnder {GOAL:.0%} of a core on NVML: {met}, at most {max(nvml_shares):.2%}.")
    library = Path(args.nvml_library).name
    driver = "fake driver library" if "fake" in library else f"driver library {library}"
    facts = [driver] * ("nvml" in args.meters) + [f"runs of {args.seconds:g} s"]
    common.print_machine(args.joulemark, surroundings, *facts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
