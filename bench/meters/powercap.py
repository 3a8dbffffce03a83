"""A fake /sys/class/powercap: one CPU package whose counter follows a waveform.

The kernel's tree cannot be written to, and the tools read no other. So a tool runs in a mount
namespace of its own in which this tree lies over /sys/class. `Powercap` keeps the counter up to
date from a process of its own, every millisecond as the hardware does.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PERIOD_S = 0.001
RANGE_UJ = 262_143_328_850  # of many Intel processors
WIDTH = len(str(RANGE_UJ))

#: Everything below /sys/class but powercap is gone in there; no tool needs it for this.
IN_NAMESPACE = (
    "mount -t tmpfs tmpfs /sys/class && mkdir /sys/class/powercap && "
    'mount --bind "$0" /sys/class/powercap && exec "$@"'
)


def inside(tree: Path, command: list[str]) -> list[str]:
    """The same command, in a namespace where `tree` is /sys/class/powercap."""
    return ["unshare", "-rm", "sh", "-c", IN_NAMESPACE, str(tree), *command]


def why_not() -> str | None:
    """Why there can be no such namespace here; None when there can."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "here").touch()
        command = inside(Path(folder), ["test", "-e", "/sys/class/powercap/here"])
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except OSError as e:
            return f"no mount namespace: {e}"
    return None if done.returncode == 0 else f"no mount namespace: {done.stderr.strip()}"


def make_tree(tree: Path) -> Path:
    """Makes the files, as the kernel lays them out. Returns the counter's."""
    package = tree / "intel-rapl/intel-rapl:0"
    package.mkdir(parents=True)
    (package / "name").write_text("package-0\n")
    (package / "enabled").write_text("1\n")
    (package / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")
    (package / "energy_uj").write_text(f"{0:0{WIDTH}}\n")
    (tree / "intel-rapl:0").symlink_to("intel-rapl/intel-rapl:0")
    (tree / "intel-rapl/subsystem").symlink_to("..")
    return package / "energy_uj"


class Powercap:
    """The tree, and the process that keeps its counter, from __enter__ to __exit__."""

    def __init__(self, library: Path, env: dict[str, str], zero: float) -> None:
        self.library, self.env, self.zero = library, env, zero

    def __enter__(self) -> Powercap:
        self.folder = tempfile.TemporaryDirectory(prefix="powercap-", dir="/dev/shm")
        self.tree = Path(self.folder.name)
        command = [sys.executable, __file__, self.library, make_tree(self.tree), str(self.zero)]
        self.writer = subprocess.Popen(command, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_) -> None:
        """Afterwards `longest_gap_s` is how late an update was at most."""
        out, _ = self.writer.communicate()
        self.longest_gap_s = float(out)
        self.folder.cleanup()


def keep(library: Path, counter: Path, zero: float) -> None:
    """Writes the counter until standard input ends; then prints the longest time between two writes."""
    joules = ctypes.CDLL(str(library)).fake_nvml_joules
    joules.argtypes, joules.restype = [ctypes.c_double] * 2, ctypes.c_double
    with contextlib.suppress(OSError):  # a privilege that only keeps the counter smoother
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    os.set_blocking(0, False)
    file = os.open(counter, os.O_WRONLY)
    longest, last = 0.0, None
    due = time.monotonic()
    while not ended():
        now = time.monotonic()
        os.pwrite(file, f"{int(joules(zero, now) * 1e6) % RANGE_UJ:0{WIDTH}}".encode(), 0)
        if last is not None:
            longest = max(longest, now - last)
        last = now
        due = max(due + PERIOD_S, now)
        time.sleep(max(0.0, due - time.monotonic()))
    print(longest)


def ended() -> bool:
    try:
        return os.read(0, 1) == b""
    except BlockingIOError:
        return False


if __name__ == "__main__":
    keep(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
