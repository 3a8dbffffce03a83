"""Processes that are forked from one which has torch and timm in memory: to import them takes longer than many an export.

That one, the server, is multiprocessing's: it is started by the first process that is wanted, computes nothing, opens no
device (a GPU cannot be used on both sides of a fork), and ends with this process. Each forked process is the leader of a
group of its own, so that it can be ended with every compiler that it started; it ends itself when nobody waits for it.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from multiprocessing import connection, util

#: Of folders of scratch files: the number of the process that they belong to follows.
SCRATCH_PREFIX = f"joulemark-export-{os.getuid()}-"
#: Where the server's socket is. Its path may have 107 characters, of which TMPDIR can have the most.
SOCKETS = "/tmp"

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["joulemark_zoo.artefact"])
#: multiprocessing asks how all of its processes are whenever it starts one: two threads that ask about the same one at once
#: would be at odds about its exit code.
_LOCK = threading.Lock()


class ServerEnded(OSError):
    """The process that holds torch and timm has ended, or could not load them: no fault of a model."""


class Forked:
    """A process that was started here."""

    def __init__(self, process: multiprocessing.process.BaseProcess) -> None:
        self._process = process
        self.pid: int = process.pid

    def wait(self, seconds: float | None = None) -> int | None:
        """The exit code, or the number of a signal as a negative one; None where it still runs then."""
        if not connection.wait([self._process.sentinel], seconds):
            return None
        with _LOCK:
            self._process.join()
            return self._process.exitcode

    def end(self) -> None:
        """Ends it and all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        if self.wait(0.0) is None:  # its group may not have been there yet
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.wait()


def start(target: Callable[..., int | None], args: tuple, env: dict[str, str]) -> Forked:
    """Calls `target` in a process of its own, whose exit code is what that returns. `env` is added to its environment.

    What libraries read from the environment as they are imported, they find as it was for the first process of all.
    """
    process = _CONTEXT.Process(target=_run, args=(target, args, env), daemon=False)
    with _LOCK, _surroundings(env):
        try:
            process.start()  # waits for the server, the first time for its imports too
        except (EOFError, ConnectionError) as error:
            raise ServerEnded("the process that loads torch and timm ended; what it said is above") from error
    return Forked(process)


@contextlib.contextmanager
def _surroundings(env: dict[str, str]) -> Iterator[None]:
    """What a server that is started now finds: it loads libraries, and it needs a place for its socket."""
    # torch asks CUDA itself otherwise, if anything asks torch, and then no forked process could use it.
    changed = {"PYTORCH_NVML_BASED_CUDA_CHECK": "1", **env}
    before = {name: os.environ.get(name) for name in changed}, tempfile.tempdir
    os.environ.update(changed)
    tempfile.tempdir = _place_for_sockets()
    try:
        yield
    finally:
        tempfile.tempdir = before[1]
        for name, value in before[0].items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@functools.cache
def _place_for_sockets() -> str:
    """Named so that what a process that was killed leaves is found and removed as its other scratch files are."""
    place = SOCKETS if os.access(SOCKETS, os.W_OK) else None
    folder = tempfile.mkdtemp(prefix=f"{SCRATCH_PREFIX}{os.getpid()}-", dir=place)
    # After multiprocessing has removed what it has in there, which it does at -100.
    util.Finalize(None, shutil.rmtree, args=(folder,), kwargs={"ignore_errors": True}, exitpriority=-200)
    return folder


# --- in the forked process ---------------------------------------------------------------------------


def _run(target: Callable[..., int | None], args: tuple, env: dict[str, str]) -> None:
    os.setsid()
    _end_with_the_parent()
    os.environ.update(env)
    tempfile.tempdir = None  # the server may have looked it up
    sys.exit(target(*args))


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()

    def watch() -> None:
        connection.wait([parent.sentinel])
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
