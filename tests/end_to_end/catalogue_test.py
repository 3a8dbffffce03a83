"""The catalogue: built from tables in timm's form, shown, searched, compared; and the committed one."""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "data/catalogue"
TABLES = ("families.csv", "architectures.csv", "weights.csv", "accuracy.csv", "costs.csv", "speeds.csv")
BUILT = (*TABLES, "SOURCE.json", "findings.csv")

RESULTS = (
    "imagenet", "imagenet-real", "imagenetv2-matched-frequency", "imagenet-a", "imagenet-r", "imagenet-a-clean",
    "imagenet-r-clean",
)
ROWS = (
    ("alpha.one", 224, 70.5, "25.56"), ("alpha.one", 288, 72.25, "25.56"), ("alpha.two", 224, 75.0, "25.56"),
    ("beta.in1k", 224, 80.125, "1,013.01"),
)


def results(shift: float) -> str:
    lines = ["model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation"]
    for model, size, top1, parameters in ROWS:
        a, b = top1 - shift, top1 - shift + 15
        lines.append(f'{model},{size},{a:.3f},{100 - a:.3f},{b:.3f},{100 - b:.3f},"{parameters}",0.950,bicubic')
    return "\n".join(lines) + "\n"


FACTS = {
    "schema": "joulemark.timm-facts/1", "timm": "9.9.9",
    "families": [{"family": "alphas", "kind": "CNN", "paper": "1512.03385", "date": "2015-12", "cited_in": "a.py"}],
    "architectures": [
        {"architecture": "alpha", "module": "a", "family": "alphas", "default_tag": "one"},
        {"architecture": "beta", "module": "b", "family": "alphas", "default_tag": "in1k"},
    ],
    "weights": [{"model": "alpha.one", "pretraining": "in1k"}, {"model": "alpha.two", "pretraining": "in21k"},
                {"model": "beta.in1k", "pretraining": "in1k", "licence": "mit"}],
    "formerly": [],
}


class Tables:
    """A folder of tables in timm's form, and the catalogue that is built from it."""

    def __init__(self, world) -> None:
        self.world = world
        self.folder = world.folder / "results"
        self.facts = world.folder / "facts.json"
        self.out = world.folder / "catalogue"
        self.folder.mkdir()
        for i, name in enumerate(RESULTS):
            self.write(f"results-{name}.csv", results(5.0 * i))
        self.write("results-sketch.csv", results(40))
        self.write("model_metadata-in1k.csv", "model,pretrain\nalpha,in1k\n")
        self.write(
            "benchmark-infer-amp-nchw-pt291-cu130-5090.csv",
            "model,infer_img_size,infer_samples_per_sec,param_count,infer_gmacs,infer_macts\n"
            "alpha,224,10,25.56,4.11,11.11\nalpha,288,10,25.56,6.8,18.37\nbeta,224,10,1013.01,100,200\n",
        )
        self.facts.write_text(json.dumps(FACTS))

    def write(self, name: str, text: str | bytes) -> None:
        (self.folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    def change(self, name: str, before: str, after: str) -> None:
        text = (self.folder / name).read_text()
        assert before in text
        self.write(name, text.replace(before, after, 1))

    def build(self, *options, out: Path | None = None):
        return self.world.run(
            "catalogue", "build", "--from", self.folder, "--facts", self.facts, "--out", out or self.out, *options
        )


@pytest.fixture
def tables(world) -> Tables:
    return Tables(world)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}


