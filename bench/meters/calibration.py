"""What `joulemark calibrate` finds out about the laboratory's board, before the board has a waveform.

The real program puts the fake driver's GPU under its own loads: a fake libcuda.so.1 notes what it
is asked to run, and the fake libnvidia-ml.so.1 shows the power of that through the same sensor
that it shows the waveforms through later. What comes out is stored where `joulemark measure`
would look for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common  # noqa: E402
from waveforms import GPU_LOAD, GPU_SENSOR  # noqa: E402


def environment() -> dict[str, str]:
    """In which the driver is the two fake libraries."""
    return {
        **os.environ,
        "JOULEMARK_NVML_LIBRARY": str(common.existing(common.FAKE_NVML)),
        "JOULEMARK_CUDA_LIBRARY": str(common.existing(common.FAKE_CUDA)),
        "JOULEMARK_FAKE_NVML": f"waveform={GPU_LOAD};{GPU_SENSOR}",
    }


def calibrate(joulemark: Path, database: Path) -> dict:
    """Stores a new calibration in `database`. Returns it, as the program prints it."""
    database.parent.mkdir(parents=True, exist_ok=True)
    command = [joulemark, "calibrate", "--device", "cuda:0", "--db", database, "--json"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"joulemark calibrate: {done.stdout.strip()} {done.stderr.strip()}")
    return json.loads(done.stdout)
