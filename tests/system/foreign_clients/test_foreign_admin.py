"""Items 2, 15, 18, 19 and 41: administrative calls, places and versions, as foreign clients make them."""

import time

import pytest
from client_selection import ADMINISTRATORS, CONSUMERS, each, names
from driver_session import ClientFailure, record
from test_foreign_round_trip import produce

TOPIC_EXISTS, UNKNOWN_TOPIC, BAD_REPLICATION = 36, 3, 38
# Every one but aiokafka, which has no such calls in its client.
TELL_PLACES = [name for name in names() if not name.startswith("aiokafka")]
CONFIG_KEYS = ("retention.ms", "cleanup.policy", "max.message.bytes", "min.insync.replicas")


def admin(driver, brokers, call, **arguments):
    return driver.run(do="admin", brokers=brokers, call=call, **arguments)[0]


def refusal(driver, brokers, call, **arguments):
    """The protocol's number of the refusal."""
    with pytest.raises(ClientFailure) as refused:
        admin(driver, brokers, call, **arguments)
    return refused.value.code


@each(ADMINISTRATORS)
def test_item_18_a_topic_is_created_described_listed_configured_and_deleted(driver, brokers):
    topic = f"admin-{driver.name}"
    admin(driver, brokers, "create", topic=topic, partitions=3, replicas=3)
    assert topic in admin(driver, brokers, "list")["topics"]
    told = sorted(admin(driver, brokers, "describe", topic=topic)["partitions"], key=lambda p: p["partition"])
    assert [partition["partition"] for partition in told] == [0, 1, 2]
    assert all(sorted(partition["replicas"]) == [1, 2, 3] for partition in told)
    assert all(partition["leader"] in (1, 2, 3) for partition in told)
    assert refusal(driver, brokers, "create", topic=topic, partitions=1, replicas=1) == TOPIC_EXISTS
    admin(driver, brokers, "delete", topic=topic)
    # Another broker than the one that answered may hear of it a moment later, as with Kafka.
    end = time.monotonic() + 5
    while topic in admin(driver, brokers, "list")["topics"]:
        assert time.monotonic() < end


@each(ADMINISTRATORS)
def test_item_18_the_configuration_of_a_topic_is_described(driver, brokers):
    topic = f"configs-{driver.name}"
    config = {"retention.ms": "7200000", "max.message.bytes": "2000000"}
    admin(driver, brokers, "create", topic=topic, partitions=1, replicas=3, config=config)
    found = admin(driver, brokers, "configs", topic=topic)["config"]
    assert {key: found[key] for key in config} == config
    assert all(key in found for key in CONFIG_KEYS)


@each(ADMINISTRATORS)
def test_item_18_deleting_an_unknown_topic_and_too_many_replicas_are_refused(driver, brokers):
    topic = f"never-made-{driver.name}"
    assert refusal(driver, brokers, "delete", topic=topic) == UNKNOWN_TOPIC
    assert refusal(driver, brokers, "create", topic=topic, partitions=1, replicas=9) == BAD_REPLICATION


@each(ADMINISTRATORS)
def test_item_18_validation_alone_creates_nothing(driver, brokers):
    topic = f"validated-{driver.name}"
    admin(driver, brokers, "create", topic=topic, partitions=1, replicas=1, validate_only=True)
    assert topic not in admin(driver, brokers, "list")["topics"]


@each(ADMINISTRATORS)
def test_item_19_every_broker_takes_administrative_calls(driver, cluster):
    for number, broker in enumerate(cluster.kafka_addresses()):
        topic = f"admin-through-{number}-{driver.name}"
        admin(driver, broker, "create", topic=topic, partitions=1, replicas=3)
        # As soon as the creation is answered the topic can be written to, through any broker.
        others = ",".join(address for address in cluster.kafka_addresses() if address != broker)
        assert len(produce(driver, others, topic, [record(b"at once", partition=0)])) == 1
        admin(driver, broker, "delete", topic=topic)


@each(TELL_PLACES)
def test_item_15_brokers_and_leaders_are_those_of_the_cluster(driver, brokers, cluster):
    topic = "places"
    if topic not in cluster.api("GET", "/topics")["topics"]:
        cluster.api("POST", "/topics", {"name": topic, "partitions": 6})
    told = admin(driver, cluster.kafka_addresses()[0], "cluster")
    wanted = {entry["broker_id"]: entry["kafka"] for entry in cluster.processes("broker")}
    assert {one["id"]: f"{one['host']}:{one['port']}" for one in told["brokers"]} == wanted
    assert told["controller"] in wanted
    assert told.get("cluster_id") in (None, cluster.api("GET", "/cluster")["cluster_id"])
    partitions = {one["partition"]: one["leader"] for one in admin(driver, brokers, "describe", topic=topic)["partitions"]}
    described = cluster.api("GET", f"/topics/{topic}")["topic"]["partitions"]
    assert partitions == {one["partition"]: one["leader"] for one in described}


TELL_OFFSETS = [name for name in TELL_PLACES if not name.startswith("kafka-python")]


@each(TELL_OFFSETS)
def test_item_41_offsets_are_found_by_place_and_by_time(driver, brokers, cluster):
    topic = "offsets-by-time"
    if topic not in cluster.api("GET", "/topics")["topics"]:
        cluster.api("POST", "/topics", {"name": topic})
        producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
        messages = [{"message": "m", "timestamp": time} for time in (1_000, 2_000, 5_000, 3_000)]
        cluster.api("POST", "/producer/produce", {"topic": topic, "producer_id": producer, "messages": messages})

    def offset(at):
        return admin(driver, brokers, "offset", topic=topic, partition=0, at=at)["offset"]

    assert (offset("earliest"), offset("latest")) == (0, 4)
    assert [offset(time) for time in (1, 1_000, 1_001, 2_500, 5_000)] == [0, 0, 1, 2, 2]
    assert offset(5_001) in (-1, 4)  # -1 on the wire; librdkafka and KafkaJS make the end of it
    if driver.name in ("java-3.9.1", "java-4.4.0", "librdkafka-2.16.1", "franz-go-1.22.2"):
        assert offset("max_timestamp") == 2


@each(CONSUMERS)
def test_items_39_and_44_a_consumer_of_many_partitions_gets_all_of_them_with_small_fetches(driver, brokers, cluster):
    topic = "many-partitions"
    if topic not in cluster.api("GET", "/topics")["topics"]:
        cluster.api("POST", "/topics", {"name": topic, "partitions": 12})
        producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
        for _ in range(4):  # a batch of its own each: a fetch of 1,000 bytes holds one or two
            messages = [{"message": "x" * 600, "partition": n % 12} for n in range(120)]
            cluster.api("POST", "/producer/produce", {"topic": topic, "producer_id": producer, "messages": messages})
    places = [{"partition": partition, "at": "earliest"} for partition in range(12)]
    limits = {} if driver.name.startswith("kcat") else {"fetch_bytes": 1000, "partition_bytes": 1000}
    if driver.name.startswith("kcat"):
        limits["until_end"] = True
    read = driver.run(do="consume", brokers=brokers, topic=topic, partitions=places, count=480, **limits)
    offsets = {}
    for line in read:
        if "offset" in line:
            offsets.setdefault(line["partition"], []).append(line["offset"])
    assert offsets == {partition: list(range(40)) for partition in range(12)}
