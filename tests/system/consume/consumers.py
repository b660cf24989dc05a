"""Calls that consumers make, with the status, and the one thing that must hold of what they read."""

import http.client
import json
import time
import urllib.parse


def call(url, method, path, body=None, timeout_s=40):
    """Status, headers and decoded body, whatever the status is."""
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=timeout_s)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())
    finally:
        connection.close()


def make_topic(cluster, name, partitions=1, messages=()):
    """A topic whose messages go to the partitions in turn, or where their "partition" says."""
    cluster.api("POST", "/topics", {"name": name, "partitions": partitions})
    append(cluster, name, partitions, messages)


def append(cluster, name, partitions, messages):
    if not messages:
        return
    producer = cluster.api("POST", "/producer/register", {"topic": name})["producer_id"]
    items = [m if isinstance(m, dict) else {"message": m} for m in messages]
    items = [{"partition": n % partitions, **item} for n, item in enumerate(items)]
    for start in range(0, len(items), 500):
        answer = cluster.api(
            "POST",
            "/producer/produce",
            {"topic": name, "producer_id": producer, "messages": items[start : start + 500], "sequence": start},
        )
        assert answer["status"] == "success", answer


class Consumer:
    """One consumer of a topic, through any process of the cluster."""

    def __init__(self, cluster, topic, **more):
        self.url = cluster.url
        self.topic = topic
        status, _, answer = call(self.url, "POST", "/consumer/register", {"topic": topic, **more})
        assert status == 201, answer
        self.id = answer["consumer_id"]

    def body(self, **more):
        return {"topic": self.topic, "consumer_id": self.id, **more}

    def consume(self, **more):
        return call(self.url, "POST", "/consumer/consume", self.body(**more))

    def read(self, **more):
        status, _, answer = self.consume(**more)
        assert status == 200, answer
        return answer["messages"]

    def read_patiently(self, within_s=20, **more):
        """Goes on after answers that say that a retry helps."""
        end = time.monotonic() + within_s
        while True:
            status, _, answer = self.consume(**more)
            if status == 200:
                return answer["messages"]
            assert answer["retriable"] and time.monotonic() < end, answer
            time.sleep(0.05)

    def commit(self, positions):
        listed = [{"partition": p, "offset": o} for p, o in positions.items()]
        return call(self.url, "POST", "/consumer/commit", {"consumer_id": self.id, "positions": listed})

    def seek(self, **where):
        return call(self.url, "POST", "/consumer/seek", {"consumer_id": self.id, **where})

    def size(self):
        status, _, answer = call(self.url, "GET", f"/size?topic={self.topic}&consumer_id={self.id}")
        assert status == 200, answer
        return answer["size"]

    def describe(self):
        status, _, answer = call(self.url, "GET", f"/consumer/{self.id}")
        assert status == 200, answer
        return answer["consumer"]


class Reader:
    """Notes what arrived: what is skipped is an error, what is repeated is not."""

    def __init__(self):
        self.next = {}
        self.repeated = 0

    def took(self, messages):
        for message in messages:
            expected = self.next.setdefault(message["partition"], 0)
            offset = message["offset"]
            assert offset <= expected, f"partition {message['partition']}: {expected} to {offset - 1} were skipped"
            self.repeated += offset < expected
            self.next[message["partition"]] = max(expected, offset + 1)

    def total(self):
        return sum(self.next.values())
