"""Does what the schedule says to a running cluster, and undoes it."""

import hashlib
import hmac
import http.client
import json
import os
import pathlib
import signal
import time
import urllib.parse

from history import chaos_schedule
from history import small_disks


class Faults:
    """One fault at a time: `begin`, and `heal`, which leaves every process running and no link cut."""

    def __init__(self, cluster, topics):
        self.cluster, self.topics = cluster, topics
        self.frozen, self.filled = [], []

    def kinds(self):
        """Those that this cluster can have."""
        network = hasattr(self.cluster, "cut")
        return [kind for kind in chaos_schedule.KINDS
                if kind not in chaos_schedule.NEED_MOUNTS and (network or kind not in chaos_schedule.NEED_NETWORK)]

    def begin(self, step):
        """What was really done, for the history."""
        entries = [self._entry(target, step.number) for target in step.targets]
        if step.kind in ("kill", "kill-two-brokers", "kill-all-brokers"):
            self._send(signal.SIGKILL, entries)
        elif step.kind in ("freeze", "postgres-freeze"):
            self._freeze(entries)
        elif step.kind == "restart":
            self._send(signal.SIGTERM, entries)
        elif step.kind == "postgres-stop":
            self._send(signal.SIGINT, entries)
        elif step.kind == "cut-from-peers":  # managers and clients reach it still
            for peer in self.cluster.processes("broker"):
                if peer["name"] != entries[0]["name"]:
                    self.cluster.cut(entries[0], peer)
        elif step.kind == "disk-full":
            self.filled = [small_disks.fill(entry["data_dir"]) for entry in entries]
        elif step.kind == "transfer":
            return self._transfer(entries[0], step.number)
        elif step.kind == "isolate":
            self.cluster.isolate(entries[0])
        else:
            self.cluster.cut(*entries, direction="both" if step.kind == "cut" else "a_to_b")
        return " ".join(entry["name"] for entry in entries)

    def heal(self):
        for pid in self.frozen:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
        self.frozen = []
        for file in self.filled:
            file.unlink()
        self.filled = []
        self.cluster.revive()

    def _entry(self, target, number):
        if target == chaos_schedule.LEADER:
            topic, partitions = self.topics[number % len(self.topics)]
            return self._leader(topic, number % partitions) or self._named("broker-1")
        if target == chaos_schedule.CONTROLLER:
            return self._controller() or self._named("wm-1")
        return self._named(target)

    def _named(self, name):
        return next(entry for entry in self.cluster.processes() if entry["name"] == name)

    def _leader(self, topic, partition):
        try:
            return self.cluster.broker_of(self.cluster.leader_of(topic, partition))
        except Exception:  # what is asked for may be what is missing
            return None

    def _controller(self):
        try:
            named = self.cluster.api("GET", "/cluster", timeout_s=5).get("controller")
            return self._named(named.rpartition("/")[2])
        except Exception:
            return None

    def _send(self, how, entries):
        for entry in entries:
            os.kill(entry["pid"], how)
        end = time.monotonic() + 30
        for entry in entries:
            while self.cluster.is_alive(entry) and time.monotonic() < end:
                try:
                    os.waitpid(entry["pid"], os.WNOHANG)
                except OSError:
                    pass
                time.sleep(0.01)
            if self.cluster.is_alive(entry):
                raise AssertionError(f"{entry['name']} did not end within 30 s of signal {how.name}")

    def _freeze(self, entries):
        for entry in entries:
            for pid in (entry["pid"], *_children(entry["pid"])):
                os.kill(pid, signal.SIGSTOP)
                self.frozen.append(pid)

    def _transfer(self, target, number):
        """Leadership of one partition goes to `target`, if that is in sync and not the leader already."""
        topic, partitions = self.topics[number % len(self.topics)]
        leader = self._leader(topic, number % partitions)
        if leader is None:
            return "nobody"
        wanted = {"topic": topic, "partition": number % partitions, "target": target["broker_id"]}
        status = self._internal(leader, "POST", "/internal/raft/transfer", wanted)
        return f"{topic}/{number % partitions} {leader['name']} to {target['name']}: {status}"

    def _internal(self, entry, method, path, body):
        secret = pathlib.Path(self.cluster.layout.secret_file).read_text().strip()
        proof = hmac.new(secret.encode(), f"{method} {path}".encode(), hashlib.sha256).hexdigest()
        where = urllib.parse.urlsplit(entry["http"])
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=5)
        try:
            connection.request(method, path, json.dumps(body), {"X-Marquee-Cluster-Secret-Proof": proof})
            return connection.getresponse().status
        except OSError as problem:
            return str(problem)
        finally:
            connection.close()


def _children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
