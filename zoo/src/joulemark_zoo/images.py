"""Images that a model is run on: made from a seed with the statistics of natural ones, or photographs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

#: Images whose logits the descriptor states.
REFERENCE_IMAGES = 8
#: Images for the running statistics of live weights; the reference images are the first of them.
STATISTICS_IMAGES = 16



@dataclass(frozen=True)
class Counts:
    """How many images an export uses. A survey that only asks whether a model can be exported takes fewer."""

    reference: int = REFERENCE_IMAGES
    statistics: int = STATISTICS_IMAGES


SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def natural_images(count: int, height: int, width: int, seed: int) -> np.ndarray:
    """uint8 images [count, height, width, 3] of coloured noise.

    The amplitude spectrum falls as 1/f (Field 1987), the channels share four fifths of their variance, and
    mean and contrast vary between images as photographs' do.
    """
    rng = np.random.default_rng(seed)
    fy = np.fft.fftfreq(height)[:, None]
    fx = np.fft.rfftfreq(width)[None, :]
    amplitude = 1.0 / np.maximum(np.hypot(fy, fx), 1.0 / max(height, width))

    def field() -> np.ndarray:
        noise = np.fft.rfft2(rng.standard_normal((height, width)))
        values = np.fft.irfft2(noise * amplitude, s=(height, width))
        return (values - values.mean()) / values.std()

    images = np.empty((count, height, width, 3), np.uint8)
    for image in images:
        mean, contrast = rng.uniform(90, 140), rng.uniform(40, 70)
        shared = field()
        for channel in range(3):
            values = mean + contrast * (np.sqrt(0.8) * shared + np.sqrt(0.2) * field())
            image[:, :, channel] = np.clip(np.rint(values), 0, 255)
    return images


def photographs(folder: Path) -> list[Path]:
    """The image files of a folder that are used: the first by name. ValueError when there are too few."""
    if not folder.is_dir():
        raise ValueError(f"there is no folder of images '{folder}'")
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    if len(files) < REFERENCE_IMAGES:
        raise ValueError(f"{folder} has {len(files)} images, {REFERENCE_IMAGES} are needed")
    return files[:STATISTICS_IMAGES]


def label(seed: int, folder: str | None) -> str:
    """What the descriptor calls the images: the same label, the same pixels."""
    if folder is None:
        return f"synthetic-1/f:seed={seed}"
    digest = hashlib.sha256()
    for file in photographs(Path(folder)):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return f"folder:sha256={digest.hexdigest()[:16]}"
