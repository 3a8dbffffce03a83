"""The controller's side of docs/worker-protocol.md, written from that page alone."""

from __future__ import annotations

import json
import mmap
import os
import socket
import struct
import subprocess
import time
from pathlib import Path

MAGIC = b"JMWP"
VERSION = 1
LARGEST_PAYLOAD = 1_048_576

# The regions are found where the header says: other places, and a much smaller ring, than joulemark's.
SHM_MAGIC = 0x4D4A3153
HEADER = struct.Struct("<IIQQQQQQQII")
RING_OFFSET = 256
RING_CAPACITY = 16
TENSORS_OFFSET = RING_OFFSET + 8 * RING_CAPACITY
WRITTEN_OFFSET = 56
STOP_OFFSET = 64

KINDS = {"load_failed", "out_of_memory", "invalid_request", "run_failed"}


class WorkerError(Exception):
    """An error that a worker answered."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class WorkerEnded(Exception):
    """End of file where a reply was due."""


def frame(payload: bytes, magic: bytes = MAGIC, version: int = VERSION, length: int | None = None) -> bytes:
    return magic + struct.pack("<II", version, len(payload) if length is None else length) + payload


class SharedMemory:
    """What controller and worker share: header, ring of stamps, input, output."""

    def __init__(self) -> None:
        self.fd = os.memfd_create("conformance", os.MFD_CLOEXEC)
        self.size = TENSORS_OFFSET
        os.ftruncate(self.fd, self.size)
        self.map = mmap.mmap(self.fd, self.size)
        self.input = self.output = (TENSORS_OFFSET, 0)
        self._write_header()

    def close(self) -> None:
        os.close(self.fd)

    def _write_header(self) -> None:
        HEADER.pack_into(
            self.map, 0, SHM_MAGIC, VERSION, RING_OFFSET, RING_CAPACITY, *self.input, *self.output, 0, 0, 0
        )

    def put(self, pixels: bytes, output_bytes: int) -> None:
        """Makes room, and writes the base images."""
        output_offset = TENSORS_OFFSET + (len(pixels) + 63) // 64 * 64
        size = max(self.size, output_offset + output_bytes)
        if size > self.size:
            os.ftruncate(self.fd, size)
            self.map = mmap.mmap(self.fd, size)
            self.size = size
        self.input = (TENSORS_OFFSET, len(pixels))
        self.output = (output_offset, output_bytes)
        self._write_header()
        self.map[TENSORS_OFFSET : TENSORS_OFFSET + len(pixels)] = pixels
        self.map[output_offset : output_offset + output_bytes] = b"\xff" * output_bytes  # NaN

    def logits(self) -> list[float]:
        offset, length = self.output
        return list(memoryview(self.map)[offset : offset + length].cast("f"))

    def begin_run(self) -> None:
        self._words()[RING_OFFSET // 8 : TENSORS_OFFSET // 8] = memoryview(bytes(8 * RING_CAPACITY)).cast("Q")
        self._words()[WRITTEN_OFFSET // 8] = 0
        self.set_stop(0)

    def set_stop(self, value: int) -> None:
        memoryview(self.map)[STOP_OFFSET : STOP_OFFSET + 4].cast("I")[0] = value

    def written(self) -> int:
        return self._words()[WRITTEN_OFFSET // 8]

    def ring(self) -> list[int]:
        return list(self._words()[RING_OFFSET // 8 : TENSORS_OFFSET // 8])

    def stamps(self) -> list[int]:
        """The stamps of the run, oldest first: all of them, or the last that the ring holds."""
        written, ring = self.written(), self.ring()
        return [ring[i % RING_CAPACITY] for i in range(max(0, written - RING_CAPACITY), written)]

    def _words(self) -> memoryview:
        return memoryview(self.map)[:TENSORS_OFFSET].cast("Q")


class Worker:
    """A worker process, as its controller sees it."""

    def __init__(self, program: Path, folder: Path, patience: float) -> None:
        self.patience = patience
        self.log = folder / "worker.log"
        self.memory = SharedMemory()
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs, self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [program, "--protocol-fd", str(theirs.fileno()), "--shm-fd", str(self.memory.fd)],
                pass_fds=(theirs.fileno(), self.memory.fd),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "TMPDIR": str(folder)},
            )
        self._received = b""
        self._id = 0

    def close(self) -> None:
        """Ends the process, whatever state it is in."""
        self.process.kill()
        self.process.wait()
        self.socket.close()
        self.memory.close()

    # --- frames ---------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        self.socket.settimeout(self.patience)
        self.socket.sendall(data)

    def receive(self) -> dict:
        """The next reply, checked for what holds of every reply."""
        header = self._read(12)
        assert header[:4] == MAGIC, f"this is no frame: {header!r}"
        version, length = struct.unpack("<II", header[4:])
        assert version == VERSION
        assert length <= LARGEST_PAYLOAD
        reply = json.loads(self._read(length).decode("utf-8"))
        assert isinstance(reply, dict), reply
        assert "id" in reply, reply
        assert ("result" in reply) != ("error" in reply), reply
        if "error" in reply:
            assert reply["error"]["kind"] in KINDS, reply
            assert isinstance(reply["error"]["message"], str), reply
        else:
            assert isinstance(reply["result"], dict), reply
        return reply

    def silent(self, seconds: float = 0.05) -> bool:
        """True when nothing can be read: no reply is under way."""
        self.socket.settimeout(seconds)
        try:
            self._received += self.socket.recv(65536)
        except TimeoutError:
            pass
        return not self._received

    def _read(self, count: int) -> bytes:
        deadline = time.monotonic() + self.patience
        while len(self._received) < count:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                raise WorkerEnded(self.log.read_text(errors="replace"))
            self._received += piece
        data, self._received = self._received[:count], self._received[count:]
        return data

    # --- requests -------------------------------------------------------------------------------

    def request(self, method: str, params: dict | None = None, **fields) -> dict:
        self._id += 1
        return {"id": self._id, "method": method, "params": params or {}, **fields}

    def send_request(self, method: str, params: dict | None = None) -> int:
        request = self.request(method, params)
        self.send(frame(json.dumps(request, ensure_ascii=False).encode()))
        return request["id"]

    def reply_to(self, number: int) -> dict:
        """The result of request `number`; raises WorkerError."""
        reply = self.receive()
        assert reply["id"] == number, reply
        if "error" in reply:
            raise WorkerError(reply["error"]["kind"], reply["error"]["message"])
        return reply["result"]

    def ask(self, method: str, params: dict | None = None) -> dict:
        return self.reply_to(self.send_request(method, params))

    def refusal(self, method: str, params: dict | None = None) -> str:
        """The kind of error that a request gets."""
        try:
            result = self.ask(method, params)
        except WorkerError as error:
            return error.kind
        raise AssertionError(f"{method} {params} was not refused: {result}")

    # --- life -----------------------------------------------------------------------------------

    def hang_up(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)

    def exit_code(self) -> int:
        return self.process.wait(self.patience)

    def lives(self) -> bool:
        return self.process.poll() is None


def now() -> int:
    """Nanoseconds of the clock that stamps are taken from."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)
