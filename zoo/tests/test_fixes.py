"""The table of fixes: each is needed, leaves the model alone, and is named where it was applied."""

from __future__ import annotations

import dataclasses
import fnmatch
import json

import pytest
import torch

from joulemark_zoo import _torchvision_ops, fixes  # noqa: F401
import timm

from joulemark_zoo.artefact import export_one, is_complete
from joulemark_zoo.formats import ExportError
from joulemark_zoo.images import Counts
from joulemark_zoo.spec import ExportSpec

FEW = Counts(reference=2, statistics=4)
#: A small model for each fix, at a size that costs little.
SMALLEST = {"script_cond_conv": ExportSpec("tf_efficientnet_cc_b0_4e", weights="live", input_size=32)}

pytestmark = pytest.mark.usefixtures("in_world")


def test_every_fix_has_a_small_model_here():
    assert sorted(SMALLEST) == sorted(f.name for f in fixes.FIXES)


@pytest.mark.parametrize("fix", fixes.FIXES, ids=lambda f: f.name)
def test_a_fix_is_for_models_that_timm_has(fix):
    assert fnmatch.filter(timm.list_models(), fix.architectures)
    assert fix.reason.endswith(".") and fix.formats


@pytest.mark.parametrize("fix", fixes.FIXES, ids=lambda f: f.name)
def test_with_its_fix_a_model_is_exported_and_without_it_is_not(tmp_path, schema, monkeypatch, fix):
    spec = SMALLEST[fix.name]
    folder = export_one(spec, tmp_path, lambda stage: None, FEW)
    descriptor = json.loads((folder / "descriptor.json").read_text())
    schema.validate(descriptor)
    assert descriptor["exporter"]["fixes"] == [fix.name]
    assert is_complete(spec, tmp_path, hub_in_reach=False)
    monkeypatch.setattr(fixes, "FIXES", ())
    assert not is_complete(spec, tmp_path, hub_in_reach=False)  # what it would make now is something else
    with pytest.raises(ExportError):
        export_one(spec, tmp_path / "without", lambda stage: None, FEW)


@pytest.mark.parametrize("fix", fixes.FIXES, ids=lambda f: f.name)
def test_afterwards_the_model_is_timms_own_again(fix):
    model = timm.create_model(SMALLEST[fix.name].name)
    before = dict(model.named_modules())
    with pytest.raises(RuntimeError, match="export failed"), fixes.mended(model, SMALLEST[fix.name]):
        assert dict(model.named_modules()) != before
        raise RuntimeError("export failed")
    assert dict(model.named_modules()) == before
    assert not any(isinstance(m, torch.jit.ScriptModule) for m in model.modules())


def test_a_model_without_a_fix_says_so(tmp_path):
    folder = export_one(ExportSpec("zoo_tiny", weights="live"), tmp_path, lambda stage: None)
    assert json.loads((folder / "descriptor.json").read_text())["exporter"]["fixes"] == []


def test_a_fix_is_for_its_format_alone():
    spec = SMALLEST["script_cond_conv"]
    assert fixes.names_of(spec) == ["script_cond_conv"]
    assert fixes.names_of(dataclasses.replace(spec, format="aoti")) == []
    assert fixes.names_of(dataclasses.replace(spec, name="tf_efficientnet_cc_b0_4e.in1k")) == ["script_cond_conv"]
