"""Reads the #include graph of a source tree and finds what ARCHITECTURE.md does not allow.

`violations(root)` returns one line per finding, "file:line: what", for
  - a part in src/ that includes its own layer's other parts or a later layer,
  - a worker that includes more of ours than workers/protocol,
  - a heavy header that a header of src/ includes, itself or through other headers of ours,
  - an #include "..." that is no file of the tree (a path not written from src/),
  - a source file of more than 450 lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# The layers, lowest first. Parts on one line do not see each other.
LAYERS = (
    ("base",),
    ("load", "meter", "zoo", "store", "catalogue", "accuracy", "figure"),
    ("analysis",),
    ("score",),
    ("runtime",),
    ("measure",),
    ("calibrate",),
    ("campaign",),
    ("report",),
    ("site",),
    ("cli",),
)
RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}

# The one library of workers/ that both sides of the process boundary share, and who may use it.
PROTOCOL = "workers/protocol"
PROTOCOL_USERS_IN_SRC = ("runtime",)

# Headers that cost seconds to compile or drag a library into every user's build.
HEAVY = re.compile(
    r"^(torch/|ATen/|c10/|nlohmann/json\.hpp|SQLiteCpp/|sqlite3\.h|CLI/|httplib\.h|openssl/|boost/|libpq)"
)

LINE_LIMIT = 450
LIMITED = {".cpp", ".hpp", ".py", ".sh"}
SOURCE_FOLDERS = ("src", "workers", "zoo", "tests", "fuzz", "bench", "script")
CODE = {".cpp", ".hpp", ".h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


@dataclass(frozen=True)
class Include:
    line: int
    quoted: bool
    path: str


def read_includes(file: Path) -> list[Include]:
    found = []
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if match := INCLUDE.match(text):
            found.append(Include(number, match[1] == '"', match[2]))
    return found


class Tree:
    """The C++ files of a tree and what each includes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = {
            file: read_includes(file)
            for folder in ("src", "workers", "fuzz", "bench")
            for file in sorted((root / folder).rglob("*"))
            if file.suffix in CODE and file.is_file()
        }
        # Where a quoted or angled include may find a file of ours.
        self.search = [root / "src", root / PROTOCOL, root / PROTOCOL / "include", root / "workers"]

    def resolve(self, file: Path, include: Include) -> Path | None:
        places = [file.parent, *self.search] if include.quoted else self.search
        for place in places:
            candidate = (place / include.path).resolve()
            if candidate in self.files:
                return candidate
        return None

    def relative(self, file: Path) -> str:
        return file.relative_to(self.root).as_posix()


def owner(relative: str) -> tuple[str, str]:
    """("src", part) or ("workers", worker) or (folder, "") of a path."""
    pieces = relative.split("/")
    return pieces[0], pieces[1] if len(pieces) > 2 else ""


def arrow_problem(source: str, target: str) -> str | None:
    """Why `source` may not include `target` (both relative to the root), or None."""
    (from_root, from_part), (to_root, to_part) = owner(source), owner(target)
    if from_root == "src":
        if target.startswith(PROTOCOL + "/"):
            if from_part in PROTOCOL_USERS_IN_SRC:
                return None
            return f"only {', '.join(PROTOCOL_USERS_IN_SRC)} may include {PROTOCOL}"
        if to_root != "src":
            return f"src/ may not include {to_root}/"
        if to_part == from_part:
            return None
        if from_part not in RANK:
            return f"part {from_part} has no layer (tests/layers.py)"
        if to_part not in RANK:
            return f"part {to_part} has no layer (tests/layers.py)"
        if RANK[to_part] >= RANK[from_part]:
            return f"{from_part} may not include {to_part}: it is not a lower layer"
        return None
    if from_root == "workers":
        if target.startswith(PROTOCOL + "/") or (to_root, to_part) == (from_root, from_part):
            return None
        return f"a worker may include only {PROTOCOL} and itself"
    return None  # fuzz targets and benchmarks may use every part


def arrows(tree: Tree) -> Iterator[str]:
    for file, includes in tree.files.items():
        source = tree.relative(file)
        for include in includes:
            target = tree.resolve(file, include)
            if target is None:
                if include.quoted and not tree_generates(include.path):
                    yield f'{source}:{include.line}: "{include.path}" is no file of the tree'
                continue
            if problem := arrow_problem(source, tree.relative(target)):
                yield f"{source}:{include.line}: {problem}"


def tree_generates(path: str) -> bool:
    """Headers that the build writes live in a folder named generated/."""
    return path.startswith("generated/")


def heavy_headers(tree: Tree) -> Iterator[str]:
    for file, includes in tree.files.items():
        relative = tree.relative(file)
        if file.suffix == ".cpp" or owner(relative)[0] != "src":
            continue
        for include in includes:
            if chain := heavy_chain(tree, file, include, ()):
                yield f"{relative}:{include.line}: a public header brings in {' -> '.join(chain)}"


def heavy_chain(
    tree: Tree, file: Path, include: Include, seen: tuple[Path, ...]
) -> list[str] | None:
    """The includes that lead from `include` to a heavy header, or None."""
    if HEAVY.match(include.path):
        return [include.path]
    target = tree.resolve(file, include)
    if target is None or target in seen:
        return None
    for nested in tree.files[target]:
        if chain := heavy_chain(tree, target, nested, (*seen, target)):
            return [include.path, *chain]
    return None


def long_files(root: Path) -> Iterator[str]:
    for folder in SOURCE_FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in LIMITED or not file.is_file():
                continue
            lines = file.read_text(encoding="utf-8").count("\n")
            if lines > LINE_LIMIT:
                yield f"{file.relative_to(root).as_posix()}:1: {lines} lines; the limit is {LINE_LIMIT}"


def violations(root: Path) -> list[str]:
    root = root.resolve()
    tree = Tree(root)
    return [*arrows(tree), *heavy_headers(tree), *long_files(root)]
