"""An artefact folder holds what its descriptor says, and is told from one that does not."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import os
import platform
import subprocess
import sys

import numpy as np
import pytest
import torch

from joulemark_zoo import formats, hub
from joulemark_zoo.artefact import export_one, is_complete, partial_folder, replace
from joulemark_zoo.build import at_size, create
from joulemark_zoo.formats import ExportError, round_products
from joulemark_zoo.spec import ExportSpec

pytestmark = pytest.mark.usefixtures("in_world")

SPEC = ExportSpec("zoo_tiny", weights="live", seed=3)


def export(spec, out):
    stages = []
    folder = export_one(spec, out, stages.append)
    assert stages == ["build", "reference", "export", "write"]
    return folder, json.loads((folder / "descriptor.json").read_text())


def tensor(folder, facts):
    return torch.from_numpy(np.fromfile(folder / facts["file"], "<f4").reshape(facts["shape"]))


@pytest.mark.parametrize("name", ["zoo_tiny", "test_resnet", "test_vit"])
@pytest.mark.parametrize(("precision", "layout"), [("fp32", "contiguous"), ("fp16", "channels_last")])
def test_the_artefact_computes_its_reference_output(tmp_path, schema, name, precision, layout):
    spec = dataclasses.replace(SPEC, name=name, precision=precision, layout=layout)
    folder, d = export(spec, tmp_path)
    schema.validate(d)
    assert folder == tmp_path / name / f"torchscript-{precision}-{layout}-cpu"
    files = [*d["artefacts"], d["reference"]["input"], d["reference"]["output"]]
    assert sorted(f["file"] for f in files) + ["descriptor.json"] == sorted(
        (p.name for p in folder.iterdir()), key=lambda n: (n == "descriptor.json", n)
    )
    for facts in files:
        content = (folder / facts["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == facts["sha256"] and len(content) == facts["bytes"]
    x, y = tensor(folder, d["reference"]["input"]), tensor(folder, d["reference"]["output"])
    assert list(x.shape) == [8, *d["input_size"]] and list(y.shape) == [8, d["classes"]]
    model = torch.jit.load(folder / d["artefacts"][0]["file"])
    dtype = {"fp32": torch.float32, "fp16": torch.float16}[precision]
    assert {p.dtype for p in model.parameters()} == {dtype}
    with torch.no_grad():
        out = model(x.to(dtype)).float()
    # The gates of the measuring program.
    assert (out - y).norm() / y.norm() < {"fp32": 0.005, "fp16": 0.03}[precision]


def test_the_reference_output_has_the_rounding_of_the_weights(tmp_path):
    outputs = {}
    for precision in ("fp32", "bf16"):
        folder, d = export(dataclasses.replace(SPEC, precision=precision), tmp_path)
        outputs[precision] = tensor(folder, d["reference"]["output"])
    difference = (outputs["bf16"] - outputs["fp32"]).norm() / outputs["fp32"].norm()
    assert 1e-5 < difference < 0.05


def test_it_says_how_far_eager_itself_is_off(tmp_path):
    errors = {}
    for precision in ("fp32", "fp16", "bf16"):
        _, d = export(dataclasses.replace(SPEC, precision=precision), tmp_path)
        errors[precision] = d["reference"]["eager_error"]
    assert errors["fp32"] < 1e-5 < errors["fp16"] < errors["bf16"] < 0.05


@pytest.mark.parametrize(
    ("name", "error"),
    [("zoo_rounds", "PyTorch itself is .* away from float32"), ("zoo_overflows_in_half", "not finite in fp16")],
)
def test_a_model_that_its_precision_breaks_is_not_exported(tmp_path, name, error):
    export_one(dataclasses.replace(SPEC, name=name), tmp_path, lambda stage: None)
    with pytest.raises(ExportError, match=error):
        export_one(dataclasses.replace(SPEC, name=name, precision="fp16"), tmp_path, lambda stage: None)


def test_what_a_model_keeps_from_another_precision_is_forgotten(tmp_path):
    export_one(dataclasses.replace(SPEC, name="zoo_caches", precision="fp16"), tmp_path, lambda stage: None)


def test_the_same_spec_gives_the_same_digests_and_another_seed_others(tmp_path):
    _, first = export(SPEC, tmp_path / "a")
    _, again = export(SPEC, tmp_path / "b")
    _, other = export(dataclasses.replace(SPEC, seed=4), tmp_path / "c")
    assert first["reference"] == again["reference"]
    assert first["reference"]["input"]["sha256"] != other["reference"]["input"]["sha256"]
    assert first["reference"]["output"]["sha256"] != other["reference"]["output"]["sha256"]


def test_an_input_size_of_its_own(tmp_path, schema):
    folder, d = export(dataclasses.replace(SPEC, name="test_vit", input_size=96), tmp_path)
    schema.validate(d)
    assert folder.parent.name == "test_vit-96x96"
    assert d["input_size"] == [3, 96, 96] and d["reference"]["input"]["shape"] == [8, 3, 96, 96]


def test_the_schema_refuses_what_is_wrong(tmp_path, schema):
    _, d = export(SPEC, tmp_path)
    assert schema.is_valid(d)
    for path, value in [
        (("extra",), 1), (("schema",), "joulemark.descriptor/2"), (("classes",), 0), (("tag",), 3),
        (("artefacts",), []), (("artefacts", 0, "file"), "../model.pt"), (("artefacts", 0, "sha256"), "00"),
        (("artefacts", 0, "batch"), 0), (("input_size",), [3, 224]), (("precision",), "int8"),
        (("weights", "origin"), "unknown"), (("exporter", "exported_at"), "yesterday"),
    ]:
        broken = copy.deepcopy(d)
        target = broken
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value
        assert not schema.is_valid(broken), path
    for key in d:
        assert not schema.is_valid({k: v for k, v in d.items() if k != key}), key


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("zoo_dead", "logits are dead"),
        ("zoo_blind", "hardly depend on the image"),
        ("zoo_overflows", "not finite"),
        ("zoo_no_logits", "not logits"),
        ("zoo_bakes_batch", "traced at batch 3"),
    ],
)
def test_a_model_that_cannot_be_checked_leaves_nothing(tmp_path, name, error):
    with pytest.raises(ExportError, match=error):
        export_one(dataclasses.replace(SPEC, name=name), tmp_path, lambda stage: None)
    assert [p for p in tmp_path.rglob("*") if p.is_file() or p.name.startswith(".")] == []


def complete(tmp_path, **changes):
    hub_in_reach = changes.pop("hub_in_reach", False)
    return is_complete(dataclasses.replace(SPEC, **changes), tmp_path, hub_in_reach=hub_in_reach)


def test_a_complete_folder_is_kept_only_for_the_same_request(tmp_path):
    assert not complete(tmp_path)
    export(SPEC, tmp_path)
    assert complete(tmp_path)
    assert complete(tmp_path, weights="auto")
    assert not complete(tmp_path, weights="auto", hub_in_reach=True)
    assert not complete(tmp_path, weights="pretrained")
    assert not complete(tmp_path, weights="default")
    assert not complete(tmp_path, seed=4)
    assert not complete(tmp_path, layout="channels_last")


@pytest.mark.parametrize("file", ["model.pt", "reference_input.f32", "reference_output.f32", "descriptor.json"])
def test_a_file_that_is_cut_changed_or_gone_is_seen(tmp_path, file):
    folder, _ = export(SPEC, tmp_path)
    path = folder / file
    content = path.read_bytes()
    path.write_bytes(content[:-7])
    assert not complete(tmp_path)
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert not complete(tmp_path)
    path.unlink()
    assert not complete(tmp_path)
    path.write_bytes(content)
    assert complete(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"), [(("exporter", "joulemark_zoo"), "0.0.1"), (("schema",), "joulemark.descriptor/0")]
)
def test_a_folder_of_another_version_is_made_again(tmp_path, key, value):
    folder, d = export(SPEC, tmp_path)
    target = d
    for part in key[:-1]:
        target = target[part]
    target[key[-1]] = value
    (folder / "descriptor.json").write_text(json.dumps(d))
    assert not complete(tmp_path)


def test_a_folder_is_replaced_whole(tmp_path):
    folder, d = export(SPEC, tmp_path)
    (folder / "left_over").touch()
    export(SPEC, tmp_path)
    assert not (folder / "left_over").exists()
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]
    new = partial_folder(SPEC, tmp_path, os.getpid())
    new.mkdir()
    replace(folder, new)
    assert list(folder.iterdir()) == []


def test_without_a_hub_weights_are_live_and_say_why():
    assert create(ExportSpec("resnet10t", weights="auto", seed=5))[1] == {
        "origin": "live", "seed": 5, "reason": hub.OUT_OF_REACH,
    }
    assert create(ExportSpec("zoo_tiny", weights="auto"))[1]["reason"] == hub.NO_WEIGHTS
    assert create(ExportSpec("zoo_tiny", weights="live"))[1]["reason"] == hub.ASKED
    with pytest.raises(LookupError, match="no pretrained"):
        create(ExportSpec("zoo_tiny", weights="pretrained"))


def test_default_weights_are_timms_own_but_for_the_size_of_the_logits(tmp_path):
    spec = dataclasses.replace(SPEC, name="test_convnext", weights="default")
    folder, descriptor = export(spec, tmp_path)
    assert descriptor["weights"] == {"origin": "default", "seed": 3, "reason": hub.ASKED}
    assert is_complete(spec, tmp_path, hub_in_reach=True)
    assert not is_complete(dataclasses.replace(spec, weights="auto"), tmp_path, hub_in_reach=False)
    ours = torch.jit.load(folder / "model.pt").state_dict()
    timms = at_size(spec, pretrained=False).state_dict()
    assert {name for name in timms if not torch.equal(ours[name], timms[name])} <= {"head.fc.weight", "head.fc.bias"}


@pytest.mark.parametrize(("precision", "rounded"), [("tf32", True), ("fp32", False), ("fp16", False)])
def test_only_tf32_rounds_the_factors_of_float32_products(precision, rounded):
    round_products(precision)
    assert torch.backends.cudnn.allow_tf32 == torch.backends.cuda.matmul.allow_tf32 == rounded
    round_products("fp32")


@pytest.mark.parametrize(
    ("program", "outcome"),
    [
        ("import os; os.abort()", "killed by SIGABRT"),
        ("import sys; print('is far away'); sys.exit(1)", "raises is far away"),
        ("pass", None),
    ],
)
def test_a_crash_of_the_checking_process_is_no_verdict_on_the_package(tmp_path, monkeypatch, program, outcome):
    monkeypatch.setattr(formats, "CHECKER", (sys.executable, "-c", program))
    eager = formats.Eager(lambda x: x.mean((2, 3)), torch.rand(4, 3, 8, 8), SPEC)
    try:
        said = formats.check_package(eager, tmp_path / "model.pt2", (1, 2))
    except ExportError as error:
        said = f"raises {error}"
    assert said == outcome if outcome is None else outcome in said
    assert list(tmp_path.iterdir()) == []


def test_a_package_is_compared_with_eager(tmp_path, world):
    done = world.export("zoo_tiny", "--format", "aoti")
    assert done.returncode == 0, done.stdout + done.stderr
    package = world.out / "zoo_tiny/aoti-fp32-contiguous-cpu/model.pt2"
    x = torch.rand(2, 3, 32, 32)
    expected = torch._inductor.aoti_load_package(str(package))(x)

    def verdict(path, expected):
        cases = tmp_path / "cases"
        torch.save({"allowed": 1e-3, "cases": [(x, expected)]}, cases)
        command = [*formats.CHECKER, str(path), str(cases)]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout.strip()

    assert verdict(package, expected) == (0, "")
    code, said = verdict(package, expected * 1.01)
    assert code == 1 and "away from eager" in said
    code, said = verdict(package, expected[:, :3])
    assert code == 1 and "gives shape [2, 10], not [2, 3]" in said
    broken = tmp_path / "broken.pt2"
    broken.write_bytes(package.read_bytes()[:1000])
    code, said = verdict(broken, expected)
    assert code == 1 and "does not load" in said


def test_compiled_code_belongs_to_its_host(world, schema, monkeypatch):
    done = world.export("zoo_tiny", "--format", "aoti")
    assert done.returncode == 0, done.stdout + done.stderr
    folder = world.out / "zoo_tiny/aoti-fp32-contiguous-cpu"
    d = json.loads((folder / "descriptor.json").read_text())
    schema.validate(d)
    assert [a["batch"] for a in d["artefacts"]] == [None]
    assert d["host"]["machine"] == platform.machine() and d["host"]["gpu"] is None
    package = torch._inductor.aoti_load_package(str(folder / d["artefacts"][0]["file"]))
    x, y = tensor(folder, d["reference"]["input"]), tensor(folder, d["reference"]["output"])
    for batch in (1, 5, 8):
        assert torch.allclose(package(x[:batch]), y[:batch], atol=1e-4)
    spec = dataclasses.replace(SPEC, format="aoti", seed=1)
    assert is_complete(spec, world.out, hub_in_reach=False)
    assert not is_complete(dataclasses.replace(spec, batches=(1,)), world.out, hub_in_reach=False)
    with monkeypatch.context() as patched:
        patched.setattr("joulemark_zoo.formats.cpu_name", lambda: "another CPU")
        assert not is_complete(spec, world.out, hub_in_reach=False)
    assert d["exporter"]["compiler"] == {}
    setting = formats.CompilerSetting("layout_optimization", False, "cpu", "for this test")
    monkeypatch.setattr(formats, "COMPILER_SETTINGS", (setting,))
    assert formats.compiler_settings(spec) == {"layout_optimization": False}
    assert not is_complete(spec, world.out, hub_in_reach=False)


def test_layout_is_not_the_compilers_to_choose(tmp_path, monkeypatch):
    spec = dataclasses.replace(SPEC, format="aoti", device="cuda")
    assert formats.compiler_settings(spec)["layout_optimization"] is False
    assert formats.compiler_settings(dataclasses.replace(spec, format="torchscript")) == {}
    given = {}
    monkeypatch.setattr(torch._inductor, "aoti_compile_and_package", lambda program, **named: given.update(named))
    monkeypatch.setattr(formats, "check_package", lambda *_: None)
    monkeypatch.setattr(formats, "compiler_settings", lambda spec: {"layout_optimization": False})
    eager = formats.Eager(torch.nn.Flatten(), torch.rand(4, 3, 8, 8), dataclasses.replace(SPEC, format="aoti"))
    formats.compile_package(eager, tmp_path, 2)
    assert given["inductor_configs"] == {"layout_optimization": False}
