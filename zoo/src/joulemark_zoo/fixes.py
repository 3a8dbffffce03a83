"""What some models need so that a format can hold them: one entry each in FIXES, with the reason.

A fix is in place only while the model is exported. The reference output, and the eager model that the artefact is
compared with, are timm's own, so a fix that changed what is computed would fail the export.
"""

from __future__ import annotations

import contextlib
import fnmatch
from dataclasses import dataclass
from typing import Callable, ContextManager, Iterator

import torch
from torch import nn

from .spec import ExportSpec


@dataclass(frozen=True)
class Fix:
    name: str  # in descriptors
    architectures: str  # a glob
    formats: tuple[str, ...]
    mend: Callable[[nn.Module], ContextManager[None]]  # changes the model in place, and restores it
    reason: str


def scripted(type_name: str) -> Callable[[nn.Module], ContextManager[None]]:
    """Compiles the submodules of one type from their source. A trace that meets them keeps their arithmetic on sizes,
    which it would otherwise replace by the numbers of its example.

    The type is named: what runs packages imports this table, and has no use for timm.
    """

    @contextlib.contextmanager
    def mend(model: nn.Module) -> Iterator[None]:
        own = [(parent, name, child) for parent in model.modules() for name, child in parent.named_children()
               if type(child).__name__ == type_name]
        try:
            for parent, name, child in own:
                setattr(parent, name, torch.jit.script(child))
            yield
        finally:
            for parent, name, child in own:
                setattr(parent, name, child)

    return mend


FIXES = (
    Fix(
        "script_cond_conv",
        "tf_efficientnet_cc_*",
        ("torchscript",),
        scripted("CondConv2d"),
        "Convolves every image with weights of its own, as one convolution with batch x groups groups. A trace fixes "
        "that product, and then runs at no other batch.",
    ),
)


def fixes_of(spec: ExportSpec) -> tuple[Fix, ...]:
    """Those of FIXES that this model needs in this format."""
    return tuple(
        f for f in FIXES if spec.format in f.formats and fnmatch.fnmatchcase(spec.architecture, f.architectures)
    )


def names_of(spec: ExportSpec) -> list[str]:
    return [f.name for f in fixes_of(spec)]


@contextlib.contextmanager
def mended(model: nn.Module, spec: ExportSpec) -> Iterator[None]:
    """The model as it is exported; afterwards it is timm's own again."""
    with contextlib.ExitStack() as stack:
        for fix in fixes_of(spec):
            stack.enter_context(fix.mend(model))
        yield
