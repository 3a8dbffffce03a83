"""optimum-benchmark's EnergyTracker (CodeCarbon's tracker, a reading every second).

The package imports torch however little of it is used; it gets the project's own.
"""

import os
import sys
import tempfile

import tool

JOULES_PER_KWH = 3.6e6


class Tracker:
    def __init__(self) -> None:
        from optimum_benchmark.trackers.energy import EnergyTracker

        os.chdir(tempfile.mkdtemp(prefix="optimum-"))  # it writes files where it runs
        # No backend of its own: nothing would have to be waited for.
        self.tracker = EnergyTracker(device="cuda", backend="onnxruntime", device_ids="0")
        self.context = self.tracker.track("lab")

    def begin(self) -> None:
        self.context.__enter__()

    def end(self) -> dict:
        self.context.__exit__(None, None, None)
        return {"joules": self.tracker.get_energy().gpu * JOULES_PER_KWH}


if __name__ == "__main__":
    sys.exit(tool.run(Tracker))
