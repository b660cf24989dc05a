"""What a local cluster consists of: names, roles, ports and folders. Pure; starts nothing."""

import dataclasses
import pathlib

BROKERS = 3
WRITE_MANAGERS = 2
READ_MANAGERS = 2
BOOKING_REPLICAS = 4
BOOKING_FRONT_ENDS = 2
BOOKING_ROLES = ("booking_replica", "booking_supervisor", "booking_front_end")
LOOPBACK = "127.0.0.1"


@dataclasses.dataclass
class Process:
    """One process of the cluster, as it stands in cluster.json; ports that a role does not have are None."""

    name: str
    role: str
    http_port: int | None = None
    kafka_port: int | None = None
    raft_port: int | None = None
    port: int | None = None  # PostgreSQL's own
    broker_id: int | None = None
    pid: int = 0
    data_dir: str | None = None
    log: str = ""
    command: list[str] = dataclasses.field(default_factory=list)
    cwd: str = ""
    host: str = LOOPBACK  # the address that it listens on and is reached at
    namespace: str | None = None  # the network namespace that it runs in; None: that of its starter

    def ports(self):
        return [p for p in (self.http_port, self.kafka_port, self.raft_port, self.port) if p is not None]

    def to_json(self):
        entry = {"name": self.name, "role": self.role, "pid": self.pid}
        if self.http_port is not None:
            entry["http"] = f"http://{self.host}:{self.http_port}"
        if self.kafka_port is not None:
            entry["kafka"] = f"{self.host}:{self.kafka_port}"
        if self.raft_port is not None:
            entry["raft"] = f"{self.host}:{self.raft_port}"
        if self.broker_id is not None:
            entry["broker_id"] = self.broker_id
        if self.data_dir is not None:
            entry["data_dir"] = self.data_dir
        entry.update(log=self.log, command=self.command, cwd=self.cwd)
        return entry


@dataclasses.dataclass(frozen=True)
class Place:
    """The address and the network namespace of one process."""

    host: str = LOOPBACK
    namespace: str | None = None


@dataclasses.dataclass
class Layout:
    """All folders and ports of one cluster. Several run side by side with other folders and port offsets."""

    root: pathlib.Path  # the checkout
    state_dir: pathlib.Path
    port_offset: int
    binary: pathlib.Path
    # Configuration of every broker besides addresses and folders: {table: {key: value}}.
    broker_settings: dict = dataclasses.field(default_factory=dict)
    load_balancers: int = 1
    # With the booking application: seven more processes.
    booking: bool = False
    # Where processes live that do not live on loopback: {process name: Place}.
    places: dict = dataclasses.field(default_factory=dict)
    # The same for single processes, by name; it comes last.
    settings_of: dict = dataclasses.field(default_factory=dict)

    @property
    def cluster_file(self):
        return self.state_dir / "cluster.json"

    @property
    def secret_file(self):
        return self.state_dir / "secrets" / "cluster_secret"

    @property
    def postgres_password_file(self):
        return self.state_dir / "secrets" / "postgres_password"

    @property
    def postgres_port(self):
        return 15432 + self.port_offset

    def place_of(self, name):
        return self.places.get(name, Place())

    @property
    def load_balancer_url(self):
        return self.load_balancer_urls()[0]

    def load_balancer_urls(self):
        return ["http://" + address for address in self.load_balancer_addresses()]

    def write_manager_addresses(self):
        return self._http_addresses("write_manager")

    def read_manager_addresses(self):
        return self._http_addresses("read_manager")

    def load_balancer_addresses(self):
        return self._http_addresses("load_balancer")

    def booking_front_end_addresses(self):
        return self._http_addresses("booking_front_end")

    def booking_replicas(self):
        """Their ids, r1 and so on, with their processes."""
        replicas = [p for p in self.processes() if p.role == "booking_replica"]
        return {f"r{n + 1}": p for n, p in enumerate(replicas)}

    def configuration_file(self, name):
        return self.state_dir / "config" / f"{name}.toml"

    def _http_addresses(self, role):
        return [f"{p.host}:{p.http_port}" for p in self.processes() if p.role == role]

    def processes(self):
        """Every process but PostgreSQL, in the order in which they start."""
        for made in self._processes_on_loopback():
            place = self.place_of(made.name)
            made.host, made.namespace = place.host, place.namespace
            yield made

    def _processes_on_loopback(self):
        offset = self.port_offset
        for n in range(WRITE_MANAGERS):
            yield Process(f"wm-{n + 1}", "write_manager", http_port=8101 + n + offset)
        for n in range(BROKERS):
            name = f"broker-{n + 1}"
            yield Process(
                name,
                "broker",
                http_port=9644 + n + offset,
                kafka_port=9092 + n + offset,
                raft_port=9192 + n + offset,
                data_dir=str(self.state_dir / "data" / name),
            )
        for n in range(READ_MANAGERS):
            yield Process(f"rm-{n + 1}", "read_manager", http_port=8201 + n + offset)
        for n in range(self.load_balancers):
            yield Process(f"lb-{n + 1}", "load_balancer", http_port=8080 + n + offset)
        if self.booking:
            yield from self._booking_processes()

    def _booking_processes(self):
        def made(name, role, port):
            return Process(name, role, http_port=port + self.port_offset, data_dir=str(self.state_dir / "data" / name))

        for n in range(BOOKING_REPLICAS):
            yield made(f"booking-replica-{n + 1}", "booking_replica", 8401 + n)
        yield Process("booking-supervisor", "booking_supervisor", http_port=8451 + self.port_offset)
        for n in range(BOOKING_FRONT_ENDS):
            yield made(f"booking-fe-{n + 1}", "booking_front_end", 8301 + n)
