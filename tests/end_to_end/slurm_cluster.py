"""A real Slurm cluster inside one machine: munge, one slurmctld, three nodes with two GPUs each that are device files.

Everything is below one folder and listens on 127.0.0.1 alone; whatever was started is ended by `stop`, however the
test went. What cannot be had is said by `why_not`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from world import state_of

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
NODES = ("n1", "n2", "n3")
GPUS_PER_NODE = 2
PATIENCE_S = 20
NULL_DEVICE = os.makedev(1, 3)

# What is short here and long on a real cluster: how soon a node is given up (SlurmdTimeout), how long a requeued job
# waits (twice the life of a credential), how long a job may take to end (KillWait).
CONFIG = """
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ctld_port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={home}/munge/sock,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=1
SlurmdTimeout=2
MessageTimeout=2
TCPTimeout=2
KillWait=2
UnkillableStepTimeout=10
MinJobAge=600
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool/%n
SlurmctldPidFile={home}/run/ctld.pid
SlurmdPidFile={home}/run/slurmd.%n.pid
SlurmctldLogFile={home}/log/ctld.log
SlurmdLogFile={home}/log/slurmd.%n.log
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0,bf_interval=1
SlurmdParameters=config_overrides
GresTypes=gpu
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
NodeName=n[1-3] NodeHostname=localhost NodeAddr=127.0.0.1 Port={node_ports} CPUs=4 RealMemory=4000 Gres=gpu:{gpus} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP DefMemPerCPU=100
"""


def why_not() -> str | None:
    """Why no cluster can be started here; None when it can."""
    if os.geteuid() != 0:
        return "slurmctld and slurmd are started as root, and this is not root"
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [program for program in PROGRAMS if shutil.which(program, path=path) is None]
    if missing:
        return f"no {', '.join(missing)} here: script/setup installs slurm-wlm and munge"
    return None


def free_ports(count: int) -> list[int]:
    """Ports in a row that nothing listens on, below those that the kernel gives to clients."""
    for first in range(20000 + os.getpid() % 5000, 32000, count):
        sockets: list[socket.socket] = []
        try:
            for port in range(first, first + count):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", port))
            return list(range(first, first + count))
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
    raise RuntimeError("no free ports")


def parent_of(pid: int) -> int | None:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None


def name_of(pid: int | None) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


class Cluster:
    def __init__(self, home: Path) -> None:
        self.home = home
        # Processes of the cluster, and everything that its jobs start, are told by this variable.
        self.mark = f"SLURM_CONF={home}/slurm.conf"
        self.env = {
            **os.environ,
            "SLURM_CONF": f"{home}/slurm.conf",
            "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
        }

    def __enter__(self) -> Cluster:
        # A test that is killed ends nothing itself: this process waits for that, and does. It is nobody's child, so
        # that it is not killed with all of the test's (ctest does that after its TIMEOUT).
        self._watcher = subprocess.Popen([sys.executable, __file__, self.home], stdin=subprocess.PIPE, start_new_session=True)
        self._watcher.wait()
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.stop()
        self._watcher.stdin.close()

    # --- start and stop -------------------------------------------------------------------------

    def start(self) -> None:
        for folder in ("munge", "state", "spool", "run", "log", "dev"):
            (self.home / folder).mkdir(parents=True)
        ctld, *nodes = free_ports(1 + len(NODES))
        (self.home / "slurm.conf").write_text(
            CONFIG.format(home=self.home, ctld_port=ctld, node_ports=f"[{nodes[0]}-{nodes[-1]}]", gpus=GPUS_PER_NODE)
        )
        devices = f"{self.home}/dev/gpu[0-{GPUS_PER_NODE - 1}]"
        (self.home / "gres.conf").write_text(f"NodeName=n[1-3] Name=gpu File={devices}\n")
        for number in range(GPUS_PER_NODE):
            os.mknod(self.home / f"dev/gpu{number}", 0o600 | 0o020000, NULL_DEVICE)
        self._start_munge()
        self.start_controller()
        for node in NODES:
            self.start_node(node)
        self.wait_for(lambda: self.node_states().count("idle") == len(NODES), "three idle nodes")

    def _start_munge(self) -> None:
        munge = self.home / "munge"
        munge.chmod(0o755)  # the socket's folder must be open to all, and its parents to nobody's writing
        (munge / "key").write_bytes(os.urandom(128))
        (munge / "key").chmod(0o400)
        files = {"key-file": "key", "socket": "sock", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        self.call("munged", "--force", *(f"--{option}={munge / name}" for option, name in files.items()))

    def start_controller(self) -> None:
        self.call("slurmctld")
        self.wait_for(lambda: self.call("scontrol", "ping", check=False).returncode == 0, "slurmctld's answer")

    def start_node(self, node: str) -> None:
        self.call("slurmd", "-N", node)

    def stop(self) -> None:
        """Ends the jobs, then the daemons; then whatever is left of either."""
        if not self.processes():
            return
        with suppress(subprocess.SubprocessError, OSError):
            self.call("scancel", "--user=root", check=False)
        for name in (*(f"run/slurmd.{node}.pid" for node in NODES), "run/ctld.pid", "munge/pid"):
            with suppress(OSError, ValueError):
                os.kill(int((self.home / name).read_text()), signal.SIGTERM)
        deadline = time.monotonic() + 5
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        for _ in range(20):
            for pid in self.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not self.processes():
                return
            time.sleep(0.1)
        raise RuntimeError(f"processes that do not end: {self.processes()}")

    # --- what runs ------------------------------------------------------------------------------

    def processes(self) -> list[int]:
        """All of this cluster that live: daemons, and the processes of jobs."""
        return [pid for pid, _ in self._environments()]

    def of_jobs(self) -> list[int]:
        """Whatever jobs have started and lives, also what Slurm no longer knows."""
        return [pid for node in NODES for pid in self.of_node(node)]

    def of_node(self, node: str) -> list[int]:
        """The processes of a node's jobs, and the slurmstepd of each, which their environment alone gives away."""
        daemon = self.pid_of(node)
        of_jobs = {pid for pid, v in self._environments() if pid != daemon and f"SLURMD_NODENAME={node}" in v}
        above = {parent_of(pid) for pid in of_jobs} - of_jobs
        return sorted(of_jobs | {pid for pid in above if name_of(pid) == "slurmstepd"})

    def _environments(self) -> Iterator[tuple[int, list[str]]]:
        for file in Path("/proc").glob("[0-9]*/environ"):
            pid = int(file.parent.name)
            if pid == os.getpid() or state_of(pid) is None:
                continue
            with suppress(OSError):
                variables = file.read_bytes().decode(errors="replace").split("\0")
                if self.mark in variables:
                    yield pid, variables

    def pid_of(self, node: str) -> int:
        return int((self.home / f"run/slurmd.{node}.pid").read_text())

    # --- what breaks ----------------------------------------------------------------------------

    def kill_daemon(self, node: str) -> None:
        """Only slurmd dies: its jobs live on, and slurmctld will give the node up."""
        os.kill(self.pid_of(node), signal.SIGKILL)

    def kill_node(self, node: str) -> None:
        """As if the power was cut: slurmd, and all of its jobs' processes."""
        doomed = [self.pid_of(node), *self.of_node(node)]
        # Stopped first: what dies a moment later than the rest would still report their end.
        for what in (signal.SIGSTOP, signal.SIGKILL):
            for pid in doomed:
                with suppress(ProcessLookupError):
                    os.kill(pid, what)

    def kill_controller(self) -> None:
        os.kill(int((self.home / "run/ctld.pid").read_text()), signal.SIGKILL)

    def administer(self) -> None:
        """What an administrator does after slurmctld lost some of its state: the nodes that it drained ("Duplicate
        jobid") and the tasks that it holds ("launch failed requeued held") are let go."""
        for line in self.call("sinfo", "-h", "-N", "-o", "%N %t", check=False).stdout.splitlines():
            node, state = line.split()
            if state.startswith(("drain", "drng")):
                self.call("scontrol", "update", f"nodename={node}", "state=resume", check=False)
        for line in self.call("squeue", "-h", "-r", "-t", "pending", "-o", "%i %r", check=False).stdout.splitlines():
            task, reason = line.split(maxsplit=1)
            if reason.endswith("requeued held"):
                self.call("scontrol", "release", task, check=False)

    # --- questions ------------------------------------------------------------------------------

    def call(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        return subprocess.run(
            command, env=self.env, capture_output=True, text=True, check=check, timeout=PATIENCE_S, cwd=self.home
        )

    def node_states(self) -> list[str]:
        return self.call("sinfo", "-h", "-N", "-o", "%t", check=False).stdout.split()

    def active(self) -> int | None:
        """Tasks that wait or run; None when slurmctld does not say."""
        said = self.call("squeue", "-h", "-r", "-o", "%i", check=False)
        return len(said.stdout.split()) if said.returncode == 0 else None

    def running_on(self, node: str) -> list[str]:
        """The tasks there, as "17_2"."""
        return self.call("squeue", "-h", "-w", node, "-t", "running", "-o", "%i", check=False).stdout.split()

    @staticmethod
    def wait_for(condition, what: str, seconds: float = PATIENCE_S):
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"still not after {seconds} s: {what}")
            time.sleep(0.1)
        return value


if __name__ == "__main__":
    if os.fork() > 0:
        os._exit(0)
    sys.stdin.read()
    Cluster(Path(sys.argv[1])).stop()
