"""Time from the call of `joulemark measure` to the start of its first window, split into its parts.

The program runs on a pseudo-terminal, where it names each stage as it begins it; the time stamps of
these lines split the time up to the run. What lies within a stage is taken from the stored
provenance: load.seconds, run.to_first_window_s. Settings are the defaults but for the batch policy:
`throughput`, so that the first window is preceded by everything that can precede one.
"""

from __future__ import annotations

import os
import pty
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common  # noqa: E402

#: Where each part begins: the stage's words in the progress line.
STAGES = {
    "idle": "idle power",
    "loading": "loading",
    "gate": "checking the output",
    "search": "looking for the best batch",
    "run": "warming up",
}
#: The parts of a row, in order; `start` begins with the process, `run` ends with the first window.
PARTS = {
    "start": "start, devices",
    "idle": "idle power",
    "worker": "digests, worker",
    "load": "load",
    "gate": "gate",
    "search": "batch search",
    "run": "warm-up, lock",
}


def parse_arguments():
    parser = common.parser(__doc__)
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument(
        "--model", default="resnet18", help="exported model for the torch runtime; '' for none [resnet18]"
    )
    parser.add_argument("--models", type=Path, default=common.ROOT / "artefacts", metavar="DIR")
    parser.add_argument("--device", default="cpu", help="of the torch runtime [cpu]")
    parser.add_argument("--threads", type=int, default=1, help="of the torch runtime; 0: its choice [1]")
    parser.add_argument(
        "--nvml-library", default=str(common.FAKE_NVML), metavar="FILE",
        help="driver library for the reference worker [build/bench/lib/libfake_nvml.so]",
    )  # fmt: skip
    return parser.parse_args()


@dataclass
class Stage:
    at: float
    words: str


class OnTerminal:
    """One call of joulemark with a terminal as its standard error, and when each stage began."""

    def __init__(self, command: list[str], env: dict) -> None:
        controller, terminal = pty.openpty()
        self.command = command
        self.stages: list[Stage] = []
        self.text = ""
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=terminal, text=True, env={**os.environ, **env}
        )
        os.close(terminal)
        self.reader = threading.Thread(target=self._read, args=(controller,))
        self.reader.start()

    def _read(self, controller: int) -> None:
        while True:
            try:
                chunk = os.read(controller, 4096)
            except OSError:
                chunk = b""  # how a terminal says that its other end is closed
            if not chunk:
                os.close(controller)
                return
            now = time.monotonic()
            text = chunk.decode(errors="replace")
            self.text += text
            # "[0/1] resnet18: loading", each rewritten in place
            for words in re.findall(r"\[\d+/\d+[^]]*\] [^:\r\n\x1b]*: ([^\r\n\x1b]+)", text):
                self.stages.append(Stage(now, words))

    def wait(self) -> dict:
        out, _ = self.process.communicate()
        self.reader.join()
        return common.only_row(self.command, self.process.returncode, out, self.text)

    def first(self, stage: str) -> float | None:
        """When the stage first began, since the call."""
        words = STAGES[stage]
        return next((s.at - self.began for s in self.stages if words in s.words), None)


def split(run: OnTerminal, provenance: dict) -> dict[str, float | None]:
    """Seconds of each part; absent parts did not take place."""
    marks = {stage: run.first(stage) for stage in STAGES}
    for stage in ("loading", "gate", "run"):
        if marks[stage] is None:
            sys.exit(f"{' '.join(run.command)}\ndid not say when it was {STAGES[stage]!r}: {run.text!r}")
    after_gate = marks["search"] or marks["run"]
    first = marks["idle"] or marks["loading"]
    load = provenance["load"]["seconds"]
    return {
        "start": first,
        "idle": marks["loading"] - marks["idle"] if marks["idle"] else None,
        "worker": marks["gate"] - marks["loading"] - load,
        "load": load,
        "gate": after_gate - marks["gate"],
        "search": marks["run"] - marks["search"] if marks["search"] else None,
        "run": provenance["run"]["to_first_window_s"],
    }


def measure(joulemark: common.Joulemark, arguments: list, env: dict) -> dict[str, float | None]:
    command = joulemark.command("measure", *arguments, "--batch", "throughput")
    run = OnTerminal(command, env)
    row = run.wait()
    return split(run, joulemark.show(row["run"])["provenance"])


def repeated(runs: int, *arguments) -> list[dict[str, float | None]]:
    return [common.persistently(lambda: measure(*arguments)) for _ in range(runs)]


def print_row(title: str, runs: list[dict[str, float | None]]) -> None:
    def cell(part: str) -> str:
        values = [r[part] for r in runs if r[part] is not None]
        return f"{statistics.median(values):.2f}" if values else ""

    total = [sum(v for v in r.values() if v is not None) for r in runs]
    common.row_of([title, *(cell(part) for part in PARTS), common.median_and_range(total)])


def main() -> int:
    args = parse_arguments()
    common.existing(args.joulemark)
    surroundings = common.Surroundings()
    print("Median seconds of each part:\n")
    common.table("worker, meter", *PARTS.values(), "to first window (range)")
    with tempfile.TemporaryDirectory() as folder:
        reference = common.Joulemark(args.joulemark, Path(folder))
        reference.make_model("sleep", step={"mode": "sleep", "ms_fixed": 1.0, "ms_per_image": 1.0})
        common.existing(Path(args.nvml_library))
        nvml = ["--meter", "nvml", "--meter-option", f"nvml-library={args.nvml_library}"]
        call = ["sleep", "--runtime", "reference", *nvml]
        env = {"JOULEMARK_FAKE_NVML": "waveform=flat:300"}
        print_row("reference, nvml", repeated(args.runs, reference, call, env))

        if args.model and not (args.models / args.model).is_dir():
            print(f"\nNo row for torch: {args.models / args.model} is missing. To have one: python -m "
                  f"joulemark_zoo export {args.model} --out {args.models}")  # fmt: skip
        elif args.model:
            torch = common.Joulemark(args.joulemark, Path(folder), args.models)
            call = [args.model, "--runtime", "torch", "--device", args.device, "--threads", args.threads]
            print_row(f"torch {args.model}, {args.device}", repeated(args.runs, torch, call, {}))
    common.print_machine(args.joulemark, surroundings, f"{args.runs} runs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
