"""Sequences and the managers' own retries while processes die, freeze and come back."""

import concurrent.futures
import http.client
import random
import signal
import threading
import time

from cluster import api
from http_calls import Producer, assert_failure, call, create_topic


def managers(cluster):
    return [entry["http"] for entry in cluster.processes("write_manager")]


def place(result):
    return result["partition"], result["offset"], result["timestamp"]


def stored(cluster, topic):
    return [message["message"] for message in api.read_all(cluster.url, topic)]


def test_a_retry_gets_the_original_answer_after_every_kind_of_death(cluster):
    create_topic(cluster.url, "death-retry", partitions=3)
    producer = Producer(cluster.url, "death-retry")
    messages = [{"message": str(n), "headers": {"n": str(n)}} for n in range(9)]
    first = producer.send_many(messages, sequence=50)
    wanted = [place(r) for r in first["results"]]
    one, other = cluster.processes("write_manager")

    def assert_repeats(via=None):
        again = producer.send_many(messages, via=via, sequence=50)
        assert again.status == 200 and all(r["duplicate"] for r in again["results"]), again
        assert [place(r) for r in again["results"]] == wanted
        portion = producer.send_many(messages[2:5], via=via, sequence=52)
        assert [place(r) for r in portion["results"]] == wanted[2:5], portion

    cluster.kill(cluster.broker_of(cluster.leader_of("death-retry")))
    assert_repeats()
    cluster.revive()
    cluster.kill(one)
    assert_repeats()
    assert_repeats(via=other["http"])
    cluster.revive()
    for entry in cluster.processes():
        if entry["role"] != "postgres":
            cluster.kill(entry)
    cluster.revive()
    for via in (None, one["http"], other["http"]):
        assert_repeats(via)
    assert sorted(stored(cluster, "death-retry")) == [str(n) for n in range(9)]


def keep_sending(cluster, topic, stop, results, worker):
    """Messages without a sequence, one after the other: only the manager's own identity makes its retries exact."""
    producer = Producer(cluster.url, topic)
    for number in range(100_000):
        if stop.is_set():
            return
        text = f"{worker}-{number}"
        answer = producer.send(message=text)
        results.append((text, answer))


def test_the_managers_own_retries_never_store_a_message_twice(cluster):
    create_topic(cluster.url, "death-own", partitions=2)
    stop = threading.Event()
    results = []
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(keep_sending, cluster, "death-own", stop, results, n) for n in range(4)]
        try:
            time.sleep(0.3)
            leader = cluster.broker_of(cluster.leader_of("death-own", 0))
            with cluster.frozen(leader):  # its answers are lost, and what was sent to it is read later
                time.sleep(2.5)
            time.sleep(0.3)
            cluster.kill(cluster.broker_of(cluster.leader_of("death-own", 1)))
            time.sleep(1)
        finally:
            stop.set()
        for worker in workers:
            worker.result(timeout=60)
    cluster.revive()
    read = stored(cluster, "death-own")
    assert len(read) == len(set(read)), "stored twice"
    acknowledged = {text for text, answer in results if answer.status == 200}
    unknown = {text for text, answer in results if answer.status != 200 and answer["outcome"] == "unknown"}
    assert len(acknowledged) > 50 and acknowledged <= set(read)
    assert set(read) - acknowledged <= unknown
    assert not any("duplicate" in answer for _, answer in results if answer.status == 200)


def test_without_quorum_the_answer_says_whether_the_message_may_still_be_stored(cluster):
    create_topic(cluster.url, "death-quorum")
    producer = Producer(cluster.url, "death-quorum")
    assert producer.send(message="0", sequence=0).status == 200
    leader = cluster.leader_of("death-quorum")
    followers = [entry for entry in cluster.processes("broker") if entry["broker_id"] != leader]
    bodies = {n: producer.body({"message": str(n), "sequence": n}) for n in range(1, 9)}
    with concurrent.futures.ThreadPoolExecutor(8) as pool, cluster.frozen(*followers):
        begun = time.monotonic()
        patience = {"X-Deadline-Ms": "3000"}  # less than request.timeout_ms
        sent = {
            n: pool.submit(call, managers(cluster)[0], "POST", "/producer/produce", body, patience)
            for n, body in bodies.items()
        }
        failed = {n: each.result() for n, each in sent.items()}
        assert 2 < time.monotonic() - begun < 6
        for answer in failed.values():
            assert_failure(answer, 503, "NOT_ENOUGH_REPLICAS", retriable=True)
            assert answer["component"].startswith("broker/") or answer["component"].startswith("write_manager/")
        assert "unknown" in {answer["outcome"] for answer in failed.values()}
    for n in bodies:
        answer = producer.send(message=str(n), sequence=n)
        assert answer.status == 200, answer
        if failed[n]["outcome"] == "definite":
            assert "duplicate" not in answer, (failed[n], answer)
    assert sorted(stored(cluster, "death-quorum")) == [str(n) for n in range(9)]


