"""Connections and topics for tests that speak the Kafka protocol byte by byte, on the shared cluster."""

import itertools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import raw_client  # noqa: E402

_numbers = itertools.count(1)


class Kafka:
    """The brokers of a cluster, by id."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.open = []

    def connect(self, broker_id=None, timeout_s=30):
        brokers = self.cluster.processes("broker")
        broker = brokers[0] if broker_id is None else self.cluster.broker_of(broker_id)
        self.open.append(raw_client.Connection(broker["kafka"], timeout_s))
        return self.open[-1]

    def topic(self, partitions=1, replication_factor=3, config=None):
        name = f"raw-{next(_numbers)}"
        self.cluster.api(
            "POST",
            "/topics",
            {"name": name, "partitions": partitions, "replication_factor": replication_factor, "config": config or {}},
        )
        for partition in range(partitions):
            self.cluster.leader_of(name, partition)
        return name

    def leader(self, topic, partition=0):
        """A connection to the broker that leads, once it serves."""
        connection = self.connect(self.cluster.leader_of(topic, partition))
        raw_client.wait_until(lambda: raw_client.list_offset(connection, topic, -1, partition=partition)["error"] == 0)
        return connection

    def others(self, topic):
        """Brokers that do not lead."""
        leader = self.cluster.leader_of(topic)
        return [entry["broker_id"] for entry in self.cluster.processes("broker") if entry["broker_id"] != leader]

    def follower(self, topic):
        """A connection to a broker that does not lead, once it has heard of the topic and who leads it."""
        connection = self.connect(self.others(topic)[0])
        raw_client.wait_until(lambda: raw_client.fetch(connection, topic, 0)["tags"])
        return connection

    def produced(self, topic, records):
        """The answer of whoever leads, or nothing while nobody can."""
        try:
            with self.connect(self.cluster.leader_of(topic)) as connection:
                answer = raw_client.produce(connection, topic, records)
        except (OSError, raw_client.Closed):
            return None
        assert answer["error"] in (0, 6, 7, 19), answer
        return answer if answer["error"] == 0 else None

    def close(self):
        for connection in self.open:
            connection.socket.close()


@pytest.fixture
def kafka(cluster):
    made = Kafka(cluster)
    yield made
    made.close()
