"""What the ledger and the supervisor say about the replicas, and which processes there really are."""

import json
import pathlib
import time

from booking.booking_cluster import wait_until

PATIENCE_S = 60


class Replacements:
    """Looks at one booking cluster; entries of the ledger count from when this was made."""

    def __init__(self, booking):
        self.booking = booking
        self._ledger = booking.topic("admin")
        self._entries = []
        list(self._ledger.read_new())

    def entries(self, kind, replica_id):
        """Entries of the ledger about a replica, such as "replica.bug"."""
        self._entries += [json.loads(record.value) for record in self._ledger.read_new()]
        return [one for one in self._entries if one["type"] == kind and one.get("replica") == replica_id]

    def line(self, replica_id):
        """What the supervisor knows about a replica; empty while it does not answer."""
        try:
            status, answer = self.booking.get(self.booking.entry("booking-supervisor")["http"] + "/replicas")
        except OSError:
            return {}
        found = [one for one in answer["replicas"] if one["id"] == replica_id] if status == 200 else []
        return found[0] if found else {}

    def incarnation(self, replica_id):
        wait_until(lambda: self.line(replica_id), 20, "the supervisor knows its replicas")
        return self.line(replica_id)["incarnation"]

    def processes(self, replica_id):
        """Ids of all processes that were started with the replica's configuration."""
        config = f"booking-replica-{replica_id.removeprefix('r')}.toml"
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                arguments = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            own = any(one.endswith(f"{self._state_dir()}/config/{config}") for one in arguments)
            if own and "booking-replica" in arguments and arguments[0] != "nsenter":
                found.append(int(folder.name))
        return found

    def folders(self, replica_id):
        """Incarnations that have a folder."""
        data_dir = pathlib.Path(self.booking.replica(replica_id)["data_dir"])
        return sorted(int(one.name) for one in data_dir.iterdir() if one.name.isdigit())

    def wait_until_replaced(self, replica_id, incarnation, patience_s=PATIENCE_S):
        """By a later one than `incarnation`, which votes; by one process, and one in cluster.json."""

        def replaced():
            line = self.line(replica_id)
            return line.get("incarnation", 0) > incarnation and line["state"] == "VOTING"

        wait_until(replaced, patience_s, lambda: f"{replica_id} is replaced: {self.line(replica_id)}")
        self.booking.wait_until_voting()
        assert len(self.processes(replica_id)) == 1, self.processes(replica_id)
        assert self.booking.replica(replica_id)["pid"] == self.processes(replica_id)[0]
        started = [one["incarnation"] for one in self.entries("replica.started", replica_id)]
        assert started, "a replacement is in the ledger"
        end = time.monotonic() + 10
        while self.folders(replica_id)[0] < self.line(replica_id)["incarnation"]:
            assert time.monotonic() < end, f"old folders are still there: {self.folders(replica_id)}"
            time.sleep(0.05)

    def _state_dir(self):
        return self.booking.cluster.layout.state_dir
