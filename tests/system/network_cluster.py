"""A cluster whose processes live each in a network namespace of their own, so that the network between any two can
be cut, in one direction or in both.

    root namespace ("host")          hub                        marquee-<pid>-<n>-broker-1
      10.x.y.1  =====veth=====  bridge  =====veth=====  10.x.y.10 eth0, nftables: drop from `cut_from`
                        nftables: drop what is `unplugged`

Everything hangs on namespaces whose names carry the id of the test's process: removing them removes the links with
them, and the next test removes what a killed one left behind.
"""

import ipaddress
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

import running_cluster
from cluster import process
from cluster.configuration import inside_namespace
from cluster.layout import Layout, Place

HOST = "host"  # where the test itself runs, as the name of a place
PREFIX = "marquee-"
FILTER = """
table inet cuts {
  set cut_from { type ipv4_addr; }
  set cut_to { type ipv4_addr; }
  chain input { type filter hook input priority 0; ip saddr @cut_from drop; }
  chain output { type filter hook output priority 0; ip daddr @cut_to drop; }
}
"""
# Addresses stay resolved (ARP passes): a packet is lost in silence and nobody is told that a host cannot be reached.
HUB_FILTER = """
table bridge cuts {
  set unplugged { type ipv4_addr; }
  chain forward {
    type filter hook forward priority 0;
    ip saddr @unplugged drop
    ip daddr @unplugged drop
  }
}
"""
made_so_far = 0


