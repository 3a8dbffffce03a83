"""Weights of a model: pretrained from the hub, or live random ones from a seed.

Energy depends on values. timm's default initialisation sets the last gamma of residual branches, layer
scales and some heads to zero or nearly so, which silences whole branches and understates energy by
up to 5 %. Live weights put every branch to work: norm weights in U(0.4, 1.2), layer scales and other
gates in U(0.1, 1), and BatchNorm statistics taken from images.
"""

from __future__ import annotations

import math

import torch
from torch import nn

NORM_RANGE = (0.4, 1.2)
GATE_RANGE = (0.1, 1.0)
#: Parameter names that scale a residual branch, as timm's models call them.
GATE_NAMES = ("gamma", "gamma_1", "gamma_2", "gamma1", "gamma2", "gamma3", "ls1", "ls2", "layer_scale", "skipinit_gain", "weight_gate", "alpha")
#: Standard deviation below which a matrix counts as switched off.
DEAD_STD = 1e-4
HEAD_STD = 0.5


def is_norm(module: nn.Module) -> bool:
    name = type(module).__name__.lower()
    return "norm" in name or isinstance(module, nn.modules.batchnorm._NormBase)


def make_live(model: nn.Module, images: torch.Tensor, seed: int) -> None:
    """Gives `model` live random weights in place. `images` is float32 [N, 3, H, W], normalised."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(parameter: torch.Tensor, low: float, high: float) -> None:
        parameter.copy_(torch.rand(parameter.shape, generator=generator) * (high - low) + low)

    with torch.no_grad():
        for module in model.modules():
            for name, parameter in module.named_parameters(recurse=False):
                if is_norm(module) and name == "weight":
                    uniform(parameter, *NORM_RANGE)
                elif name in GATE_NAMES:
                    uniform(parameter, *GATE_RANGE)
                elif parameter.dim() >= 2 and name == "weight" and parameter.std() < DEAD_STD:
                    fan_in = parameter[0].numel()
                    values = torch.randn(parameter.shape, generator=generator)
                    parameter.copy_(values / math.sqrt(fan_in))
        take_batch_statistics(model, images)
        scale_head(model, images)


def take_batch_statistics(model: nn.Module, images: torch.Tensor) -> None:
    """Replaces BatchNorm running statistics by the average over `images`, in two batches."""
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    norms = [m for m in norms if m.track_running_stats]
    if not norms:
        return
    momenta = [m.momentum for m in norms]
    for m in norms:
        m.reset_running_stats()
        m.momentum = None  # a cumulative average
        m.train()
    for batch in images.chunk(2):
        model(batch)
    for m, momentum in zip(norms, momenta):
        m.momentum = momentum
        m.eval()


def scale_head(model: nn.Module, images: torch.Tensor) -> None:
    """Scales the classifier so that logits differ enough between classes to be checked."""
    classifier = model.get_classifier() if hasattr(model, "get_classifier") else None
    heads = classifier if isinstance(classifier, (tuple, list)) else (classifier,)
    spread = model(images).std(dim=1).mean().item()
    if not math.isfinite(spread) or spread <= 0.0:
        return
    if 0.2 <= spread <= 5.0:
        return
    for head in heads:
        if isinstance(head, (nn.Linear, nn.Conv2d)):
            head.weight.mul_(HEAD_STD / spread)
            if head.bias is not None:
                head.bias.mul_(HEAD_STD / spread)
