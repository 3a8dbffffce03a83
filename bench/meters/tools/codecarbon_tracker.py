"""CodeCarbon's tracker. argv: nvml or rapl, then machine or process.

The offline tracker, because the other one asks the network where it is. Its energy is in kWh, of
GPUs, CPUs and memory apart; the laboratory's board is the GPU, or the CPU's package.
"""

import sys

import tool

JOULES_PER_KWH = 3.6e6


class Tracker:
    def __init__(self, meter: str, mode: str) -> None:
        from codecarbon import OfflineEmissionsTracker

        self.meter = meter
        self.tracker = OfflineEmissionsTracker(
            country_iso_code="USA",
            tracking_mode=mode,
            save_to_file=False,
            allow_multiple_runs=True,
            log_level="warning",
        )

    def begin(self) -> None:
        self.tracker.start()

    def end(self) -> dict:
        self.tracker.stop()
        data = self.tracker.final_emissions_data
        kwh = data.gpu_energy if self.meter == "nvml" else data.cpu_energy
        return {"joules": kwh * JOULES_PER_KWH}


if __name__ == "__main__":
    sys.exit(tool.run(lambda: Tracker(*sys.argv[1:3])))
