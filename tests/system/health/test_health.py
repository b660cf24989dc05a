"""What the health check says of brokers that freeze, die, are cut off from managers, and come back; GET /activity."""

import json
import os
import signal
import time
import urllib.error
import urllib.request

import pytest

from cluster import api
from cluster.failure import ClusterFailure
from thresholds import EVICTION_MS, SUSPECT_MS


def kafka_brokers(cluster, asked):
    """Broker ids that a Kafka client is told by this broker."""
    index = [entry["name"] for entry in cluster.processes("broker")].index(asked["name"])
    told = json.loads(cluster.kcat("-L", "-J", broker=index))
    return {broker["id"] for broker in told["brokers"]}


def create(cluster, topic, **fields):
    cluster.api("POST", "/topics", {"name": topic, **fields})
    described = lambda: cluster.api("GET", f"/topics/{topic}")["topic"]["partitions"]
    cluster.wait(lambda: all(p["leader"] is not None for p in described()), f"{topic} has no leaders")
    return described


def missing_in(cluster, topic):
    listed = cluster.api("GET", "/cluster")["under_replicated"]
    return {broker for one in listed if one["topic"] == topic for broker in one["missing"]}


def test_frozen_broker_is_evicted_and_taken_back_with_its_leaderships(cluster):
    partitions = create(cluster, "watched", partitions=6)
    cluster.wait(lambda: len({p["leader"] for p in partitions()}) == 3, "leaders are not spread at first")
    frozen, other, _ = cluster.processes("broker")
    gone = frozen["broker_id"]
    with cluster.frozen(frozen):
        began = time.monotonic()
        seen = cluster.wait_for_state(frozen, "failed")
        assert "suspect" in seen
        cluster.wait_for_state(frozen, "evicted")
        assert time.monotonic() - began >= (SUSPECT_MS + EVICTION_MS) / 1000
        cluster.wait(lambda: gone not in kafka_brokers(cluster, other), "Kafka clients are still told of it")
        assert missing_in(cluster, "watched") == {gone}
        replicas = [replica for p in partitions() for replica in p["replicas"] if replica["broker"] == gone]
        assert len(replicas) == 6 and not any(replica["in_sync"] for replica in replicas)
        gauge = "marquee_write_manager_under_replicated_partitions"
        cluster.wait(lambda: cluster.metric(cluster.controller(), gauge) >= 6, "the gauge does not show it")
        assert gone not in {p["leader"] for p in partitions()}
        listed = cluster.brokers()[gone]
        assert listed["partitions"] >= 6 and listed["leaders"] == 0
        assert listed["last_seen_ms"] < time.time() * 1000 - EVICTION_MS
        with pytest.raises(ClusterFailure, match="replicas cannot be moved"):
            cluster.api("DELETE", f"/broker/{gone}")
    cluster.wait_for_state(frozen, "alive", seconds=5)
    cluster.wait(lambda: gone in kafka_brokers(cluster, other), "Kafka clients are not told that it is back")
    cluster.wait(lambda: len([p for p in partitions() if p["leader"] == gone]) == 2, "leaders were not spread again")
    cluster.wait(lambda: not missing_in(cluster, "watched"), "it never caught up")


def test_leadership_that_was_lost_for_a_moment_comes_back_and_what_an_operator_moved_stays(cluster):
    partitions = create(cluster, "stalled", partitions=3)
    cluster.wait(lambda: len({p["leader"] for p in partitions()}) == 3, "leaders are not spread at first")
    led = {p["leader"]: p["partition"] for p in partitions()}
    moved_from, moved_to, short = (entry["broker_id"] for entry in cluster.processes("broker"))

    def leads(partition):
        return partitions()[led[partition]]["leader"]

    arguments = ["--partition", f"stalled/{led[moved_from]}", "--to", str(moved_to)]
    cluster.marquee("raft", "transfer", *arguments, "--state-dir", str(cluster.layout.state_dir))
    cluster.wait(lambda: leads(moved_from) == moved_to, "the operator's transfer did not come about")
    for _ in range(3):  # until it is long enough for an election, and too short for anybody to miss a heartbeat
        with cluster.frozen(cluster.broker_of(short)):
            time.sleep(1.2)
        if leads(short) != short:
            break
    else:
        raise AssertionError("it kept its leadership although it stood still")
    cluster.wait(lambda: leads(short) == short, "it did not get its leadership back")
    assert leads(moved_from) == moved_to


def test_more_than_a_third_dead_at_once_means_that_nobody_is_evicted(cluster):
    first, second, _ = cluster.processes("broker")
    controller = cluster.controller()
    cluster.kill(first)
    cluster.kill(second)
    cluster.wait_for_state(first, "failed")
    cluster.wait_for_state(second, "failed")
    said = "2 of 3 brokers are silent at once"
    cluster.wait(lambda: said in cluster.log_of(controller), "it does not say why nobody is evicted")
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        assert {cluster.state(first), cluster.state(second)} == {"failed"}
        time.sleep(0.2)
    assert cluster.log_of(controller).count(said) == 1
    cluster.revive()
    cluster.wait_until_well()


