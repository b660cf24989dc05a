"""Two of three brokers are down while clients go on: clear answers, flat memory, and recovery by itself.

MARQUEE_NO_QUORUM_SECONDS asks for a longer run."""

import http.client
import json
import os
import threading
import time
import urllib.parse

import running_cluster
from cluster import api

SECONDS = float(os.environ.get("MARQUEE_NO_QUORUM_SECONDS", "12"))
CLIENTS = 8
GROWTH_MOST = 96 << 20


def resident_bytes(entry):
    with open(f"/proc/{entry['pid']}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def post(url, path, body, timeout_s=90):
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=timeout_s)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


class Question(threading.Thread):
    """One request, and how long its answer took."""

    def __init__(self, cluster, path, body, within_s):
        super().__init__(daemon=True)
        self.path, self.body, self.within_s = path, body, within_s
        self.url = cluster.url
        self.start()

    def run(self):
        began = time.monotonic()
        self.status, self.answer = post(self.url, self.path, self.body)
        self.took_s = time.monotonic() - began

    def check(self):
        self.join(timeout=60)
        assert not self.is_alive(), f"{self.path} is not answered"
        print(f"{self.path}: {self.status} {self.answer.get('code')} after {self.took_s:.1f} s")
        assert (self.status, self.answer["code"]) == (503, "NOT_ENOUGH_REPLICAS"), self.answer
        assert self.answer["retriable"] and self.answer["retry_after_ms"] > 0
        assert self.took_s < self.within_s


class Client:
    """Sends one message after the other with a sequence; what is not acknowledged is sent again."""

    def __init__(self, cluster, topic, number):
        self.url = cluster.url
        self.topic = topic
        self.producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
        self.number = number
        self.acknowledged = []
        self.failures = []
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        sequence = 0
        while not self.stopping:
            text = f"{self.number}/{sequence} {'x' * 50_000}"
            body = {"topic": self.topic, "producer_id": self.producer, "sequence": sequence, "message": text}
            status, answer = post(self.url, "/producer/produce", body)
            if status == 200:
                self.acknowledged.append(text)
                sequence += 1
            else:
                self.failures.append((status, answer.get("code"), answer.get("retriable"), answer.get("outcome")))
                time.sleep(min(answer.get("retry_after_ms", 100), 500) / 1000)

    def end(self):
        self.stopping = True
        self.thread.join(timeout=90)
        assert not self.thread.is_alive()


def test_without_a_majority_memory_stays_flat_and_nothing_acknowledged_is_lost(binary, tmp_path):
    for cluster in running_cluster.serve(binary, tmp_path):
        cluster.marquee("topic", "create", "no-quorum", "--partitions", "2")
        cluster.leader_of("no-quorum", 0), cluster.leader_of("no-quorum", 1)
        clients = [Client(cluster, "no-quorum", number) for number in range(CLIENTS)]
        time.sleep(1.5)
        before = [len(client.acknowledged) for client in clients]
        assert all(before)
        register = {"topic": "no-quorum"}
        consumer, numbered = (cluster.api("POST", "/consumer/register", register)["consumer_id"] for _ in range(2))
        consume = {"topic": "no-quorum", "consumer_id": consumer, "wait_ms": 0}
        producer = cluster.api("POST", "/producer/register", register)["producer_id"]
        produce = {"topic": "no-quorum", "producer_id": producer, "message": "unnumbered"}
        brokers = cluster.processes("broker")
        for entry in brokers[1:]:
            cluster.kill(entry)
        watched = [brokers[0], *cluster.processes("write_manager"), *cluster.processes("load_balancer")]
        time.sleep(2)
        first = [resident_bytes(entry) for entry in watched]
        # Beyond what they wait for: 8 s of load_balancer.consume_timeout_ms, 10 s of request.timeout.ms.
        questions = [
            Question(cluster, "/consumer/consume", consume, within_s=10.5),
            Question(cluster, "/consumer/consume", {**consume, "consumer_id": numbered, "poll": 1}, within_s=10.5),
            Question(cluster, "/producer/produce", produce, within_s=12.5),
        ]
        time.sleep(SECONDS)
        for question in questions:
            question.check()
        last = [resident_bytes(entry) for entry in watched]
        for entry, was, now in zip(watched, first, last, strict=True):
            print(f"{entry['name']}: {was >> 20} MiB, {now >> 20} MiB after {SECONDS} s without a majority")
            assert now - was < GROWTH_MOST, f"{entry['name']} grows without a majority"
        cluster.revive()
        end = time.monotonic() + 30
        stored = [len(client.acknowledged) for client in clients]
        while any(len(client.acknowledged) <= was for client, was in zip(clients, stored, strict=True)):
            assert time.monotonic() < end, "it does not come back by itself"
            time.sleep(0.1)
        for client in clients:
            client.end()
        failures = [failure for client in clients for failure in client.failures]
        print(f"{sum(len(client.acknowledged) for client in clients)} acknowledged, {len(failures)} refused")
        for status, code, retriable, outcome in failures:
            assert (status, code, retriable) == (503, "NOT_ENOUGH_REPLICAS", True), failures[:5]
            assert outcome in ("definite", "unknown")
        kept = [message["message"] for message in api.read_all(cluster.url, "no-quorum")]
        wanted = [text for client in clients for text in client.acknowledged]
        assert len(kept) == len(set(kept)), "something is there twice"
        assert set(wanted) <= set(kept), "something acknowledged is lost"
