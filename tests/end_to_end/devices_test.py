"""`joulemark campaign run --device cuda:0,cuda:1`: one queue, one process for each device, one set of rows."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from campaigns import FAST, VARIANT, Campaigns
from world import eventually, interrupt, kill

BOTH = ("--device", "cuda:0,cuda:1")

pytestmark = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two devices need a CPU each: this machine has one")


class TwoGpus(Campaigns):
    """Campaigns on a host with two GPUs, of the reference worker."""

    def __init__(self, world, models: dict) -> None:
        super().__init__(world, models)
        self.env["JOULEMARK_REFERENCE_GPUS"] = "2"

    def members(self) -> dict[str, int]:
        """The processes of this campaign that measure a device each, by the device."""
        found = {}
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = file.read_bytes().decode().split("\0")
                if "member" in words[:3] and str(self.folder) in words:
                    found[words[words.index("--device") + 1]] = int(file.parent.name)
        return found

    def provenance(self) -> list[dict]:
        exported = self.world.run("export", "--db", self.folder / "results.sqlite", "--format", "jsonl")
        return [json.loads(line)["provenance"] for line in exported.out.splitlines()]

    def places(self) -> Counter:
        """How often each configuration was measured with a number."""
        return Counter((r["architecture"], r["policy"]) for r in self.rows() if r["status"] == "ok")


@pytest.fixture
def eight(world):
    models = {f"model{i}": FAST for i in range(6)}
    models["cannot"] = "no such layer"
    models["crashes"] = {**FAST, "crash": {"at": "load"}}
    made = TwoGpus(world, models)
    planned = made.plan(device="cuda:0", sentinel={"model": "model0", "every": 4})
    assert planned.code == 0, planned.err
    return made


ROWS = 8 + 3  # with the sentinel before the first and the fifth, and last


def test_two_devices_measure_what_one_does(eight):
    ran = eight.run(*BOTH)
    assert ran.code == 3, ran.err
    assert (ran.json["measured"], ran.json["failed"], ran.json["left"]) == (ROWS - 2, 2, 0)
    assert ran.json["failures"] == {"crashed": 1, "export_failed": 1}
    assert len(eight.rows()) == ROWS, "they are collected, each once"
    jobs = Counter(p["job"] for p in eight.provenance())
    assert jobs == dict.fromkeys(range(ROWS), 1)
    assert len({p["sitting"] for p in eight.provenance()}) == 2, "both had some"
    sentinels = {p["sitting"] for p in eight.provenance() if p["job"] in (0, 5)}
    assert len(sentinels) == 2, "the second sentinel is for the device that had not the first"
    cpus = {p["beside"]["cpus"] for p in eight.provenance()}
    assert len(cpus) == 2 and all(p["beside"]["devices"] == 2 for p in eight.provenance())
    # The same set as one device alone makes.
    alone = TwoGpus(eight.world, json.loads(eight.env["STAND_IN_MODELS"]))
    alone.folder = eight.world.folder / "alone"
    alone.plan(device="cuda:0", sentinel={"model": "model0", "every": 4}, folder=alone.folder)
    assert alone.run("--device", "cuda:1", folder=alone.folder).code == 3
    assert alone.places() == eight.places()
    exported = Counter(name for e in eight.exports() for name in e["models"])
    assert exported["model5"] == 2, "once for each of the two campaigns"
    # Called again there is nothing to do.
    again = eight.run("--device", "cuda:all")
    assert again.code == 0 and len(eight.rows()) == ROWS
    assert eight.world.workers() == [] and eight.members() == {}
    assert eight.world.left_behind() == []


def test_all_variants_of_a_model_are_measured_by_one_device(world):
    """Two devices of a name differ by more than what precisions, say, are compared for."""
    campaigns = TwoGpus(world, {f"model{i}": FAST for i in range(5)})
    variants = [{**VARIANT, "precision": precision} for precision in ("fp32", "fp16", "bf16")]
    assert campaigns.plan(device="cuda:0", variants=variants, models_together=True, lot=20).code == 0
    ran = campaigns.run(*BOTH)
    assert ran.code == 0, ran.err
    assert ran.json["measured"] == 5 * 3
    exported = world.run("export", "--db", campaigns.folder / "results.sqlite", "--format", "jsonl")
    by_model: dict[str, set] = {}
    for row in map(json.loads, exported.out.splitlines()):
        by_model.setdefault(row["architecture"], set()).add(row["provenance"]["sitting"])
    assert [len(sittings) for sittings in by_model.values()] == [1] * 5
    assert len(set().union(*by_model.values())) == 2, "both had some"


def test_a_member_that_is_killed_is_started_again_and_nothing_is_lost(eight):
    process = eight.start(*BOTH)
    for _ in range(2):
        eventually(lambda: eight.status()["measured"] >= 1, "a row")
        kill(eventually(eight.members, "a member").popitem()[1])
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert "its process ended with SIGKILL; it is started again" in err
    said = json.loads(out)
    assert (said["measured"], said["failed"], said["left"]) == (ROWS - 2, 2, 0)
    assert len(eight.rows()) == ROWS and eight.world.workers() == []


def test_the_next_models_worker_waits_beside_the_present_one_and_may_be_lost(world):
    """On a GPU it is started early. What ends it meanwhile is no failure of the model that it was for."""
    campaigns = TwoGpus(world, {f"model{i}": FAST for i in range(3)})
    campaigns.plan(device="cuda:0")
    process = campaigns.start()
    both = eventually(lambda: w if len(w := world.workers()) == 2 else None, "two workers")
    kill(max(both, key=lambda pid: (started_at(pid), pid)))  # within one tick, the higher number
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert {r["status"] for r in campaigns.rows()} == {"ok"} and len(campaigns.rows()) == 3
    assert world.workers() == [] and world.left_behind() == []


def started_at(pid: int) -> int:
    """In ticks since the machine's start."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def test_a_job_that_two_processes_died_of_is_left_for_another_run(world):
    """This test stands in for what it is of a model that kills the process beside its worker."""
    campaigns = TwoGpus(world, {"fatal": {**FAST, "chatter": True}, "sound": FAST})
    campaigns.plan(device="cuda:0")

    def died_of_it() -> set[int]:
        """Those whose worker has loaded the model, by the name of the worker's folder."""
        found = set()
        for log in world.tmp.glob("joulemark-*/*/worker.log"):
            with suppress(OSError):
                if b"a library talks" in log.read_bytes():
                    found.add(int(log.parent.name.partition("-")[0]))
        return found & set(campaigns.members().values())

    process = campaigns.start(*BOTH)
    for _ in range(2):
        kill(eventually(died_of_it, "a member that measures it").pop())
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert "fatal is left for another run" in err
    assert json.loads(out)["measured"] == 1 and json.loads(out)["left"] == 1
    assert campaigns.run(*BOTH).json["left"] == 0
    assert campaigns.places() == {("fatal", "batch_1"): 1, ("sound", "batch_1"): 1}


