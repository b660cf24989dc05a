"""Reads a topic of the booking application through the public HTTP API, from its beginning or from where it was."""

import dataclasses
import time

from cluster import api
from cluster.failure import ClusterFailure

AT_ONCE = 5000
PATIENCE_S = 30


@dataclasses.dataclass
class Record:
    partition: int
    offset: int
    timestamp_ms: int
    value: bytes


class TopicReader:
    """Reads up to the high watermark that it finds when asked; goes on there the next time, as the same consumer while the
    cluster knows it."""

    def __init__(self, cluster, topic):
        self.cluster = cluster
        self.topic = topic
        self._next = {}  # partition -> offset
        self._consumer = None

    def ends(self):
        """{partition: high watermark}."""
        described = self._patiently(lambda: self.cluster.api("GET", f"/topics/{self.topic}"))["topic"]["partitions"]
        return {one["partition"]: one["high_watermark"] or 0 for one in described}

    def end(self):
        """Of a topic with one partition."""
        [end] = self.ends().values()
        return end

    def read_new(self):
        """Records in the order of their offsets in each partition."""
        wanted = {part: end for part, end in self.ends().items() if end > self._next.get(part, 0)}
        empty = 0
        while any(self._next.get(part, 0) < end for part, end in wanted.items()):
            messages = self._patiently(self._consume)["messages"]
            empty = 0 if messages else empty + 1
            assert empty < 20, f"{self.topic} should reach {wanted}, but ends at {self._next}"
            for message in messages:
                at = Record(message["partition"], message["offset"], message["timestamp"], api.payload(message, "message"))
                if at.offset < self._next.get(at.partition, 0):
                    continue  # a read manager that died had not noted yet that this was delivered
                self._next[at.partition] = at.offset + 1
                yield at

    def _consume(self):
        if self._consumer is None:
            wanted = {"topic": self.topic, "from": "earliest"}
            self._consumer = self.cluster.api("POST", "/consumer/register", wanted)["consumer_id"]
            if self._next:
                positions = [{"partition": part, "offset": offset} for part, offset in self._next.items()]
                self.cluster.api("POST", "/consumer/seek", {"consumer_id": self._consumer, "positions": positions})
        asked = {"topic": self.topic, "consumer_id": self._consumer, "max": AT_ONCE, "wait_ms": 1000}
        return self.cluster.api("POST", "/consumer/consume", asked)

    def _patiently(self, call):
        """Just after a fault a call may fail; another consumer then goes on where this one was."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                return call()
            except ClusterFailure:
                if time.monotonic() > end:
                    raise
                self._consumer = None
                time.sleep(0.1)
