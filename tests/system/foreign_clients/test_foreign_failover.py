"""Items 16, 28, 40, 43: leaders are killed under idempotent producers and under consumers, all clients at once."""

import collections
import threading
import time

import pytest
from client_selection import CONSUMERS, IDEMPOTENT, each
from cluster import api
from driver_session import ClientFailure, payload, record

PARTITIONS = 3
PER_SECOND = 150
CONSUMED_TOPIC = "consumed-through-elections"
# What tells a client's view of the leader's epoch.
TELL_EPOCHS = ["java-3.9.1", "java-4.4.0", "franz-go-1.22.2", "librdkafka-2.16.1"]
# Those whose positions survive an election only if OffsetForLeaderEpoch and the epochs of batches are right run with
# no reset policy at all: a wrong answer ends them with an error.
POLL_THROUGH_ELECTIONS = [name for name in CONSUMERS if not name.startswith("kcat")]


class Job(threading.Thread):
    """A job of one client in the background, with what it said and what it raised."""

    def __init__(self, session, **job):
        super().__init__(daemon=True)
        self.session = session
        self.lines = []
        self.failure = None
        session.start(**job)
        self.start()

    def run(self):
        try:
            for line in self.session.lines(timeout_s=150):
                self.lines.append(line)
        except (ClientFailure, AssertionError) as failure:
            self.failure = failure

    def finish(self):
        self.join(timeout=160)
        self.session.stop()
        assert self.failure is None, self.failure
        return self.lines


def kill_leaders(cluster, topic, times):
    """Kills the leader of partition 0 and starts it again, as often as wanted; gives the terms that were seen."""
    terms = []
    for _ in range(times):
        terms.append(term_of(cluster, topic))
        victim = cluster.broker_of(cluster.leader_of(topic))
        cluster.kill(victim)
        time.sleep(1.0)
        terms.append(term_of(cluster, topic))
        cluster.revive()
        time.sleep(0.5)
    return terms


def term_of(cluster, topic):
    cluster.leader_of(topic)
    return cluster.api("GET", f"/topics/{topic}")["topic"]["partitions"][0]["term"]


def topic_of(name):
    return f"in-flight-{name}"


@pytest.fixture(scope="module")
def produced(drivers, shared_cluster, deep):
    """Each client's records over three partitions, sent while leaders are killed: {client: (records, its job)}."""
    cluster = shared_cluster
    cluster.revive()
    kills = 12 if deep else 2
    count = PER_SECOND * (2 + 4 * kills)
    brokers = ",".join(cluster.kafka_addresses())
    jobs = {}
    for name in drivers.available(IDEMPOTENT):
        cluster.api("POST", "/topics", {"name": topic_of(name), "partitions": PARTITIONS})
    for name in drivers.available(IDEMPOTENT):
        records = [record(b"%d" % n, partition=n % PARTITIONS) for n in range(count)]
        options = {"idempotent": True, "batch_bytes": 200, "pace_per_s": PER_SECOND, "timeout_ms": 120_000}
        session = drivers.new(name, "producer")
        jobs[name] = Job(session, do="produce", brokers=brokers, topic=topic_of(name), records=records, **options)
    time.sleep(2)
    for name in list(jobs)[:1]:  # none where the machine has none of these clients
        kill_leaders(cluster, topic_of(name), kills)
    yield {name: (count, job) for name, job in jobs.items()}
    for job in jobs.values():
        job.session.stop()


@each(IDEMPOTENT)
def test_item_28_nothing_is_lost_or_doubled_when_leaders_are_killed_under_batches_in_flight(driver, cluster, produced):
    count, job = produced[driver.name]
    told = job.finish()
    assert not [line for line in told if "error" in line]
    assert sorted(line["n"] for line in told) == list(range(count))
    read = list(api.read_all(cluster.url, topic_of(driver.name)))
    numbers = collections.Counter(int(message["message"]) for message in read)
    assert [n for n in range(count) if numbers[n] == 0] == [], "lost"
    assert [(n, times) for n, times in numbers.items() if times > 1] == [], "doubled"
    found = {p: [int(m["message"]) for m in read if m["partition"] == p] for p in range(PARTITIONS)}
    assert found == {p: list(range(p, count, PARTITIONS)) for p in range(PARTITIONS)}
    offsets = {int(message["message"]): message["offset"] for message in read}
    assert {line["n"]: line["offset"] for line in told} == offsets


