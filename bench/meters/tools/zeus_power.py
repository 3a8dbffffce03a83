"""Zeus's PowerMonitor: samples power in processes of its own, and integrates between two times."""

import sys
import time

import tool


class Power:
    def __init__(self) -> None:
        from zeus.monitor import PowerMonitor

        self.monitor = PowerMonitor(gpu_indices=[0])

    def begin(self) -> None:
        self.began = time.time()

    def end(self) -> dict:
        energy = self.monitor.get_energy(self.began, time.time())
        if energy is None:
            raise RuntimeError("get_energy returned None")
        return {"joules": energy[0]}


if __name__ == "__main__":
    sys.exit(tool.run(Power))