def test_broker_that_only_managers_cannot_reach_is_isolated_and_gets_nothing_new(cluster):
    lonely = cluster.processes("broker")[2]
    with cluster.gates_closed():
        cluster.wait_for_state(lonely, "isolated")
        end = time.monotonic() + EVICTION_MS / 1000 + 0.5
        create(cluster, "without-the-lonely", partitions=3, replication_factor=2)
        described = cluster.api("GET", "/topics/without-the-lonely")["topic"]["partitions"]
        assert lonely["broker_id"] not in {r["broker"] for p in described for r in p["replicas"]}
        while time.monotonic() < end:
            assert cluster.state(lonely) == "isolated"
            time.sleep(0.2)
        assert lonely["broker_id"] in kafka_brokers(cluster, cluster.processes("broker")[0])
    cluster.wait_for_state(lonely, "alive", seconds=10)


def test_death_of_the_controller_does_not_hasten_an_eviction(cluster):
    dead = cluster.processes("broker")[1]
    cluster.kill(dead)
    cluster.wait_for_state(dead, "failed")
    failed_at = time.monotonic()
    cluster.kill(cluster.controller())
    states = cluster.wait_for_state(dead, "evicted")
    assert time.monotonic() - failed_at >= (EVICTION_MS - 500) / 1000
    assert "alive" not in states
    cluster.revive()
    cluster.wait_for_state(dead, "alive")


def test_controller_that_stood_still_judges_nobody_by_its_own_silence(cluster):
    evictions = "marquee_write_manager_evictions_total"
    managers = cluster.processes("write_manager")
    before = [cluster.metric(manager, evictions) for manager in managers]
    with cluster.frozen(*managers):
        time.sleep((SUSPECT_MS + EVICTION_MS) / 1000 + 1.5)
    end = time.monotonic() + 2
    while time.monotonic() < end:
        states = {broker["state"] for broker in cluster.brokers().values()}
        assert states <= {"alive", "suspect"}, states
        time.sleep(0.1)
    cluster.wait_until_well()
    assert [cluster.metric(manager, evictions) for manager in managers] == before


def activity(base, query=""):
    return api.call(base, "GET", "/activity" + query)["activity"]


def ids(base, query=""):
    return [item["id"] for item in activity(base, query)]


def test_everybody_is_listed_by_every_manager_oldest_first(cluster):
    managers = [entry["http"] for entry in cluster.processes("write_manager")]
    began_ms = time.time() * 1000
    register = {"topic": "seen"}
    first = api.call(managers[0], "POST", "/producer/register", register)["producer_id"]
    second = api.call(managers[1], "POST", "/producer/register", register)["producer_id"]
    consumer = cluster.api("POST", "/consumer/register", register)["consumer_id"]
    # Each is used through one manager only.
    api.call(managers[1], "POST", "/producer/produce", {"topic": "seen", "producer_id": second, "message": "x"})
    cluster.api("POST", "/consumer/consume", {"topic": "seen", "consumer_id": consumer})
    for manager in managers:
        cluster.wait(lambda: {first, second} <= set(ids(manager, "?type=producer")), "a producer is not listed")
        cluster.wait(lambda: consumer in ids(manager, "?type=consumer"), "the consumer is not listed")
        brokers = activity(manager, "?type=broker")
        assert {item["id"] for item in brokers} == {str(b["broker_id"]) for b in cluster.processes("broker")}
        everything = activity(manager)
        times = [item["last_seen_ms"] for item in everything]
        assert times == sorted(times)
        mine = {item["id"]: item for item in everything}
        assert mine[first]["type"] == "producer" and mine[first]["topic"] == "seen"
        assert began_ms - 1000 <= mine[first]["last_seen_ms"] <= mine[second]["last_seen_ms"] <= time.time() * 1000
        assert first not in ids(manager, "?type=producer&inactive_for_ms=3600000")

    cluster.wait(lambda: first in ids(cluster.url, "?inactive_for_ms=1000"), "the silent one is not found")
    cluster.api("DELETE", f"/producer/{first}")
    cluster.api("DELETE", f"/consumer/{consumer}")
    for manager in managers:
        cluster.wait(lambda: not {first, consumer} & set(ids(manager)), "deleted ones are still listed")


def test_silent_producer_is_logged_once(cluster):
    producer = cluster.api("POST", "/producer/register", {"topic": "silence"})["producer_id"]
    logs = lambda: "".join(cluster.log_of(manager) for manager in cluster.processes("write_manager"))
    cluster.wait(lambda: f"{producer} of topic silence has been silent" in logs(), "nobody says that it is silent")
    time.sleep(1)
    assert logs().count(f"{producer} of topic silence has been silent") == 1


@pytest.mark.parametrize(
    "query, pointer",
    [
        ("type=manager", "/type"),
        ("inactive_for_ms=-1", "/inactive_for_ms"),
        ("inactive_for_ms=soon", "/inactive_for_ms"),
        ("since=1", "/since"),
    ],
)
def test_bad_values_are_named(cluster, query, pointer):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(cluster.url + "/activity?" + query, timeout=10)
    told = json.loads(refused.value.read())
    assert (refused.value.code, told["code"], told["pointer"]) == (400, "BAD_REQUEST", pointer)


def test_memory_answers_while_postgresql_stands_still(cluster):
    producer = cluster.api("POST", "/producer/register", {"topic": "frozen"})["producer_id"]
    manager = cluster.processes("write_manager")[0]["http"]
    cluster.wait(lambda: producer in ids(manager), "the producer is not listed")
    postgres = cluster.processes("postgres")[0]
    os.kill(postgres["pid"], signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert producer in ids(manager, "?type=producer")
        assert time.monotonic() - began < 3
    finally:
        os.kill(postgres["pid"], signal.SIGCONT)