@pytest.fixture(scope="module")
def consumed(drivers, shared_cluster, deep):
    """Each client reads one topic through elections: (values in order, terms seen, {client: its job})."""
    cluster = shared_cluster
    cluster.revive()
    cluster.api("POST", "/topics", {"name": CONSUMED_TOPIC})
    producer = cluster.api("POST", "/producer/register", {"topic": CONSUMED_TOPIC})["producer_id"]
    kills = 6 if deep else 1
    count = 400 * kills
    brokers = ",".join(cluster.kafka_addresses())
    job = {"do": "consume", "brokers": brokers, "topic": CONSUMED_TOPIC, "count": count, "timeout_ms": 60_000}
    # Batches of many terms stand in the log before anybody reads, and more come while everybody does.
    kill_leaders(cluster, CONSUMED_TOPIC, 1)
    places = [{"partition": 0, "at": "earliest"}]
    jobs = {name: Job(drivers.new(name, "consumer"), **job, partitions=places) for name in drivers.available(POLL_THROUGH_ELECTIONS)}
    terms = []
    killer = threading.Thread(target=lambda: terms.extend(kill_leaders(cluster, CONSUMED_TOPIC, kills)))
    for number in range(count):
        if number == 100:
            killer.start()
        body = {"topic": CONSUMED_TOPIC, "producer_id": producer, "message": str(number), "sequence": number}
        cluster.api("POST", "/producer/produce", body)
    killer.join()
    yield count, terms, jobs
    for one in jobs.values():
        one.session.stop()


@each(POLL_THROUGH_ELECTIONS)
def test_item_40_a_consumer_that_polls_through_elections_reads_each_record_once_and_in_order(driver, consumed):
    count, _, jobs = consumed
    lines = [line for line in jobs[driver.name].finish() if "offset" in line]
    assert [line["offset"] for line in lines] == list(range(count))
    assert [int(payload(line["value"])) for line in lines] == list(range(count))


@each(TELL_EPOCHS)
def test_item_43_the_epoch_of_each_record_is_the_term_and_never_goes_back(driver, consumed):
    _, terms, jobs = consumed
    epochs = [line["leader_epoch"] for line in jobs[driver.name].finish() if "offset" in line]
    assert epochs == sorted(epochs)
    assert set(epochs) <= set(range(min(terms) - 1, max(terms) + 1))
    assert len(set(epochs)) >= 2


def test_item_16_metadata_shows_a_new_leader_with_a_higher_epoch_and_never_a_lower_one(drivers, cluster):
    """franz-go is the client that shows the epoch of Metadata."""
    driver = drivers.get("franz-go-1.22.2")
    topic = "epochs-of-leaders"
    cluster.api("POST", "/topics", {"name": topic})

    def seen():
        job = {"do": "admin", "call": "describe", "topic": topic, "brokers": ",".join(cluster.kafka_addresses())}
        one = driver.run(**job)[0]["partitions"][0]
        return one["leader"], one["leader_epoch"]

    leader, epoch = seen()
    cluster.kill(cluster.broker_of(leader))
    killed_at = time.monotonic()
    epochs = [epoch]
    while time.monotonic() < killed_at + 10:
        now, epoch = seen()
        epochs.append(epoch)
        if now not in (-1, leader):
            break
    assert now not in (-1, leader)
    cluster.revive()
    # A broker that has just started knows neither leader nor epoch until it has heard of them; clients skip that.
    epochs += [epoch for leader, epoch in (seen() for _ in range(5)) if leader != -1]
    assert epochs == sorted(epochs)
    assert epochs[-1] > epochs[0]
