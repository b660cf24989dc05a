"""A cluster under test: finding free ports, running commands against it, killing and reviving processes."""

import atexit
import concurrent.futures
import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from cluster import api, postgres, process
from cluster.cluster import Cluster
from cluster.failure import ClusterFailure
from cluster.layout import Layout

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class RunningCluster:
    """`url` is the load balancer's. Every command is bounded in time."""

    def __init__(self, layout):
        self.layout = layout
        self.control = Cluster(layout, say=lambda text: None)
        self.url = layout.load_balancer_url

    def api(self, method, path, body=None, timeout_s=30):
        return api.call(self.url, method, path, body, timeout_s)

    def remove_topics(self):
        """All that anybody can see. What cannot be removed stays: that costs time but is no failure."""

        def remove(topic):
            with contextlib.suppress(ClusterFailure):
                self.api("DELETE", f"/topics/{topic}")

        with contextlib.suppress(ClusterFailure), concurrent.futures.ThreadPoolExecutor(8) as at_once:
            list(at_once.map(remove, self.api("GET", "/topics")["topics"]))

    def marquee(self, *arguments, stdin=b"", timeout_s=120, check=True):
        """Runs the command line tool; gives the completed process, with output as bytes."""
        made = subprocess.run(
            [str(self.layout.binary), *arguments, "--load-balancer", self.url],
            input=stdin,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        if check:
            assert made.returncode == 0, f"marquee {arguments}: {made.returncode}\n{made.stdout!r}\n{made.stderr!r}"
        return made

    def marquee_in_background(self, *arguments, stdin):
        return subprocess.Popen(
            [str(self.layout.binary), *arguments, "--load-balancer", self.url],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def kcat(self, *arguments, stdin=b"", timeout_s=60, broker=0):
        made = subprocess.run(
            ["kcat", "-b", self.kafka_addresses()[broker], *arguments],
            input=stdin,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        assert made.returncode == 0, f"kcat {arguments}: {made.stderr!r}"
        return made.stdout

    def kafka_addresses(self):
        return [entry["kafka"] for entry in self.processes("broker")]

    def processes(self, role=None):
        return [entry for entry in self.control.known() if role in (None, entry["role"])]

    def leader_of(self, topic, partition=0):
        """The broker id that leads the partition; waits for one."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            described = self.api("GET", f"/topics/{topic}")["topic"]["partitions"]
            leader = described[partition]["leader"]
            if leader is not None:
                return leader
            time.sleep(0.05)
        raise AssertionError(f"{topic}/{partition} has no leader")

    def broker_of(self, broker_id):
        return next(entry for entry in self.processes("broker") if entry["broker_id"] == broker_id)

    def kill(self, entry, how=signal.SIGKILL):
        os.kill(entry["pid"], how)
        while process.is_alive(entry["pid"], entry["command"]):
            try:
                os.waitpid(entry["pid"], os.WNOHANG)
            except OSError:
                pass
            time.sleep(0.01)

    @contextlib.contextmanager
    def frozen(self, *entries):
        """The processes neither run nor die meanwhile: connections to them stay open and nothing answers."""
        for entry in entries:
            os.kill(entry["pid"], signal.SIGSTOP)
        try:
            yield
        finally:
            for entry in entries:
                os.kill(entry["pid"], signal.SIGCONT)

    def is_alive(self, entry):
        return process.is_alive(entry["pid"], entry["command"])

    def revive(self):
        """Starts again what does not run, and waits until all is ready."""
        for entry in self.processes():
            if not self.is_alive(entry):
                self.control.restart(entry["name"])

    def log_of(self, entry):
        return pathlib.Path(entry["log"]).read_text(errors="replace")


def serve(binary, state_dir, **layout_options):
    """Starts a cluster in `state_dir` on free ports, gives it, and stops it."""
    yield from run(RunningCluster(make_layout(binary, state_dir, free_offset(), **layout_options)))


def make_layout(binary, state_dir, port_offset, **options):
    options.setdefault("broker_settings", {"retention": {"check_ms": 400}})
    return Layout(ROOT, pathlib.Path(state_dir), port_offset, pathlib.Path(binary).resolve(), **options)


def run(running):
    """Starts the cluster, gives it, and stops it."""
    try:
        give_database(running.layout)
        running.control.start()
        yield running
    finally:
        running.control.stop()
        remove_database(running.processes(), running.layout.state_dir)
        _show_crashes(running)


_empty_database = []  # its layout, once there is one


def give_database(layout):
    """A copy of one that initdb has made: that takes most of a cluster's first start."""
    data_dir = pathlib.Path(postgres.describe(layout).data_dir)
    if data_dir.exists():
        return
    if not _empty_database:
        made = make_layout(layout.binary, tempfile.mkdtemp(prefix="marquee-tests-database-"), 0)
        _empty_database.append(made)
        atexit.register(shutil.rmtree, made.state_dir, ignore_errors=True)
        atexit.register(shutil.rmtree, postgres.describe(made).data_dir, ignore_errors=True)
        postgres.initialise(made, postgres.describe(made))
    origin = _empty_database[0]
    layout.postgres_password_file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(origin.postgres_password_file, layout.postgres_password_file)
    subprocess.run(["cp", "-a", postgres.describe(origin).data_dir, str(data_dir)], check=True)


_held_ports = []


def _held(ports):
    """Whether this process got all of them, and keeps them: another run of the tests may be about to start a cluster
    too. Port by port, because ranges with different offsets overlap."""
    locks = []
    folder = pathlib.Path(tempfile.gettempdir()) / "marquee-tests-ports"
    folder.mkdir(exist_ok=True)
    for port in ports:
        lock = open(folder / str(port), "w")
        locks.append(lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            for one in locks:
                one.close()
            return False
    _held_ports.extend(locks)
    return True


def free_offset():
    """Ports that no other cluster of this machine uses, below those that outgoing connections are given (32768 on)."""
    for offset in range(3000, 17000, 100):
        probe = Layout(ROOT, pathlib.Path("/"), offset, pathlib.Path("/"), load_balancers=2, booking=True)
        ports = [port for p in probe.processes() for port in p.ports()] + [probe.postgres_port]
        if not any(process.port_is_taken(port) for port in ports) and _held(ports):
            return offset
    raise AssertionError("no free range of ports")


def remove_database(entries, state_dir):
    """Where PostgreSQL's account cannot reach the state folder its data is elsewhere, and nobody else removes it."""
    for entry in entries:
        data_dir = pathlib.Path(entry.get("data_dir") or state_dir)
        if entry["role"] == "postgres" and state_dir not in data_dir.parents:
            shutil.rmtree(data_dir, ignore_errors=True)


def _show_crashes(running):
    """A sanitizer's report or a violated invariant in any log fails the test that caused it."""
    for entry in running.processes():
        if entry["role"] == "postgres" or not pathlib.Path(entry["log"]).exists():
            continue  # not ours, or the cluster failed before this process was started
        log = running.log_of(entry)
        for mark in ("AddressSanitizer", "runtime error:", "LeakSanitizer", "invariant violated", "terminate called"):
            assert mark not in log, f"{entry['name']} reported {mark}:\n{log[log.index(mark) - 200:][:4000]}"


def cluster_file(running):
    return json.loads(running.layout.cluster_file.read_text())
