"""Bad input: every one is a clear line with the next step, and the documented exit code."""

from __future__ import annotations

import json

import pytest

from world import World

# As `joulemark --help` documents them.
OK, USAGE, SOME_FAILED, NONE_MEASURED, NOT_FOUND = 0, 2, 3, 4, 5


def edit(descriptor, **changes):
    text = json.loads(descriptor.read_text())
    text.update(changes)
    descriptor.write_text(json.dumps(text))


def the_artefact(folder):
    (entry,) = json.loads((folder / "descriptor.json").read_text())["artefacts"]
    return folder / entry["file"]


def expect_error(outcome, code: int, kind: str, *words: str):
    """One line on stderr with what and next, and the same as JSON on stdout."""
    assert outcome.code == code, (outcome.out, outcome.err)
    assert outcome.error["kind"] == kind
    assert outcome.error["next"], "an error says what to do next"
    for word in words:
        assert word in outcome.error["what"] + outcome.error["next"]
    last_line = outcome.err.strip().splitlines()[-1]
    assert last_line.startswith("joulemark: ")
    assert outcome.error["what"] in last_line


def test_an_unknown_model_suggests_the_nearest(world: World):
    world.artefact("resnet18")
    world.artefact("convnext_atto")
    outcome = world.measure("resnet81")
    expect_error(outcome, NOT_FOUND, "not_found", "resnet81", "resnet18", "joulemark_zoo export")
    assert not world.db.exists() or world.rows() == []


def test_a_models_folder_that_is_not_there(world):
    outcome = world.measure("any", extra=["--models", world.folder / "nowhere"])
    expect_error(outcome, NOT_FOUND, "not_found", "nowhere")


@pytest.mark.parametrize("damage", ["missing", "truncated", "altered", "descriptor"])
def test_a_damaged_artefact_is_never_measured(world, damage):
    folder = world.artefact("victim")
    artefact = the_artefact(folder)
    content = artefact.read_bytes()
    match damage:
        case "missing":
            artefact.unlink()
        case "truncated":
            artefact.write_bytes(content[: len(content) // 2])
        case "altered":
            artefact.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "descriptor":
            (folder / "descriptor.json").write_text("{")
    world.artefact("healthy")
    outcome = world.measure("victim", "healthy")
    assert outcome.code != OK
    assert "victim" in outcome.err
    measured = [row for row in world.rows() if row["status"] == "ok"] if world.db.exists() else []
    assert "victim" not in {row["model"] for row in measured}


def test_a_descriptor_with_a_field_out_of_range_names_the_field(world):
    folder = world.artefact("odd")
    edit(folder / "descriptor.json", classes=-1)
    outcome = world.measure("odd")
    assert outcome.code != OK
    assert "classes" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["measure"],
        ["measure", "any", "--batch", "0"],
        ["measure", "any", "--batch", "many"],
        ["measure", "any", "--target-ci", "-1%"],
        ["measure", "any", "--max-seconds", "0"],
        ["measure", "any", "--no-such-option"],
        ["no-such-command"],
        ["export", "--format", "xml"],
        ["show"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_exit_code_2_and_points_to_help(world, arguments):
    outcome = world.run(*arguments)
    assert outcome.code == USAGE, (outcome.out, outcome.err)
    assert "--help" in outcome.err


def test_unknown_meter_and_runtime_name_those_that_exist(world):
    world.artefact("any")
    outcome = world.measure("any", meter="calorimeter")
    assert outcome.code != OK
    assert "calorimeter" in outcome.err
    assert "synthetic" in outcome.err
    outcome = world.run("measure", "any", "--runtime", "abacus", "--json")
    assert outcome.code != OK
    assert "abacus" in outcome.err
    assert "torch" in outcome.err


def test_a_run_that_is_not_in_the_database(world):
    world.artefact("any")
    world.measure("any", seconds=1)
    expect_error(world.run("show", "20000101T", "--json"), NOT_FOUND, "not_found", "20000101T")
