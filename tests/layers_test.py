"""The tree keeps to its layers; and the check that says so can fail (synthetic trees below)."""

from __future__ import annotations

from pathlib import Path

import pytest

import layers

ROOT = Path(__file__).resolve().parent.parent


def test_the_tree_keeps_to_its_layers():
    found = layers.violations(ROOT)
    assert not found, "\n" + "\n".join(found)


def test_the_check_reads_the_whole_tree():
    tree = layers.Tree(ROOT)
    parts = {layers.owner(tree.relative(file))[1] for file in tree.files}
    assert {"base", "meter", "measure"} <= parts
    assert sum(len(includes) for includes in tree.files.values()) > 100


def test_every_part_of_the_tree_has_a_layer():
    folders = {folder.name for folder in (ROOT / "src").iterdir() if folder.is_dir()}
    assert folders <= set(layers.RANK)


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


ALLOWED = {
    "src/base/units.hpp": "#pragma once\n#include <chrono>\n",
    "src/meter/meter.hpp": '#include "base/units.hpp"\n',
    "src/measure/run.cpp": '#include "meter/meter.hpp"\n#include <nlohmann/json.hpp>\n',
    "src/runtime/wire.cpp": '#include "joulemark/frame.hpp"\n',
    "workers/protocol/joulemark/frame.hpp": "#include <nlohmann/json.hpp>\n",
    "workers/torch/main.cpp": '#include <torch/script.h>\n#include "joulemark/frame.hpp"\n#include "model.hpp"\n',
    "workers/torch/model.hpp": "#pragma once\n",
    "fuzz/units_fuzz.cpp": '#include "meter/meter.hpp"\n',
}


def test_allowed_arrows_pass(tmp_path):
    write(tmp_path, ALLOWED)
    assert layers.violations(tmp_path) == []


@pytest.mark.parametrize(
    ("files", "finding"),
    [
        pytest.param(
            {"src/base/up.cpp": '#include "meter/meter.hpp"\n'},
            "src/base/up.cpp:1: base may not include meter",
            id="upward",
        ),
        pytest.param(
            {"src/store/store.hpp": "", "src/meter/side.cpp": '\n#include "store/store.hpp"\n'},
            "src/meter/side.cpp:2: meter may not include store",
            id="sideways",
        ),
        pytest.param(
            {"src/base/angled.cpp": "#include <meter/meter.hpp>\n"},
            "src/base/angled.cpp:1: base may not include meter",
            id="upward in angle brackets",
        ),
        pytest.param(
            {"src/base/dots.cpp": '#include "../meter/meter.hpp"\n'},
            "src/base/dots.cpp:1: base may not include meter",
            id="upward by a relative path",
        ),
        pytest.param(
            {"src/novel/a.hpp": '#include "base/units.hpp"\n'},
            "part novel has no layer",
            id="a part without a layer",
        ),
        pytest.param(
            {"workers/torch/peek.cpp": '#include "base/units.hpp"\n'},
            "workers/torch/peek.cpp:1: a worker may include only workers/protocol",
            id="worker into src",
        ),
        pytest.param(
            {"src/measure/wire.cpp": '#include "joulemark/frame.hpp"\n'},
            "only runtime may include workers/protocol",
            id="protocol outside runtime",
        ),
        pytest.param(
            {"src/store/store.hpp": "#include <SQLiteCpp/SQLiteCpp.h>\n"},
            "src/store/store.hpp:1: a public header brings in SQLiteCpp/SQLiteCpp.h",
            id="heavy header",
        ),
        pytest.param(
            {"src/runtime/worker.hpp": '#include "joulemark/frame.hpp"\n'},
            "a public header brings in joulemark/frame.hpp -> nlohmann/json.hpp",
            id="heavy header through another",
        ),
        pytest.param(
            {"src/meter/lost.cpp": '#include "gone.hpp"\n'},
            'src/meter/lost.cpp:1: "gone.hpp" is no file of the tree',
            id="no such file",
        ),
        pytest.param(
            {"zoo/src/long.py": "x = 1\n" * 451},
            "zoo/src/long.py:1: 451 lines; the limit is 450",
            id="long file",
        ),
    ],
)
def test_each_violation_is_found(tmp_path, files, finding):
    write(tmp_path, ALLOWED | files)
    found = layers.violations(tmp_path)
    assert len(found) == 1
    assert finding in found[0]
