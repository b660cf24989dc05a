"""Topics for the cases: made when they are needed, filled where records are to be consumed, deleted when no case
that is left needs them."""

import contextlib
import time

from cluster import api
from cluster.failure import ClusterFailure

FILL_BYTES = 64 << 20
MOST_FILL_RECORDS = 200_000


class Topics:
    def __init__(self, url, loads):
        self.url, self.loads = url, loads
        self.names = {}
        self.made = 0

    def get(self, case):
        if case.topic not in self.names:
            self.names[case.topic] = self.make(case)
        return self.names[case.topic]

    def make(self, case):
        partitions, replication, durability, filled = case.topic
        self.made += 1
        name = f"bench-{self.made}"
        # Room for a Kafka client's batch of one record of 1 MiB.
        config = {"durability": durability, "max.message.bytes": 2 << 20}
        body = {"name": name, "partitions": partitions, "replication_factor": replication, "config": config}
        try:
            api.call(self.url, "POST", "/topics", body, timeout_s=120)
            self.wait_for_leaders(name)
            if filled:
                self.loads.fill(name, filled, min(MOST_FILL_RECORDS, FILL_BYTES // filled))
        except Exception:
            # A topic that is half there would cost the cases that follow.
            with contextlib.suppress(ClusterFailure):
                api.call(self.url, "DELETE", f"/topics/{name}", timeout_s=120)
            raise
        return name

    def wait_for_leaders(self, name, patience_s=120):
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            # With many partitions on a busy machine the question itself may take too long.
            with contextlib.suppress(ClusterFailure):
                described = api.call(self.url, "GET", f"/topics/{name}")["topic"]["partitions"]
                if all(partition["leader"] is not None for partition in described):
                    return
            time.sleep(0.2)
        raise RuntimeError(f"partitions of {name} have no leaders after {patience_s} s")

    def leader_of(self, name):
        return api.call(self.url, "GET", f"/topics/{name}")["topic"]["partitions"][0]["leader"]

    def delete_created(self, prefix):
        """What a load of creating topics has left behind."""
        for name in api.call(self.url, "GET", "/topics")["topics"]:
            if name.startswith(prefix + "-"):
                api.call(self.url, "DELETE", f"/topics/{name}", timeout_s=120)

    def delete_unneeded(self, cases_left):
        needed = {case.topic for case in cases_left}
        for topic in [topic for topic in self.names if topic not in needed]:
            api.call(self.url, "DELETE", f"/topics/{self.names.pop(topic)}", timeout_s=120)
