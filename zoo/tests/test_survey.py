"""The survey: its order, its outcomes, and a file of them that survives whatever ends it."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest
from test_cli import run_here, wait_until

from joulemark_zoo.run import is_alive
from joulemark_zoo.survey import journal, plan

HEAD = "model,img_size,top1,param_count\n"


def table_at(path, *rows) -> str:
    path.write_text(HEAD + "".join(f"{name},{size},80,{parameters}\n" for name, size, parameters in rows))
    return str(path)


# --- the plan ----------------------------------------------------------------------------------------


def pairs(path, own=None):
    return [(p.architecture, p.input_size, p.first) for p in plan.read_pairs(path, lambda name: (own or {}).get(name))]


def test_one_size_of_every_architecture_comes_first_and_cheap_ones_before_dear_ones(tmp_path):
    path = tmp_path / "results.csv"
    table_at(path, ("big.a", 224, '"1,012.5"'), ("small.a", 288, "5.0"), ("small.b", 224, "5.0"),
             ("small.c", 288, "5.0"), ("middle", 224, "20"), ("middle.x", 384, "20"))
    assert pairs(path) == [
        ("small", 224, True), ("middle", 224, True), ("big", 224, True), ("small", 288, False), ("middle", 384, False),
    ]
    assert pairs(path, own={"small": 288, "middle": 999})[0] == ("small", 288, True)  # its own, where it was evaluated


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("model,top1\nresnet18,70\n", "no column img_size, param_count"),
        (HEAD + "resnet18,large,70,11\n", "line 2 .* no size"),
        (HEAD + "resnet18,224,70\n", "line 2 "),
        ("", "no column"),
    ],
)
def test_what_is_no_table_of_results_is_refused(tmp_path, text, error):
    (tmp_path / "results.csv").write_text(text)
    with pytest.raises(ValueError, match=error):
        pairs(tmp_path / "results.csv")


def test_a_sample_holds_the_cheapest_of_every_family(tmp_path):
    path = tmp_path / "results.csv"
    table_at(path, ("a_1", 224, 1), ("b_1", 224, 2), ("a_2", 224, 3), ("a_3", 224, 4), ("b_2", 224, 5))
    of = plan.smallest_of_each(plan.read_pairs(path, lambda _: None), lambda name: name[0], 2)
    assert [p.architecture for p in of] == ["a_1", "b_1", "a_2", "b_2"]


# --- the journal -------------------------------------------------------------------------------------


def outcome(name="resnet18", at="2026-01-01T00:00:00Z", **more) -> dict:
    return {"architecture": name, "input_size": 224, "format": "torchscript", "precision": "fp32",
            "layout": "contiguous", "outcome": "exported", "at": at, **more}


def test_a_line_that_was_being_written_is_cut_and_the_others_stay(tmp_path):
    path = tmp_path / "out.jsonl"
    whole = json.dumps(outcome("one")) + "\n"
    path.write_text(whole + json.dumps(outcome("two"))[:40])
    assert [k[0] for k in journal.read(path)] == ["one"]
    out = journal.Journal(path)
    out.append(outcome("three"))
    out.close()
    assert path.read_text() == whole + json.dumps(outcome("three")) + "\n"


def test_only_one_survey_writes_to_a_file(tmp_path):
    first = journal.Journal(tmp_path / "out.jsonl")
    with pytest.raises(journal.Busy):
        journal.Journal(tmp_path / "out.jsonl")
    first.close()
    journal.Journal(tmp_path / "out.jsonl").close()


def test_a_damaged_line_in_the_middle_is_said(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text(json.dumps(outcome()) + "\n{}\n" + json.dumps(outcome("b")) + "\n")
    with pytest.raises(ValueError, match="line 2 "):
        journal.read(path)


def test_of_several_files_the_latest_outcome_counts(tmp_path):
    for name, at, how in (("a", "2026-01-02T00:00:00Z", "failed"), ("b", "2026-01-01T00:00:00Z", "exported")):
        (tmp_path / name).write_text(json.dumps(outcome(at=at, outcome=how)) + "\n")
    for order in (("a", "b"), ("b", "a")):
        (row,) = journal.merged(tmp_path / name for name in order).values()
        assert row["outcome"] == "failed"


# --- the command -------------------------------------------------------------------------------------


def survey_command(world, *args) -> list:
    return ["survey", "--import", "zoo_test_models", "--from", world.scratch / "results.csv", "--out",
            world.out / "out.jsonl", *args]


def rows_of(world) -> dict[str, dict]:
    return {row["architecture"]: row for row in map(json.loads, (world.out / "out.jsonl").read_text().splitlines())}


def test_whatever_a_model_does_is_an_outcome(world):
    names = ["zoo_tiny", "zoo_raises", "zoo_crashes", "zoo_dead", "zoo_bakes_batch", "zoo_hungry",
             "zoo_overflows_in_half"]
    table_at(world.scratch / "results.csv", *((name, 32, i) for i, name in enumerate(names, 1)))
    done = world.run(*survey_command(world, "--memory", "4"))
    assert done.returncode == 0, done.stderr
    rows = rows_of(world)
    assert list(rows) == names
    said = {name: (r["outcome"], r["stage"], r.get("reason", "")) for name, r in rows.items()}
    assert said["zoo_tiny"] == ("exported", "done", "")
    assert said["zoo_raises"] == ("failed", "build", "ValueError: heads must divide the width ... second line")
    assert said["zoo_crashes"] == ("failed", "build", "the process ended by SIGABRT")
    assert said["zoo_dead"][:2] == ("failed", "reference") and "dead" in said["zoo_dead"][2]
    assert said["zoo_bakes_batch"][:2] == ("failed", "export") and "traced at batch 3" in said["zoo_bakes_batch"][2]
    assert said["zoo_hungry"][:2] == ("failed", "build") and "can't allocate memory" in said["zoo_hungry"][2]
    # Half precision is asked of what was exported; what the few images may have decided, was tried with all.
    assert 0 < rows["zoo_tiny"]["half_error"] < 0.01 and rows["zoo_tiny"]["images"] == [2, 4]
    assert "half_error" not in rows["zoo_overflows_in_half"] and rows["zoo_overflows_in_half"]["half_largest"] > 65504
    assert rows["zoo_overflows_in_half"]["images"] == rows["zoo_dead"]["images"] == [8, 16]
    assert rows["zoo_tiny"]["artefact_bytes"] > 1000 and rows["zoo_tiny"]["peak_bytes"] > 1e8
    assert "peak_bytes" not in rows["zoo_crashes"]  # unknown
    assert [p.name for p in world.scratch.iterdir()] == ["results.csv"]

    # Called again, nothing is left; with --retry, what failed.
    before = (world.out / "out.jsonl").read_bytes()
    assert "7 of 7 have an outcome" in world.run(*survey_command(world)).stdout
    assert (world.out / "out.jsonl").read_bytes() == before
    again = world.run(*survey_command(world, "--retry", "--only", "zoo_raises", "zoo_tiny"))
    assert "[1/1] zoo_raises 32 torchscript: failed in build" in again.stdout
    assert (world.out / "out.jsonl").read_bytes().startswith(before)


def test_a_survey_that_is_killed_loses_the_model_in_work_and_goes_on(world):
    table_at(world.scratch / "results.csv", ("zoo_tiny", 32, 1), ("zoo_hangs", 32, 2), ("zoo_blind", 32, 3))
    told = world.scratch / "pid"
    env = {**world.env, "ZOO_TEST_PID": str(told)}
    run = subprocess.Popen(world.command(*survey_command(world)), env=env, stdout=subprocess.DEVNULL)
    wait_until(lambda: told.exists() and told.read_text())
    assert list(rows_of(world)) == ["zoo_tiny"]
    run.kill()
    run.wait()
    wait_until(lambda: not is_alive(told.read_text()))  # nobody waits for it any more
    done = world.run(*survey_command(world, "--timeout", "3"))
    assert done.returncode == 0 and "1 of 3 have an outcome" in done.stdout
    assert [(n, r["outcome"]) for n, r in rows_of(world).items()] == [
        ("zoo_tiny", "exported"), ("zoo_hangs", "failed"), ("zoo_blind", "failed"),
    ]
    assert rows_of(world)["zoo_hangs"]["reason"] == "not done after 3 s"


def test_ctrl_c_ends_it_and_its_model(world):
    table_at(world.scratch / "results.csv", ("zoo_hangs", 32, 1))
    told = world.scratch / "pid"
    env = {**world.env, "ZOO_TEST_PID": str(told)}
    command = world.command(*survey_command(world))
    run = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wait_until(lambda: told.exists() and told.read_text())
    run.send_signal(signal.SIGINT)
    said = run.stderr.read().decode()
    assert run.wait() == 128 + signal.SIGINT and "stopped" in said
    assert not is_alive(told.read_text())
    assert (world.out / "out.jsonl").read_text() == ""
    assert sorted(p.name for p in world.scratch.iterdir()) == ["pid", "results.csv"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--formats", "onnx"), "there is no format 'onnx'"),
        (("--only", "resnet99"), "has no architecture 'resnet99'"),
        (("--from", "nowhere.csv"), "nowhere.csv"),
        (("--skip", "nowhere.csv"), "nowhere.csv"),
        (("--shard", "3/2"), "not I/N"),
        (("--out", "/proc/none/out.jsonl"), "/proc/none"),
    ],
)
def test_wrong_use_is_said_in_a_line(world, in_world, monkeypatch, capsys, args, said):
    table_at(world.scratch / "results.csv", ("zoo_tiny", 32, 1))
    assert run_here(monkeypatch, *survey_command(world, *args)) in (2, 6)
    assert said in capsys.readouterr().err


def test_shards_share_the_work(world, in_world, monkeypatch, capsys):
    table_at(world.scratch / "results.csv", *((f"zoo_{n}", 32, i) for i, n in enumerate(("tiny", "dead", "blind"), 1)))
    command = survey_command(world, "--budget", "1e-9", "--json")  # nothing is begun
    left = []
    for shard in ("1/2", "2/2"):
        assert run_here(monkeypatch, *command, "--shard", shard) == 0
        left.append(json.loads(capsys.readouterr().out)["left"])
    assert left == [2, 1]
