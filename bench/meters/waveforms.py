"""What the laboratory's board does. The waveforms are those of src/meter/waveform.hpp, all of them
periodic or constant, so that it does not matter when a tool has started. 82 W is an idle H200, 700 W
its limit. Its sensor samples every 20 ms: a period that is a multiple or a simple fraction of that
is "in step" with it, and is seen at the same few phases for ever."""

WAVEFORMS = {
    "flat": "flat:300",
    "idle": "flat:82",
    "steps, 4.5 s": "square:150,600,9,0.5",
    "ramps, 9 s": "sawtooth:100,700,9",
    "throttling staircase": "throttle:700,400,0.7,5",
    "bursts": "burst:82,640,0.15,3,1.73",
    "spikes of 30 ms": "spike:120,700,0.37,0.03",
    "square 2 s": "square:82,640,2,0.5",
    "square 0.5 s": "square:82,640,0.5,0.5",
    "square 0.13 s": "square:82,640,0.1301,0.5",
    "square 0.1 s": "square:82,640,0.1,0.5",
    "square 23 ms": "square:82,640,0.0231,0.5",
    "square 20 ms": "square:82,640,0.02,0.5",
    "square 10 ms": "square:82,640,0.01,0.5",
    "square 7.3 ms": "square:82,640,0.0073,0.5",
    "square 5 ms": "square:82,640,0.005,0.5",
}



def period_s(waveform: str) -> float | None:
    """After how long it repeats itself; None of a constant one."""
    form, _, numbers = waveform.partition(":")
    n = [float(x) for x in numbers.split(",")]
    if form == "throttle":  # each level for n[2], and the first one before the n[3] changes
        return n[2] * (n[3] + 1)
    at = {"square": 2, "sawtooth": 2, "spike": 2, "burst": 4}
    return None if form == "flat" else n[at[form]]


#: The golden section: multiples of it spread evenly between whole numbers.
SPREAD = 0.6180339887


def window_seconds(shortest: float, number: int) -> float:
    """Windows are longer than `shortest` by another part of the counter's 0.1 s each: where all are
    whole updates long, a tool that knows nothing of updates would seem to be exact."""
    return shortest + 0.1 * (number * SPREAD % 1.0)


#: Of `--quick`: one of each kind.
QUICK = ["flat", "bursts", "square 0.1 s", "square 23 ms"]

#: The sensor of the fake driver library, as measured on an H200 (docs/meters.md). A query computes
#: for as long as it takes, as the real driver's does. Power is never the same twice on a real board, and
#: some tools wait for it to change: hence a little noise.
GPU_SENSOR = "sampling=20;jitter=0.5;noise=0.2;cost=4;spin=1"

#: What the same board uses under the loads of a calibration: an H200's idle power without and with a
#: context on it (docs/calibration.md), and its limit.
GPU_LOAD = "load:82,120,700"
