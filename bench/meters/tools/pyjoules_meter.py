"""pyJoules' EnergyMeter. argv[1]: nvml or rapl. Its units are mJ of a GPU and uJ of a package."""

import sys

import tool


class Meter:
    def __init__(self, meter: str) -> None:
        from pyJoules.device import DeviceFactory
        from pyJoules.energy_meter import EnergyMeter

        if meter == "nvml":
            from pyJoules.device.nvidia_device import NvidiaGPUDomain as Domain

            self.joules_per_unit = 1e-3
        else:
            from pyJoules.device.rapl_device import RaplPackageDomain as Domain

            self.joules_per_unit = 1e-6
        self.meter = EnergyMeter(DeviceFactory.create_devices([Domain(0)]))

    def begin(self) -> None:
        self.meter.start(tag="lab")

    def end(self) -> dict:
        self.meter.stop()
        (sample,) = self.meter.get_trace()
        (energy,) = sample.energy.values()
        return {"joules": energy * self.joules_per_unit}


if __name__ == "__main__":
    sys.exit(tool.run(lambda: Meter(sys.argv[1])))
