"""Items 14 and 17: topics that are made by producing to them, and topics that are made again under running producers."""

import time

import pytest
from client_selection import each, names
from cluster import api
from driver_session import record
from test_foreign_failover import Job
from test_foreign_round_trip import produce

# A consumer of these asks without leave to create; what it reads must not come into being.
RELUCTANT = ["librdkafka-2.0.2", "librdkafka-2.16.1", "franz-go-1.22.2"]
GO_ON = ["java-3.9.1", "java-4.4.0", "librdkafka-2.0.2", "librdkafka-2.16.1"]


@each(names())
def test_item_14_producing_to_a_new_topic_creates_it_at_the_first_try(driver, brokers, cluster):
    topic = f"made-by-producing-{driver.name}"
    told = produce(driver, brokers, topic, [record(b"first")])
    assert told[0].get("offset", 0) == 0
    assert topic in cluster.api("GET", "/topics")["topics"]


@each(RELUCTANT)
def test_item_14_a_client_that_does_not_allow_it_creates_nothing(driver, brokers, cluster):
    topic = f"not-made-by-reading-{driver.name}"
    places = [{"partition": 0, "at": "earliest"}]
    driver.run(do="consume", brokers=brokers, topic=topic, partitions=places, count=1, timeout_ms=1500)
    assert topic not in cluster.api("GET", "/topics")["topics"]


@pytest.fixture(scope="module")
def made_again(drivers, shared_cluster):
    """Producers of all clients run while each one's topic is deleted and made again: {client: its job}."""
    shared_cluster.revive()
    brokers = ",".join(shared_cluster.kafka_addresses())
    options = {"pace_per_s": 100, "timeout_ms": 30_000, "idempotent": True, "brokers": brokers}
    jobs, first_ids = {}, {}
    for name in drivers.available(GO_ON):
        made = shared_cluster.api("POST", "/topics", {"name": f"made-again-{name}"})
        first_ids[name] = made["topic"]["topic_id"]
    for name in first_ids:
        records = [record(b"%d" % n, partition=0) for n in range(900)]
        job = {"do": "produce", "topic": f"made-again-{name}", "records": records, **options}
        jobs[name] = Job(drivers.new(name, "again"), **job)
    time.sleep(2)
    for name in jobs:
        shared_cluster.api("DELETE", f"/topics/made-again-{name}")
        made = shared_cluster.api("POST", "/topics", {"name": f"made-again-{name}"})
        assert made["topic"]["topic_id"] != first_ids[name]
    yield jobs
    for job in jobs.values():
        job.session.stop()


@each(GO_ON)
def test_item_17_a_producer_goes_on_when_its_topic_is_deleted_and_made_again(driver, cluster, made_again):
    told = {line["n"]: line for line in made_again[driver.name].finish()}
    assert len(told) == 900
    # What was under way at the deletion may be refused; what comes later must arrive.
    late = range(800, 900)
    assert [told[n] for n in late if "error" in told[n]] == []
    read = [int(message["message"]) for message in api.read_all(cluster.url, f"made-again-{driver.name}")]
    assert [n for n in read if n in late] == list(late)
