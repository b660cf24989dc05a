"""Two hops of HTTP and nothing else: what a load balancer before a manager can reach at best on this machine."""

import os
import pathlib

from .node import Node
from .system import LOOPBACK, ROOT, System, accepts, free_ports


class EchoChain(System):
    name = "echo"

    def __init__(self, home, work):
        super().__init__(home, work)
        built = os.environ.get("MARQUEE_BENCHMARKS") or ROOT / "build" / "release" / "benchmarks"
        self.program = pathlib.Path(built) / "echo_chain"

    def is_installed(self):
        return self.program.exists()

    def make_nodes(self):
        self.ports = free_ports(2)
        front, back = self.ports
        return [
            Node("echo", [self.program, "echo", back], self.work / "echo"),
            Node("proxy", [self.program, "proxy", front, back], self.work / "proxy"),
        ]

    def is_ready(self):
        return all(accepts(address) for address in self.endpoints())

    def create(self, name, partitions=1, durable=True):
        """It stores nothing."""

    def leader(self, name):
        return None

    def url(self):
        return f"http://{LOOPBACK}:{self.ports[0]}/produce"

    def endpoints(self):
        return [f"{LOOPBACK}:{port}" for port in self.ports]
