"""Makes timm importable where torchvision's compiled operators do not load.

timm imports torchvision, and torchvision registers Python code for two of its operators at import. Where
its compiled library does not fit the installed torch (a CPU torch beside torchvision from an index
with CUDA builds only) these are unknown and the import fails. Declaring their schemas is enough: no
classifier calls them. Where the native operators load, nothing is touched.
"""

import importlib.util
from pathlib import Path

import torch

_library = None  # a library's declarations live as long as the object


def _native_operators_load() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        return True  # no torchvision: let timm say so
    # Looked for as a file: asking for the submodule's spec would import the package that fails.
    libraries = list(Path(spec.submodule_search_locations[0]).glob("_C*.so"))
    if not libraries:
        return False
    try:
        torch.ops.load_library(str(libraries[0]))
    except (OSError, RuntimeError):
        return False
    return hasattr(torch.ops.torchvision, "nms")


if not _native_operators_load():
    _library = torch.library.Library("torchvision", "DEF")
    for _operator in ("nms", "qnms"):
        _library.define(f"{_operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
