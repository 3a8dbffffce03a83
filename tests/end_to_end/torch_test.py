"""The whole chain with a real model: timm -> TorchScript -> LibTorch worker -> a row."""

from __future__ import annotations

import subprocess
import sys

import pytest


def test_resnet18_from_timm_to_a_row(world, build):
    if not (build / "bin/joulemark-worker-torch").exists():
        pytest.skip("the LibTorch worker is not built (JOULEMARK_WORKER_TORCH=OFF)")
    exported = subprocess.run(
        [
            *(sys.executable, "-m", "joulemark_zoo", "export", "resnet18", "--input-size", "64"),
            *("--format", "torchscript", "--weights", "live", "--seed", "1", "--out", world.models),
        ],
        capture_output=True,
        text=True,
        env=world.env,
    )
    assert exported.returncode == 0, exported.stderr
    before = world.left_behind()  # importing torch makes an (empty) cache folder of its own
    # A machine that others use is rightly called unstable: it is asked again, and no more than that.
    for _ in range(3):
        outcome = world.run(
            *("measure", "resnet18", "--runtime", "torch", "--device", "cpu", "--meter", "synthetic"),
            *("--batch", "1,2", "--max-seconds", "8", "--threads", "1", "--target-ci", "10%", "--json"),
        )
        rows = world.rows()[-2:]
        assert {row["status"] for row in rows} <= {"ok", "unstable"}, outcome.err
        if outcome.code == 0:
            break
    assert outcome.code == 0, outcome.err
    assert {row["batch"] for row in rows} == {1, 2}
    for row in rows:
        assert row["architecture"] == "resnet18"
        assert row["weights"] == "live:1"
        assert "weights_random" in row["flags"].split()
        assert row["runtime"] == "torch"
        assert row["images_per_s"] > 0
    assert world.left_behind() == before
