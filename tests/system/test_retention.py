"""Retention on real processes: by size, by time, across restarts and kills, and never past a voter that is away.

The brokers of the test cluster look after retention several times a second (`retention.check_ms`).
"""

import pathlib
import time
import urllib.request

SMALL = {"segment.bytes": 65536, "retention.bytes": 200_000}
TEXT = "x" * 900


def wait_until(what, condition, timeout_s=40):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {timeout_s} s: {what}")


class Writer:
    """Produces numbered messages, 100 at a time; message n gets offset n, for its retries are deduplicated."""

    def __init__(self, cluster, topic):
        self.cluster, self.topic, self.next = cluster, topic, 0
        registered = cluster.api("POST", "/producer/register", {"topic": topic})
        self.producer = registered["producer_id"]

    def send(self, count=100):
        messages = [{"message": f"{n} {TEXT}"} for n in range(self.next, self.next + count)]
        body = {"topic": self.topic, "producer_id": self.producer, "messages": messages, "sequence": self.next}
        answer = self.cluster.api("POST", "/producer/produce", body)
        self.next += count
        return answer

    def until(self, what, condition, timeout_s=40):
        """Goes on producing until the condition holds."""

        def step():
            self.send()
            return condition()

        return wait_until(what, step, timeout_s)


def make_topic(cluster, name, config):
    cluster.api("POST", "/topics", {"name": name, "partitions": 1, "config": config})
    cluster.leader_of(name)
    return Writer(cluster, name)


def described(cluster, topic):
    return cluster.api("GET", f"/topics/{topic}")["topic"]


def log_start(cluster, topic):
    return described(cluster, topic)["partitions"][0]["log_start_offset"] or 0


def disk_bytes(cluster, topic):
    """Size of the topic's folder on each broker."""
    topic_id = described(cluster, topic)["topic_id"]
    folders = [pathlib.Path(entry["data_dir"]) / "data" / topic_id for entry in cluster.processes("broker")]
    return [sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) for folder in folders]


def held_back(entry):
    with urllib.request.urlopen(entry["http"] + "/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return next(int(line.split()[-1]) for line in lines if line.startswith("marquee_broker_retention_held_back "))


def consume(cluster, topic, consumer):
    """(skipped, numbers of all messages that are there)."""
    skipped, numbers, poll = 0, [], 0
    while True:
        poll += 1
        body = {"topic": topic, "consumer_id": consumer, "max": 1000, "wait_ms": 500, "poll": poll}
        answer = cluster.api("POST", "/consumer/consume", body)
        skipped += answer.get("skipped", 0)
        numbers += [int(message["message"].split()[0]) for message in answer["messages"]]
        if not answer["messages"] and not answer.get("skipped"):
            return skipped, numbers


def register(cluster, topic):
    return cluster.api("POST", "/consumer/register", {"topic": topic, "from": "earliest"})["consumer_id"]


def test_log_keeps_its_size_on_every_broker_and_consumers_jump_to_its_start(cluster):
    writer = make_topic(cluster, "retention-size", SMALL)
    consumer = register(cluster, "retention-size")
    writer.until("3 MB went through", lambda: writer.next >= 3000)
    writer.until("the log start moves", lambda: log_start(cluster, "retention-size") > 1000)
    wait_until("the files are gone on every broker", lambda: max(disk_bytes(cluster, "retention-size")) < 1_500_000)
    # The log start may still move a little while they look.
    before = log_start(cluster, "retention-size")
    earliest = int(cluster.kcat("-Q", "-t", "retention-size:0:-2").decode().split()[-1])
    skipped, numbers = consume(cluster, "retention-size", consumer)
    assert before <= earliest <= skipped <= log_start(cluster, "retention-size")
    assert numbers == list(range(skipped, writer.next))


def test_records_expire_after_a_change_of_the_configuration_and_stay_gone_after_a_crash_of_all_brokers(cluster):
    writer = make_topic(cluster, "retention-time", {"retention.ms": -1})
    consumer = register(cluster, "retention-time")
    first = writer.send()
    time.sleep(1.5)  # several checks
    assert log_start(cluster, "retention-time") == 0
    cluster.api("PATCH", "/topics/retention-time", {"config": {"retention.ms": 1000}})
    wait_until("all of it has expired", lambda: log_start(cluster, "retention-time") == 100)
    wait_until("the disk is empty", lambda: max(disk_bytes(cluster, "retention-time")) < 40_000)
    cluster.api("PATCH", "/topics/retention-time", {"config": {"retention.ms": -1}})
    for entry in cluster.processes("broker"):
        cluster.kill(entry)
    cluster.revive()
    cluster.leader_of("retention-time")
    assert log_start(cluster, "retention-time") == 100
    # A retry of what was removed is still known.
    writer.next = 0
    again = writer.send()
    told = ("offset", "partition")
    assert [[m[key] for key in told] for m in again["results"]] == [[m[key] for key in told] for m in first["results"]]
    writer.send()
    skipped, numbers = consume(cluster, "retention-time", consumer)
    assert (skipped, numbers) == (100, list(range(100, 200)))


def test_voter_that_is_away_holds_retention_back_until_it_is_back(cluster):
    writer = make_topic(cluster, "retention-held", SMALL)
    leader = cluster.leader_of("retention-held")
    away = next(entry for entry in cluster.processes("broker") if entry["broker_id"] != leader)
    writer.send()
    cluster.kill(away)
    writer.until("the metric shows it", lambda: held_back(cluster.broker_of(cluster.leader_of("retention-held"))) > 0)
    writer.until("2 MB went through", lambda: writer.next >= 2000)
    lacking = 200  # the voter has some of the first two hundred at most
    assert log_start(cluster, "retention-held") <= lacking
    assert any("retention is held back" in cluster.log_of(entry) for entry in cluster.processes("broker"))
    cluster.revive()
    writer.until("it has caught up", lambda: log_start(cluster, "retention-held") > lacking)
    wait_until(
        "the metric is back",
        lambda: all(held_back(entry) == 0 for entry in cluster.processes("broker")),
    )
    # What came at once makes one large segment there, which goes once the log start has passed it.
    writer.until("the files are gone", lambda: max(disk_bytes(cluster, "retention-held")) < 1_500_000)


def test_log_start_never_goes_back_and_nothing_above_it_is_missing_while_leaders_are_killed(cluster):
    writer = make_topic(cluster, "retention-kill", SMALL)
    highest = 0
    for _ in range(3):
        before = highest

        def moved():
            nonlocal highest
            start = log_start(cluster, "retention-kill")
            assert start == 0 or start >= highest
            highest = max(highest, start)
            return highest > before

        writer.until("the log start moves", moved)
        cluster.kill(cluster.broker_of(cluster.leader_of("retention-kill")))
        cluster.revive()
    cluster.leader_of("retention-kill")
    wait_until("the leader serves", lambda: log_start(cluster, "retention-kill") >= highest)
    skipped, numbers = consume(cluster, "retention-kill", register(cluster, "retention-kill"))
    assert skipped + len(numbers) == writer.next or not skipped
    assert numbers == list(range(numbers[0], writer.next))
    assert numbers[0] >= highest
