"""The command line: names, failures that stay failures of one model, and runs that are cut off."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time

import pytest

from joulemark_zoo.run import is_alive, sweep

TINY = "zoo_tiny/torchscript-fp32-contiguous-cpu"


def wait_until(condition, seconds=60.0):
    """Waits for what another process does; the limit only ends a test that would fail."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def run_here(monkeypatch, *argv) -> int:
    """The command line in this process: for what ends before a subprocess would start."""
    from joulemark_zoo import __main__

    monkeypatch.setattr("sys.argv", ["joulemark_zoo", *map(str, argv)])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    try:
        return __main__.main()
    except SystemExit as ended:  # argparse
        return ended.code


def test_each_failure_is_a_row_and_the_others_go_on(world, in_world, monkeypatch, capsys):
    models = ("zoo_raises", "zoo_crashes", "zoo_bakes_batch", "zoo_tiny")
    done = world.export(*models, "--jobs", "2")
    assert done.returncode == 3
    assert "3 of 4 failed" in done.stderr and done.stdout.count("FAILED in") == 3
    assert world.variants() == [TINY]
    rows = world.failures()
    assert set(rows) == {"zoo_raises", "zoo_crashes", "zoo_bakes_batch"}
    assert (rows["zoo_raises"]["stage"], rows["zoo_raises"]["error"]) == (
        "build", "ValueError: heads must divide the width",
    )
    assert "zoo_test_models.py" in rows["zoo_raises"]["traceback"]
    assert (rows["zoo_crashes"]["stage"], rows["zoo_crashes"]["error"]) == ("build", "killed by SIGABRT")
    assert "in zoo_crashes" in rows["zoo_crashes"]["traceback"]
    assert rows["zoo_bakes_batch"]["stage"] == "export"
    assert "traced at batch 3" in rows["zoo_bakes_batch"]["error"]
    assert world.half_made() == [] and list(world.scratch.iterdir()) == []
    assert not (world.out / "zoo_raises").exists()

    # A row stays until its own variant works; a complete folder is kept.
    stamp = (world.out / TINY / "model.pt").stat().st_mtime_ns
    assert run_here(monkeypatch, *world.export_command("zoo_tiny"), "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [(m["model"], m["status"]) for m in answer["models"]] == [("zoo_tiny", "kept")]
    assert (world.out / TINY / "model.pt").stat().st_mtime_ns == stamp
    assert set(world.failures()) == set(rows)


def test_a_model_that_hangs_is_ended(world):
    done = world.export("zoo_hangs", "--timeout", "5", "--json")
    assert done.returncode == 3
    (row,) = json.loads(done.stdout)["models"]
    assert row["status"] == "failed" and row["error"] == "not done after 5 s"
    assert world.failures()["zoo_hangs"]["error"] == "not done after 5 s"
    assert world.half_made() == [] and list(world.scratch.iterdir()) == []


def start_hanging(world):
    """An export that is in the middle of a model, and the pid of its subprocess."""
    run = subprocess.Popen(
        world.command(*world.export_command("zoo_hangs")), env=world.env,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )
    wait_until(lambda: world.half_made() or run.poll() is not None)
    assert run.poll() is None, run.stderr.read()
    return run, int(world.half_made()[0].name.split(".")[-2])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_export_that_is_stopped_leaves_nothing(world, number, code):
    run, child = start_hanging(world)
    run.send_signal(number)
    _, err = run.communicate(timeout=60)
    assert run.returncode == code and "Traceback" not in err
    assert not is_alive(str(child))
    assert world.half_made() == [] and world.variants() == [] and list(world.scratch.iterdir()) == []


def test_an_export_that_is_killed_leaves_no_half_artefact(world, monkeypatch):
    run, child = start_hanging(world)
    run.kill()
    run.communicate()
    wait_until(lambda: not is_alive(str(child)))
    assert world.variants() == []
    assert all(p.name.startswith(".") for p in world.out.glob("*/*"))
    # The next run begins by clearing up.
    monkeypatch.setattr("tempfile.tempdir", str(world.scratch))
    sweep(world.out)
    assert world.half_made() == [] and list(world.scratch.iterdir()) == []


def test_a_full_disk_is_a_failure_and_leaves_nothing(world):
    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    done = world.export("zoo_tiny", preexec_fn=small_files_only)
    assert done.returncode == 3, done.stderr
    assert world.failures()["zoo_tiny"]["stage"] in ("export", "write")
    assert world.variants() == [] and world.half_made() == [] and list(world.scratch.iterdir()) == []


def test_an_output_that_cannot_be_written_is_one_line(world, tmp_path):
    (tmp_path / "file").touch()
    world.out = tmp_path / "file/out"
    done = world.export("zoo_tiny")
    assert done.returncode == 6 and done.stdout == ""
    assert done.stderr.startswith("joulemark_zoo: cannot write to") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [["export", "resnet81"], ["list", "resnet81"]])
