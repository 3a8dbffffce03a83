"""Models that go wrong in every way that an export must survive, registered with timm."""

import os
import time

import torch
from timm.models import register_model
from torch import nn

CONFIG = {
    "input_size": (3, 32, 32), "mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25),
    "crop_pct": 1.0, "interpolation": "bilinear", "num_classes": 10,
}


class Tiny(nn.Module):
    """A convolutional classifier whose residual gate starts shut, as timm's do."""

    def __init__(self):
        super().__init__()
        self.pretrained_cfg = CONFIG
        self.stem = nn.Conv2d(3, 16, 3, stride=4)
        self.norm = nn.BatchNorm2d(16)
        self.branch = nn.Conv2d(16, 16, 1)
        self.gamma = nn.Parameter(torch.full((16, 1, 1), 1e-6))
        self.head = nn.Linear(16, 10)

    def get_classifier(self):
        return self.head

    def features(self, x):
        x = self.norm(self.stem(x)).relu()
        return x + self.gamma * self.branch(x)

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))


class BakesItsBatch(Tiny):
    def forward(self, x):
        features = self.features(x)
        return self.head(features.reshape(int(x.shape[0]), 16, -1).mean(2))


class Dead(Tiny):
    def forward(self, x):
        return super().forward(x) * 0.0


class Blind(Tiny):
    """Its logits do not depend on the image."""

    def forward(self, x):
        return super().forward(torch.ones_like(x))


class Overflows(Tiny):
    def forward(self, x):
        return super().forward(x) * 1e38 * 1e38


class Rounds(Tiny):
    """Adds and takes away what leaves half precision few bits for the rest."""

    def forward(self, x):
        return (super().forward(x) + 4096.0) - 4096.0


class OverflowsInHalf(Tiny):
    def forward(self, x):
        return super().forward(x) * 1e6 / 1e6


class Caches(Tiny):
    """Keeps a bias in the precision of its first forward pass, as TinyViT in timm 1.0.29."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.ones(16, 1, 1))
        self.cache = {}

    def train(self, mode=True):
        if mode:
            self.cache = {}
        return super().train(mode)

    def features(self, x):
        bias = self.cache.setdefault(str(x.device), self.bias * 1.0)
        if bias.dtype != x.dtype:
            raise RuntimeError(f"expected scalar type {x.dtype} but found {bias.dtype}")
        return super().features(x) + bias


class NoLogits(Tiny):
    def forward(self, x):
        return self.features(x)


@register_model
def zoo_caches(pretrained=False, **kwargs):
    return Caches()


@register_model
def zoo_tiny(pretrained=False, **kwargs):
    return Tiny()


@register_model
def zoo_bakes_batch(pretrained=False, **kwargs):
    return BakesItsBatch()


@register_model
def zoo_dead(pretrained=False, **kwargs):
    return Dead()


@register_model
def zoo_blind(pretrained=False, **kwargs):
    return Blind()


@register_model
def zoo_overflows(pretrained=False, **kwargs):
    return Overflows()


@register_model
def zoo_rounds(pretrained=False, **kwargs):
    return Rounds()


@register_model
def zoo_overflows_in_half(pretrained=False, **kwargs):
    return OverflowsInHalf()


@register_model
def zoo_no_logits(pretrained=False, **kwargs):
    return NoLogits()


@register_model
def zoo_raises(pretrained=False, **kwargs):
    raise ValueError("heads must divide the width\nsecond line")


@register_model
def zoo_crashes(pretrained=False, **kwargs):
    os.abort()


@register_model
def zoo_hangs(pretrained=False, **kwargs):
    if path := os.environ.get("ZOO_TEST_PID"):
        with open(path, "w") as file:
            file.write(str(os.getpid()))
    time.sleep(600)


@register_model
def zoo_hungry(pretrained=False, **kwargs):
    model = Tiny()
    model.more = nn.Parameter(torch.zeros(2**33))  # 32 GiB
    return model
