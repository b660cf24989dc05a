"""A cluster under test: finding free ports, running commands against it, killing and reviving processes."""

import json
import pathlib
import signal
import subprocess
import time

from cluster import api, process
from cluster.cluster import Cluster
from cluster.errors import ClusterError
from cluster.layout import HOST, Layout


class RunningCluster:
    """`url` is the load balancer's. Every command is bounded in time."""

    def __init__(self, layout, binary):
        self.layout = layout
        self.binary = binary
        self.control = Cluster(layout, binary)
        self.url = layout.load_balancer_url

    def api(self, method, path, body=None, timeout_s=30):
        return api.call(self.url, method, path, body, timeout_s)

    def command(self, *arguments):
        return [str(self.binary), *arguments, "--load-balancer", self.url]

    def marquee(self, *arguments, stdin=b"", timeout_s=120, check=True):
        """Runs the command line tool; gives the completed process, with output as bytes."""
        made = subprocess.run(
            self.command(*arguments), input=stdin, capture_output=True, timeout=timeout_s, check=False
        )
        if check:
            assert made.returncode == 0, f"marquee {arguments}: {made.returncode}\n{made.stdout!r}\n{made.stderr!r}"
        return made

    def marquee_in_background(self, *arguments, stdin):
        return subprocess.Popen(
            self.command(*arguments), stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def kcat(self, *arguments, stdin=b"", timeout_s=60, broker=0):
        made = subprocess.run(
            ["kcat", "-b", self.processes("broker")[broker]["kafka"], *arguments],
            input=stdin,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        assert made.returncode == 0, f"kcat {arguments}: {made.stderr!r}"
        return made.stdout

    def processes(self, role=None):
        return [entry for entry in self.control.records().values() if role in (None, entry["role"])]

    def leader_of(self, topic, partition=0):
        """The entry of the broker that leads the partition; waits for one."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            described = self.api("GET", f"/topics/{topic}")["topic"]["partitions"]
            leader = described[partition]["leader"]
            if leader is not None:
                return self.broker_of(leader)
            time.sleep(0.05)
        raise AssertionError(f"{topic}/{partition} has no leader")

    def broker_of(self, broker_id):
        return next(entry for entry in self.processes("broker") if entry["broker_id"] == broker_id)

    def kill(self, *entries):
        """kill -9 of all of them at once; waits until they are gone."""
        for entry in entries:
            process.send_signal(entry["pid"], entry["command"], signal.SIGKILL)
        for entry in entries:
            assert process.wait_until_gone(entry["pid"], entry["command"], 10)

    def is_alive(self, entry):
        return process.is_running(entry["pid"], entry["command"])

    def revive(self):
        """Starts again what does not run, and waits until all is ready. Gives the names of those started."""
        return self.control.up()

    def log_of(self, entry):
        return pathlib.Path(entry["log"]).read_text(errors="replace")


def serve(binary, state_dir):
    """Starts a cluster in `state_dir` on free ports, gives it, and stops it."""
    running = RunningCluster(Layout(pathlib.Path(state_dir).resolve(), _free_offset()), pathlib.Path(binary).resolve())
    try:
        running.control.up()
        yield running
    finally:
        killed = running.control.down()
        _check_logs(running)
    assert not killed, f"{killed} did not stop when asked"


def _free_offset():
    """Ports that nobody else on this machine uses."""
    for offset in range(20000, 36000, 100):
        try:
            for member in Layout(pathlib.Path("/"), offset).members:
                for kind, port in member.ports.items():
                    process.check_port_is_free(HOST, port, kind)
            return offset
        except ClusterError:
            continue
    raise AssertionError("no free range of ports")


def _check_logs(running):
    """A sanitizer's report or a violated invariant in any log fails the test that caused it."""
    for entry in running.processes():
        if entry["role"] == "postgres":
            continue
        log = running.log_of(entry)
        for mark in ("AddressSanitizer", "runtime error:", "LeakSanitizer", "invariant violated", "terminate called"):
            assert mark not in log, f"{entry['name']} reported {mark}:\n{log[max(0, log.index(mark) - 300):][:4000]}"


def cluster_file(running):
    return json.loads(running.layout.cluster_file.read_text())
