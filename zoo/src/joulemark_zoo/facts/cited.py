"""Where the installed timm package cites a paper: nothing is dated by an identifier that it does not know."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import timm

#: Four digits of year and month, and a number within the month. Before 2015 it had four digits.
ARXIV = re.compile(r"(?<![\d.])(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})(?:v\d+)?(?![\d])")


@cache
def citations() -> dict[str, tuple[str, ...]]:
    """arXiv identifier -> the files of timm that have it, as paths that begin with "timm/"."""
    root = Path(timm.__file__).parent
    found: dict[str, list[str]] = {}
    for file in sorted(root.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        for paper in dict.fromkeys(ARXIV.findall(text)):
            found.setdefault(paper, []).append(file.relative_to(root.parent).as_posix())
    return {paper: tuple(files) for paper, files in found.items()}


def cited_in(paper: str, module: str) -> str:
    """A file of timm that cites it, that of the module if it does; "" when none does."""
    files = citations().get(paper, ())
    own = f"timm/models/{module}.py"
    return own if own in files else (files[0] if files else "")


def identifier(text: str | None) -> str | None:
    """ "arXiv:2104.10972v4" -> "2104.10972"; None for what is no identifier."""
    match = ARXIV.search(text or "")
    return match[1] if match else None


def month(paper: str) -> str:
    """ "2104.10972" -> "2021-04": an identifier begins with the year and month of the first version."""
    return f"20{paper[:2]}-{paper[2:4]}"
