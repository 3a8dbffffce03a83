"""Made-up rows of real architectures, for the commands that read rows."""

from __future__ import annotations

import json
from pathlib import Path

# Architectures of the catalogue, with energies that grow with their GMACs but for one.
MODELS = {
    "mobilenetv3_small_100": 5, "resnet18": 12, "efficientnet_b0": 22, "resnet50": 40, "convnext_tiny": 55,
    "vit_small_patch16_224": 28, "resnet101": 75, "regnety_032": 36, "convnext_base": 120, "vit_base_patch16_224": 72,
    "densenet121": 63,
}


def row(architecture: str, millijoules: float, **other) -> dict:
    setup = other.get("setup", "gpu-torch")
    return {
        "run": f"{setup}/{architecture}/{other.get('policy', 'throughput')}/{other.get('measured_at', '')}",
        "model": architecture, "architecture": architecture, "input_size": "224x224", "setup": setup, "policy": "throughput",
        "batch": 64, "energy_j_per_image": millijoules / 1000, "ci95_rel": 0.005, "systematic_rel": 0.02, "flags": "",
        "weights": "live:1", "status": "ok", "measured_at": "2026-11-01T00:00:00Z", "method": "5", "meter": "nvml", **other,
    }


def rows() -> list[dict]:
    return [row(model, mj) for model, mj in MODELS.items()]


def store(world, rows: list[dict]) -> Path:
    file = world.folder / "rows.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return file
