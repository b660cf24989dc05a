"""What every system under test can do. See README.md of benchmarks/peers."""

import http.client
import os
import pathlib
import shutil
import socket
import subprocess
import time

from cluster.layout import LOOPBACK, Place

from .node import NodeFailure

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
NODES = 3
INSTALL_PATIENCE_S = 900
READY_PATIENCE_S = 120.0


class Missing(Exception):
    """Why a system cannot be had on this machine."""


class System:
    """Three nodes with data below `work`, programs below `home`: on loopback, or in a network that can be cut.

    `start` begins with empty folders; `kill`, `freeze`, `restart` act on one of `nodes`. Nothing is left running after
    `stop`, whatever happened before; the network belongs to whoever gave it.
    """

    name = ""
    settings = ("default",)  # of the servers; what a topic can choose is an argument of `create`

    def __init__(self, home, work):
        self.home = pathlib.Path(home) / self.name  # its programs
        self.work = pathlib.Path(work) / self.name
        self.nodes = []
        self.setting = "default"
        self.network = None

    def install(self):
        """Fetches and builds what is not there yet. Raises Missing."""

    def is_installed(self):
        return True

    def start(self, setting="default", network=None):
        """Three new, empty nodes that are ready for work. With a `network` (tests/system/network_cluster.py) each has
        an address and a namespace there, under its own name; else all are on loopback."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.setting = setting
        self.network = network
        self.nodes = self.make_nodes()
        try:
            self.start_nodes()
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def make_nodes(self):
        raise NotImplementedError

    def places(self):
        """Where each node lives."""
        if self.network is None:
            return [Place()] * NODES
        names = [f"{self.name}-{n + 1}" for n in range(NODES)]
        made = self.network.make(names)
        return [made[name] for name in names]

    def start_nodes(self):
        for node in self.nodes:
            node.start()

    def is_ready(self):
        raise NotImplementedError

    def wait_until_ready(self):
        self.wait_until(self.is_ready, self.nodes)

    def is_whole(self, topic):
        """Whether all nodes reach each other and every replica of the topic follows its leader again."""
        return self.is_ready()

    def wait_until_whole(self, topic):
        self.wait_until(lambda: self.is_whole(topic), self.nodes)

    def rejoin(self, node):
        """What an operator has to do once the node is no longer cut off, if anything."""

    def wait_until(self, condition, nodes, patience_s=READY_PATIENCE_S):
        """As long as all these nodes live."""
        end = time.monotonic() + patience_s
        while not condition():
            for node in nodes:
                node.require_alive()
            if time.monotonic() > end:
                raise NodeFailure(f"{self.name} was not ready within {patience_s:.0f} s; logs below {self.work}")
            time.sleep(0.1)

    def create(self, name, partitions=1, durable=True):
        """A topic, stream or queue with three replicas, whose leader is there."""
        raise NotImplementedError

    def remove(self, name):
        """A topic of many partitions, which would be in the way of what comes next; others are left."""

    def leader(self, name):
        """The node that leads the (first) partition, or None while there is none."""
        raise NotImplementedError

    def endpoints(self):
        """Where clients connect, one for each node, as the load client of the system wants them."""
        raise NotImplementedError

    def addresses(self, name=None):
        """All endpoints; that of the topic's leader comes first, so that no client pays for a hop between nodes."""
        found = self.endpoints()
        leader = self.leader(name) if name else None
        if leader in self.nodes:
            found.insert(0, found.pop(self.nodes.index(leader)))
        return ",".join(found)

    def pids(self):
        """Of all servers."""
        return [pid for node in self.nodes for pid in node.pids()]

    def restart(self, node):
        node.stop()
        node.start()

    def restart_all(self):
        """Stops every node in order and starts them again; returns when the processes are started, not ready."""
        for node in self.nodes:
            node.terminate()
        for node in self.nodes:
            node.stop()
        for node in self.nodes:
            node.start()

    def data_bytes(self):
        """What lies on the disk for all nodes together."""
        return disk_bytes(self.work)

    def stop(self):
        for node in self.nodes:
            node.terminate()
        for node in self.nodes:
            node.stop()
        self.nodes = []

    def clean(self):
        shutil.rmtree(self.work, ignore_errors=True)


def run(command, folder=None, environment=None, patience_s=INSTALL_PATIENCE_S, stdin=None):
    """The standard output of a command that must succeed, else Missing with what it said."""
    command = [str(part) for part in command]
    name = pathlib.Path(command[0]).name
    try:
        made = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
        )
    except FileNotFoundError as absent:
        raise Missing(f"{name} is not installed") from absent
    except subprocess.TimeoutExpired as late:
        raise Missing(f"{name} did not end within {patience_s} s") from late
    if made.returncode != 0:
        said = " ".join((made.stderr + made.stdout).split())
        raise Missing(f"{name} ended with {made.returncode}: {said[-400:]}")
    return made.stdout


def install_once(folder, build):
    """Fills `folder` with `build(folder)` if it is not there; half a folder is never taken for a whole one."""
    # Not built under another name and moved when whole: programs may hold the path of their own folder.
    mark = folder.with_name(folder.name + ".unfinished")
    if folder.exists() and not mark.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    try:
        folder.mkdir()
        build(folder)
        mark.unlink()
    finally:
        if mark.exists():
            shutil.rmtree(folder, ignore_errors=True)
            mark.unlink()


def free_ports(count):
    """Ports that nobody listens on, below those that outgoing connections are given (32768 on)."""
    found = []
    for port in range(21000, 32000):
        with socket.socket() as probe:
            try:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise NodeFailure("no free ports on loopback")


def addresses(places, ports):
    return [f"{place.host}:{port}" for place, port in zip(places, ports)]


def accepts(address):
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except OSError:
        return False


def http_get(address, path, body=None, timeout_s=5):
    """(status, text) of a GET, or of a POST of `body`; (0, reason) if there is no answer."""
    try:
        connection = http.client.HTTPConnection(address, timeout=timeout_s)
        connection.request("GET" if body is None else "POST", path, body)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, text
    except (OSError, http.client.HTTPException) as problem:
        return 0, str(problem)


def disk_bytes(folder):
    """Blocks in use below the folder."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
            except OSError:
                pass  # removed meanwhile
    return total