class Storm:
    """Threads that send overlapping portions of one numbered stream again and again, through every process.

    The model: sequence n holds text n, stored once; every answer names the partition and offset where it is.
    """

    def __init__(self, cluster, topic, seed, length):
        self.cluster = cluster
        self.producer = Producer(cluster.url, topic)
        self.seed = seed
        self.length = length
        self.places = {}
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def message(self, n):
        fields = {"message": f"text {n}", "headers": {"n": str(n)}}
        return fields | ({"key": f"k{n % 11}"} if n % 3 == 0 else {}) | ({"partition": n % 4} if n % 7 == 0 else {})

    def worker(self, number):
        dice = random.Random(self.seed * 100 + number)
        ways = [self.cluster.url, self.cluster.url, *managers(self.cluster)]
        begin = 0
        while begin < self.length and not self.stop.is_set():
            first = max(0, begin - dice.randrange(0, 30))
            last = min(self.length, first + dice.randrange(1, 60))
            if self.send(dice.choice(ways), first, last):
                begin = max(begin, last)

    def send(self, via, first, last):
        messages = [self.message(n) for n in range(first, last)]
        try:
            answer = self.producer.send_many(messages, via=via, sequence=first)
        except (OSError, http.client.HTTPException):
            return False  # that process is dead: the same again, perhaps cut otherwise
        if answer.status != 200:
            assert answer.status == 503, answer
            return False
        for n, result in zip(range(first, last), answer["results"], strict=True):
            if "code" in result:
                assert result["code"] == "NOT_ENOUGH_REPLICAS", result
                continue
            with self.lock:
                assert self.places.setdefault(n, place(result)) == place(result), (n, result)
        return answer["status"] == "success"

    def check(self):
        read = {}
        for message in api.read_all(self.cluster.url, self.producer.topic):
            n = int(message["headers"]["n"])
            assert n not in read, f"sequence {n} is stored twice"
            wanted = self.message(n)
            assert (message["message"], message.get("key")) == (wanted["message"], wanted.get("key")), message
            read[n] = place(message)
        assert sorted(read) == list(range(self.length))
        assert read == self.places


def test_a_storm_of_retries_stores_every_sequence_once(cluster):
    seed = random.SystemRandom().randrange(2**31)
    print(f"seed {seed}")
    create_topic(cluster.url, "death-storm", partitions=4)
    storm = Storm(cluster, "death-storm", seed, 3000)
    dice = random.Random(seed)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        workers = [pool.submit(storm.worker, n) for n in range(6)]
        try:
            time.sleep(0.3)
            cluster.kill(cluster.broker_of(cluster.leader_of("death-storm", dice.randrange(4))))
            time.sleep(dice.random())
            victim = dice.choice(cluster.processes("write_manager"))
            cluster.kill(victim, dice.choice([signal.SIGKILL, signal.SIGTERM]))
            time.sleep(dice.random())
            cluster.revive()
            for worker in workers:
                worker.result(timeout=90)
        finally:
            storm.stop.set()
    storm.check()


def test_while_postgresql_is_away_producing_goes_on_and_what_needs_it_says_so(cluster):
    create_topic(cluster.url, "death-postgres", partitions=2)
    producer = Producer(cluster.url, "death-postgres")
    first = producer.send(message="0", sequence=0)
    other = managers(cluster)
    for via in other:
        assert producer.send(via=via, message="0", sequence=0)["duplicate"] is True  # both know the topic
    (postgres,) = cluster.processes("postgres")
    cluster.kill(postgres)
    try:
        for n in range(1, 9):
            assert producer.send(message=str(n), sequence=n).status == 200
            assert producer.send(message=str(n)).status == 200
        again = producer.send(message="0", sequence=0)
        assert again["duplicate"] is True and place(again) == place(first)
        described = call(cluster.url, "GET", "/topics/death-postgres")
        assert described.status == 200, described
        assert sum(p["high_watermark"] for p in described["topic"]["partitions"]) == 17
        stranger = {"topic": "death-unknown", "producer_id": producer.id, "message": "x"}
        for method, path, body in (
            ("POST", "/producer/register", {"topic": "death-postgres"}),
            ("POST", "/producer/register", {"topic": "death-unknown"}),
            ("POST", "/producer/produce", stranger),
            ("GET", "/topics/death-unknown", None),
            ("POST", "/topics", {"name": "death-unknown"}),
            ("PATCH", "/topics/death-postgres", {"config": {"retention.ms": 1}}),
            ("DELETE", "/topics/death-postgres", None),
            ("DELETE", f"/producer/{producer.id}", None),
        ):
            refused = call(cluster.url, method, path, body)
            assert_failure(refused, 503, "METADATA_UNAVAILABLE", retriable=True, outcome="definite")
    finally:
        cluster.revive()
    end = time.monotonic() + 20
    while call(cluster.url, "POST", "/producer/register", {"topic": "death-postgres"}).status != 201:
        assert time.monotonic() < end
        time.sleep(0.2)
