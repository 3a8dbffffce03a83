"""Exports that a file lists: many models in many variants, in one call, so that all run side by side.

The file is a JSON array of objects. `model` must be there; `format`, `precision`, `layout`, `batch`, `input_size` are
as the options of the same names, which hold for what an object leaves out:

    [{"model": "resnet50", "precision": "fp16"}, {"model": "resnet50", "input_size": 320}]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Callable

from .spec import FORMATS, LAYOUTS, PRECISIONS

CHOICES = {"format": FORMATS, "precision": PRECISIONS, "layout": LAYOUTS}


class BadList(ValueError):
    """The file is no such list; the text says where."""


def read(path: Path, parse: dict[str, Callable[[str], Any]]) -> list[dict[str, Any]]:
    """The objects of the file, checked. `parse` reads the texts of `batch` and `input_size`, as the options do.

    Raises BadList, also for a file that cannot be read.
    """
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadList(f"{path}: {error}") from error
    if not isinstance(content, list) or not content:
        raise BadList(f"{path} is no JSON array of models")
    return [checked(entry, f"{path}, entry {number}", parse) for number, entry in enumerate(content)]


def checked(entry: Any, where: str, parse: dict[str, Callable[[str], Any]]) -> dict[str, Any]:
    if not isinstance(entry, dict) or not isinstance(entry.get("model"), str):
        raise BadList(f"{where}: it names no 'model'")
    fields: dict[str, Any] = {"model": entry["model"]}
    for key, value in entry.items():
        if key in CHOICES:
            if value not in CHOICES[key]:
                raise BadList(f"{where}: '{key}' is {value!r}, not {' | '.join(CHOICES[key])}")
            fields[key] = value
        elif key in parse:
            try:
                fields[key] = parse[key](str(value))
            except argparse.ArgumentTypeError as error:
                raise BadList(f"{where}: '{key}': {error}") from error
        elif key != "model":
            raise BadList(f"{where}: there is no '{key}'; there are model, {', '.join([*CHOICES, *parse])}")
    return fields
