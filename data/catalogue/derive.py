#!/usr/bin/env python3
"""Derives published-top1.json from timm's results-imagenet.csv.

    python3 data/catalogue/derive.py results-imagenet.csv > data/catalogue/published-top1.json

The CSV is results/results-imagenet.csv of https://github.com/huggingface/pytorch-image-models
(Apache-2.0). Only facts are taken: for the architectures below every tag, the size of its test
images, accuracy and parameter count, as they stand there.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from pathlib import Path

# The weights that timm 1.0.31 takes when a name has no tag: timm.get_pretrained_cfg(name).tag
DEFAULT_TAGS = {
    "beit_base_patch16_224": "in22k_ft_in22k_in1k",
    "convnext_atto": "d2_in1k",
    "convnext_base": "fb_in22k_ft_in1k",
    "convnext_tiny": "in12k_ft_in1k",
    "deit3_base_patch16_224": "fb_in1k",
    "densenet121": "ra_in1k",
    "efficientnet_b0": "ra_in1k",
    "efficientnetv2_rw_s": "ra2_in1k",
    "maxvit_tiny_tf_224": "in1k",
    "mixer_b16_224": "goog_in21k_ft_in1k",
    "mobilenetv3_small_100": "lamb_in1k",
    "mobilenetv4_conv_medium": "e500_r256_in1k",
    "regnety_016": "tv2_in1k",
    "resnet18": "a1_in1k",
    "resnet50": "a1_in1k",
    "resnext50_32x4d": "a1h_in1k",
    "swin_tiny_patch4_window7_224": "ms_in1k",
    "vit_base_patch16_224": "augreg2_in21k_ft_in1k",
    "vit_small_patch16_224": "augreg_in21k_ft_in1k",
    "vit_tiny_patch16_224": "augreg_in21k_ft_in1k",
}


def result(row: dict) -> dict:
    return {
        "tag": row["model"].partition(".")[2],
        "size": int(row["img_size"]),
        "top1": float(row["top1"]),
        "top5": float(row["top5"]),
        "parameters_m": float(row["param_count"].replace(",", "")),
    }


def derive(content: bytes) -> dict:
    rows = list(csv.DictReader(content.decode().splitlines()))
    models = []
    for architecture, default_tag in sorted(DEFAULT_TAGS.items()):
        results = [result(r) for r in rows if r["model"].partition(".")[0] == architecture]
        results.sort(key=lambda r: (r["tag"], r["size"]))
        if not any(r["tag"] == default_tag for r in results):
            raise SystemExit(f"{architecture}.{default_tag} is not in the CSV: is it of timm 1.0?")
        models.append(
            {"architecture": architecture, "default_tag": default_tag, "results": results}
        )
    return {
        "schema": "joulemark.published/1",
        "source": {
            "file": "results/results-imagenet.csv",
            "project": "https://github.com/huggingface/pytorch-image-models",
            "licence": "Apache-2.0",
            "sha256": hashlib.sha256(content).hexdigest(),
            "what": "accuracy in percent on the 50,000 validation images of ImageNet-1k, "
            "as timm's author measured it",
        },
        "models": models,
    }


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    table = derive(Path(sys.argv[1]).read_bytes())
    text = json.dumps(table, indent=1)
    # One line per result: a change of one number is a change of one line.
    for entry in (r for m in table["models"] for r in m["results"]):
        text = text.replace(json.dumps(entry, indent=1).replace("\n", "\n    "), json.dumps(entry))
    print(text)


if __name__ == "__main__":
    main()
