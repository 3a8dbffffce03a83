"""A `joulemark serve` of one test, and ways to ask it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse

ADDRESS = re.compile(r"http://[^/\s]+:(\d+)/")


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]  # by lower-case name
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Served:
    """A running server."""

    def __init__(self, process: subprocess.Popen, port: int, said: str) -> None:
        self.process = process
        self.port = port
        self.said = said
        self.errors: list[str] = []
        # Standard error is read as it comes, so that its pipe never fills.
        self._reader = threading.Thread(target=lambda: self.errors.extend(process.stderr), daemon=True)
        self._reader.start()

    def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """`headers` as if_none_match="…"."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_host="host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            return reply_of(connection.getresponse())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def raw(self, request: bytes) -> bytes:
        """What comes back for these bytes until the server closes."""
        with self.connect() as client:
            client.sendall(request)
            return read_all(client)

    def status(self, request: bytes) -> int:
        answer = self.raw(request)
        return int(answer.split(b" ")[1]) if answer else 0

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(timeout=20)
        self._reader.join(timeout=20)
        return code


def reply_of(response: HTTPResponse) -> Reply:
    body = response.read()
    return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, body)


def read_all(client: socket.socket) -> bytes:
    parts = []
    try:
        while part := client.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@contextmanager
def serving(world, *arguments, api_only: bool = True, **popen):
    """A server on a free port; it is stopped at the end, and must end well."""
    only = ["--api-only"] if api_only else []
    process = world.start("serve", "--port", "0", *only, *map(str, arguments), **popen)
    said = process.stdout.readline()
    found = ADDRESS.search(said)
    if not found:
        _, err = process.communicate(timeout=20)
        raise AssertionError(f"joulemark serve: {said}{err}")
    served = Served(process, int(found[1]), said)
    try:
        yield served
    finally:
        if process.poll() is None:
            code = served.stop()
            assert code == 0, served.errors
