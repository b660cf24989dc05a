"""Reads a topic of the booking application through the public HTTP API, from its beginning or from where it was."""

import dataclasses

from cluster import api

AT_ONCE = 5000


@dataclasses.dataclass
class Record:
    partition: int
    offset: int
    timestamp_ms: int
    value: bytes


class TopicReader:
    """Reads up to the high watermark that it finds when asked; goes on there the next time."""

    def __init__(self, cluster, topic):
        self.cluster = cluster
        self.topic = topic
        self._next = {}  # partition -> offset

    def ends(self):
        """{partition: high watermark}."""
        described = self.cluster.api("GET", f"/topics/{self.topic}")["topic"]["partitions"]
        return {one["partition"]: one["high_watermark"] or 0 for one in described}

    def end(self):
        """Of a topic with one partition."""
        [end] = self.ends().values()
        return end

    def read_new(self):
        """Records in the order of their offsets in each partition."""
        wanted = {part: end for part, end in self.ends().items() if end > self._next.get(part, 0)}
        if not wanted:
            return
        consumer = self.cluster.api("POST", "/consumer/register", {"topic": self.topic, "from": "earliest"})["consumer_id"]
        try:
            if self._next:
                positions = [{"partition": part, "offset": offset} for part, offset in self._next.items()]
                self.cluster.api("POST", "/consumer/seek", {"consumer_id": consumer, "positions": positions})
            yield from self._read(consumer, wanted)
        finally:
            self.cluster.api("DELETE", f"/consumer/{consumer}")

    def _read(self, consumer, wanted):
        asked = {"topic": self.topic, "consumer_id": consumer, "max": AT_ONCE, "wait_ms": 2000}
        empty = 0
        while any(self._next.get(part, 0) < end for part, end in wanted.items()):
            answer = self.cluster.api("POST", "/consumer/consume", asked)
            empty = 0 if answer["messages"] else empty + 1
            assert empty < 20, f"{self.topic} should reach {wanted}, but ends at {self._next}"
            for message in answer["messages"]:
                at = Record(message["partition"], message["offset"], message["timestamp"], api.payload(message, "message"))
                self._next[at.partition] = at.offset + 1
                yield at
