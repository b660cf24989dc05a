"""The booking application's processes beside those of a cluster: two front ends, four replicas, a supervisor."""

from cluster import configuration
from cluster.layout import LOOPBACK, Layout, Process

FRONT_ENDS = 2
REPLICAS = 4
# Short times, so that what is silent is found within a test. A busy machine is not to be taken for a silent replica, so
# the tests of silence alone choose shorter ones.
FRONT_END_TIMES = {"silence_ms": 500, "heartbeat_ms": 1000, "give_up_ms": 5000}


class BookingLayout(Layout):
    def _processes_on_loopback(self):
        yield from super()._processes_on_loopback()
        offset = self.port_offset
        for n in range(1, REPLICAS + 1):
            name = f"booking-replica-{n}"
            yield Process(name, "booking_replica", http_port=8400 + n + offset, data_dir=self._data_dir(name))
        for n in range(1, FRONT_ENDS + 1):
            name = f"booking-fe-{n}"
            yield Process(name, "booking_front_end", http_port=8300 + n + offset, data_dir=self._data_dir(name))
        yield Process("booking-supervisor", "booking_supervisor", http_port=8451 + offset)

    def _data_dir(self, name):
        return str(self.state_dir / "data" / name)

    def replica_addresses(self):
        return [f"r{n}={address}" for n, address in enumerate(self._http_addresses("booking_replica"), 1)]


ROLES = {
    "booking_front_end": "booking-front-end",
    "booking_replica": "booking-replica",
    "booking_supervisor": "booking-supervisor",
}


def tables_of(layout, process):
    load_balancers = [url.removeprefix("http://") for url in layout.load_balancer_urls()]
    number = int(process.name.rpartition("-")[2]) if process.name[-1].isdigit() else 0
    tables = {
        "": {"name": process.name},
        "http": {"address": process.host, "port": process.http_port},
        "booking": {"load_balancers": load_balancers},
    }
    if process.host != LOOPBACK:
        tables[""]["insecure_network"] = True
    if process.data_dir:
        tables[""]["data_dir"] = process.data_dir
    if process.role == "booking_front_end":
        tables["front_end"] = {"number": number, "replicas": layout.replica_addresses(), **FRONT_END_TIMES}
    elif process.role == "booking_replica":
        tables["replica"] = {"id": f"r{number}"}
    else:
        configs = [
            f"r{n}={layout.state_dir / 'config' / f'booking-replica-{n}.toml'}" for n in range(1, REPLICAS + 1)
        ]
        tables["supervisor"] = {"replicas": configs, "cluster_file": str(layout.cluster_file)}
        if process.namespace:
            tables["supervisor"]["binary"] = str(in_their_namespaces(layout))
    for table, values in layout.settings_of.get(process.name, {}).items():
        tables.setdefault(table, {}).update(values)
    return tables


def in_their_namespaces(layout):
    """A program in the place of the executable that starts each replica where it belongs."""
    script = layout.state_dir / "config" / "start-replica"
    cases = [
        f"*booking-replica-{n}.toml*) exec nsenter --net=/run/netns/{layout.place_of(f'booking-replica-{n}').namespace} "
        f'{layout.binary} "$@";;'
        for n in range(1, REPLICAS + 1)
    ]
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text("#!/bin/sh\ncase \"$*\" in\n" + "\n".join(cases) + "\nesac\n")
    script.chmod(0o755)
    return script


def teach_the_scripts():
    """scripts/cluster starts what it knows the configuration of."""
    if "booking_replica" in configuration.SUBCOMMANDS:
        return
    configuration.SUBCOMMANDS.update(ROLES)
    others = configuration._tables

    def tables(layout, process, postgres_url):
        return tables_of(layout, process) if process.role in ROLES else others(layout, process, postgres_url)

    configuration._tables = tables
