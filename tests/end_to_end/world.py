"""A world of one test: `joulemark` as a user calls it, with models that the reference worker runs.

Everything is below one temporary folder, and TMPDIR too, so tests run side by side and what a
process left behind is seen.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

DEADLINE_S = 60  # for one call; far above what any takes


@dataclass(frozen=True)
class Outcome:
    """How one call of joulemark ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self) -> dict:
        """{"kind", "what", "next"} of a call with --json that failed."""
        return self.json["error"]


class World:
    def __init__(self, build: Path, folder: Path) -> None:
        self.build = build
        self.folder = folder
        self.models = folder / "models"
        self.db = folder / "joulemark.sqlite"
        self.tmp = folder / "tmp"
        self.models.mkdir()
        self.tmp.mkdir()
        self.joulemark = build / "bin/joulemark"
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("JOULEMARK_")},
            "TMPDIR": str(self.tmp),
            "JOULEMARK_MODELS": str(self.models),
            "JOULEMARK_DB": str(self.db),
        }
        self._started: list[subprocess.Popen] = []

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_) -> None:
        for process in self._started:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()

    # --- models ---------------------------------------------------------------------------------

    def artefact(self, name: str, **options) -> Path:
        """An artefact folder of the reference worker; returns the folder with descriptor.json."""
        before = set(self.models.rglob("descriptor.json"))
        subprocess.run(
            [
                self.build / "bin/joulemark-worker-reference",
                "--make-artefact",
                self.models,
                "--options",
                json.dumps(options),
                "--name",
                name,
            ],
            check=True,
            capture_output=True,
        )
        (made,) = set(self.models.rglob("descriptor.json")) - before
        return made.parent

    # --- calls ----------------------------------------------------------------------------------

    def run(self, *arguments, env: dict | None = None, **popen) -> Outcome:
        process = self.start(*arguments, env=env, **popen)
        out, err = process.communicate(timeout=DEADLINE_S)
        return Outcome(process.returncode, out, err)

    def start(self, *arguments, env: dict | None = None, **popen) -> subprocess.Popen:
        process = subprocess.Popen(
            [self.joulemark, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env={**self.env, **(env or {})},
            **popen,
        )
        self._started.append(process)
        return process

    @staticmethod
    def measure_arguments(*names, batch="1", seconds=2, meter="synthetic") -> list:
        """A short measurement: enough windows for an interval, and nothing more.

        The synthetic meter answers at once, so that a busy machine still gets its windows in time;
        counters that step are the business of meters_test.
        """
        return [
            *("measure", *names, "--runtime", "reference", "--meter", meter, "--batch", batch),
            *("--meter-option", "waveform=flat:100"),
            *("--max-seconds", seconds, "--idle-seconds", "0.2", "--step-timeout", "3", "--json"),
        ]

    def measure(self, *names, extra=(), env=None, batch="1", seconds=2, meter="synthetic") -> Outcome:
        arguments = self.measure_arguments(*names, batch=batch, seconds=seconds, meter=meter)
        return self.run(*arguments, *extra, env=env)

    def rows(self) -> list[dict]:
        """What is in the database, as `joulemark export` says it."""
        exported = self.run("export", "--format", "json")
        assert exported.code == 0, exported.err
        return exported.json

    # --- what is left behind --------------------------------------------------------------------

    def workers(self) -> list[int]:
        """The worker processes of this world: those whose TMPDIR is below ours."""
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                variables = environment.read_bytes().split(b"\0")
                name = (environment.parent / "comm").read_text()
                ours = any(v.startswith(b"TMPDIR=" + str(self.tmp).encode()) for v in variables)
                if ours and name.startswith("joulemark-work"):  # the kernel keeps 15 characters
                    found.append(int(environment.parent.name))
        return found

    def left_behind(self) -> list[Path]:
        """Files and worker folders below TMPDIR, the empty parent of worker folders aside."""
        return [
            path
            for path in self.tmp.rglob("*")
            if not (path.parent == self.tmp and path.name.startswith("joulemark-"))
        ]


def eventually(condition, what: str, seconds: float = 20.0):
    """Waits until `condition()` is true and returns what it returned; fails the test otherwise."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"still not after {seconds} s: {what}"
        time.sleep(0.02)
    return value


def state_of(pid: int) -> str | None:
    """The kernel's letter for a process; None when it is gone or only waits to be reaped."""
    try:
        letter = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None
    return None if letter in "ZX" else letter


def kill(pid: int) -> None:
    """Kills a process that is not ours to wait for, and returns once it runs no more.

    A process still has its command line for a moment after the signal: who looks for the next one to kill would find
    it again.
    """
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: state_of(pid) is None, f"the end of process {pid}")


def interrupt(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGINT)