def test_a_catalogue_is_built_from_a_folder_the_same_each_time(tables):
    done = tables.build("--json")
    assert done.code == 0, done.err
    assert done.json["contents"]["evaluations"] == 4 and done.json["contents"]["accuracies"] == 32
    assert done.json["findings"]["no_licence"] == 2
    first = contents(tables.out)
    assert set(first) == set(BUILT)
    assert tables.build().code == 0
    assert contents(tables.out) == first
    with (tables.out / "accuracy.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["model"] for r in rows] == ["alpha.one", "alpha.one", "alpha.two", "beta.in1k"]
    assert (rows[3]["imagenet_top1"], rows[3]["sketch_top1"]) == ("80.125", "40.125")
    source = json.loads(first["SOURCE.json"])
    assert source["timm"] == "9.9.9" and source["licence"] == "Apache-2.0" and len(source["tables"]) == 10


def test_what_a_build_says_is_what_it_wrote(tables):
    said = tables.build()
    assert "4  evaluations" in said.out
    assert re.search(r"2  no_licence: timm states no licence", said.out)
    findings = (tables.out / "findings.csv").read_text()
    assert "no_licence,alpha.one,," in findings and "no_licence,alpha.two,," in findings


@pytest.mark.parametrize(
    ("name", "before", "after", "what"),
    [
        ("results-sketch.csv", "top5,", "top_5,", "results-sketch.csv, line 1: column top5 is missing"),
        ("results-sketch.csv", "top1_err", "new", "results-sketch.csv, line 1: column 'new' is not known"),
        ("results-imagenet.csv", "alpha.one,288", "alpha.one,224", "results-imagenet.csv, line 3, column model"),
        ("results-imagenet.csv", "70.500", "nan", "results-imagenet.csv, line 2, column top1: 'nan'"),
        ("results-imagenet.csv", "70.500", "0.705", "line 2, column top1: with top1_err"),
        ("results-imagenet.csv", "25.56", "0.00", "results-imagenet.csv, line 2, column param_count: '0.00'"),
        ("results-imagenet-r.csv", "0.950,bicubic\n", "0.950", "results-imagenet-r.csv, line 2: it has"),
        ("benchmark-infer-amp-nchw-pt291-cu130-5090.csv", "4.11", "0.0", "line 2, column infer_gmacs: '0.0'"),
    ],
)
def test_tables_that_are_not_sound_leave_the_catalogue_as_it_was(tables, name, before, after, what):
    assert tables.build().code == 0
    old = contents(tables.out)
    tables.change(name, before, after)
    refused = tables.build("--json")
    assert refused.code == 2
    assert what in refused.error["what"]
    assert refused.error["next"]
    assert contents(tables.out) == old


def test_tables_that_are_no_text_or_cut_off_are_refused(tables):
    name = "results-imagenet.csv"
    whole = (tables.folder / name).read_bytes()
    tables.write(name, whole.replace(b"bicubic", b"bicubi\xff", 1))
    assert "results-imagenet.csv, line 2, character" in tables.build().err
    tables.write(name, whole[:-5])
    assert "is the file cut off?" in tables.build().err
    tables.write(name, whole[: whole.rindex(b"beta")])
    assert "is one of them cut off?" in tables.build().err
    tables.write(name, b"")
    assert "the file is empty" in tables.build().err
    assert contents(tables.out) == {}


def test_folders_and_facts_that_are_not_there_are_named(tables):
    empty = tables.world.folder / "empty"
    empty.mkdir()
    done = tables.world.run("catalogue", "build", "--from", empty, "--facts", tables.facts, "--out", tables.out)
    assert done.code == 5 and "results-imagenet.csv" in done.err
    done = tables.world.run("catalogue", "build", "--from", empty / "none", "--out", tables.out)
    assert done.code == 5 and "empty/none" in done.err
    tables.facts.unlink()
    done = tables.build()
    assert done.code == 5 and "python -m joulemark_zoo facts" in done.err
    tables.facts.write_text("{}")
    done = tables.build()
    assert done.code == 2 and "timm-facts" in done.err
    assert contents(tables.out) == {}


def test_a_place_that_cannot_be_written_is_an_error_and_nothing_is_left(tables):
    (tables.world.folder / "file").write_text("")
    done = tables.build(out=tables.world.folder / "file/catalogue")
    assert done.code != 0 and "cannot write" in done.err
    tables.out.mkdir()
    (tables.out / "costs.csv").mkdir()
    (tables.out / "costs.csv/inside").write_text("")
    assert tables.build().code != 0
    assert not list(tables.out.glob(".*.partial"))


def test_two_catalogues_are_compared(tables):
    assert tables.build().code == 0
    assert "No difference" in tables.world.run("catalogue", "diff", tables.out, tables.out).out
    newer = tables.world.folder / "newer"
    tables.change("results-imagenet-real.csv", "65.500,34.500", "65.600,34.400")
    tables.change("benchmark-infer-amp-nchw-pt291-cu130-5090.csv", "alpha,288", "alpha,320")
    assert tables.build(out=newer).code == 0
    done = tables.world.run("catalogue", "diff", tables.out, newer, "--json")
    assert done.code == 0, done.err
    assert done.json["changes"] == [
        {"what": "changed", "file": "accuracy.csv", "row": "alpha.one 224", "column": "real_top1",
         "before": "65.5", "after": "65.6"},
        {"what": "removed", "file": "costs.csv", "row": "alpha 288"},
        {"what": "added", "file": "costs.csv", "row": "alpha 320"},
        {"what": "removed", "file": "speeds.csv", "row": "alpha 288"},
        {"what": "added", "file": "speeds.csv", "row": "alpha 320"},
    ]
    assert "accuracy.csv: alpha.one 224: real_top1 65.5 -> 65.6" in tables.world.run(
        "catalogue", "diff", tables.out, newer).out
    done = tables.world.run("catalogue", "diff", tables.out, tables.folder)
    assert done.code == 5 and "SOURCE.json" in done.err


def test_what_is_published_is_shown(world):
    done = world.run("catalogue", "show", "resnet50.a1_in1k", "--json")
    assert done.code == 0, done.err
    shown = done.json
    assert (shown["kind"], shown["date"], shown["parameters_m"]) == ("CNN", "2015-12", 25.56)
    assert [(e["input_size"], e["imagenet_top1"]) for e in shown["accuracy"]] == [(224, 80.382), (288, 81.24)]
    assert {c["input_size"]: c["gmacs"] for c in shown["costs"]}[224] == 4.11
    text = world.run("catalogue", "show", "resnet50").out
    assert "arXiv:1512.03385" in text and "a1_in1k" in text and "tv2_in1k" in text
    missing = world.run("catalogue", "show", "resnet5O", "--json")
    assert missing.code == 5 and "resnet50" in missing.error["next"]
    assert world.run("catalogue", "show", "resnet50.nothing").code == 5


def test_architectures_are_searched_by_glob_words_and_limits(world):
    def names(*asked) -> list[str]:
        done = world.run("catalogue", "search", *asked, "--json")
        return [a["architecture"] for a in done.json["architectures"]] if done.code == 0 else []

    assert names("resnet1*", "--to-year", "2016") == ["resnet101", "resnet152", "resnet18"]
    assert names("MLP", "gmlp") == ["gmlp_s16_224"]
    assert "convnext_tiny" in names("--kind", "cnn", "--min-top1", "84", "--max-params", "60")
    assert names("--kind", "cnn", "--min-top1", "99") == []
    assert names("--family", "vgg", "--max-top1", "70.5", "--max-size", "224") == ["vgg11", "vgg11_bn", "vgg13"]
    assert world.run("catalogue", "search", "--kind", "conv").code == 2
    everything = world.run("catalogue", "search")
    assert "900 of 900 architectures" in everything.out


def test_the_committed_catalogue_is_what_timm_s_tables_say(world):
    """Needs timm's tables, which are not part of this repository."""
    folder = os.environ.get("JOULEMARK_TIMM_RESULTS")
    if not folder:
        pytest.skip("JOULEMARK_TIMM_RESULTS does not name a folder with timm's tables")
    out = world.folder / "again"
    done = world.run("catalogue", "build", "--from", folder, "--facts", COMMITTED / "timm-facts.json", "--out", out)
    assert done.code == 0, done.err
    for name in BUILT:
        assert (out / name).read_bytes() == (COMMITTED / name).read_bytes(), name


def test_the_page_names_every_column_and_finding():
    page = (ROOT / "docs/catalogue.md").read_text()
    for table in TABLES:
        header = (COMMITTED / table).open().readline().strip().split(",")
        part = page.split(f"### {table}")[1].split("\n### ")[0]
        for column in header:
            name = re.sub(r"^(real|v2|sketch|a|r|a_clean|r_clean)_(top[15])$", r"imagenet_\2", column)
            assert f"`{name}`" in part, (table, column)
    with (COMMITTED / "findings.csv").open(newline="") as file:
        for kind in {row["finding"] for row in csv.DictReader(file)}:
            assert f"`{kind}`" in page, kind


MEASURED = ROOT / "data/results/nvidia-h200-torch-torchscript-fp16-channels_last/runs.jsonl"


def test_energy_is_exported_beside_what_is_published(world):
    rows = world.run("export", "--db", MEASURED, "--joined", "--format", "json").json
    energy = {
        r["policy"]: r["energy_j_per_image"] for r in world.run("export", "--db", MEASURED, "--format", "json").json
        if r["architecture"] == "resnet50" and r["input_size"] == "224x224"
    }
    with (COMMITTED / "accuracy.csv").open(newline="") as file:
        tested = {
            r["model"]: float(r["imagenet_top1"]) for r in csv.DictReader(file)
            if r["model"].startswith("resnet50.") and r["input_size"] == "224"
        }
    assert len(tested) > 10 and len(energy) >= 2
    joined = [r for r in rows if r["architecture"] == "resnet50" and r["policy"] == "throughput"]
    assert {r["model"]: r["imagenet_top1"] for r in joined} == tested
    for row in joined:
        assert row["energy_j_per_image"] == energy["throughput"] and row["ci95_rel"] > 0
        assert (row["energy_origin"], row["imagenet_origin"]) == ("measured", "published")
        assert 0.3 < row["imagenet_top1_ci95"] < 0.5
        assert (row["kind"], row["gmacs"], row["parameters_m"]) == ("CNN", 4.11, 25.56)
    text = world.run("export", "--db", MEASURED, "--joined").out
    assert [r["model"] for r in csv.DictReader(text.splitlines())] == [r["model"] for r in rows]


def test_what_was_not_measured_is_predicted_when_asked_for(world):
    def rows(*options):
        return world.run("export", "--db", MEASURED.parent, "--joined", *options, "--format", "json").json

    measured = rows()
    assert "predicted" not in {r["energy_origin"] for r in measured}
    both = rows("--predicted", "--setup", "*torchscript*")
    predicted = [r for r in both if r["energy_origin"] == "predicted"]
    assert len(predicted) > 1000
    for row in predicted:
        assert row["status"] == "predicted" and row["energy_j_per_image"] > 0 and row["ci95_rel"] > 0.05
        assert row["measured_model"] is None and row["images_per_s"] is None and row["run"] is None
        assert row["imagenet_origin"] == "published"
    there = {(r["model"], r["input_size"], r["policy"]) for r in measured if r["status"] == "ok"}
    assert there and not there & {(r["model"], r["input_size"], r["policy"]) for r in predicted}
    alone = rows("--predicted", "--model", "vit_huge*", "--status", "predicted")
    assert alone and {r["architecture"] for r in alone} <= {r["architecture"] for r in predicted}
    same = {(r["model"], r["policy"]): r["energy_j_per_image"] for r in predicted}
    assert all(r["energy_j_per_image"] == same[r["model"], r["policy"]] for r in alone), "whatever is asked for"
    assert world.run("export", "--predicted").code == 2


def test_what_nobody_published_is_exported_too(world):
    for name, more in (("resnet18", {}), ("unheard_of", {}), ("broken", {"output": "nan"})):
        world.artefact(name, step={"mode": "sleep", "ms_fixed": 2, "ms_per_image": 0}, **more)
    assert world.measure("resnet18", "unheard_of", "broken", batch="1").code == 3
    rows = {r["model"]: r for r in world.run("export", "--joined", "--format", "json").json}
    assert set(rows) == {"resnet18", "unheard_of", "broken"}
    known, unknown, broken = rows["resnet18"], rows["unheard_of"], rows["broken"]
    assert (known["kind"], known["parameters_m"], known["imagenet_top1"]) == ("CNN", 11.69, None), "not at 32 pixels"
    assert unknown["family"] is None and unknown["energy_j_per_image"] > 0
    assert unknown["energy_origin"] == "simulated"
    assert broken["status"] == "wrong_output" and broken["energy_origin"] is None
    assert world.run("export", "--joined", "--format", "jsonl").code == 2
