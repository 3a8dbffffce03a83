"""timm's model names: what a user's pattern stands for."""

from __future__ import annotations

import difflib
import fnmatch
import importlib

from . import _torchvision_ops  # noqa: F401  before timm
import timm


class UnknownModel(Exception):
    """A pattern that no model answers to. `next_step` names the nearest."""

    def __init__(self, pattern: str, near: list[str]):
        super().__init__(f"timm has no model '{pattern}'")
        self.next_step = f"Did you mean {', '.join(near)}?" if near else "See: python -m joulemark_zoo list"


def register(modules: tuple[str, ...]) -> None:
    """Imports modules that register more models with timm."""
    for module in modules:
        importlib.import_module(module)


def find(patterns: list[str], *, pretrained: bool = False) -> list[str]:
    """Every model that a pattern stands for, each once, in the order asked for.

    A pattern with a dot is matched against architecture.tag, one without against architectures (with
    `pretrained`, against the names with tags of those that have weights). Raises UnknownModel.
    """
    architectures, tagged = timm.list_models(), timm.list_pretrained()
    found: dict[str, None] = {}
    for pattern in patterns:
        if "." in pattern:
            names = fnmatch.filter(tagged, pattern)
        elif pretrained:
            names = [n for n in tagged if fnmatch.fnmatch(n.partition(".")[0], pattern)]
        else:
            names = fnmatch.filter(architectures, pattern)
        if not names:
            candidates = tagged if "." in pattern else architectures
            raise UnknownModel(pattern, difflib.get_close_matches(pattern, candidates, 3, 0.5))
        found.update(dict.fromkeys(names))
    return list(found)


def own_input_size(name: str) -> int | None:
    """Pixels of each side that the model's configuration states; None when it states none, or a rectangle."""
    config = timm.get_pretrained_cfg(name, allow_unregistered=True)
    size = tuple(config.input_size or ()) if config else ()
    return size[1] if len(size) == 3 and size[1] == size[2] else None


def family(architecture: str) -> str:
    """The module of timm that defines it: models that are written alike."""
    return timm.model_entrypoint(architecture).__module__.rpartition(".")[2]
