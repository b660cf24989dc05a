"""kill -9 while records flow: nothing that was acknowledged is lost, nothing is there twice."""

import os
import signal
import subprocess
import threading
import time

import pytest

import running_cluster
from cluster import api


@pytest.fixture(scope="module")
def whole_cluster(binary, tmp_path_factory):
    """For tests that kill or stop all of it, each with topics of its own."""
    yield from running_cluster.serve(binary, tmp_path_factory.mktemp("failover"))


def produce_slowly(write_end, count, per_second):
    """Feeds numbered lines into a pipe; a thread of its own, so that the test can do harm meanwhile."""

    def feed():
        with os.fdopen(write_end, "wb") as target:
            for number in range(count):
                target.write(f"key-{number % 7} line {number}\n".encode())
                if number % 50 == 49:
                    target.flush()
                    time.sleep(50 / per_second)

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    return thread


def test_produce_goes_on_when_the_leader_is_killed_and_nothing_is_lost_or_doubled(cluster):
    cluster.api("POST", "/topics", {"name": "failover-produce", "partitions": 2})
    cluster.leader_of("failover-produce", 0)
    count = 6000
    read_end, write_end = os.pipe()
    command = cluster.marquee_in_background("produce", "failover-produce", "--key-field", "1", stdin=read_end)
    os.close(read_end)
    feeder = produce_slowly(write_end, count, per_second=2000)
    time.sleep(1.0)
    victim = cluster.broker_of(cluster.leader_of("failover-produce", 0))
    cluster.kill(victim)
    output, _ = command.communicate(timeout=90)
    feeder.join(timeout=10)
    assert command.returncode == 0, output
    cluster.revive()
    read = [message["message"] for message in api.read_all(cluster.url, "failover-produce")]
    wanted = [f"key-{number % 7} line {number}" for number in range(count)]
    assert sorted(read) == sorted(wanted)
    for key in range(7):
        assert [line for line in read if line.startswith(f"key-{key} ")] == wanted[key::7]


def test_a_record_that_was_acknowledged_before_each_kill_is_there_after_it(cluster):
    cluster.api("POST", "/topics", {"name": "failover-repeated", "partitions": 1})
    producer = cluster.api("POST", "/producer/register", {"topic": "failover-repeated"})["producer_id"]
    number = 0
    for _ in range(4):
        for _ in range(20):
            body = {"topic": "failover-repeated", "producer_id": producer, "message": str(number), "sequence": number}
            answer = cluster.api("POST", "/producer/produce", body)
            assert answer["offset"] == number
            number += 1
        cluster.kill(cluster.broker_of(cluster.leader_of("failover-repeated")))
        body = {"topic": "failover-repeated", "producer_id": producer, "message": str(number), "sequence": number}
        assert cluster.api("POST", "/producer/produce", body)["offset"] == number
        number += 1
        cluster.revive()
    read = [message["message"] for message in api.read_all(cluster.url, "failover-repeated")]
    assert read == [str(n) for n in range(number)]


def test_kill_of_every_broker_at_once_loses_nothing_acknowledged(whole_cluster):
    cluster = whole_cluster
    cluster.api("POST", "/topics", {"name": "all-at-once", "partitions": 3})
    lines = b"".join(b"line %d\n" % number for number in range(2000))
    cluster.marquee("produce", "all-at-once", stdin=lines)
    # More is under way when they die: it may be there or not, but what was acknowledged must be.
    background = cluster.marquee_in_background("produce", "all-at-once", stdin=subprocess.PIPE)
    background.stdin.write(b"".join(b"late %d\n" % number for number in range(500)))
    background.stdin.flush()
    time.sleep(0.3)
    for entry in cluster.processes("broker"):
        os.kill(entry["pid"], signal.SIGKILL)
    background.kill()
    background.wait()
    for entry in cluster.processes("broker"):
        cluster.kill(entry) if cluster.is_alive(entry) else None
    cluster.revive()
    read = [message["message"] for message in api.read_all(cluster.url, "all-at-once")]
    assert sorted(line for line in read if line.startswith("line")) == sorted(lines.decode().splitlines())
    late = [line for line in read if line.startswith("late")]
    assert len(late) == len(set(late))


def test_everything_is_still_there_after_down_and_up(whole_cluster):
    cluster = whole_cluster
    lines = [f"line {number}" for number in range(1500)]
    cluster.marquee("produce", "down-and-up", "--connections", "1", stdin="\n".join(lines).encode() + b"\n")
    consumer = cluster.api("POST", "/consumer/register", {"topic": "down-and-up"})["consumer_id"]
    body = {"topic": "down-and-up", "consumer_id": consumer, "max": 700, "commit": "manual"}
    first = cluster.api("POST", "/consumer/consume", body)["messages"]
    position = {"partition": 0, "offset": first[-1]["offset"] + 1}
    cluster.api("POST", "/consumer/commit", {"consumer_id": consumer, "positions": [position]})
    cluster.control.stop()
    cluster.control.start()
    assert [message["message"] for message in api.read_all(cluster.url, "down-and-up")] == lines
    rest = cluster.api("POST", "/consumer/consume", {**body, "max": 10_000, "wait_ms": 2000})["messages"]
    assert rest[0]["message"] == lines[len(first)]


def test_a_second_start_of_a_running_cluster_changes_nothing(cluster):
    before = [entry["pid"] for entry in cluster.processes()]
    assert cluster.control.start() is False
    assert [entry["pid"] for entry in cluster.processes()] == before


def test_consumer_goes_on_where_it_was_when_its_manager_is_killed(cluster):
    """Each read manager is killed once, so that one of the two kills hits the consumer's owner."""
    lines = b"".join(b"%d\n" % n for n in range(40))
    cluster.marquee("produce", "failover-consume", "--connections", "1", stdin=lines)
    consumer = cluster.api("POST", "/consumer/register", {"topic": "failover-consume"})["consumer_id"]
    managers = cluster.processes("read_manager")
    seen = []
    for poll in range(1, 21):
        body = {"topic": "failover-consume", "consumer_id": consumer, "max": 4, "wait_ms": 300, "poll": poll}
        answer = cluster.api("POST", "/consumer/consume", body)
        seen += [int(message["message"]) for message in answer["messages"]]
        if poll == 3:
            cluster.kill(managers[0])
        elif poll == 5:
            cluster.revive()
        elif poll == 7:
            cluster.kill(managers[1])
    # A take-over may repeat what was not committed; it never skips, and what is new comes in order.
    assert list(dict.fromkeys(seen)) == list(range(40))
