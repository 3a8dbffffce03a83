"""ZeusMonitor: one window, ended by its name. argv[1]: nvml or rapl."""

import sys

import tool


class Window:
    def __init__(self, meter: str) -> None:
        from zeus.monitor import ZeusMonitor

        self.meter = meter
        gpus, cpus = ([0], []) if meter == "nvml" else ([], [0])
        self.monitor = ZeusMonitor(gpu_indices=gpus, cpu_indices=cpus)

    # There is no framework whose queued work would have to be waited for.
    def begin(self) -> None:
        self.monitor.begin_window("lab", sync_execution=False)

    def end(self) -> dict:
        result = self.monitor.end_window("lab", sync_execution=False)
        energy = result.gpu_energy if self.meter == "nvml" else result.cpu_energy
        return {"joules": energy[0]}


if __name__ == "__main__":
    sys.exit(tool.run(lambda: Window(sys.argv[1])))
