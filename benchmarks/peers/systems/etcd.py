"""etcd: three members with its defaults but the quota; a put is fsynced on a majority before it is answered."""

import json

from .go_client import GoClient
from .node import Node
from .system import NODES, System, addresses, free_ports, http_get, install_once, run

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
        ports, places = free_ports(2 * NODES), self.places()
        self.clients, peers = addresses(places, ports[:NODES]), addresses(places, ports[NODES:])
        initial = ",".join(f"etcd-{n + 1}=http://{address}" for n, address in enumerate(peers))
        nodes = []
        for n in range(NODES):
            folder = self.work / f"node-{n + 1}"
            client, peer = f"http://{self.clients[n]}", f"http://{peers[n]}"
            command = [self.folder / "etcd", "--name", f"etcd-{n + 1}", "--data-dir", folder / "data"]
            command += ["--listen-client-urls", client, "--advertise-client-urls", client]
            command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
            command += ["--initial-cluster", initial, "--initial-cluster-state", "new"]
            command += ["--quota-backend-bytes", QUOTA_BYTES, "--log-level", "warn"]
            nodes.append(Node(f"etcd-{n + 1}", command, folder, namespace=places[n].namespace))
        return nodes

    def is_ready(self):
        return all(json.loads(text or "{}").get("health") == "true" for text in map(self._health, self.clients))

    def _health(self, address):
        status, text = http_get(address, "/health")
        return text if status == 200 else ""

    def create(self, name, partitions=1, durable=True):
        """Keys need no making."""

    def leader(self, name=None):
        for node, address in zip(self.nodes, self.clients):
            status, text = http_get(address, "/v3/maintenance/status", "{}")
            answer = json.loads(text) if status == 200 else {}
            leader = answer.get("leader")
            if leader and leader == answer["header"]["member_id"]:
                return node
        return None

    def endpoints(self):
        return list(self.clients)


def _build(folder):
    source = folder / "source"
    source.mkdir()
    (source / "main.go").write_text(MAIN)
    run(["go", "mod", "init", "marquee/peers/etcd"], source)
    run(["go", "get", f"go.etcd.io/etcd/server/v3@{VERSION}"], source)
    run(["go", "build", "-o", folder / "etcd", "."], source)
