"""NATS JetStream: three servers, file streams with three replicas.

The setting `fsync` is `sync_interval: always`; `default` leaves syncing to a timer of two minutes.
"""

import json

from .go_client import GoClient
from .node import Node
from .system import NODES, System, addresses, free_ports, http_get, install_once, run

VERSION = "v2.15.2"
PACKAGE = "github.com/nats-io/nats-server/v2"


class Nats(System):
    name = "nats"
    settings = ("default", "fsync")

    def __init__(self, home, work):
        super().__init__(home, work)
        self.folder = self.home / VERSION
        self.client = GoClient(self.home.parent)

    def install(self):
        build = ["go", "install", f"{PACKAGE}@{VERSION}"]
        install_once(self.folder, lambda folder: run(build, folder, {"GOBIN": str(folder)}))
        self.client.install()

    def is_installed(self):
        return (self.folder / "nats-server").exists() and self.client.is_installed()

    def make_nodes(self):
        ports, places = free_ports(3 * NODES), self.places()
        parts = (ports[:NODES], ports[NODES : 2 * NODES], ports[2 * NODES :])
        self.clients, routes, self.monitors = (addresses(places, part) for part in parts)
        nodes = []
        for n in range(NODES):
            folder = self.work / f"node-{n + 1}"
            folder.mkdir(parents=True)
            file = folder / "nats.conf"
            file.write_text(_configuration(n, folder, self.setting, self.clients, routes, self.monitors))
            command = [self.folder / "nats-server", "-c", file]
            nodes.append(Node(f"nats-{n + 1}", command, folder, namespace=places[n].namespace))
        return nodes

    def is_ready(self):
        """Every server knows the leader of JetStream's own group, and it has both others."""
        for address in self.monitors:
            status, _ = http_get(address, "/healthz")
            answered, text = http_get(address, "/jsz")
            if status != 200 or answered != 200:
                return False
            meta = json.loads(text).get("meta_cluster", {})
            if not meta.get("leader") or meta.get("cluster_size") != NODES:
                return False
        return True

    def create(self, name, partitions=1, durable=True):
        """Durable or not is decided by the servers' setting."""
        self.client.ask(self.name, "create", self.addresses(), name)

    def leader(self, name):
        found = self.client.ask(self.name, "leader", self._answering(), name)["leader"]
        return next((node for node in self.nodes if node.name == found), None)

    def _answering(self):
        """The addresses of servers that run: the client asks the first one."""
        return ",".join(where for where, node in zip(self.endpoints(), self.nodes) if node.is_alive())

    def endpoints(self):
        return [f"nats://{address}" for address in self.clients]


def _configuration(n, folder, setting, clients, routes, monitors):
    others = ", ".join(f'"nats-route://{address}"' for address in routes)
    sync = "sync_interval: always" if setting == "fsync" else ""
    return f"""
server_name: nats-{n + 1}
listen: "{clients[n]}"
http: "{monitors[n]}"
jetstream {{
  store_dir: "{folder}/data"
  max_file_store: 100GB
  max_memory_store: 1GB
  {sync}
}}
cluster {{
  name: peers
  listen: "{routes[n]}"
  routes: [{others}]
}}
"""