def test_ctrl_c_keeps_what_is_complete_and_the_next_run_goes_on_with_one_device(eight):
    process = eight.start(*BOTH)
    eventually(lambda: eight.status()["measured"] >= 1, "a row")
    interrupt(process)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Go on with joulemark campaign run" in err
    assert eight.world.workers() == [] and eight.members() == {}
    kept = {r["run"] for r in eight.rows()}
    assert kept, "what was complete is collected"
    assert 0 < eight.status()["left"] < ROWS
    assert eight.run().json["left"] == 0
    assert kept < {r["run"] for r in eight.rows()} and len(eight.rows()) == ROWS


def test_a_run_that_is_killed_takes_its_members_with_it(eight):
    process = eight.start(*BOTH)
    eventually(lambda: eight.status()["measured"] >= 1, "a row")
    process.kill()
    process.wait()
    eventually(lambda: eight.members() == {} and eight.world.workers() == [], "nobody is left")
    assert eight.status()["measured"] >= 1, "the rows are in the members' databases"
    assert eight.run(*BOTH).json["left"] == 0
    assert len(eight.rows()) == ROWS


def test_told_to_stop_it_ends_with_the_jobs_in_work(eight):
    process = eight.start(*BOTH, "--tolerate-failures")
    eventually(lambda: eight.status()["measured"] >= 1, "a row")
    process.send_signal(signal.SIGUSR1)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert 0 < eight.status()["left"] < ROWS
    assert eight.run(*BOTH).json["left"] == 0 and len(eight.rows()) == ROWS