def why_not():
    """None where such clusters can be made, else the reason, for pytest.skip."""
    for tool in ("ip", "nft", "nsenter", "ss"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    name = f"{PREFIX}{os.getpid()}-probe"
    tried = _try("ip", "netns", "add", name)
    if tried.returncode == 0:
        tried = _try(*inside_namespace(name, ["nft", "-f", "-"]), text=FILTER + HUB_FILTER)
    _try("ip", "netns", "del", name)
    return None if tried.returncode == 0 else f"network namespaces are not allowed: {tried.stderr.decode().strip()}"


def serve(binary, state_dir, **layout_options):
    """Starts a cluster in namespaces, gives it as a NetworkCluster, and removes all of it."""
    remove_leftovers()
    network = Network()
    try:
        wanted = running_cluster.make_layout(binary, state_dir, 0, **layout_options)
        names = [p.name for p in wanted.processes()] + ["postgres", "client"]
        wanted.places = network.make(names)
        yield from running_cluster.run(NetworkCluster(wanted, network))
    finally:
        network.remove()


class NetworkCluster(running_cluster.RunningCluster):
    """A running cluster with a network that can be cut. Places are entries of cluster.json, or names: of a process,
    "client" (a namespace for clients) or "host" (the test itself)."""

    def __init__(self, layout: Layout, network):
        super().__init__(layout)
        self.network = network

    def cut(self, a, b, direction="both"):
        """From now on packets are lost: "both" ways, or only those "a_to_b"."""
        assert direction in ("both", "a_to_b"), direction
        self.network.drop(_name(a), _name(b))
        if direction == "both":
            self.network.drop(_name(b), _name(a))

    def isolate(self, entry):
        """As if its cable were pulled: it reaches nobody and nobody reaches it, the test included."""
        self.network.unplug(_name(entry))

    def heal(self):
        self.network.heal()

    def revive(self):
        self.heal()
        super().revive()

    def inside(self, place, command):
        """The command line that runs `command` in the namespace of a process or of "client"."""
        return inside_namespace(self.layout.place_of(_name(place)).namespace, command)


class Network:
    """The namespaces, links and addresses of one cluster."""

    def __init__(self):
        global made_so_far
        made_so_far += 1
        self._prefix = f"{PREFIX}{os.getpid()}-{made_so_far}-"
        self._link = f"mq{os.getpid()}.{made_so_far}"  # at most 15 characters
        self._places = {}
        self._hub = self._prefix + "hub"

    def make(self, names):
        """Gives {name: Place}."""
        addresses = free_range().hosts()
        self._places[HOST] = Place(str(next(addresses)))
        hub = self._hub
        _do("ip", "netns", "add", hub)
        _do("ip", "-n", hub, "link", "add", "bridge", "type", "bridge")
        _do("ip", "-n", hub, "link", "set", "bridge", "up")
        _do("ip", "link", "add", self._link, "type", "veth", "peer", "name", "host", "netns", hub)
        _do("ip", "address", "add", self._places[HOST].host + "/24", "dev", self._link)
        _do("ip", "link", "set", self._link, "up")
        _do("ip", "-n", hub, "link", "set", "host", "master", "bridge", "up")
        for n, (name, address) in enumerate(zip(names, addresses)):
            self._places[name] = Place(str(address), self._prefix + name)
            self._add(self._places[name], f"port{n}")  # the names of links have at most 15 characters
        self._change_at(hub, HUB_FILTER)  # at last: loaded before there is a bridge it drops nothing (Linux 6.18)
        return {name: place for name, place in self._places.items() if name != HOST}

    def _add(self, place, port):
        _do("ip", "netns", "add", place.namespace)
        hub = self._hub
        _do("ip", "-n", hub, "link", "add", "name", port, "type", "veth", "peer", "name", "eth0", "netns", place.namespace)
        _do("ip", "-n", hub, "link", "set", "dev", port, "master", "bridge", "up")
        _do("ip", "-n", place.namespace, "address", "add", place.host + "/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _do("ip", "-n", place.namespace, "link", "set", device, "up")
        self._change_at(place.namespace, FILTER)

    def names(self):
        return list(self._places)

    def place_of(self, name):
        return self._places[name]

    def address_of(self, name):
        return self._places[name].host

    def drop(self, sender, receiver):
        """Where the packets arrive, so that the sender notices nothing; those to the test itself where they leave."""
        if receiver == HOST:
            self._change(sender, f"add element inet cuts cut_to {{ {self._places[HOST].host} }}")
        else:
            self._change(receiver, f"add element inet cuts cut_from {{ {self._places[sender].host} }}")

    def unplug(self, name):
        """All packets to and from the place are lost from one moment on, between it and the others."""
        self._change_at(self._hub, f'add element bridge cuts unplugged {{ {self._places[name].host} }}')

    def heal(self):
        self._change_at(self._hub, "flush set bridge cuts unplugged")
        for name in self._places:
            if name != HOST:
                self._change(name, "flush set inet cuts cut_from\nflush set inet cuts cut_to")

    def _change(self, name, rules):
        self._change_at(self._places[name].namespace, rules)

    def _change_at(self, namespace, rules):
        _do(*inside_namespace(namespace, ["nft", "-f", "-"]), text=rules + "\n")

    def remove(self):
        # It would go with the hub, but only some time later.
        _try("ip", "link", "del", self._link)
        for namespace in namespaces():
            if namespace.startswith(self._prefix):
                remove_namespace(namespace)


def free_range():
    """A /24 within 10.0.0.0/8 that no address or route of this machine is in."""
    listed = json.loads(_do("ip", "-json", "-4", "route", "show", "table", "all"))
    taken = [ipaddress.ip_network(route["dst"], strict=False) for route in listed if route["dst"][0].isdigit()]
    for _ in range(200):
        candidate = ipaddress.ip_network(f"10.{random.randint(64, 250)}.{random.randint(0, 255)}.0/24")
        if not any(candidate.overlaps(other) for other in taken if other.prefixlen > 0):
            return candidate
    raise AssertionError("no free range of addresses within 10.0.0.0/8")


def namespaces():
    listed = json.loads(_do("ip", "-json", "netns", "list") or "[]")
    return [one["name"] for one in listed if one["name"].startswith(PREFIX)]


def remove_leftovers():
    """Of tests whose process is gone: what still runs in their namespaces, and the namespaces."""
    for namespace in namespaces():
        owner = namespace.removeprefix(PREFIX).split("-")[0]
        if not pathlib.Path(f"/proc/{owner}").exists():
            remove_namespace(namespace)


def remove_namespace(namespace):
    end = time.monotonic() + 5
    while (running := _do("ip", "netns", "pids", namespace).split()) and time.monotonic() < end:
        for pid in running:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.reap(int(pid))
        time.sleep(0.02)
    _do("ip", "netns", "del", namespace)


def _name(place):
    return place if isinstance(place, str) else place["name"]


def _try(*command, text=""):
    return subprocess.run(command, input=text.encode(), capture_output=True, check=False, timeout=20)


def _do(*command, text=""):
    made = _try(*command, text=text)
    assert made.returncode == 0, f"{' '.join(command)}: {made.stderr.decode().strip()}"
    return made.stdout.decode()
