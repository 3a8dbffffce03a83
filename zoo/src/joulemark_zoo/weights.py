"""Live random weights: random ones from a seed that put every branch of the model to work.

Energy depends on values. timm's default initialisation sets the last gamma of residual branches, layer
scales and some heads to zero or nearly so, which silences whole branches and understates energy by
up to 5 %. Here norm weights are U(0.4, 1.2), layer scales and other gates U(0.1, 1), and BatchNorm
statistics are taken from images.
"""

from __future__ import annotations

import math

import torch
from torch import nn

NORM_RANGE = (0.4, 1.2)
GATE_RANGE = (0.1, 1.0)
#: Names of layer scales, also where timm starts them at 1.
GATE_NAMES = ("gamma", "gamma1", "gamma2", "gamma3", "gamma_1", "gamma_2", "gamma_xca", "ls1", "ls2", "alpha")
#: A constant parameter up to this size is a gate nearly shut (timm starts them at 0 to 0.1).
SHUT = 0.1
#: Deviation below which a parameter is constant: timm's smallest random ones have 1e-6 on purpose.
CONSTANT_STD = 1e-4
#: Deviation of position embeddings, bias tables and tokens in timm.
TABLE_STD = 0.02
#: Deviation of the logits of one image: outside of the range, the classifier is scaled to the target.
LOGITS_RANGE, LOGITS_TARGET = (0.2, 5.0), 0.5


def make_live(model: nn.Module, images: torch.Tensor, seed: int) -> None:
    """Gives `model`, freshly initialised by timm, live weights in place. `images` is float32
    [N, 3, H, W], normalised, on the model's device."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            for name, parameter in module.named_parameters(recurse=False):
                enliven(module, name, parameter, generator)
        take_batch_statistics(model, images)
        scale_classifier(model, images)


def without_caches(model: nn.Module) -> nn.Module:
    """The same model in eval mode. LeViT, EfficientFormer and TinyViT keep their attention biases from one forward pass
    to the next; up to timm 1.0.30 neither another precision nor other weights empty that cache, but train() does."""
    return model.train().eval()


def enliven(module: nn.Module, name: str, parameter: torch.Tensor, generator: torch.Generator) -> None:
    """Opens one parameter if its default value shuts a branch; a bias may stay zero."""

    def uniform(low: float, high: float) -> None:
        parameter.copy_(torch.rand(parameter.shape, generator=generator) * (high - low) + low)

    def normal(std: float) -> None:
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * std)

    if is_norm(module) and name == "weight":
        uniform(*NORM_RANGE)
    elif name in GATE_NAMES:
        uniform(*GATE_RANGE)
    elif name.endswith("bias") or not is_shut(parameter):
        return
    elif parameter.dim() >= 2 and name == "weight":
        normal(1.0 / math.sqrt(parameter[0].numel()))
    elif is_vector(parameter) and "token" not in name and "embed" not in name:
        uniform(*GATE_RANGE)
    else:
        normal(TABLE_STD)


def is_norm(module: nn.Module) -> bool:
    return "norm" in type(module).__name__.lower() or isinstance(module, nn.modules.batchnorm._NormBase)


def is_shut(parameter: torch.Tensor) -> bool:
    """Constant, and nearly zero."""
    constant = parameter.numel() == 1 or parameter.std().item() < CONSTANT_STD
    return constant and parameter.abs().max().item() <= SHUT


def is_vector(parameter: torch.Tensor) -> bool:
    """One value per channel, whatever shape it is broadcast in."""
    return sum(size > 1 for size in parameter.shape) <= 1


def take_batch_statistics(model: nn.Module, images: torch.Tensor) -> None:
    """Replaces BatchNorm running statistics by their average over `images`, in two batches."""
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


def scale_classifier(model: nn.Module, images: torch.Tensor) -> None:
    """Scales the classifier where the logits are too small or too large to be compared."""
    spread = model(images[:4]).std(dim=1).mean().item()
    low, high = LOGITS_RANGE
    if not math.isfinite(spread) or spread == 0.0 or low <= spread <= high:
        return
    for head in classifiers(model):
        for parameter in head.parameters(recurse=False):
            parameter.mul_(LOGITS_TARGET / spread)


def classifiers(model: nn.Module) -> list[nn.Module]:
    """The last layers of a timm model; distilled models have two."""
    found = model.get_classifier() if hasattr(model, "get_classifier") else None
    found = found if isinstance(found, (tuple, list)) else (found,)
    return [head for head in found if isinstance(head, (nn.Linear, nn.Conv2d))]
