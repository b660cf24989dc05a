"""A whole cluster: starts what does not run, knows what runs, stops it. What runs stands in cluster.json."""

import fcntl
import json
import os
import secrets
import signal
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from . import configuration, postgres, process
from .errors import ClusterError
from .layout import HOST, Layout, Member

READY_SECONDS = 60.0
STOP_SECONDS = 20.0


class Cluster:
    def __init__(self, layout: Layout, binary: Path):
        self.layout = layout
        self.binary = binary

    # What runs

    def records(self) -> dict[str, dict]:
        """The entries of cluster.json by name; empty if there is none."""
        try:
            content = json.loads(self.layout.cluster_file.read_text())
        except FileNotFoundError:
            return {}
        except json.JSONDecodeError as broken:
            raise ClusterError(f"{self.layout.cluster_file} is not JSON: {broken}") from broken
        return {record["name"]: record for record in content["processes"]}

    def running(self, name: str) -> dict | None:
        """The entry of a process that is alive."""
        record = self.records().get(name)
        return record if record and process.is_running(record["pid"], record["command"]) else None

    def member(self, name: str) -> Member:
        for member in self.layout.members:
            if member.name == name:
                return member
        names = ", ".join(member.name for member in self.layout.members)
        raise ClusterError(f"there is no process '{name}'; there are {names}")

    # Starting

    def up(self) -> list[str]:
        """Starts every process that does not run and waits until all are ready. Gives the names of those started."""
        with self._lock():
            self._prepare()
            missing = [member for member in self.layout.members if not self.running(member.name)]
            for member in missing:
                for kind, port in member.ports.items():
                    process.check_port_is_free(HOST, port, f"{kind} of {member.name}")
            for member in missing:
                self._start(member)
            self.wait_until_ready(self.layout.members)
            return [member.name for member in missing]

    def start(self, name: str, wait: bool = True) -> None:
        """Starts one process if it does not run."""
        member = self.member(name)
        with self._lock():
            self._prepare()
            if not self.running(name):
                for kind, port in member.ports.items():
                    process.check_port_is_free(HOST, port, f"{kind} of {name}")
                self._start(member)
            if wait:
                self.wait_until_ready([member])

    def restart(self, name: str) -> None:
        """Stops one process, if it runs, and starts it again."""
        self.stop(name)
        self.start(name)

    def wait_until_ready(self, members: list[Member], seconds: float = READY_SECONDS) -> None:
        end = time.monotonic() + seconds
        for member in members:
            if member.role == "postgres":
                continue
            answer = "no answer yet"
            while (answer := self._ask_ready(member)) != "ready":
                if not self.running(member.name):
                    raise ClusterError(f"{member.name} ended while it started:\n{self._log_of(member)}")
                if time.monotonic() > end:
                    raise ClusterError(
                        f"{member.name} was not ready within {seconds:.0f} s ({answer}):\n{self._log_of(member)}"
                    )
                time.sleep(0.05)

    # Stopping

    def down(self) -> list[str]:
        """Stops everything, in the reverse order of the start. Gives the names of those that had to be killed."""
        killed = []
        with self._lock():
            for record in reversed(self.records().values()):
                if not self._stop_record(record):
                    killed.append(record["name"])
        return killed

    def stop(self, name: str) -> None:
        record = self.records().get(name)
        if record:
            self._stop_record(record)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Sends a signal at once and, for SIGKILL, waits until the process is gone."""
        record = self.running(name)
        if record is None:
            raise ClusterError(f"{name} does not run")
        process.send_signal(record["pid"], record["command"], number)
        if number == signal.SIGKILL:
            process.wait_until_gone(record["pid"], record["command"], 10)

    # Inside

    def _prepare(self) -> None:
        layout = self.layout
        layout.state_dir.mkdir(parents=True, exist_ok=True)
        if not layout.secret_file.exists():
            fresh = layout.secret_file.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_hex(32) + "\n")
            fresh.rename(layout.secret_file)
        postgres.prepare(layout, layout.of_role("postgres")[0])

    def _start(self, member: Member) -> None:
        layout = self.layout
        if member.role == "postgres":
            command = postgres.command(layout, member)
        else:
            configuration.write(layout, member)
            command = [str(self.binary), member.subcommand, "--config", str(layout.config_file(member))]
        pid = process.start(command, layout.state_dir, layout.log_file(member))
        self._remember(member, pid, command)
        if member.role == "postgres":
            try:
                postgres.wait_until_ready(layout, lambda: process.is_running(pid, command), READY_SECONDS)
            except ClusterError as failed:
                raise ClusterError(f"{failed}\n{self._log_of(member)}") from failed

    def _remember(self, member: Member, pid: int, command: list[str]) -> None:
        layout = self.layout
        record = {"name": member.name, "role": member.role, "pid": pid}
        if "http" in member.ports:
            record["http"] = member.url
        if member.role == "broker":
            record |= {"kafka": member.address("kafka"), "raft": member.address("raft"), "broker_id": member.broker_id}
        record |= {
            "data_dir": str(layout.data_dir(member)) if member.role in ("broker", "postgres") else None,
            "log": str(layout.log_file(member)),
            "command": command,
            "cwd": str(layout.state_dir),
        }
        records = self.records()
        records[member.name] = {name: value for name, value in record.items() if value is not None}
        order = [known.name for known in layout.members]
        content = {
            "load_balancers": [balancer.url for balancer in layout.of_role("load_balancer")],
            "postgres": postgres.url(layout),
            "port_offset": layout.port_offset,
            "processes": sorted(records.values(), key=lambda one: order.index(one["name"])),
        }
        fresh = layout.cluster_file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(content, indent=1) + "\n")
        os.replace(fresh, layout.cluster_file)

    def _stop_record(self, record: dict) -> bool:
        # A "fast" shutdown: PostgreSQL takes SIGTERM as "wait until every client has gone".
        first = signal.SIGINT if record["role"] == "postgres" else signal.SIGTERM
        return process.stop(record["pid"], record["command"], STOP_SECONDS, first)

    def _ask_ready(self, member: Member) -> str:
        try:
            with urllib.request.urlopen(member.url + "/ready", timeout=2) as answer:
                return "ready" if answer.status == 200 else f"HTTP {answer.status}"
        except urllib.error.HTTPError as refused:
            return f"HTTP {refused.code}: {refused.read(300).decode(errors='replace').strip()}"
        except (OSError, ValueError) as failed:
            return str(failed)

    def _log_of(self, member: Member) -> str:
        path = self.layout.log_file(member)
        return f"{process.last_lines(path)}\nthe whole log: {path}"

    @contextmanager
    def _lock(self):
        """One `up` or `down` at a time in one state directory."""
        self.layout.state_dir.mkdir(parents=True, exist_ok=True)
        with (self.layout.state_dir / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
