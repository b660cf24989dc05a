"""etcd: three members with its defaults but the quota; a put is fsynced on a majority before it is answered."""

import json

from .go_client import GoClient
from .node import Node
from .system import LOOPBACK, NODES, System, free_ports, http_get, install_once, run

VERSION = "v3.7.3"
QUOTA_BYTES = 8 * 2**30
# etcd's own module cannot be installed by `go install` (it replaces modules); its server is a package of its own.
MAIN = """package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
"""


class Etcd(System):
    name = "etcd"

    def __init__(self, home, work):
        super().__init__(home, work)
        self.folder = self.home / VERSION
        self.client = GoClient(self.home.parent)

    def install(self):
        install_once(self.folder, _build)
        self.client.install()

    def is_installed(self):
        return (self.folder / "etcd").exists() and self.client.is_installed()

    def make_nodes(self):
        ports = free_ports(2 * NODES)
        self.ports, peers = ports[:NODES], ports[NODES:]
        initial = ",".join(f"etcd-{n + 1}=http://{LOOPBACK}:{port}" for n, port in enumerate(peers))
        nodes = []
        for n in range(NODES):
            folder = self.work / f"node-{n + 1}"
            client, peer = f"http://{LOOPBACK}:{self.ports[n]}", f"http://{LOOPBACK}:{peers[n]}"
            command = [self.folder / "etcd", "--name", f"etcd-{n + 1}", "--data-dir", folder / "data"]
            command += ["--listen-client-urls", client, "--advertise-client-urls", client]
            command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
            command += ["--initial-cluster", initial, "--initial-cluster-state", "new"]
            command += ["--quota-backend-bytes", QUOTA_BYTES, "--log-level", "warn"]
            nodes.append(Node(f"etcd-{n + 1}", command, folder))
        return nodes

    def is_ready(self):
        return all(json.loads(text or "{}").get("health") == "true" for text in map(self._health, self.ports))

    def _health(self, port):
        status, text = http_get(port, "/health")
        return text if status == 200 else ""

    def create(self, name, partitions=1, durable=True):
        """Keys need no making."""

    def leader(self, name=None):
        for port in self.ports:
            status, text = http_get(port, "/v3/maintenance/status", "{}")
            answer = json.loads(text) if status == 200 else {}
            leader = answer.get("leader")
            if leader and leader == answer["header"]["member_id"]:
                return self.nodes[self.ports.index(port)]
        return None

    def endpoints(self):
        return [f"{LOOPBACK}:{port}" for port in self.ports]


def _build(folder):
    source = folder / "source"
    source.mkdir()
    (source / "main.go").write_text(MAIN)
    run(["go", "mod", "init", "marquee/peers/etcd"], source)
    run(["go", "get", f"go.etcd.io/etcd/server/v3@{VERSION}"], source)
    run(["go", "build", "-o", folder / "etcd", "."], source)
