"""Synthetic images have the statistics that energy depends on; photographs are prepared as in training."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from joulemark_zoo import images
from joulemark_zoo.build import normalised_images
from joulemark_zoo.spec import ExportSpec

CONFIG = {
    "input_size": (3, 64, 64), "mean": (0.5, 0.4, 0.3), "std": (0.25, 0.2, 0.1),
    "crop_pct": 0.875, "crop_mode": "center", "interpolation": "bilinear",
}


def test_a_seed_gives_the_same_pixels_and_another_seed_others():
    first = images.natural_images(3, 48, 64, seed=7)
    assert first.shape == (3, 48, 64, 3) and first.dtype == np.uint8
    assert np.array_equal(first, images.natural_images(3, 48, 64, seed=7))
    assert not np.array_equal(first, images.natural_images(3, 48, 64, seed=8))
    assert not np.array_equal(first[0], first[1])


def test_the_amplitude_falls_as_one_over_frequency():
    size = 256
    pixels = images.natural_images(8, size, size, seed=1)[..., 1].astype(float)
    spectrum = np.abs(np.fft.fft2(pixels - pixels.mean((1, 2), keepdims=True))).mean(0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    middle = (frequency > 4 / size) & (frequency < 0.25)
    slope, _ = np.polyfit(np.log(frequency[middle]), np.log(spectrum[middle]), 1)
    assert -1.15 < slope < -0.85


def test_channels_share_most_of_their_signal_and_contrast_is_plausible():
    pixels = images.natural_images(8, 128, 128, seed=1).astype(float)
    for image in pixels:
        correlation = np.corrcoef(image.reshape(-1, 3).T)
        assert correlation.min() > 0.5
        assert correlation[0, 1] < 0.98
        assert 70 < image.mean() < 160
        assert 25 < image.std() < 80


def test_pixels_are_normalised_as_the_configuration_says():
    tensor = normalised_images(ExportSpec("x", seed=3), CONFIG, (3, 64, 64))
    pixels = images.natural_images(images.STATISTICS_IMAGES, 64, 64, seed=3)
    back = tensor.permute(0, 2, 3, 1).numpy() * np.array(CONFIG["std"]) + np.array(CONFIG["mean"])
    assert np.array_equal(np.rint(back * 255).astype(np.uint8), pixels)


def photo_folder(folder, count):
    folder.mkdir()
    for i in range(count):
        # Grey columns of brightness i, wider than high: the crop is known.
        Image.new("RGB", (200, 100), (10 * i, 10 * i, 10 * i)).save(folder / f"{i:02d}.png")
    return folder


def test_photographs_are_taken_by_name_and_cropped(tmp_path):
    folder = photo_folder(tmp_path / "photos", 18)
    spec = ExportSpec("x", images=str(folder))
    tensor = normalised_images(spec, CONFIG, (3, 64, 64))
    assert tuple(tensor.shape) == (images.STATISTICS_IMAGES, 3, 64, 64)
    for i in (0, 5, 15):
        expected = (10 * i / 255 - 0.4) / 0.2
        assert abs(tensor[i, 1].mean().item() - expected) < 1e-3
    label = images.label(1, str(folder))
    assert label.startswith("folder:sha256=")
    Image.new("RGB", (9, 9)).save(folder / "00.png")
    assert images.label(1, str(folder)) != label


def test_too_few_photographs_and_a_broken_one_are_named(tmp_path):
    folder = photo_folder(tmp_path / "photos", 7)
    with pytest.raises(ValueError, match="7 images, 8 are needed"):
        images.photographs(folder)
    with pytest.raises(ValueError, match="no folder"):
        images.photographs(tmp_path / "none")
    (folder / "99.jpg").write_bytes(b"not a photograph")
    with pytest.raises(ValueError, match="99.jpg"):
        normalised_images(ExportSpec("x", images=str(folder)), CONFIG, (3, 64, 64))
