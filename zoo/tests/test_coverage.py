"""What surveys found: the committed table, and the page that is made from it."""

from __future__ import annotations

import csv
import json
from collections import Counter

import jsonschema
import pytest
from conftest import ROOT
from test_cli import run_here
from test_survey import outcome, table_at

from joulemark_zoo import _torchvision_ops  # noqa: F401
import timm

from joulemark_zoo import fixes
from joulemark_zoo.names import family
from joulemark_zoo.survey import page, table
from joulemark_zoo.survey.half import half_precision

TABLE, PAGE = ROOT / "data/zoo/coverage.csv", ROOT / "docs/zoo.md"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return table.read(TABLE)


@pytest.fixture(scope="module")
def row_schema() -> jsonschema.Draft202012Validator:
    content = json.loads((ROOT / "docs/schema/coverage.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(content)
    assert tuple(content["properties"]) == table.COLUMNS == tuple(content["required"])
    return jsonschema.Draft202012Validator(content)


def test_the_committed_table_keeps_its_schema(rows, row_schema):
    for row in rows:
        row_schema.validate(row)
    keys = [table.key_of(r) for r in rows]
    assert keys == sorted(set(keys))
    assert TABLE.read_text() == table.text_of(rows)


def test_the_schema_refuses_what_is_wrong(rows, row_schema):
    good = next(r for r in rows if r["outcome"] == "exported")
    for change in (
        {"outcome": "failed"}, {"outcome": "not_tried"}, {"reason": "?"}, {"artefact_mb": ""}, {"torch": ""},
        {"input_size": "0"}, {"eager_error": "nan"}, {"date": "today"}, {"format": "onnx"}, {"images": "8"},
    ):
        assert not row_schema.is_valid({**good, **change}), change


def test_the_committed_table_is_about_models_and_fixes_that_there_are(rows):
    known = set(timm.list_models())
    assert {r["architecture"] for r in rows} <= known
    assert all(r["family"] == family(r["architecture"]) for r in rows)
    first = Counter(r["architecture"] for r in rows if main(r) and r["first_size"] == "yes")
    assert set(first) == {r["architecture"] for r in rows} and set(first.values()) == {1}
    applied = {name for r in rows for name in r["fixes"].split()}
    assert applied == {f.name for f in fixes.FIXES}


def main(row) -> bool:
    return (row["format"], row["precision"], row["layout"]) == table.MAIN


def test_the_page_says_what_the_table_says(rows):
    assert page.with_summary(PAGE.read_text(), rows) == PAGE.read_text()


def test_outcomes_come_into_the_table_and_the_page(tmp_path, monkeypatch, capsys, in_world):
    results = table_at(tmp_path / "results.csv", ("resnet18.a", 224, 11), ("resnet18.b", 288, 11), ("resnet34", 224, 21))
    made = {"stage": "done", "artefact_bytes": 44_000_000, "eager_error": 0.0, "half_error": 0.001,
            "half_largest": 12.0, "peak_bytes": 5e8, "images": [2, 4], "joulemark_zoo": "0", "torch": "2", "timm": "1",
            "machine": "M"}
    failed = {"outcome": "failed", "stage": "export", "reason": "a | b", "images": [2, 4]}
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_text("".join(json.dumps({**made, **o}) + "\n" for o in (outcome(), outcome("resnet34", **failed))))
    later = outcome("resnet34", at="2026-02-01T00:00:00Z", fixes=["x_y"])
    second.write_text(json.dumps({**made, **later}) + "\n")
    text = tmp_path / "page.md"
    text.write_text(f"# Mine\n{page.BEGIN}\nold\n{page.END}\nThe end\n")

    def coverage(*outcomes):
        command = ("coverage", "--from", results, "--table", tmp_path / "t.csv", "--page", text, *outcomes)
        assert run_here(monkeypatch, *command) == 0
        with open(tmp_path / "t.csv") as file:
            return [(r["architecture"], r["input_size"], r["outcome"], r["fixes"]) for r in csv.DictReader(file)]

    assert coverage(first) == [
        ("resnet18", "224", "exported", ""), ("resnet18", "288", "not_tried", ""), ("resnet34", "224", "failed", ""),
    ]
    said = text.read_text()
    assert said.startswith("# Mine\n") and said.endswith("\nThe end\n") and "old" not in said
    assert "| architectures, at one evaluation size each | 2 | 2 | 1 of 2 (50.0 %) | 1 of 2 (50.0 %) |" in said
    assert "| resnet34 | 224 | torchscript fp32 contiguous | export | a \\| b |" in said
    # What the table has stays, a later outcome replaces it.
    assert coverage(second) == [
        ("resnet18", "224", "exported", ""), ("resnet18", "288", "not_tried", ""), ("resnet34", "224", "exported", "x_y"),
    ]
    assert "2 of 2 (100.0 %)" in text.read_text() and "None of those tried" in text.read_text()
    capsys.readouterr()

    # And a survey leaves out what the table has.
    command = ("survey", "--from", results, "--skip", tmp_path / "t.csv", "--out", tmp_path / "c.jsonl", "--json")
    assert run_here(monkeypatch, *command, "--budget", "1e-9") == 0
    assert json.loads(capsys.readouterr().out)["left"] == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("x.jsonl",), "without the table of results"),
        (("--page", "{}/empty.md"), "no marks"),
        (("--table", "{}/empty.md"), "no table"),
    ],
)
def test_wrong_use_changes_nothing(tmp_path, monkeypatch, capsys, args, said):
    (tmp_path / "empty.md").write_text("nothing\n")
    (tmp_path / "t.csv").write_text(TABLE.read_text())
    assert run_here(monkeypatch, "coverage", "--table", tmp_path / "t.csv", *(a.format(tmp_path) for a in args)) == 2
    assert said in capsys.readouterr().err
    assert (tmp_path / "empty.md").read_text() == "nothing\n" and (tmp_path / "t.csv").read_text() == TABLE.read_text()


@pytest.mark.parametrize("name", ["test_resnet", "test_vit"])
def test_rounding_to_half_says_what_half_precision_does(name, in_world):
    from joulemark_zoo.artefact import error_of_eager, reference_output
    from joulemark_zoo.build import build
    from joulemark_zoo.formats import Eager, placed
    from joulemark_zoo.images import Counts
    from joulemark_zoo.spec import ExportSpec

    import torch

    spec = ExportSpec(name, precision="fp16", weights="live")
    with torch.no_grad():
        built = build(spec, Counts(reference=4, statistics=4))
        said = half_precision(built.model, built.images)
        logits = reference_output(built, spec)
        true = error_of_eager(Eager(placed(built.model, spec), built.images, spec), logits)
    assert true / 2 < said["half_error"] < true * 2
    assert 1 < said["half_largest"] < 65504
