"""One local cluster: started, described in cluster.json, restarted and stopped as a whole or process by process."""

import json
import os
import secrets
import signal
import time
import urllib.error
import urllib.request

from . import configuration, postgres, process, replica_process
from .failure import ClusterFailure
from .layout import BOOKING_ROLES


class Cluster:
    """Owns nothing but files: every call looks at what is really running. `say` prints progress."""

    def __init__(self, layout, say=print):
        self.layout = layout
        self.say = say

    def known(self):
        """What cluster.json says, with the processes that booking replicas are at present; or an empty list."""
        try:
            document = json.loads(self.layout.cluster_file.read_text())
        except FileNotFoundError:
            return []
        entries = document["processes"]
        for entry in entries:
            found = replica_process.running(entry["data_dir"]) if entry["role"] == "booking_replica" else None
            if found is not None:
                entry.update(pid=found["pid"], command=found["command"])
        return entries

    def running(self):
        return [entry for entry in self.known() if process.is_alive(entry["pid"], entry["command"])]

    def start(self):
        """Starts what does not run yet. True if anything had to be started."""
        self.layout.state_dir.mkdir(parents=True, exist_ok=True)
        self._make_secret()
        alive = {entry["name"]: entry for entry in self.running()}
        if self.layout.booking and alive and not any(entry["role"] in BOOKING_ROLES for entry in self.known()):
            self._stop_load_balancers(alive)
        wanted = self._describe()
        missing = [p for p in wanted if p.name not in alive]
        for p in missing:
            process.require_free_ports(p)
        known_ids = {entry["name"]: entry.get("broker_id") for entry in self.known()}
        for p in wanted:
            p.broker_id = known_ids.get(p.name)
            if p.name in alive:
                p.pid, p.command = alive[p.name]["pid"], alive[p.name]["command"]
        for p in missing:
            if p.role == "booking_replica":
                self.wait_until_ready([known for known in wanted if known.role == "load_balancer"])
            self._start_one(p)
            self._write(wanted)
            # Brokers are numbered as they come: one after the other, broker-1 gets id 1.
            if p.role == "write_manager" or (p.role == "broker" and p.broker_id is None):
                self.wait_until_ready([p])
        self.wait_until_ready(wanted)
        self._note_broker_ids(wanted)
        self._write(wanted)
        return bool(missing)

    def restart(self, name):
        """Starts one process of cluster.json again with its own command, unless it runs."""
        entries = self.known()
        found = [entry for entry in entries if entry["name"] == name]
        if not found:
            names = ", ".join(entry["name"] for entry in entries) or "none: the cluster was never started"
            raise ClusterFailure(f"there is no process {name}; known are: {names}")
        entry = found[0]
        if process.is_alive(entry["pid"], entry["command"]):
            self.say(f"{name} runs already (pid {entry['pid']})")
            return
        self.layout.booking = any(known["role"] in BOOKING_ROLES for known in entries)
        restarted = next(p for p in self._describe() if p.name == name)
        process.require_free_ports(restarted)
        self._start_one(restarted)
        entry.update(pid=restarted.pid, command=restarted.command)
        self._write_document(entries)
        self.wait_until_ready([restarted])

    def stop(self):
        """Stops everything that cluster.json names, in the opposite order of starting."""
        for entry in reversed(self.known()):
            first_signal = signal.SIGINT if entry["role"] == "postgres" else signal.SIGTERM
            outcome = process.stop(entry["name"], entry["pid"], entry["command"], first_signal)
            self.say(f"{entry['name']}: {outcome}")

    def _stop_load_balancers(self, alive):
        """They begin anew with the front ends of the booking application in their configuration."""
        for entry in [entry for entry in alive.values() if entry["role"] == "load_balancer"]:
            process.stop(entry["name"], entry["pid"], entry["command"])
            del alive[entry["name"]]

    def wait_until_ready(self, wanted, patience_s=60.0):
        """Until every process says so at GET /ready."""
        end = time.monotonic() + patience_s
        for p in wanted:
            while p.http_port is not None:
                answer = _ready_answer(p)
                if answer is None:
                    break
                if not process.is_alive(p.pid, p.command):
                    raise ClusterFailure(
                        f"{p.name} ended while starting. Its log {p.log} ends with:\n{process.tail(p.log)}"
                    )
                if time.monotonic() > end:
                    raise ClusterFailure(
                        f"{p.name} was not ready within {patience_s:.0f} s ({answer}). "
                        f"Its log {p.log} ends with:\n{process.tail(p.log)}"
                    )
                time.sleep(0.05)

    def _describe(self):
        database = postgres.describe(self.layout)
        database.log = str(self.layout.state_dir / "logs" / "postgres.log")
        wanted = [database]
        for p in self.layout.processes():
            p.command = configuration.write(self.layout, p, postgres.url(self.layout))
            p.cwd = str(self.layout.state_dir)
            p.log = str(self.layout.state_dir / "logs" / f"{p.name}.log")
            wanted.append(p)
        return wanted

    def _start_one(self, p):
        if p.role == "postgres":
            postgres.initialise(self.layout, p)
            postgres.wait_until_ready(self.layout, process.start(p))
        else:
            process.start(p)

    def _make_secret(self):
        file = self.layout.secret_file
        if file.exists():
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as target:
            target.write(secrets.token_hex(32))

    def _note_broker_ids(self, wanted):
        """The ids that the brokers were given, found by their Kafka ports."""
        with urllib.request.urlopen(self.layout.load_balancer_url + "/brokers", timeout=10) as answer:
            ids = {broker["kafka_port"]: broker["broker_id"] for broker in json.load(answer)["brokers"]}
        for p in wanted:
            if p.role == "broker":
                p.broker_id = ids.get(p.kafka_port)

    def _write(self, wanted):
        self._write_document([p.to_json() for p in wanted])

    def _write_document(self, entries):
        document = {
            "load_balancers": self.layout.load_balancer_urls(),
            "postgres": postgres.url(self.layout),
            "processes": entries,
        }
        temporary = self.layout.cluster_file.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(document, file, indent=1)
        temporary.replace(self.layout.cluster_file)


def _ready_answer(p):
    """None when ready, else why not."""
    try:
        with urllib.request.urlopen(f"http://{p.host}:{p.http_port}/ready", timeout=2):
            return None
    except urllib.error.HTTPError as error:
        return error.read(300).decode(errors="replace")
    except OSError as error:
        return str(error)
