"""`joulemark campaign submit --slurm` on a real Slurm whose nodes, daemons and controller die under it."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

import slurm_cluster
from campaigns import FAST, Campaigns
from slurm_cluster import Cluster
from world import World, eventually

WHY_NOT = slurm_cluster.why_not()
on_a_cluster = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


@pytest.fixture
def cluster(tmp_path):
    with Cluster(tmp_path / "cluster") as made:
        yield made


class Submitted(Campaigns):
    """A campaign whose folder has a name that every quoting rule has to get right."""

    def __init__(self, world: World, cluster: Cluster | None, models: int, **plan) -> None:
        super().__init__(world, {f"model{i:02}": FAST for i in range(models)})
        self.folder = world.folder / "it's 100% ours"
        self.cluster = cluster
        if cluster is not None:
            self.env |= {name: cluster.env[name] for name in ("SLURM_CONF", "PATH")}
        self.size = models
        planned = self.plan(lot=3, **plan)
        assert planned.code == 0, planned.err

    def submit(self, *extra, shards=8):
        meter = ["--meter", "synthetic", "--meter-option", "waveform=flat:100", "--idle-seconds", "0.1"]
        arguments = ["--slurm", "--shared", "--shards", shards, "--gres", "gpu:1", *meter, *extra]
        return self.world.run("campaign", "submit", self.folder, *arguments, env=self.env)

    def submitted(self, *extra, shards=8) -> int:
        said = self.submit(*extra, "--json", shards=shards)
        assert said.code == 0, said.err
        return said.json["job"]

    def status(self) -> dict:
        said = self.world.run("campaign", "status", self.folder, "--json", env=self.env)
        assert said.code == 0, said.err
        return said.json

    def rows_in_shards(self) -> int:
        """Asked of the databases themselves: `status` would ask Slurm each time."""
        rows = 0
        for database in self.folder.glob("shards/*/*/results.sqlite"):
            with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True)) as file:
                rows += file.execute("SELECT count(*) FROM record").fetchone()[0]
        return rows

    def wait_for_rows(self, count: int) -> None:
        eventually(lambda: self.rows_in_shards() >= count, f"{count} rows", 60)

    def wait_for_end(self) -> None:
        def ended() -> bool:
            self.cluster.administer()
            return self.cluster.active() == 0

        eventually(ended, "the end of all tasks", 90)
        # What lives on after its slurmd, or was forgotten by slurmctld, is no task any more.
        eventually(lambda: self.cluster.of_jobs() == [], "the end of all their processes", 60)

    def logs(self) -> str:
        return "".join(log.read_text() for log in sorted(self.folder.glob("slurm/log/*.log")))

    def assert_whole(self) -> None:
        """Every configuration has one row, which is sound, and a second collect changes nothing."""
        assert self.status()["left"] == 0, self.logs()
        for _ in range(2):
            collected = self.world.run("campaign", "collect", self.folder, "--json")
            assert collected.code == 0, collected.err
            assert collected.json["measured"] + collected.json["failed"] == self.size, collected.out
        rows = self.rows()
        assert Counter(r["architecture"] for r in rows) == {f"model{i:02}": 1 for i in range(self.size)}
        # On a host as busy as this one a rate may not settle; nothing else may go wrong.
        assert {r["status"] for r in rows} <= {"ok", "unstable"}, [r["message"] for r in rows]
        verified = self.world.run("campaign", "verify", self.folder)
        assert verified.code == 0, verified.out


@pytest.fixture
def campaign(world, cluster):
    return lambda models, **plan: Submitted(world, cluster, models, **plan)


@on_a_cluster
def test_forty_configurations_while_a_node_dies_and_a_task_is_requeued(campaign, cluster):
    forty = campaign(40)
    job = forty.submitted()
    again = forty.submit()
    assert again.code == 2, again.err
    assert f"job {job} measures this campaign" in again.err and f"scancel {job}" in again.err

    forty.wait_for_rows(3)
    busy = [node for node in slurm_cluster.NODES if cluster.running_on(node)]
    begun_again = [cluster.running_on(busy[0])[0], *cluster.running_on(busy[-1])]
    cluster.call("scontrol", "requeue", begun_again[0])
    cluster.kill_node(busy[-1])
    during = forty.world.run("campaign", "collect", forty.folder, "--json")
    assert during.code == 0, during.err
    assert during.json["left"] > 0

    forty.wait_for_end()
    forty.assert_whole()
    said = forty.status()["slurm"]
    assert [(t["job"], t["task"]) for t in said["tasks"]] == [(job, n) for n in range(1, 9)]
    assert {t["state"] for t in said["tasks"]} == {"COMPLETED"}, said
    assert len(busy) > 1 and len(begun_again) > 1
    assert set(begun_again) <= {f"{t['job']}_{t['task']}" for t in said["tasks"] if t["restarts"] > 0}
    text = forty.world.run("campaign", "status", forty.folder, env=forty.env).out
    assert f"Slurm job {job}, 8 tasks: 8 completed" in text
    assert "Nothing is left" in forty.submit().out
    assert not list(forty.folder.glob("shards/*/*/artefacts")), "artefacts are on the nodes"


@on_a_cluster
def test_a_shard_that_runs_twice_at_once_is_one(campaign, cluster):
    """Only slurmd dies: its job lives on, unseen, while Slurm starts the task again elsewhere."""
    # Slurm gives the node up and begins the task again after about twelve seconds; each row takes one at least.
    twenty = campaign(20)
    twenty.submitted(shards=1)
    twenty.wait_for_rows(1)
    (node,) = [n for n in slurm_cluster.NODES if cluster.running_on(n)]
    cluster.kill_daemon(node)
    unseen = cluster.of_node(node)
    assert unseen

    def sittings() -> list[Path]:
        return sorted(twenty.folder.glob("shards/1-of-1/*/results.sqlite"))

    eventually(lambda: len(sittings()) == 2, "the same task on another node", 40)
    assert [pid for pid in unseen if slurm_cluster.state_of(pid)], "the first had ended before the second began"
    twenty.wait_for_end()
    wrote = [twenty.world.run("export", "--db", s, "--format", "json").json for s in sittings()]
    assert all(wrote), "both wrote"
    twenty.assert_whole()
    assert all(any((s.parent / "log").iterdir()) for s in sittings()), "each has its exporter's words"
    assert "restarts: 0" in twenty.logs() and "restarts: 1" in twenty.logs()


@on_a_cluster
def test_a_controller_that_is_killed_and_forgets(campaign, cluster):
    many = campaign(24)
    job = many.submitted(shards=3)
    many.wait_for_rows(1)
    cluster.kill_controller()
    refused = many.submit(shards=3)
    assert refused.code != 0 and "scontrol ping" in refused.err
    # What Slurm cannot say is said; what is measured is known all the same.
    without = many.status()
    assert "scontrol ping" in without["slurm"]["problem"]
    assert "Slurm job 1, 3 tasks: 3 unknown" in many.world.run("campaign", "status", many.folder, env=many.env).out
    assert without["measured"] >= 1 and [t["task"] for t in without["slurm"]["tasks"]] == [1, 2, 3]
    cluster.start_controller()
    many.wait_for_end()
    many.assert_whole()
    assert {t["job"] for t in many.status()["slurm"]["tasks"]} == {job}


@on_a_cluster
def test_tasks_end_between_rows_when_they_are_told_to_and_at_once_when_they_must(campaign, cluster):
    twelve = campaign(12)
    job = twelve.submitted("--time", "10", shards=2)
    twelve.wait_for_rows(1)
    cluster.call("scancel", "--signal=USR1", "--batch", str(job))
    twelve.wait_for_end()
    said = twelve.status()
    assert {t["state"] for t in said["slurm"]["tasks"]} == {"COMPLETED"}, "to stop when told to is no failure"
    assert 0 < said["left"] < 12

    # All processes of a task are ended together: that a worker died then is no property of its model.
    second = twelve.submitted(shards=2)
    twelve.wait_for_rows(said["measured"] + 1)
    cluster.call("scancel", str(second))
    twelve.wait_for_end()
    said = twelve.status()
    assert said["left"] > 0
    assert {t["job"] for t in said["slurm"]["tasks"]} == {second}, "an older job that is over is left out"
    assert {t["state"] for t in said["slurm"]["tasks"]} == {"CANCELLED"}

    twelve.submitted(shards=3)
    twelve.wait_for_end()
    twelve.assert_whole()


@on_a_cluster
def test_what_slurm_refuses_is_said_in_its_words(campaign, cluster):
    two = campaign(2)
    nowhere = two.submit("--partition", "nowhere", "--json")
    assert nowhere.code == 2
    assert "invalid partition specified: nowhere" in nowhere.error["what"] and "sinfo" in nowhere.error["next"]
    without = two.submit("--sbatch-option", "--gres=warp:1")
    assert without.code == 2 and "gres" in without.err
    assert two.status()["slurm"]["tasks"] == []
    # A job whose record was lost, as when the disk was full then, is found all the same.
    job = two.submitted("--sbatch-option=--hold")
    (two.folder / "slurm/jobs.json").unlink()
    again = two.submit()
    assert again.code == 2 and f"scancel {job}" in again.err
    assert {t["state"] for t in two.status()["slurm"]["tasks"]} == {"PENDING"}


def test_without_slurm_everything_says_so(world, tmp_path):
    two = Submitted(world, None, 2)
    nowhere = tmp_path / "bin"
    nowhere.mkdir()
    for needed in ("sh",):
        (nowhere / needed).symlink_to(shutil.which(needed))
    two.env["PATH"] = str(nowhere)
    assert "slurm" not in two.status(), "nothing was submitted, nothing is asked"
    printed = two.submit("--dry-run")
    assert printed.code == 0 and "#SBATCH --array=1-2\n" in printed.out
    assert not (two.folder / "slurm").exists(), "to print is to change nothing"
    refused = two.submit()
    assert refused.code == 8 and "no squeue on this machine" in refused.err
    assert "no squeue on this machine" in two.status()["slurm"]["problem"]
    missing = world.run("campaign", "submit", two.folder)
    assert missing.code == 2 and "--slurm" in missing.err
    wrong = two.submit("--time", "1")
    assert wrong.code == 2 and "--time" in wrong.err


def test_failures_are_tried_again_by_the_tasks_of_their_shards(world):
    three = Submitted(world, None, 3)
    assert three.run().json["left"] == 0
    with closing(sqlite3.connect(three.folder / "results.sqlite")) as database, database:
        database.execute("UPDATE record SET status = 'timed_out', message = 'too slow' WHERE architecture = 'model01'")
    nothing = three.submit("--dry-run", shards=3)
    assert nothing.code == 2 or "#SBATCH --array" not in nothing.out
    printed = three.submit("--dry-run", "--retry-failed=timed_out", "--device", "cpu", shards=3)
    assert printed.code == 0, printed.err
    assert re.search(r"#SBATCH --array=[123]\n", printed.out), "of one shard"
    assert "--retry-failed=timed_out" in printed.out and "--device cpu" in printed.out
    assert re.search(r"#SBATCH --array=[123]\n", three.submit("--dry-run", "--retry-failed", shards=3).out)
    others = three.submit("--dry-run", "--retry-failed=crashed", shards=3)
    assert "#SBATCH --array" not in others.out
    wrong = three.submit("--dry-run", "--retry-failed=slow")
    assert wrong.code == 2 and "slow" in wrong.err
