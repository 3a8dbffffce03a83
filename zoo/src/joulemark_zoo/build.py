"""From a spec to a float32 model on the CPU, its reference images, and where its weights came from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from . import _torchvision_ops  # noqa: F401  before timm
import timm

from .images import natural_images
from .spec import ExportSpec
from .weights import make_live

REFERENCE_IMAGES = 8
#: More images than the reference ones for BatchNorm statistics.
STATISTICS_IMAGES = 16


@dataclass
class BuiltModel:
    model: torch.nn.Module
    config: dict
    size: tuple[int, int, int]
    images: torch.Tensor  # float32 [REFERENCE_IMAGES, 3, H, W], normalised
    images_from: str
    weights: dict  # the descriptor's `weights`


def build(spec: ExportSpec) -> BuiltModel:
    model, weights = create(spec)
    config = dict(model.pretrained_cfg)
    size = tuple(config["input_size"])
    if spec.input_size:
        size = (3, spec.input_size, spec.input_size)
    images, images_from = reference_images(spec, config, size)
    if weights["origin"] == "live":
        make_live(model, images, spec.seed)
    return BuiltModel(model, config, size, images[:REFERENCE_IMAGES], images_from, weights)


def create(spec: ExportSpec) -> tuple[torch.nn.Module, dict]:
    torch.manual_seed(spec.seed)
    options = {}
    if spec.input_size and accepts_img_size(spec.name):
        options["img_size"] = spec.input_size
    reason = "asked for"
    if spec.weights != "live":
        os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", "5")
        os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", "30")
        try:
            model = timm.create_model(spec.name, pretrained=True, **options)
            source = model.pretrained_cfg.get("hf_hub_id") or model.pretrained_cfg.get("url") or spec.name
            return model.eval(), {"origin": "pretrained", "source": str(source)}
        except Exception as error:  # the hub's client has many ways to say that it is not there
            if spec.weights == "pretrained":
                raise
            reason = f"no pretrained weights: {type(error).__name__}"
        torch.manual_seed(spec.seed)
    model = timm.create_model(spec.name, pretrained=False, **options)
    return model.eval(), {"origin": "live", "seed": spec.seed, "reason": reason}


def accepts_img_size(name: str) -> bool:
    """Models with position embeddings or windows are built for their size; others run at any."""
    import inspect

    model = timm.create_model(name, pretrained=False)
    return "img_size" in inspect.signature(type(model).__init__).parameters


def reference_images(spec: ExportSpec, config: dict, size: tuple) -> tuple[torch.Tensor, str]:
    if spec.images:
        pixels = photographs(Path(spec.images), config, size)
        origin = "folder"
    else:
        pixels = natural_images(STATISTICS_IMAGES, size[1], size[2], spec.seed)
        origin = f"synthetic-1/f:seed={spec.seed}"
    mean = np.asarray(config["mean"], np.float32)
    std = np.asarray(config["std"], np.float32)
    normalised = (pixels.astype(np.float32) / 255.0 - mean) / std
    return torch.from_numpy(np.ascontiguousarray(normalised.transpose(0, 3, 1, 2))), origin


def photographs(folder: Path, config: dict, size: tuple) -> np.ndarray:
    """The first images of a folder, resized and cropped as the model's configuration says."""
    from PIL import Image

    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if len(files) < REFERENCE_IMAGES:
        raise ValueError(f"{folder} has {len(files)} images, {REFERENCE_IMAGES} are needed")
    resample = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}.get(
        config.get("interpolation", "bicubic"), Image.BICUBIC
    )
    out = []
    for file in files[:STATISTICS_IMAGES]:
        image = Image.open(file).convert("RGB")
        scale = round(size[1] / config.get("crop_pct", 1.0)) / min(image.size)
        image = image.resize([max(size[1], round(s * scale)) for s in image.size], resample)
        left, top = (image.width - size[2]) // 2, (image.height - size[1]) // 2
        out.append(np.asarray(image.crop((left, top, left + size[2], top + size[1]))))
    return np.stack(out)
