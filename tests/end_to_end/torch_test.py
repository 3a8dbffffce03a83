"""The whole chain with a real model: timm -> TorchScript -> LibTorch worker -> a row."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys

import pytest


@pytest.fixture
def exported(world, build):
    """A world with resnet18 for images of 64 x 64."""
    if not (build / "bin/joulemark-worker-torch").exists():
        pytest.skip("the LibTorch worker is not built (JOULEMARK_WORKER_TORCH=OFF)")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "joulemark_zoo", "export", "resnet18", "--input-size", "64"),
            *("--format", "torchscript", "--weights", "live", "--seed", "1", "--out", world.models),
        ],
        capture_output=True,
        text=True,
        env=world.env,
    )
    assert done.returncode == 0, done.stderr
    return world


def test_resnet18_from_timm_to_a_row(exported):
    world = exported
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


def test_options_of_the_worker_are_taken_stated_and_refused(exported):
    """Settings are stated by every row that was loaded, whether or not the host was quiet enough for a number."""
    world = exported
    common = ("measure", "resnet18", "--device", "cpu", "--meter", "synthetic", "--batch", "1", "--max-seconds", "4")
    world.run(*common, "--worker-options", '{"jit_fuser": true}')
    world.run(*common)
    asked, usual = (
        json.loads(world.run("show", row["run"], "--json").out)["provenance"]["load"]["settings"]
        for row in world.rows()[-2:]
    )
    assert (asked["jit_fuser"], usual["jit_fuser"]) == (True, False)
    assert asked["cudnn_benchmark"] is usual["cudnn_benchmark"] is False
    for options, reason in (
        ('{"fuser": true}', "option 'fuser' is not one of this worker's: jit_fuser, cudnn_benchmark"),
        ('{"jit_fuser": 1}', "option 'jit_fuser' is not true or false"),
    ):
        refused = world.run(*common, "--worker-options", options)
        row = world.rows()[-1]
        assert refused.code == 4 and row["status"] == "load_failed" and reason in row["message"]


def test_what_fails_within_a_model_is_one_line_with_its_reason_and_place(exported, tmp_path, monkeypatch):
    world = exported
    folder = tmp_path / "models" / "broken"
    source = next(path.parent for path in world.models.rglob("descriptor.json"))
    shutil.copytree(source, folder / "variant")
    (tmp_path / "breaks.py").write_text(
        "import torch\n\n\nclass Breaks(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        return x.flatten(1).T @ torch.ones(3, 1000)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import torch
    from breaks import Breaks

    model = folder / "variant/model.pt"
    torch.jit.trace(Breaks(), torch.zeros(3, 3, 8, 8)).save(str(model))
    descriptor = json.loads((folder / "variant/descriptor.json").read_text())
    descriptor.update(name="broken", architecture="broken")
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    descriptor["artefacts"][0].update(sha256=digest, bytes=model.stat().st_size)
    (folder / "variant/descriptor.json").write_text(json.dumps(descriptor))
    refused = world.run(
        *("measure", "broken", "--models", folder.parent, "--device", "cpu", "--meter", "synthetic", "--batch", "1")
    )
    assert refused.code == 4, refused.err
    message = world.rows()[-1]["message"]
    assert "mat1 and mat2 shapes cannot be multiplied" in message and "breaks.py(6): forward" in message
    assert "interpreter" not in message and "\n" not in message


def test_a_trace_makes_its_tensors_on_the_device_that_it_runs_on(exported):
    """Which is another one than it was made on, where a host has several: here a trace that names a GPU runs on the CPU."""
    world = exported
    folder = next(path.parent for path in world.models.rglob("descriptor.json"))
    name_another_device(folder / "model.pt", "cuda:1")
    descriptor = json.loads((folder / "descriptor.json").read_text())
    content = (folder / "model.pt").read_bytes()
    descriptor["artefacts"][0].update(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    (folder / "descriptor.json").write_text(json.dumps(descriptor))
    world.run(
        *("measure", "resnet18", "--device", "cpu", "--meter", "synthetic", "--batch", "1", "--max-seconds", "8"),
        *("--threads", "1", "--target-ci", "10%"),
    )
    row = world.rows()[-1]
    assert row["status"] in ("ok", "unstable"), row["message"]


NAMES_A_DEVICE = """
import sys, torch

class Named(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
    def forward(self, x):
        return self.model(x + torch.zeros(1, device=x.device))

path, device = sys.argv[1:]
traced = torch.jit.trace(Named(torch.jit.load(path)), torch.rand(2, 3, 64, 64), check_trace=False)
for node in traced.graph.nodes():
    if node.kind() == "prim::Constant" and str(node.output().type()) == "Device":
        node.s_("value", device)
assert device in str(traced.graph)
traced.save(path)
"""


def name_another_device(artefact, device):
    """The same model, in a trace that makes one of its tensors on `device`."""
    subprocess.run([sys.executable, "-c", NAMES_A_DEVICE, artefact, device], check=True)
