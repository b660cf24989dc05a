"""RabbitMQ: three nodes with names, ports and an epmd of their own; quorum queues, which are fsynced before a confirm.

The Debian packages are unpacked below the folder of programs, not installed: no service starts, no root is needed.
"""

import pathlib

from .go_client import GoClient
from .node import Node
from .system import LOOPBACK, NODES, Missing, System, accepts, free_ports, install_once, run

ERLANG = ("asn1", "base", "crypto", "eldap", "inets", "mnesia", "os-mon", "parsetools", "public-key")
ERLANG += ("runtime-tools", "ssl", "syntax-tools", "tools", "xmerl")
COOKIE = "MARQUEEPEERS"


class Rabbitmq(System):
    name = "rabbitmq"

    def __init__(self, home, work):
        super().__init__(home, work)
        self.folder = self.home / "debian"
        self.client = GoClient(self.home.parent)

    def install(self):
        install_once(self.folder, _unpack)
        self.client.install()

    def is_installed(self):
        return self.folder.exists() and self.client.is_installed()

    def make_nodes(self):
        ports = free_ports(2 * NODES + 1)
        self.ports, distribution, self.epmd_port = ports[:NODES], ports[NODES:-1], ports[-1]
        erlang = self.folder / "usr" / "lib" / "erlang" / "bin"
        epmd = [erlang / "epmd", "-port", self.epmd_port, "-address", LOOPBACK]
        self.names = [f"peer{n + 1}@localhost" for n in range(NODES)]
        self.epmd = Node("epmd", epmd, self.work / "epmd")
        server = self._script("rabbitmq-server")
        nodes = []
        for n in range(NODES):
            folder = self.work / f"node-{n + 1}"
            folder.mkdir(parents=True)
            (folder / "rabbitmq.conf").write_text(_configuration(self.ports[n], self.names))
            (folder / "enabled_plugins").write_text("[].\n")
            nodes.append(Node(f"rabbitmq-{n + 1}", [server], folder, self._environment(n, folder, distribution[n])))
        cookie = self.work / ".erlang.cookie"
        cookie.write_text(COOKIE)
        cookie.chmod(0o400)
        return nodes

    def start_nodes(self):
        """A first node makes the cluster; the others join it."""
        self.epmd.start()
        self.nodes[0].start()
        self.wait_until(lambda: accepts(self.ports[0]), self.nodes[:1])
        for node in self.nodes[1:]:
            node.start()

    def is_ready(self):
        """A node listens for clients when it has joined and its queues are there."""
        return all(accepts(port) for port in self.ports)

    def create(self, name, partitions=1, durable=True):
        self.client.ask(self.name, "create", self.addresses(), name)

    def leader(self, name):
        said = self._control("-q", "list_queues", "name", "leader", "--no-table-headers")
        for line in said.splitlines():
            queue, _, leader = line.partition("\t")
            if queue == name and leader in self.names:
                return self.nodes[self.names.index(leader)]
        return None

    def endpoints(self):
        return [f"amqp://guest:guest@{LOOPBACK}:{port}/" for port in self.ports]

    def pids(self):
        return super().pids() + self.epmd.pids()

    def stop(self):
        super().stop()
        if hasattr(self, "epmd"):
            self.epmd.stop()

    def _script(self, name):
        return next(self.folder.glob(f"usr/lib/rabbitmq/lib/*/sbin/{name}"))

    def _control(self, *arguments):
        """Asks the first node that lives."""
        index = next(n for n, node in enumerate(self.nodes) if node.is_alive())
        environment = {key: str(value) for key, value in self.nodes[index].environment.items()}
        return run([self._script("rabbitmqctl"), *arguments], self.work, environment, patience_s=60)

    def _environment(self, n, folder, distribution_port):
        erlang = self.folder / "usr" / "lib" / "erlang" / "bin"
        return {
            "PATH": f"{erlang}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": self.work,
            "ERL_EPMD_PORT": self.epmd_port,
            "ERL_EPMD_ADDRESS": LOOPBACK,
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


def _configuration(port, names):
    lines = [f"listeners.tcp.default = {LOOPBACK}:{port}", "cluster_formation.peer_discovery_backend = classic_config"]
    lines += [f"cluster_formation.classic_config.nodes.{n + 1} = {name}" for n, name in enumerate(names)]
    # The nodes start in order here: no need to wait up to a minute lest two of them make a cluster each.
    lines += [f"cluster_formation.randomized_startup_delay_range.{end} = 0" for end in ("min", "max")]
    lines += ["log.file.level = warning", "disk_free_limit.absolute = 1GB", "vm_memory_high_watermark.relative = 0.4"]
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
