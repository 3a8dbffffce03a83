"""A PostgreSQL server of the tests' own, in a temporary folder, on its socket and on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

DEADLINE_S = 30


def programs() -> Path | None:
    """The newest that is installed: Debian keeps several side by side, outside PATH."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((p.parent for p in found), key=lambda p: int(p.parent.name), default=None)


def why_not() -> str | None:
    """Why there can be no server here; None where there can."""
    if programs() is None:
        return "PostgreSQL is not installed (script/setup does it; Debian: apt install postgresql)"
    if os.geteuid() == 0:
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            return "there is no user 'postgres', and PostgreSQL does not run as root"
    return None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class PostgresServer:
    """Ends with the process that made it, however that ends (setpriv --pdeathsig)."""

    def __init__(self) -> None:
        self.programs = programs()
        # Not below pytest's own folder, which only root may enter, and short enough for a socket.
        self.folder = Path(tempfile.mkdtemp(prefix="jm-pg-"))
        self.log = self.folder / "log"
        self.user = []
        if os.geteuid() == 0:
            self.user = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
            shutil.chown(self.folder, "postgres", "postgres")
        self.process: subprocess.Popen | None = None
        self.port = free_port()
        self.databases = 0

    def __enter__(self) -> PostgresServer:
        made = subprocess.run(
            [
                *(*self.user, self.programs / "initdb", "-D", "data", "-U", "postgres", "-E", "UTF8"),
                *("--locale=C", "--no-sync", "--auth-local=trust", "--auth-host=scram-sha-256"),
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        assert made.returncode == 0, made.stderr
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        command = [
            *(*self.user, "setpriv", "--pdeathsig", "QUIT", self.programs / "postgres", "-D", "data"),
            *("-k", self.folder, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1"),
        ]
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
            while self.process.poll() is None and time.monotonic() < deadline:
                if self.answers():
                    return
                time.sleep(0.02)
            if self.databases == 0:  # the port may have been taken; later on, clients know it
                self.port = free_port()
        raise AssertionError(f"PostgreSQL does not start: {self.log.read_text()}")

    def answers(self) -> bool:
        ready = [self.programs / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)]
        return subprocess.run(ready).returncode == 0

    def kill(self) -> None:
        """An immediate stop: what was not committed is lost, and nobody is told."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
            self.process = None

    def sql(self, database: str, statements: str) -> str:
        done = subprocess.run(
            [
                *(self.programs / "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", self.folder),
                *("-p", str(self.port), "-U", "postgres", "-d", database, "-c", statements),
            ],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def new_database(self) -> str:
        self.databases += 1
        name = f"d{self.databases}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        return name

    def url(self, database: str) -> str:
        """By the socket, where everybody is trusted."""
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"

    def tcp_url(self, database: str, user: str) -> str:
        """By loopback, where passwords count."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"