def test_two_runs_at_once_are_one_too_many(eight):
    first = eight.start(*BOTH)
    eventually(eight.members, "the first has begun")
    second = eight.run(*BOTH)
    assert second.code == 7 and "another joulemark" in second.err
    _, err = first.communicate(timeout=60)
    assert first.returncode == 3, err
    assert len(eight.rows()) == ROWS


def test_a_device_that_is_lost_leaves_its_jobs_to_the_others(world, build):
    """The second GPU's driver stops answering while the campaign runs."""
    (library,) = list(build.rglob("libfake_nvml.so"))
    campaigns = TwoGpus(world, {f"model{i}": {"step": {"mode": "sleep", "ms_fixed": 2}} for i in range(6)})
    zero = time.monotonic()
    campaigns.env |= {
        "JOULEMARK_NVML_LIBRARY": str(library),
        "JOULEMARK_FAKE_NVML": f"devices=2;waveform=flat:200;zero={zero};lost=1;lost_after_ms=9000",
    }
    assert campaigns.plan(device="cuda:all", batch=["1", "2"], max_seconds=4).code == 0
    arguments = [a for a in campaigns.arguments() if a not in ("--meter", "synthetic", "--meter-option", "waveform=flat:100")]
    process = world.start(*arguments, "--meter", "nvml", env=campaigns.env)
    out, err = process.communicate(timeout=120)
    assert "cuda:1" in err and "The other devices go on" in err, err
    # A host that others use heavily may make a row unstable: it was measured, by a device that was there.
    assert process.returncode in (0, 3), err
    assert json.loads(out)["left"] == 0
    measured = Counter((r["architecture"], r["policy"]) for r in campaigns.rows() if r["status"] in ("ok", "unstable"))
    assert measured == {(f"model{i}", policy): 1 for i in range(6) for policy in ("batch_1", "fixed")}
    assert Counter(r["status"] for r in campaigns.rows()).keys() <= {"ok", "unstable", "meter_lost"}
    units = Counter(p["meter"]["device_id"] for p in campaigns.provenance())
    assert units.keys() == {"GPU-fake-1", "GPU-fake-2"} and units["GPU-fake-1"] > units["GPU-fake-2"]


@pytest.mark.parametrize(
    "extra, said",
    [
        (("--device", "cuda:0,cuda:2"), "has no device 'cuda:2'"),
        (("--device", "cuda:0,cuda:0"), "cuda:0 is there twice"),
        (("--device", "cuda:0,cpu"), "cannot be measured at the same time"),
        (("--device", "cuda:0,"), "has no device ''"),
        ((*BOTH, "--meter", "estimate"), "what it counts is of cuda:0 and cuda:1 together"),
        ((*BOTH, "--meter", "rapl"), "what it counts is of cuda:0 and cuda:1 together"),
        ((*BOTH, "--meter", "nvml", "--meter-option", "gpu=0"), "gpu=0 is the meter of one GPU"),
        ((*BOTH, "--meter", "nvml"), "/nonexistent/libnvidia-ml.so.1"),
    ],
)
def test_what_cannot_be_measured_together_is_said(eight, extra, said):
    eight.env["JOULEMARK_NVML_LIBRARY"] = "/nonexistent/libnvidia-ml.so.1"
    meter = [] if "--meter" in extra else ["--meter", "synthetic"]
    ran = eight.world.run("campaign", "run", eight.folder, *meter, *extra, "--json", env=eight.env)
    assert ran.code != 0
    assert said in ran.err and ran.error["next"]
    assert eight.status()["left"] == ROWS


def test_shards_may_have_several_devices_each(eight):
    for k in (1, 2):
        assert eight.run(*BOTH, "--shard", f"{k}/2", "--tolerate-failures").code == 0
    assert eight.status()["left"] == 0
    assert eight.world.run("campaign", "collect", eight.folder).code == 0
    assert len(eight.rows()) == ROWS
    assert eight.world.left_behind() == []
