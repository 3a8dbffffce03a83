"""Live weights: every branch works, logits can be compared, and a seed decides all of it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from joulemark_zoo import _torchvision_ops  # noqa: F401
import timm

from joulemark_zoo.artefact import distance_between
from joulemark_zoo.build import normalised_images
from joulemark_zoo.spec import ExportSpec
from joulemark_zoo.weights import GATE_RANGE, NORM_RANGE, enliven, is_norm, is_shut, make_live

# timm's own miniatures of architectures, and one real model of each kind of gate.
MODELS = [
    "test_resnet", "test_efficientnet", "test_convnext", "test_convnext2", "test_vit", "test_vit2", "test_nfnet",
    "test_mambaout", "test_byobnet", "resnet18", "mobilenetv3_small_100", "poolformer_s12",
]
SIZE = 96


def live(name: str, seed: int = 1) -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(seed)
    options = {"img_size": SIZE} if "vit" in name else {}
    model = timm.create_model(name, **options).eval()
    config = {**model.pretrained_cfg, "input_size": (3, SIZE, SIZE)}
    pixels = normalised_images(ExportSpec(name, seed=seed), config, (3, SIZE, SIZE))
    make_live(model, pixels, seed)
    return model, pixels[:8]


@pytest.mark.parametrize("name", MODELS)
def test_logits_are_alive_and_depend_on_the_image(name):
    model, pixels = live(name)
    with torch.no_grad():
        logits = model(pixels)
    assert torch.isfinite(logits).all()
    assert logits.std(dim=1).mean() > 0.05
    assert distance_between(logits) > 0.02
    assert not model.training


@pytest.mark.parametrize("name", MODELS)
def test_no_parameter_but_a_bias_stays_shut(name):
    model, _ = live(name)
    shut = [n for n, p in model.named_parameters() if not n.endswith("bias") and is_shut(p)]
    assert shut == []
    for module in model.modules():
        weight = getattr(module, "weight", None)
        if is_norm(module) and isinstance(weight, nn.Parameter):
            assert NORM_RANGE[0] <= weight.min() and weight.max() <= NORM_RANGE[1]


def test_timm_starts_with_shut_branches():
    """What the other tests would miss if timm changed: then there is nothing left to open."""
    for name in ("test_convnext", "test_nfnet", "test_resnet"):
        model = timm.create_model(name)
        assert any(is_shut(p) for n, p in model.named_parameters() if not n.endswith("bias"))


def test_a_residual_branch_is_heard():
    model, pixels = live("test_convnext")
    with torch.no_grad():
        with_branches = model(pixels)
        for name, parameter in model.named_parameters():
            if name.endswith("gamma"):
                parameter.zero_()
        without = model(pixels)
    assert (with_branches - without).norm() > 0.05 * with_branches.norm()


def test_a_seed_decides_the_weights():
    first, again, other = (live("test_resnet", seed)[0].state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[k], again[k]) for k in first)
    assert not any(torch.equal(v, other[k]) for k, v in first.items() if k.endswith("weight"))


def test_batch_statistics_are_those_of_the_images():
    model, _ = live("test_resnet")
    config = {**model.pretrained_cfg, "input_size": (3, SIZE, SIZE)}
    # The first one: what it sees does not pass through other norms, whose batches were smaller.
    first = next(m for m in model.modules() if isinstance(m, nn.BatchNorm2d))
    seen = {}
    first.register_forward_pre_hook(lambda _, inputs: seen.update(x=inputs[0]))
    with torch.no_grad():
        model(normalised_images(ExportSpec("test_resnet", seed=1), config, (3, SIZE, SIZE)))
    assert torch.allclose(first.running_mean, seen["x"].mean((0, 2, 3)), atol=1e-4)
    assert first.momentum == 0.1


@pytest.mark.parametrize(
    ("name", "shape", "value", "low", "high"),
    [
        ("gamma", (8,), 1e-6, *GATE_RANGE),
        ("gamma", (8, 1, 1), 1.0, *GATE_RANGE),
        ("scale", (8,), 1e-5, *GATE_RANGE),
        ("skipinit_gain", (), 0.0, *GATE_RANGE),
        ("gain", (8, 1, 1, 1), 0.0, *GATE_RANGE),
        ("cls_token", (1, 1, 64), 0.0, -0.2, 0.2),
        ("relative_position_bias_table", (64, 4), 0.0, -0.2, 0.2),
        ("weight", (64, 64), 0.0, -1.0, 1.0),
    ],
)
def test_each_kind_of_shut_parameter_opens(name, shape, value, low, high):
    parameter = torch.full(shape, value)
    enliven(nn.Identity(), name, parameter, torch.Generator().manual_seed(1))
    assert low <= parameter.min() and parameter.max() <= high
    assert parameter.numel() == 1 or parameter.std() > 1e-3
    assert parameter.abs().max() > 0


@pytest.mark.parametrize(("name", "value"), [("bias", 0.0), ("temperature", 1.0), ("logit_scale", 2.3)])
def test_what_shuts_nothing_stays(name, value):
    parameter = torch.full((8,), value)
    enliven(nn.Identity(), name, parameter, torch.Generator().manual_seed(1))
    assert torch.equal(parameter, torch.full((8,), value))
