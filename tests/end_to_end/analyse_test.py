"""`joulemark analyse`: from rows to files and sentences; what it refuses; and what it says of the committed rows."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from measured import MODELS, row, rows, store

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    "frontier", "returns", "drivers", "years", "sizes", "energies", "runtimes", "batch", "families", "robustness", "prediction", "quality", "boards",
    "scores",
)


def analyse(world, rows: list[dict], *arguments):
    return world.run("analyse", *arguments, "--db", store(world, rows), "--out", world.folder / "out")


def test_every_analysis_writes_json_and_csv_and_says_what_it_found(world):
    faster = [row(model, 0.7 * mj, setup="gpu-other") for model, mj in list(MODELS.items())[:5]]
    done = analyse(world, rows() + faster)
    assert done.code == 0, done.err
    out = world.folder / "out"
    written = {file.name for file in out.iterdir()}
    assert {name for name in written if not name.endswith(".svg")} == {f"{n}.{ending}" for n in NAMES for ending in ("json", "csv")}
    for name in NAMES:
        outcome = json.loads((out / f"{name}.json").read_text())
        assert outcome["analysis"] == name
        assert f"{name}: " in done.out and outcome["sentences"][0] in done.out
        with (out / f"{name}.csv").open(newline="") as file:
            assert list(csv.DictReader(file)) == [
                {key: "" if value is None else as_text(value) for key, value in r.items()} for r in outcome["rows"]
            ]
    frontier = json.loads((out / "frontier.json").read_text())
    assert frontier["n"] == len(MODELS) and frontier["setup"] == "gpu-torch"
    assert any("gpu-other" in caveat for caveat in frontier["caveats"])
    runtimes = json.loads((out / "runtimes.json").read_text())
    (mean,) = [v for v in runtimes["values"] if v["name"] == "geometric_mean_ratio"]
    assert mean["about"] == "gpu-torch -> gpu-other" and mean["n"] == 5
    assert mean["value"] == pytest.approx(0.7) and mean["low"] == pytest.approx(0.7)
    drivers = json.loads((out / "drivers.json").read_text())
    assert all(r["low"] <= r["value"] <= r["high"] for r in drivers["rows"])


FIGURES = {
    "frontier": ["frontier.svg"], "returns": ["returns.svg", "returns-point.svg"], "batch": ["batch.svg"], "energies": ["energies.svg"], "runtimes": ["runtimes.svg"],
    "drivers": ["drivers-parameters.svg", "drivers-gmacs.svg", "drivers-activations.svg"],
    "quality": ["quality-repeats.svg", "quality-drift.svg"], "robustness": ["robustness.svg", "robustness-at-equal-top1.svg"],
    "families": ["families.svg"], "boards": ["boards.svg"],
}


def many_rows() -> list[dict]:
    """Enough for every analysis but `prediction`: sizes of one model, runs of another by the hour, a second setup."""
    sizes = [row("resnet18", mj, policy="batch_1", batch=batch, run=f"size-{batch}") for batch, mj in ((1, 90), (8, 30), (32, 16))]
    boards = [row("vgg11", mj, batch=32, board=board, run=board) for board, mj in (("first", 50), ("second", 52))]
    hourly = [row("resnet50", 40 + hour / 10, campaign="c", measured_at=f"2026-11-02T0{hour}:00:00Z") for hour in range(6)]
    faster = [row(model, 0.7 * mj, setup="gpu-other") for model, mj in list(MODELS.items())[:5]]
    return rows() + sizes + hourly + boards + faster


def test_figures_are_drawn_of_what_has_rows(world):
    done = analyse(world, many_rows())
    assert done.code == 0, done.err
    out = world.folder / "out"
    listed = []
    for name in NAMES:
        outcome = json.loads((out / f"{name}.json").read_text())
        files = [figure["file"] for figure in outcome["figures"]]
        listed += files
        assert files == ([] if outcome["too_few"] else FIGURES.get(name, [])), name
        for figure in outcome["figures"]:
            check_picture(out / figure["file"], figure)
    assert {file.name for file in out.glob("*.svg")} == set(listed)
    assert f"Figures: {', '.join(listed)}" in done.out


SVG = "{http://www.w3.org/2000/svg}"


def check_picture(file: Path, figure: dict) -> None:
    """The picture is well-formed, names itself, and shows every mark of its description."""
    assert file.stat().st_size < 20_000 + 250 * len(figure["marks"])
    picture = ElementTree.parse(file).getroot()
    assert picture.tag == f"{SVG}svg" and picture.get("role") == "img"
    assert picture.find(f"{SVG}title").text == figure["title"]
    assert figure["subtitle"] in picture.find(f"{SVG}desc").text
    shown = [title.text.split("\n")[0] for title in picture.findall(f"{SVG}path/{SVG}title")]
    assert sorted(shown) == sorted([m["name"] for m in figure["marks"]] + [l["name"] for l in figure["lines"] if l["name"]])


def as_text(value) -> str:
    """Numbers as the CSV has them: whole ones without a point."""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return str(value)


def test_named_analyses_alone_are_made_and_json_has_them_all(world):
    done = analyse(world, rows(), "frontier", "returns", "--json")
    assert [a["analysis"] for a in done.json["analyses"]] == ["frontier", "returns"]
    assert {file.stem for file in (world.folder / "out").iterdir()} == {"frontier", "returns", "returns-point"}
    assert done.json["analyses"][0] == json.loads((world.folder / "out/frontier.json").read_text())


def test_a_setup_is_chosen_by_glob_and_never_mixed(world):
    other = [row(model, mj, setup="gpu-other") for model, mj in list(MODELS.items())[:4]]
    done = analyse(world, rows() + other, "frontier", "--setup", "*other", "--json")
    (outcome,) = done.json["analyses"]
    assert outcome["setup"] == "gpu-other" and outcome["n"] == 4


def test_what_is_left_out_is_counted_with_its_reason(world):
    changed = rows()
    changed[0]["status"] = "crashed"
    changed[1]["flags"] = "weights_random throttled"
    changed[2]["weights"] = "default:1"
    changed[3]["energy_j_per_image"] = -1
    changed[4]["input_size"] = "230x230"
    changed.append(row("densenet121", 64, measured_at="2026-10-01T00:00:00Z"))
    (outcome,) = analyse(world, changed, "frontier", "--json").json["analyses"]
    left_out = {l["reason"]: l["count"] for l in outcome["left_out"]}
    assert left_out == {
        "failed": 1, "disturbed": 1, "weights_default": 1, "bad_energy": 1, "no_accuracy": 1, "measured_again": 1,
    }
    assert outcome["n"] == len(MODELS) - 5


def test_the_same_rows_give_the_same_files(world):
    analyse(world, rows())
    first = {file.name: file.read_bytes() for file in (world.folder / "out").iterdir()}
    analyse(world, list(reversed(rows())))
    assert {file.name: file.read_bytes() for file in (world.folder / "out").iterdir()} == first


def test_too_few_rows_are_said_to_be_too_few(world):
    done = analyse(world, rows()[:1])
    assert done.code == 0, done.err
    assert done.out.count("Too few to say: ") == len(NAMES)
    for name in NAMES:
        outcome = json.loads((world.folder / f"out/{name}.json").read_text())
        assert outcome["too_few"] and outcome["values"] == []


def test_figures_of_an_earlier_run_do_not_stay_beside_other_rows(world):
    analyse(world, rows())
    out = world.folder / "out"
    (out / "frontier-mine.svg").write_text("somebody's own")
    assert len(list(out.glob("*.svg"))) > 3
    analyse(world, rows()[:1])
    assert [file.name for file in out.glob("*.svg")] == ["frontier-mine.svg"]


@pytest.mark.parametrize(
    ("arguments", "code", "kind", "words"),
    [
        (["fronteir"], 2, "invalid_input", "Did you mean frontier?"),
        (["nothing_like_it"], 2, "invalid_input", "Choose among frontier, returns"),
        (["--setup", "tpu*"], 5, "not_found", "There are gpu-torch"),
    ],
)
def test_wrong_use_is_named(world, arguments, code, kind, words):
    done = analyse(world, rows(), *arguments, "--json")
    assert done.code == code
    assert done.error["kind"] == kind and words in done.error["next"]
    assert not (world.folder / "out").exists()


def test_no_rows_and_no_database_are_errors(world):
    assert world.run("analyse", "--db", store(world, [])).code == 5
    missing = world.run("analyse", "--db", world.folder / "none.jsonl", "--json")
    assert missing.code == 5 and missing.error["kind"] == "not_found"
    assert analyse(world, rows(), "--policy", "best").code == 2


def test_a_folder_that_cannot_be_made_is_named(world):
    (world.folder / "file").write_text("")
    done = world.run("analyse", "frontier", "--db", store(world, rows()), "--out", world.folder / "file/out")
    assert done.code != 0 and "file/out" in done.err


def test_the_committed_rows_can_be_analysed(world):
    done = world.run("analyse", "--db", ROOT / "data/results", "--out", world.folder / "out", "--json")
    assert done.code == 0, done.err
    analyses = {a["analysis"]: a for a in done.json["analyses"]}
    assert analyses["frontier"]["n"] >= 40 and not analyses["drivers"]["too_few"]
    for name in ("runtimes", "returns", "years", "families", "robustness"):
        assert not analyses[name]["too_few"]
    for analysis in analyses.values():
        assert analysis["figures"] or not analysis["rows"]
        for figure in analysis["figures"]:
            check_picture(world.folder / "out" / figure["file"], figure)


def test_models_are_compared_and_told_apart_only_where_they_can_be(world):
    close = [*rows(), row("resnet152", 75.3)]
    done = world.run("compare", "resnet50", "resnet101", "--db", store(world, close))
    assert done.code == 0, done.err
    assert "resnet101 takes 1.88 times (95 %: 1.82 to 1.93) the energy of resnet50" in done.out
    beside = world.run("compare", "resnet101", "resnet152", "--db", store(world, close), "--json").json["models"][1]["beside_first"]
    assert beside["distinguishable"] is False and beside["low"] < 1 < beside["high"]
    unknown = world.run("compare", "resnet50", "resnet51", "--db", store(world, close))
    assert unknown.code == 5 and "Did you mean resnet50" in unknown.err
    assert world.run("compare", "resnet50", "--db", store(world, close)).code == 2


def test_findings_are_held_against_the_paper(world):
    done = world.run("findings", "--db", ROOT / "data/results", "--json")
    assert done.code == 0, done.err
    found = {f["name"]: f for f in done.json["findings"]}
    assert list(found) == ["diminishing_returns", "double_exponential", "drivers", "input_size", "progress", "runtimes"]
    assert all(f["verdict"] in ("agrees", "differs", "open") and f["because"] and f["data"] for f in found.values())
    for stated in ("0.657", "0.868", "0.900"):
        assert stated in found["drivers"]["data"]
    page = world.folder / "findings.md"
    written = world.run("findings", "--db", ROOT / "data/results", "--out", page)
    assert written.code == 0 and str(page) in written.out
    assert page.read_text().count("\n## ") == len(found)


def test_findings_of_few_rows_are_open(world):
    done = world.run("findings", "--db", store(world, rows()[:2]), "--json")
    assert done.code == 0, done.err
    assert {f["verdict"] for f in done.json["findings"]} == {"open"}
    assert world.run("findings", "--db", store(world, [])).code == 5