def test_an_unknown_model_is_one_line_with_the_nearest_names(monkeypatch, capsys, tmp_path, command):
    options = ["--out", tmp_path] if command[0] == "export" else []
    assert run_here(monkeypatch, *command, "--json", *options) == 5
    out, err = capsys.readouterr()
    assert "no model 'resnet81'" in err and "resnet18" in err and err.count("\n") == 1
    assert "resnet18" in json.loads(out)["error"]["next"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--batch", "1,x"], "'x' is not an integer from 1"),
        (["--batch", "0"], "'0' is not an integer from 1"),
        (["--batch", "1,64"], "runs any batch"),
        (["--input-size", "-3"], "not an integer"),
        (["--seed", "-1"], "not an integer from 0"),
        (["--timeout", "0"], "not a number of seconds"),
        (["--jobs", "0"], "not an integer"),
        (["--precision", "fp8"], "invalid choice"),
        (["--precision", "tf32"], "a precision of GPUs"),
        (["--images", "/nonexistent"], "no folder of images"),
    ],
)
def test_wrong_use_says_what_is_wrong(monkeypatch, capsys, tmp_path, options, said):
    out = tmp_path / "out"
    assert run_here(monkeypatch, "export", "resnet18", "--out", out, *options) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def write_list(world, *entries):
    path = world.scratch.parent / "list.json"
    path.write_text(json.dumps(entries))
    return ["--list", path]


def test_a_list_is_many_variants_in_one_call(world):
    entries = [
        {"model": "zoo_tiny", "input_size": 64},
        {"model": "zoo_raises"},
        {"model": "zoo_tiny", "precision": "bf16"},
        {"model": "zoo_tiny"},
    ]
    done = world.export(*write_list(world, *entries), "--layout", "channels_last", "--jobs", "3", "--json")
    assert done.returncode == 3, done.stderr
    rows = json.loads(done.stdout)["models"]
    assert [row["model"] for row in rows] == [entry["model"] for entry in entries], "in the order of the list"
    assert [row["status"] for row in rows] == ["exported", "failed", "exported", "exported"]
    assert [os.path.basename(row["folder"]) for row in rows[2:]] == [
        "torchscript-bf16-channels_last-cpu", "torchscript-fp32-channels_last-cpu",
    ]
    assert len(world.variants()) == 3 and world.half_made() == []


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], "no JSON array of models"),
        ([{}], "entry 0: it names no 'model'"),
        ([{"model": "zoo_tiny"}, 7], "entry 1: it names no 'model'"),
        ([{"model": "zoo_tiny", "precision": "fp8"}], "'precision' is 'fp8', not fp32 | tf32 | fp16 | bf16"),
        ([{"model": "zoo_tiny", "precision": ["fp16"]}], "'precision' is ['fp16'], not fp32"),
        ([{"model": "zoo_tiny", "input_size": 0}], "'input_size': '0' is not an integer from 1"),
        ([{"model": "zoo_tiny", "batches": "1"}], "there is no 'batches'; there are model, format"),
        ([{"model": "zoo_tiny", "batch": "1"}], "runs any batch"),
        ([{"model": "zoo_tiny"}, {"model": "zoo_tiny", "precision": "fp32"}], "would be exported twice"),
    ],
)
def test_a_list_that_is_none_says_where(world, in_world, monkeypatch, capsys, entries, said):
    options = write_list(world, *entries)
    assert run_here(monkeypatch, "export", *options, "--out", world.out) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1
    assert world.variants() == []


