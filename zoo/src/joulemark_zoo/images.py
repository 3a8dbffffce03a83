"""Images with the statistics of natural ones, made from a seed."""
from __future__ import annotations

import numpy as np


def natural_images(count: int, height: int, width: int, seed: int) -> np.ndarray:
    """uint8 images [count, height, width, 3] of coloured noise.

    The amplitude spectrum falls as 1/f, the channels share most of their signal, and mean and
    contrast vary between images as photographs' do (Field 1987; Ruderman and Bialek 1994).
    """
    rng = np.random.default_rng(seed)
    fy = np.fft.fftfreq(height)[:, None]
    fx = np.fft.rfftfreq(width)[None, :]
    amplitude = 1.0 / np.maximum(np.hypot(fy, fx), 1.0 / max(height, width))
    images = np.empty((count, height, width, 3), np.uint8)
    for i in range(count):
        def field():
            noise = np.fft.rfft2(rng.standard_normal((height, width)))
            f = np.fft.irfft2(noise * amplitude, s=(height, width))
            return (f - f.mean()) / f.std()
        shared = field()
        mean, contrast = rng.uniform(90, 140), rng.uniform(40, 70)
        for c in range(3):
            channel = mean + contrast * (0.9 * shared + 0.44 * field())
            images[i, :, :, c] = np.clip(np.rint(channel), 0, 255)
    return images
