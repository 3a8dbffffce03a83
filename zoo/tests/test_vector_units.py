"""Code for a GPU is compiled and loaded without trying the CPU's vector units."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import torch

from conftest import ROOT
from joulemark_zoo import check, one, vector_units
from joulemark_zoo.spec import ExportSpec

#: In a process of its own, as classes of torch are changed: a CPU that has all units, and every trial told.
ASK = """
import torch
from torch._inductor import cpu_vec_isa
from joulemark_zoo.vector_units import spare_trials

cpu_vec_isa.x86_isa_checker = lambda: ["avx2", "avx512", "avx512_vnni", "amx_tile"]
torch.cpu._is_vnni_supported = torch.cpu._is_avx512_bf16_supported = lambda: True
cpu_vec_isa.VecISA.check_build = lambda unit, code: print("tried", unit) or True
cpu_vec_isa.platform.machine = lambda: "x86_64"
{spare}
print("picked", cpu_vec_isa.pick_vec_isa())
"""


def lines_of(spare: str) -> list[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "zoo/src"), "TORCHINDUCTOR_VEC_ISA_OK": "1"}
    env.pop("ATEN_CPU_CAPABILITY", None)
    done = subprocess.run([sys.executable, "-c", ASK.format(spare=spare)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="Inductor looks for these units on Linux")
def test_no_unit_is_tried():
    assert any(line.startswith("tried") for line in lines_of(""))  # what is spared is still there in this torch
    assert lines_of("spare_trials()") == ["picked avx512"]


@pytest.mark.parametrize(("format", "device", "spared"), [
    ("aoti", "cuda", True), ("aoti", "cpu", False), ("torchscript", "cuda", False),
])
def test_an_exporter_for_a_gpu_spares_them_before_it_exports(tmp_path, monkeypatch, format, device, spared):
    did = []
    monkeypatch.setattr(vector_units, "spare_trials", lambda: did.append("spare"))
    monkeypatch.setattr("joulemark_zoo.artefact.export_one", lambda *_: did.append("export"))
    spec = ExportSpec("zoo_tiny", format=format, device=device)
    report = one.Report(tmp_path / "report.json")
    assert one.export_and_report(spec, tmp_path, report, offline=False, threads=torch.get_num_threads()) == 0
    assert json.loads((tmp_path / "report.json").read_text())["seconds"].keys() == {"start", "import"}
    assert did == (["spare", "export"] if spared else ["export"])


@pytest.mark.parametrize(("device", "spared"), [("meta", True), ("cpu", False)])
def test_the_check_of_a_package_spares_them_before_it_loads(tmp_path, monkeypatch, device, spared):
    did = []
    monkeypatch.setattr(check, "spare_trials", lambda: did.append("spare"))
    monkeypatch.setattr(torch._inductor, "aoti_load_package", lambda package: did.append("load"))
    monkeypatch.setattr(check, "difference", lambda *_: None)
    x = torch.empty(1, device=device)
    torch.save({"allowed": 0.1, "cases": [(x, x)]}, tmp_path / "cases")
    assert check.main("package", str(tmp_path / "cases")) == 0
    assert did == (["spare", "load"] if spared else ["load"])
