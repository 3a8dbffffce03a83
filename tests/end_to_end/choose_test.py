"""`joulemark choose` and `joulemark score`: the budget question and letters, from rows and from what is committed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from measured import MODELS, row, rows, store

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "data/results"


def choose(world, *arguments, of=None):
    return world.run("choose", *arguments, "--db", store(world, rows() if of is None else of))


# --- choose


def test_the_cheapest_of_those_that_keep_the_budget_comes_first(world):
    done = choose(world, "--min-top1", "79", "--max-energy", "80mJ", "--json")
    assert done.code == 0, done.err
    picks = done.json["picks"]
    assert len(picks) >= 4
    energies = [o["energy_j_per_image"] for o in picks]
    assert energies == sorted(energies) and energies[-1] <= 0.08
    assert all(o["top1"] >= 79 and o["top1_origin"] == "published" and o["energy_origin"] == "measured" for o in picks)
    assert picks[0]["beside_first"] is None
    second = picks[1]["beside_first"]
    assert second["times_energy"] == pytest.approx(energies[1] / energies[0])
    assert second["low"] < second["times_energy"] < second["high"] and "takes" in second["why"]


def test_it_says_in_words_why_the_others_come_later_and_what_comes_near(world):
    done = choose(world, "--min-top1", "79", "--max-energy", "60 mJ", "--by", "accuracy")
    assert done.code == 0, done.err
    assert "models keep the budget: top-1 of 79 % or more and 60.0 mJ or less" in done.out
    assert "Beside the first:" in done.out and "less accurate" in done.out
    assert "Nearest of those that one limit keeps out:" in done.out and "energy: densenet121" not in done.out
    assert "where 60.0 mJ is asked for" in done.out


def test_accuracy_may_be_of_other_images(world):
    done = choose(world, "--min-top1", "20", "--on", "a", "--json")
    assert done.code == 0 and done.json["on"] == "a"
    imagenet = {o["architecture"]: o["top1"] for o in choose(world, "--json").json["picks"]}
    for pick in done.json["picks"]:
        assert 20 <= pick["top1"] < imagenet[pick["architecture"]]


def test_an_empty_answer_is_an_answer(world):
    done = choose(world, "--min-top1", "99", "--json")
    assert done.code == 0 and done.json["picks"] == []
    assert done.json["near_misses"][0]["limit"] == "accuracy"
    assert "0 of" in choose(world, "--min-top1", "99").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--max-energy", "100mW"], "not an energy"),
        (["--max-energy", "-1J"], "limit that no model can keep"),
        (["--min-top1", "101"], "limit that no model can keep"),
        (["--on", "imagenette"], "no set of test images"),
        (["--by", "luck"], "luck"),
        (["--kind", "RNN"], "no kind"),
        (["--edition", "no-such-edition"], "no edition"),
        (["--setup", "tpu*"], "no setup matches"),
    ],
)
def test_wrong_use_is_named(world, arguments, words):
    done = choose(world, *arguments)
    assert done.code != 0 and words in done.err


# --- score


def test_a_model_has_an_index_a_letter_and_what_is_cheaper(world):
    done = world.run("score", "resnet50", "levit_conv_384", "--db", RESULTS, "--setup", "*h100*channels_last", "--json")
    assert done.code == 0, done.err
    assert done.json["edition_is_draft"] is False, "300 models of one setup are measured"
    for model in done.json["models"]:
        index = model["model_index"]
        assert index["low"] <= index["index"] <= index["high"]
        assert index["score"] == pytest.approx(100 / index["index"])
        assert index["letter"] in "ABCDEFG"
        assert model["system_index"]["index"] == pytest.approx(index["index"]), "the edition's own setup"
        for cheaper in model["cheaper"]:
            assert cheaper["top1"] >= model["top1"] and cheaper["high"] < 1
    asked = ["score", "resnet50", "--db", RESULTS, "--setup", "*h100*channels_last"]
    text = world.run(*asked).out
    assert "a draft" not in text and "the energy that the frontier takes" in text
    assert "a draft, so letters will change" in world.run(*asked, "--edition", "draft-2026-11").out


def test_another_setup_is_scored_without_what_it_takes_more(world):
    scores = world.run("score", "--db", RESULTS, "--setup", "*h200*torchscript*", "--json").json
    offset = scores["offset"]
    assert offset["anchors"] >= 10
    with_index = [m for m in scores["models"] if m["model_index"]["index"]]
    assert len(with_index) >= 20
    for model in with_index:
        ratio = model["system_index"]["index"] / model["model_index"]["index"]
        assert ratio == pytest.approx(2 ** offset["kappa"])


def test_models_without_a_letter_say_why(world):
    of = [*rows(), row("mobilenetv3_small_050", 3)]
    done = world.run("score", "mobilenetv3_small_050", "--db", store(world, of), "--json")
    assert done.code == 0, done.err
    (model,) = done.json["models"]
    assert model["model_index"] == {"index": None, "reason": model["model_index"]["reason"]}
    assert "anchors" in model["model_index"]["reason"] or "beyond" in model["model_index"]["reason"]


@pytest.mark.parametrize("file", sorted((ROOT / "data/editions").glob("*.json")), ids=lambda file: file.stem)
def test_a_built_in_edition_is_what_the_committed_rows_say(world, file):
    done = world.run("score", "edition", "verify", file.stem, "--db", RESULTS)
    assert done.code == 0, done.out + done.err
    assert world.run("score", "edition", "show", file.stem, "--json").json == json.loads(file.read_text())


def test_an_edition_is_fitted_frozen_and_found_to_differ(world):
    file = world.folder / "mine.json"
    fitted = world.run("score", "edition", "fit", "--name", "mine", "--db", RESULTS, "--out", file)
    assert fitted.code == 0, fitted.err
    assert world.run("score", "edition", "verify", file, "--db", RESULTS).code == 0
    changed = json.loads(file.read_text())
    changed["curves"][0]["c"] += 0.5
    file.write_text(json.dumps(changed))
    verified = world.run("score", "edition", "verify", file, "--db", RESULTS, "--json")
    assert verified.code == 3 and any("ImageNet, c" in d for d in verified.json["differences"])
    moved = world.run("score", "resnet50", "--db", RESULTS, "--setup", "*h100*channels_last", "--edition", file, "--json")
    assert moved.code == 0 and moved.json["edition"] == "mine"
    refused = world.run("score", "edition", "fit", "--name", "2026", "--freeze", "--db", store(world, rows()), "--json")
    assert refused.code == 2 and "300" in refused.error["what"]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"schema": "joulemark.edition/2"}', "\0\xff"])
def test_what_is_no_edition_is_refused(world, text):
    file = world.folder / "edition.json"
    file.write_text(text)
    done = world.run("score", "--edition", file, "--db", store(world, rows()), "--json")
    assert done.code != 0 and "edition" in done.error["what"]


def test_too_few_models_make_no_edition(world):
    one = [row(next(iter(MODELS)), 5)]
    done = world.run("score", "edition", "fit", "--name", "x", "--db", store(world, one), "--out", world.folder / "x.json", "--json")
    assert done.code != 0 and done.error["kind"] == "unsupported"
    assert not (world.folder / "x.json").exists()


def test_rows_without_a_sound_energy_are_not_scored(world):
    broken = rows()
    broken[0]["energy_j_per_image"] = 0
    broken[1]["energy_j_per_image"] = -1
    done = world.run("score", "--db", store(world, broken), "--json")
    assert done.code == 0 and len(done.json["models"]) == len(MODELS) - 2


def test_predictions_are_opt_in_and_marked(world):
    measured = world.run("choose", "--db", RESULTS, "--setup", "*h100*channels_last", "--json").json
    assert {p["energy_origin"] for p in measured["picks"]} == {"measured"}
    done = world.run("choose", "--predicted", "--db", RESULTS, "--setup", "*h100*channels_last", "--json")
    assert done.code == 0, done.err
    origins = [p["energy_origin"] for p in done.json["picks"]]
    assert origins.count("measured") == len(measured["picks"]) and origins.count("predicted") > 500
    for pick in done.json["picks"]:
        assert (pick["run"] is None) == (pick["energy_origin"] == "predicted")
    some = next(p["architecture"] for p in done.json["picks"] if p["energy_origin"] == "predicted" and p["input_size"] == "224x224")
    arguments = (f"{some}@224x224", "--db", RESULTS, "--setup", "*h100*channels_last")
    assert world.run("score", *arguments).code == 5
    scored = world.run("score", "--predicted", *arguments)
    assert scored.code == 0 and "(predicted)" in scored.out
    compared = world.run("compare", "resnet50", *arguments, "--predicted")
    assert compared.code == 0 and "(predicted)" in compared.out
