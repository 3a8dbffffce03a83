"""What many do by hand: nvidia-smi's average power once a second, its mean times the duration."""

import sys
import threading
import time

import tool

PERIOD_S = 1.0


class Polling:
    def __init__(self) -> None:
        import pynvml

        pynvml.nvmlInit()
        device = pynvml.nvmlDeviceGetHandleByIndex(0)
        self.read_watts = lambda: pynvml.nvmlDeviceGetPowerUsage(device) / 1000.0
        self.watts: list[float] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.poll, daemon=True)

    def poll(self) -> None:
        while True:
            self.watts.append(self.read_watts())
            if self.over.wait(PERIOD_S):
                return

    def begin(self) -> None:
        self.began = time.monotonic()
        self.thread.start()

    def end(self) -> dict:
        took = time.monotonic() - self.began
        self.over.set()
        self.thread.join()
        return {"joules": sum(self.watts) / len(self.watts) * took}


if __name__ == "__main__":
    sys.exit(tool.run(Polling))