def test_models_are_named_or_listed(world, in_world, monkeypatch, capsys):
    for arguments in ([], ["zoo_tiny", *write_list(world, {"model": "zoo_tiny"})]):
        assert run_here(monkeypatch, "export", *arguments, "--out", world.out) == 2
        assert "either by MODEL or by --list" in capsys.readouterr().err
    assert run_here(monkeypatch, "export", "--list", world.out / "none.json", "--out", world.out) == 2
    assert "No such file" in capsys.readouterr().err


def test_a_module_that_cannot_be_imported_is_one_line(monkeypatch, capsys, tmp_path):
    command = ["export", "resnet18", "--import", "no_such_module", "--out", tmp_path]
    assert run_here(monkeypatch, *command) == 2
    err = capsys.readouterr().err
    assert "no_such_module" in err and err.count("\n") == 1


def test_names_globs_and_tags():
    from joulemark_zoo import names

    assert names.find(["resnet18", "resnet1[08]*"])[0] == "resnet18"
    assert len(names.find(["resnet18", "resnet18"])) == 1
    assert "resnet18.a1_in1k" in names.find(["resnet18.*"])
    tagged = names.find(["resnet18"], pretrained=True)
    assert tagged and all(n.startswith("resnet18.") for n in tagged)
    assert names.own_input_size("resnet18") == 224
    for wrong in ("resnet18.a9_in1k", "nothing*like*this"):
        with pytest.raises(names.UnknownModel):
            names.find([wrong])


def test_list_into_a_pipe_that_closes(world):
    line = f"{' '.join(world.command('list'))} | head -n 1"
    done = subprocess.run(["bash", "-c", line], env=world.env, capture_output=True, text=True, timeout=60)
    assert done.stdout.count("\n") == 1 and done.stderr == ""


def test_two_runs_add_to_one_table_of_failures(tmp_path):
    from joulemark_zoo.run import ExportResult, record_failures
    from joulemark_zoo.spec import ExportSpec

    def result(name, status, **fields):
        return ExportResult(ExportSpec(name), status, **fields)

    def recorded():
        return {r["model"]: r["error"] for r in json.loads((tmp_path / "failures.json").read_text())}

    record_failures([result("a", "failed", error="one"), result("b", "exported")], tmp_path)
    record_failures([result("c", "failed", error="two")], tmp_path)
    assert recorded() == {"a": "one", "c": "two"}
    record_failures([result("a", "failed", error="three")], tmp_path)
    assert recorded() == {"a": "three", "c": "two"}
    record_failures([result("a", "exported"), result("c", "kept")], tmp_path)
    assert os.listdir(tmp_path) == []
    (tmp_path / "failures.json").write_text("cut o")
    record_failures([result("a", "failed", error="four")], tmp_path)
    assert recorded() == {"a": "four"}


@pytest.mark.parametrize("status", [200, 404, 403, 407, 503, None])
def test_a_hub_that_answers_is_in_reach(monkeypatch, status):
    import huggingface_hub

    from joulemark_zoo import hub

    class Session:
        def head(self, url, timeout):
            assert timeout <= 5
            if status is None:
                raise ConnectionError("no route")
            return type("Response", (), {"status_code": status})()

    monkeypatch.setattr(huggingface_hub, "get_session", lambda: Session())
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    assert hub.in_reach() == (status in (200, 404))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert not hub.in_reach()


def test_a_hub_that_stops_answering_is_asked_no_more(monkeypatch, tmp_path):
    from joulemark_zoo import run

    answers = iter([True, False])  # a third question would end the test
    monkeypatch.setattr(run.hub, "in_reach", lambda: next(answers))
    state = run.Run(tmp_path, tmp_path, {}, timeout=9.0, force=False, hub_in_reach=True)
    assert [state.is_offline() for _ in range(3)] == [False, True, True]


@pytest.mark.parametrize("offline", [True, False])
def test_a_process_that_is_offline_asks_no_hub(monkeypatch, tmp_path, offline):
    import torch
    from huggingface_hub import constants

    from joulemark_zoo import one
    from joulemark_zoo.spec import ExportSpec

    asked = []
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr("joulemark_zoo.artefact.export_one", lambda *_: asked.append(constants.is_offline_mode()))
    report = one.Report(tmp_path / "report.json")
    threads = torch.get_num_threads()
    assert one.export_and_report(ExportSpec("a"), tmp_path, report, offline=offline, threads=threads) == 0
    assert asked == [offline]
