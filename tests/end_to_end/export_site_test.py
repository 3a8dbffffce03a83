"""`joulemark export-site`: the same as files, into a folder that is its own."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from measured import MODELS, row, rows, store
from served import serving

ROOT = Path(__file__).resolve().parents[2]
API = ROOT / "web/api"


def export(world, some: list[dict], *arguments, folder: str = "site"):
    return world.run("export-site", world.folder / folder, "--db", store(world, some), *arguments)


def files_below(folder: Path) -> dict[str, bytes]:
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def has_page(world) -> bool:
    return world.run("export-site", world.folder / "probe", "--db", store(world, rows())).code != 8


def test_it_is_byte_for_byte_what_serve_answers(world):
    only = [] if has_page(world) else ["--api-only"]
    done = export(world, rows(), *only)
    assert done.code == 0, done.err
    files = files_below(world.folder / "site")
    assert f"({len(files)} files" in done.out
    with serving(world, "--db", store(world, rows()), api_only=bool(only)) as served:
        for path, content in files.items():
            assert served.get(f"/{path}").body == content, path
        if not only:
            page = served.get("/")
            assert page.body == files["index.html"] and page.headers["content-type"].startswith("text/html")
            assets = [path for path in files if path.startswith("assets/")]
            assert assets and all("immutable" in served.get(f"/{path}").headers["cache-control"] for path in assets)


def test_documents_are_as_their_schemas_say(world):
    other = [row(model, 0.8 * mj, setup="my gpu / 2") for model, mj in list(MODELS.items())[:6]]
    failed = [row("vgg16", 1, status="crashed", energy_j_per_image=None)]
    assert export(world, rows() + other + failed, "--api-only", "--predicted").code == 0
    api = world.folder / "site/api/v1"
    schema = {name: json.loads((API / f"{name}.schema.json").read_text()) for name in ("index", "models", "analysis")}
    index = json.loads((api / "index.json").read_text())
    jsonschema.validate(index, schema["index"])
    models = json.loads((api / "models.json").read_text())
    jsonschema.validate(models, schema["models"])
    status = [column["name"] for column in models["columns"]].index("status")
    assert {"ok", "crashed"} <= {cells[status] for cells in models["rows"]}
    assert [setup["name"] for setup in index["setups"]] == ["gpu-torch", "my gpu / 2"]
    for entry in index["analyses"]:
        analysis = json.loads((api / entry["path"]).read_text())
        jsonschema.validate(analysis, schema["analysis"])
        assert all((api / entry["path"]).with_name(figure["file"]).exists() for figure in analysis["figures"])
    described = json.loads((api / "openapi.json").read_text())
    assert set(described["paths"]) >= {"/api/v1/index.json", "/api/v1/models.json"}


def test_its_database_has_all_that_was_measured(world):
    assert export(world, rows(), "--api-only").code == 0
    api = world.folder / "site/api/v1"
    database = api / json.loads((api / "index.json").read_text())["database"]
    before = world.run("export", "--format", "jsonl", "--db", store(world, rows())).out
    assert before and world.run("export", "--format", "jsonl", "--db", database).out == before


def test_an_analysis_is_what_analyse_says(world):
    assert export(world, rows(), "--api-only").code == 0
    said = world.run("analyse", "frontier", "--db", store(world, rows()), "--out", world.folder / "out")
    assert said.code == 0
    folder = world.folder / "site/api/v1/analyses/gpu-torch/throughput"
    for file in (world.folder / "out").iterdir():
        assert (folder / file.name).read_bytes() == file.read_bytes(), file.name


def test_called_again_it_is_brought_up_to_date(world):
    other = [row(model, mj, setup="gone") for model, mj in list(MODELS.items())[:4]]
    assert export(world, rows() + other, "--api-only").code == 0
    site = world.folder / "site"
    (site / "assets").mkdir()
    (site / "assets/index-old.js").write_text("old")
    (site / "CNAME").write_text("example.org")
    assert (site / "api/v1/analyses/gone/throughput/frontier.json").exists()
    done = export(world, rows(), "--api-only", "--json")
    assert done.code == 0 and done.json["removed"] > 10
    left = files_below(site)
    assert not any("/gone/" in path or path.startswith("assets/") for path in left)
    assert left["CNAME"] == b"example.org" and len(left) == done.json["files"] + 1
    again = export(world, rows(), "--api-only", "--json")
    assert again.json["removed"] == 0 and files_below(site) == left


def test_a_folder_of_something_else_is_left_alone(world):
    mine = world.folder / "site"
    mine.mkdir()
    (mine / "thesis.tex").write_text("mine")
    refused = export(world, rows(), "--api-only", "--json")
    assert refused.code == 2 and refused.error["kind"] == "invalid_input" and "--force" in refused.error["next"]
    assert files_below(mine) == {"thesis.tex": b"mine"}
    assert export(world, rows(), "--api-only", "--force").code == 0
    assert (mine / "thesis.tex").read_text() == "mine" and (mine / "api/v1/index.json").exists()
    (world.folder / "file").write_text("")
    assert export(world, rows(), "--api-only", folder="file").code == 2
    assert export(world, rows(), "--api-only", folder="file/below").code != 0


def test_what_cannot_be_exported_is_said_and_nothing_written(world):
    missing = world.run("export-site", world.folder / "site", "--api-only", "--db", world.folder / "none.sqlite")
    assert missing.code == 5
    broken = rows()
    broken[0]["energy_j_per_image"] = "much"
    assert export(world, broken, "--api-only").code != 0
    assert not (world.folder / "site").exists()


def test_without_a_page_it_is_said_what_to_do(world):
    if has_page(world):
        pytest.skip("this joulemark has its page")
    refused = export(world, rows())
    assert refused.code == 8 and "--api-only" in refused.err and "script/setup" in refused.err
