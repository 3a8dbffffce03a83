"""Everything about timm's ImageNet-1k classifiers that its package states: one JSON-able object."""

from __future__ import annotations

from .. import _torchvision_ops  # noqa: F401  before timm
import timm
from timm.models import _registry

from . import cited, families, recipes

SCHEMA = "joulemark.timm-facts/1"
CLASSES = 1000


class NotCited(Exception):
    """A paper of our tables that no file of the installed timm has."""


def collect() -> dict:
    """Raises NotCited."""
    models = sorted(m for m in timm.list_pretrained() if timm.get_pretrained_cfg(m).num_classes == CLASSES)
    architectures = sorted({m.partition(".")[0] for m in models})
    modules = {a: timm.model_entrypoint(a).__module__.rpartition(".")[2] for a in architectures}
    return {
        "schema": SCHEMA,
        "timm": timm.__version__,
        "families": families_of(modules),
        "architectures": [architecture_facts(a, modules[a]) for a in architectures],
        "weights": [weights_facts(m, modules[m.partition(".")[0]]) for m in models],
        "formerly": [
            {"old": old, "new": new} for old, new in sorted(_registry._deprecated_models.items())
            if new in models or new in architectures
        ],
    }


def families_of(modules: dict[str, str]) -> list[dict]:
    """Each family that has architectures, once, by name."""
    used = {families.family_of(module, a) for a, module in modules.items()} - {None}
    return [
        {
            "family": f.name, "kind": f.kind, "paper": f.paper, "date": f.paper and cited.month(f.paper),
            "cited_in": f.paper and citation(f.paper, f.module, f.name), "reason": families.EXCEPTIONS.get(f.name),
        }
        for f in sorted({f.name: f for f in families.FAMILIES if f in used}.values(), key=lambda f: f.name)
    ]


def architecture_facts(architecture: str, module: str) -> dict:
    family = families.family_of(module, architecture)
    default = timm.get_pretrained_cfg(architecture)
    return {
        "architecture": architecture, "module": module, "family": family.name if family else None,
        "default_tag": (default.tag or None) if default else None,
    }


def weights_facts(model: str, module: str) -> dict:
    config = timm.get_pretrained_cfg(model)
    family = families.family_of(module, model.partition(".")[0])
    paper, reason = recipes.paper_of(model, cited.identifier(config.paper_ids), family.paper if family else None)
    return {
        "model": model, "pretraining": recipes.pretraining_of(model), "licence": licence_of(config),
        "paper": paper, "date": paper and cited.month(paper),
        "cited_in": paper and citation(paper, module, model), "reason": reason or None,
    }


def licence_of(config) -> str | None:
    """As timm states it; its word for not knowing is no licence."""
    return config.license if config.license and config.license != "unknown" else None


def citation(paper: str, module: str, what: str) -> str:
    found = cited.cited_in(paper, module)
    if not found:
        raise NotCited(f"arXiv:{paper} of {what} stands nowhere in timm {timm.__version__}")
    return found
