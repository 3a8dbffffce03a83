"""From a spec to a float32 model on the CPU, its reference images, and where its weights came from."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from . import _torchvision_ops, hub, images  # noqa: F401  operators before timm
import timm
from timm.data import create_transform, resolve_data_config

from .spec import ExportSpec
from .weights import make_live, scale_classifier, without_caches

#: Without one, a hub that stops answering in the middle holds a model until its time-out.
SOCKET_SECONDS = 20.0


@dataclass
class BuiltModel:
    model: torch.nn.Module  # float32, on the CPU, eval mode
    config: dict  # timm's data configuration: input_size, mean, std, crop_pct, interpolation
    tag: str | None
    size: tuple[int, int, int]
    images: torch.Tensor  # float32 [counts.reference, 3, H, W], normalised
    images_from: str
    weights: dict  # the descriptor's `weights`


def build(spec: ExportSpec, counts: images.Counts = images.Counts()) -> BuiltModel:
    model, weights = create(spec)
    own = dict(getattr(model, "pretrained_cfg", None) or {})
    config = resolve_data_config({}, pretrained_cfg=own, model=model)
    size = (3, spec.input_size, spec.input_size) if spec.input_size else tuple(config["input_size"])
    pixels = normalised_images(spec, config, size, counts)
    if weights["origin"] == "live":
        # On the device of the spec: the statistics of a large model take a CPU a minute.
        make_live(model.to(spec.device), pixels.to(spec.device), spec.seed)
        model = without_caches(model.to("cpu"))
    elif weights["origin"] == "default":
        # Logits of 1e-5, which timm's initialisation may give, no check could see. Nothing before them changes.
        scale_classifier(model, pixels)
    return BuiltModel(
        model=model.requires_grad_(False),
        config=config,
        tag=spec.tag or own.get("tag") or None,
        size=size,
        images=pixels[: counts.reference],
        images_from=images.label(spec.seed, spec.images),
        weights=weights,
    )


def create(spec: ExportSpec) -> tuple[torch.nn.Module, dict]:
    """The timm model and its weights' origin; live weights are not live yet."""
    reason = hub.ASKED
    if spec.weights == "default":
        return at_size(spec, pretrained=False), {"origin": "default", "seed": spec.seed, "reason": reason}
    if spec.weights != "live":
        socket.setdefaulttimeout(SOCKET_SECONDS)
        try:
            return pretrained(spec)
        except Exception as error:  # the hub's client has many ways to say that it is not there
            if spec.weights == "pretrained":
                raise
            reason = why_not_pretrained(error)
    return at_size(spec, pretrained=False), {"origin": "live", "seed": spec.seed, "reason": reason}


def pretrained(spec: ExportSpec) -> tuple[torch.nn.Module, dict]:
    config = timm.get_pretrained_cfg(spec.name, allow_unregistered=True)
    source = config and (config.hf_hub_id or config.url or config.file)
    if not source:
        raise LookupError(hub.NO_WEIGHTS)
    return at_size(spec, pretrained=True), {"origin": "pretrained", "source": str(source)}


def why_not_pretrained(error: Exception) -> str:
    from huggingface_hub import constants

    if isinstance(error, LookupError) and error.args == (hub.NO_WEIGHTS,):
        return hub.NO_WEIGHTS
    if constants.HF_HUB_OFFLINE:  # set by the run when the hub did not answer
        return hub.OUT_OF_REACH
    return f"no pretrained weights came: {type(error).__name__}"


def at_size(spec: ExportSpec, pretrained: bool) -> torch.nn.Module:
    """A model in eval mode. Those with position embeddings or windows are built for their input
    size; the others know no such option and run at any."""
    if spec.input_size:
        try:
            torch.manual_seed(spec.seed)
            return timm.create_model(spec.name, pretrained=pretrained, img_size=spec.input_size).eval()
        except TypeError as error:
            if "img_size" not in str(error):
                raise
    torch.manual_seed(spec.seed)
    return timm.create_model(spec.name, pretrained=pretrained).eval()


def normalised_images(
    spec: ExportSpec, config: dict, size: tuple[int, int, int], counts: images.Counts = images.Counts()
) -> torch.Tensor:
    """float32 [N, 3, H, W], N at least counts.reference, normalised as the model was trained."""
    if spec.images:
        return photographs(spec, config, size)
    pixels = images.natural_images(counts.statistics, size[1], size[2], spec.seed)
    mean = np.asarray(config["mean"], np.float32)
    std = np.asarray(config["std"], np.float32)
    values = (pixels.astype(np.float32) / np.float32(255) - mean) / std
    return torch.from_numpy(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))


def photographs(spec: ExportSpec, config: dict, size: tuple[int, int, int]) -> torch.Tensor:
    from PIL import Image

    transform = create_transform(**{**config, "input_size": size}, is_training=False)
    tensors = []
    for file in images.photographs(Path(spec.images)):
        try:
            with Image.open(file) as image:
                tensors.append(transform(image.convert("RGB")))
        except OSError as error:
            raise ValueError(f"cannot read the image {file}: {error}") from error
    return torch.stack(tensors).float()
