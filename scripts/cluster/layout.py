"""Names, ports and files of one cluster (DESIGN section 7). Pure: asks nothing of the machine."""

from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Member:
    """One process of the cluster and where it listens."""

    name: str
    role: str
    ports: dict[str, int]  # what for: "http", "kafka", "raft", "postgres"
    broker_id: int | None = None

    @property
    def subcommand(self) -> str:
        return self.role.replace("_", "-")

    def address(self, kind: str) -> str:
        return f"{HOST}:{self.ports[kind]}"

    @property
    def url(self) -> str:
        return "http://" + self.address("http")


@dataclass(frozen=True)
class Layout:
    """All members of a cluster in the order in which they are started."""

    state_dir: Path
    port_offset: int = 0
    brokers: int = 3
    write_managers: int = 2
    read_managers: int = 2
    members: list[Member] = field(init=False)

    def __post_init__(self):
        shift = self.port_offset
        members = [Member("postgres", "postgres", {"postgres": 15432 + shift})]
        for i in range(self.write_managers):
            members.append(Member(f"write-manager-{i + 1}", "write_manager", {"http": 8101 + i + shift}))
        for i in range(self.brokers):
            ports = {"http": 9644 + i + shift, "kafka": 9092 + i + shift, "raft": 9192 + i + shift}
            members.append(Member(f"broker-{i + 1}", "broker", ports, broker_id=i + 1))
        for i in range(self.read_managers):
            members.append(Member(f"read-manager-{i + 1}", "read_manager", {"http": 8201 + i + shift}))
        members.append(Member("load-balancer-1", "load_balancer", {"http": 8080 + shift}))
        object.__setattr__(self, "members", members)

    def of_role(self, role: str) -> list[Member]:
        return [member for member in self.members if member.role == role]

    @property
    def load_balancer_url(self) -> str:
        return self.of_role("load_balancer")[0].url

    @property
    def cluster_file(self) -> Path:
        return self.state_dir / "cluster.json"

    @property
    def secret_file(self) -> Path:
        return self.state_dir / "cluster.secret"

    @property
    def postgres_password_file(self) -> Path:
        return self.state_dir / "postgres.password"

    def config_file(self, member: Member) -> Path:
        return self.state_dir / "config" / f"{member.name}.toml"

    def log_file(self, member: Member) -> Path:
        return self.state_dir / "logs" / f"{member.name}.log"

    def data_dir(self, member: Member) -> Path:
        return self.state_dir / ("postgres" if member.role == "postgres" else f"data/{member.name}")
