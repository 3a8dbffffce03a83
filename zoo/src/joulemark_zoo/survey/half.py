"""What half precision would do to a model, without a device that is fast at it.

Every tensor that an operator returns is rounded to float16 and back, while the operator itself works in float32, as a
GPU's do. It costs two forward passes; real float16 on a CPU, many times that.
"""

from __future__ import annotations

import math

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class RoundsToHalf(TorchDispatchMode):
    """Also keeps the largest magnitude that it saw before rounding. Above 65,504 float16 has none."""

    def __init__(self):
        super().__init__()
        self.largest = 0.0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if not func.is_view:
            for tensor in out if isinstance(out, (tuple, list)) else (out,):
                self._round(tensor)
        return out

    def _round(self, tensor) -> None:
        if not isinstance(tensor, torch.Tensor) or tensor.dtype != torch.float32 or tensor.numel() == 0:
            return
        finite = tensor.abs().nan_to_num(posinf=0.0)  # masks are infinite on purpose
        self.largest = max(self.largest, finite.max().item())
        tensor.copy_(tensor.half())


def half_precision(model: torch.nn.Module, images: torch.Tensor) -> dict:
    """`half_error`: the worst image's relative error in float16, absent where it is not finite. `half_largest`: the
    largest activation. The model's weights stay rounded. `images` is float32 [N, 3, H, W].

    Parts that a model computes in float32 on purpose are rounded too, so it may be better than this says.
    """
    model = model.half().float()
    expected = model(images)
    with RoundsToHalf() as rounding:
        out = model(images.half().float())
    error = ((out - expected).norm(dim=1) / expected.norm(dim=1)).max().item()
    return {
        **({"half_error": float(f"{error:.3g}")} if math.isfinite(error) else {}),
        "half_largest": float(f"{rounding.largest:.3g}"),
    }
