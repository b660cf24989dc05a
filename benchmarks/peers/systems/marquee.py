"""Marquee as scripts/up starts it: three brokers, two managers of each kind, a load balancer, PostgreSQL."""

import os
import pathlib
import shutil
import signal
import time

import running_cluster
from cluster import process
from cluster.failure import ClusterFailure

from .node import NodeFailure, family, tail
from .system import ROOT, System, disk_bytes, http_get


class Broker:
    """A broker with what a Node can do."""

    def __init__(self, cluster, entry):
        self.cluster = cluster
        self.name = entry["name"]

    def entry(self):
        return next(entry for entry in self.cluster.processes("broker") if entry["name"] == self.name)

    def is_alive(self):
        return self.cluster.is_alive(self.entry())

    def require_alive(self):
        if not self.is_alive():
            log = self.entry()["log"]
            raise NodeFailure(f"{self.name} ended. Its log {log} ends with:\n{tail(log)}")

    def pids(self):
        return family(self.entry()["pid"])

    def send(self, number):
        os.kill(self.entry()["pid"], number)

    def kill(self):
        self.cluster.kill(self.entry())

    def terminate(self):
        self.send(signal.SIGTERM)

    def stop(self):
        entry = self.entry()
        process.stop(entry["name"], entry["pid"], entry["command"])

    def start(self):
        """Returns when the process is started, not ready."""
        entries = self.cluster.control.known()
        mine = next(entry for entry in entries if entry["name"] == self.name)
        described = next(p for p in self.cluster.layout.processes() if p.name == self.name)
        described.command, described.cwd, described.log = mine["command"], mine["cwd"], mine["log"]
        process.require_free_ports(described)
        process.start(described)
        mine["pid"] = described.pid
        self.cluster.control._write_document(entries)


class Marquee(System):
    name = "marquee"

    def __init__(self, home, work):
        super().__init__(home, work)
        self.binary = pathlib.Path(os.environ.get("MARQUEE_BINARY") or ROOT / "build" / "release" / "cli" / "marquee")
        self.cluster = None

    def is_installed(self):
        return self.binary.exists()

    def make_nodes(self):
        self.work.chmod(0o755)  # PostgreSQL runs under an account of its own
        offset = running_cluster.free_offset() if self.network is None else 0
        layout = running_cluster.make_layout(self.binary, self.work, offset, broker_settings={})
        if self.network is not None:  # the database and the managers are no nodes, but have to live there too
            layout.places = self.network.make([p.name for p in layout.processes()] + ["postgres"])
        self.cluster = running_cluster.RunningCluster(layout)
        return []

    def start_nodes(self):
        self.cluster.control.start()
        self.nodes = [Broker(self.cluster, entry) for entry in self.cluster.processes("broker")]

    def is_ready(self):
        """Of the brokers; `start_nodes` waits for all processes."""
        addresses = [entry["http"].removeprefix("http://") for entry in self.cluster.processes("broker")]
        return all(http_get(address, "/ready")[0] == 200 for address in addresses)

    def is_whole(self, topic):
        try:
            described = self.cluster.api("GET", f"/topics/{topic}")["topic"]["partitions"]
        except ClusterFailure:
            return False
        return self.is_ready() and all(replica["in_sync"] for one in described for replica in one["replicas"])

    def create(self, name, partitions=1, durable=True):
        config = {} if durable else {"durability": "relaxed"}
        self.cluster.api("POST", "/topics", {"name": name, "partitions": partitions, "config": config}, timeout_s=60)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            described = self.cluster.api("GET", f"/topics/{name}")["topic"]["partitions"]
            if len(described) == partitions and all(one["leader"] is not None for one in described):
                return
            time.sleep(0.2)
        raise NodeFailure(f"marquee: not every partition of {name} has a leader after 60 s")

    def remove(self, name):
        self.cluster.api("DELETE", f"/topics/{name}")

    def leader(self, name):
        leads = self.cluster.leader_of(name)
        found = self.cluster.broker_of(leads)["name"]
        return next(node for node in self.nodes if node.name == found)

    def endpoints(self):
        return self.cluster.kafka_addresses()

    def url(self):
        return self.cluster.url

    def pids(self):
        """PostgreSQL's too: it is part of the price."""
        return [pid for entry in self.cluster.processes() for pid in family(entry["pid"])]

    def pids_without_database(self):
        ours = [entry for entry in self.cluster.processes() if entry["role"] != "postgres"]
        return [pid for entry in ours for pid in family(entry["pid"])]

    def data_bytes(self):
        return disk_bytes(self.work / "data")

    def stop(self):
        if self.cluster is not None:
            entries = self.cluster.processes()
            self.cluster.control.stop()
            running_cluster.remove_database(entries, self.work)
        self.cluster, self.nodes = None, []

    def clean(self):
        shutil.rmtree(self.work, ignore_errors=True)
