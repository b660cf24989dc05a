"""RabbitMQ: three nodes with names and ports of their own, an epmd for each address; quorum queues, which are fsynced
before a confirm.

The Debian packages are unpacked below the folder of programs, not installed: no service starts, no root is needed.
"""

import json
import pathlib

from cluster.configuration import inside_namespace

from .go_client import GoClient
from .node import Node
from .system import NODES, Missing, System, accepts, addresses, free_ports, install_once, run

ERLANG = ("asn1", "base", "crypto", "eldap", "inets", "mnesia", "os-mon", "parsetools", "public-key")
ERLANG += ("runtime-tools", "ssl", "syntax-tools", "tools", "xmerl")
COOKIE = "MARQUEEPEERS"


class Rabbitmq(System):
    name = "rabbitmq"

    def __init__(self, home, work):
        super().__init__(home, work)
        self.folder = self.home / "debian"
        self.client = GoClient(self.home.parent)
        self.epmds = []

    def install(self):
        install_once(self.folder, _unpack)
        self.client.install()

    def is_installed(self):
        return self.folder.exists() and self.client.is_installed()

    def make_nodes(self):
        ports, places = free_ports(2 * NODES + 1), self.places()
        distribution, self.epmd_port = ports[NODES:-1], ports[-1]
        self.clients = addresses(places, ports[:NODES])
        hosts = ["localhost" if place.namespace is None else f"host{n + 1}" for n, place in enumerate(places)]
        self.names = [f"peer{n + 1}@{host}" for n, host in enumerate(hosts)]
        (self.work / "inetrc").write_text(_host_table(hosts, places))
        self.epmds = [self._epmd(place) for place in dict.fromkeys(places)]
        server = self._script("rabbitmq-server")
        nodes = []
        for n in range(NODES):
            folder = self.work / f"node-{n + 1}"
            folder.mkdir(parents=True)
            (folder / "rabbitmq.conf").write_text(_configuration(self.clients[n], self.names))
            (folder / "enabled_plugins").write_text("[].\n")
            environment = self._environment(n, folder, places[n], distribution[n])
            nodes.append(Node(f"rabbitmq-{n + 1}", [server], folder, environment, places[n].namespace))
        cookie = self.work / ".erlang.cookie"
        cookie.write_text(COOKIE)
        cookie.chmod(0o400)
        return nodes

    def _epmd(self, place):
        """Which node listens on which port of this address."""
        program = self.folder / "usr" / "lib" / "erlang" / "bin" / "epmd"
        command = [program, "-port", self.epmd_port, "-address", place.host]
        return Node("epmd", command, self.work / f"epmd-{place.host}", namespace=place.namespace)

    def start_nodes(self):
        """A first node makes the cluster; the others join it."""
        for epmd in self.epmds:
            epmd.start()
        self.nodes[0].start()
        self.wait_until(lambda: accepts(self.clients[0]), self.nodes[:1])
        for node in self.nodes[1:]:
            node.start()

    def is_ready(self):
        """A node listens for clients when it has joined and its queues are there."""
        return all(accepts(address) for address in self.clients)

    def is_whole(self, topic):
        """Seen from every node, since each has connections of its own to the others."""
        return self.is_ready() and all(is_whole(self._members(topic, n), self.names) for n in range(NODES))

    def rejoin(self, node):
        """After more than net_ticktime the nodes have parted: with the default of cluster_partition_handling (`ignore`)
        they stay so, each with tables of its own, until somebody restarts one side."""
        node.stop()
        node.start()
        self.wait_until_ready()

    def create(self, name, partitions=1, durable=True):
        self.client.ask(self.name, "create", self.addresses(), name)

    def leader(self, name):
        """Asked of the members: the table of queues names an old leader for as long as it cannot be changed."""
        first = next(n for n, node in enumerate(self.nodes) if node.is_alive())
        found = leader_of(self._members(name, first))
        return self.nodes[self.names.index(found)] if found in self.names else None

    def _members(self, topic, asked):
        """What each replica says of itself to a node; nothing while that is not ready."""
        try:
            return json.loads(self._ask(asked, "quorum_status", topic, "--formatter", "json"))
        except (Missing, ValueError):
            return []

    def endpoints(self):
        return [f"amqp://guest:guest@{address}/" for address in self.clients]

    def pids(self):
        return super().pids() + [pid for epmd in self.epmds for pid in epmd.pids()]

    def stop(self):
        super().stop()
        for epmd in self.epmds:
            epmd.stop()

    def _script(self, name):
        return next(self.folder.glob(f"usr/lib/rabbitmq/lib/*/sbin/{name}"))

    def _ask(self, index, *arguments):
        environment = {key: str(value) for key, value in self.nodes[index].environment.items()}
        # It becomes a node for a moment, which the epmd of its own network has to know.
        command = inside_namespace(self.nodes[index].namespace, [self._script("rabbitmq-queues"), "-q", *arguments])
        return run(command, self.work, environment, patience_s=60)

    def _environment(self, n, folder, place, distribution_port):
        erlang = self.folder / "usr" / "lib" / "erlang" / "bin"
        return {
            "PATH": f"{erlang}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": self.work,
            "ERL_EPMD_PORT": self.epmd_port,
            "ERL_EPMD_ADDRESS": place.host,
            "ERL_INETRC": self.work / "inetrc",
            "RABBITMQ_NODENAME": self.names[n],
            "RABBITMQ_DIST_PORT": distribution_port,
            "RABBITMQ_CONFIG_FILE": folder / "rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": folder / "enabled_plugins",
            "RABBITMQ_CONF_ENV_FILE": folder / "none",
            "RABBITMQ_ADVANCED_CONFIG_FILE": folder / "none.config",
            "RABBITMQ_MNESIA_BASE": folder / "data",
            "RABBITMQ_LOG_BASE": folder / "logs",
            "RABBITMQ_PID_FILE": folder / "pid",
            # Two cores for all processes: busy waiting of idle schedulers would only take them from the others.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        }


def leader_of(members):
    """The name of the node that leads. One that was cut off takes itself for the leader of an earlier term."""
    leaders = [one for one in members if one["Raft State"] == "leader"]
    return max(leaders, key=lambda one: one["Term"])["Node Name"] if leaders else None


def is_whole(members, names):
    """Whether all of them are there, in one term with one leader."""
    states = sorted(one["Raft State"] for one in members)
    terms = {one["Term"] for one in members}
    all_there = {one["Node Name"] for one in members} == set(names)
    return all_there and len(terms) == 1 and states == ["follower"] * (len(names) - 1) + ["leader"]


def _configuration(address, names):
    lines = [f"listeners.tcp.default = {address}", "cluster_formation.peer_discovery_backend = classic_config"]
    lines += [f"cluster_formation.classic_config.nodes.{n + 1} = {name}" for n, name in enumerate(names)]
    # The nodes start in order here: no need to wait up to a minute lest two of them make a cluster each.
    lines += [f"cluster_formation.randomized_startup_delay_range.{end} = 0" for end in ("min", "max")]
    lines += ["loopback_users = none"]  # the benchmark's clients come from another address where nodes have their own
    lines += ["log.file.level = warning", "disk_free_limit.absolute = 1GB", "vm_memory_high_watermark.relative = 0.4"]
    return "\n".join(lines) + "\n"


def _host_table(hosts, places):
    """The addresses of the nodes' host names, which no resolver of the machine knows."""
    lines = ["{lookup, [file, native]}."]
    for host, place in dict(zip(hosts, places)).items():
        lines.append(f"{{host, {{{place.host.replace('.', ',')}}}, [\"{host}\"]}}.")
    return "\n".join(lines) + "\n"


def _unpack(folder):
    packages = folder / "packages"
    packages.mkdir()
    run(["apt-get", "download", "rabbitmq-server", *(f"erlang-{name}" for name in ERLANG)], packages)
    for package in sorted(packages.glob("*.deb")):
        run(["dpkg", "-x", package, folder])
        package.unlink()
    if not list(folder.glob("usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server")):
        raise Missing("the package holds no rabbitmq-server where it was looked for")
    # These scripts name the folder that the package would have been installed in.
    erlang = folder / "usr" / "lib" / "erlang"
    for script in (erlang / "bin" / "erl", *erlang.glob("erts-*/bin/erl")):
        if script.is_file():
            moved = pathlib.Path(script).read_text().replace("ROOTDIR=/usr/lib/erlang", f"ROOTDIR={erlang}")
            script.write_text(moved)
