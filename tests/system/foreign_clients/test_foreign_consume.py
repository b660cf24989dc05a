"""Items 36 to 39: where consumers begin, what they do outside the log, and that they reach the end."""

import threading
import time

from client_selection import CONSUMERS, each
from driver_session import payload, record
from test_foreign_round_trip import produce

STOP_AT_THE_END = ["kcat-1.7.1", "librdkafka-2.0.2", "librdkafka-2.16.1", "java-3.9.1", "java-4.4.0"]
LARGE = 5_000_000


def offsets(lines):
    return [line["offset"] for line in lines if "offset" in line]


def topic_with_ten(cluster, topic):
    """Ten records in one batch, made once for all clients."""
    if topic in cluster.api("GET", "/topics")["topics"]:
        return
    cluster.api("POST", "/topics", {"name": topic})
    producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
    messages = [{"message": f"number {n}"} for n in range(10)]
    cluster.api("POST", "/producer/produce", {"topic": topic, "producer_id": producer, "messages": messages})
    for broker in range(3):  # the controller tells one after the other
        while b", leader " not in cluster.kcat("-L", "-t", topic, broker=broker):
            time.sleep(0.05)


@each(CONSUMERS)
def test_item_37_reading_begins_in_the_middle_of_a_batch(driver, brokers, cluster):
    topic_with_ten(cluster, "ten-records")
    places = [{"partition": 0, "at": 4}]
    read = driver.run(do="consume", brokers=brokers, topic="ten-records", partitions=places, count=6)
    assert offsets(read) == [4, 5, 6, 7, 8, 9]
    assert payload(read[0]["value"]) == b"number 4"


@each(CONSUMERS)
def test_item_38_an_offset_behind_the_end_goes_back_to_the_first_record_under_earliest(driver, brokers, cluster):
    topic_with_ten(cluster, "ten-records")
    places = [{"partition": 0, "at": 1_000_000}]
    read = driver.run(
        do="consume", brokers=brokers, topic="ten-records", partitions=places, count=10, reset="earliest"
    )
    assert offsets(read) == list(range(10))


@each(CONSUMERS)
def test_item_38_an_offset_behind_the_end_goes_on_with_new_records_under_latest(driver, brokers, cluster):
    topic = f"reset-latest-{driver.name}"
    topic_with_ten(cluster, topic)
    producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
    places = [{"partition": 0, "at": 1_000_000}]
    driver.start(do="consume", brokers=brokers, topic=topic, partitions=places, count=1, reset="latest")
    stop = threading.Event()

    def feed():
        while not stop.is_set():
            cluster.api("POST", "/producer/produce", {"topic": topic, "producer_id": producer, "message": "new"})
            time.sleep(0.1)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        read = offsets(driver.lines(30))
    finally:
        stop.set()
        feeder.join()
    assert read and read[0] >= 10


@each(STOP_AT_THE_END)
def test_item_39_a_read_committed_consumer_reaches_the_end_and_stops_there(driver, brokers, cluster):
    topic_with_ten(cluster, "ten-records")
    places = [{"partition": 0, "at": "earliest"}]
    job = {"topic": "ten-records", "partitions": places, "until_end": True, "isolation": "read_committed"}
    read = driver.run(do="consume", brokers=brokers, timeout_ms=15_000, **job)
    assert offsets(read) == list(range(10))
    assert read[-1] == {"at_end": True}


@each(STOP_AT_THE_END)
def test_item_39_an_empty_partition_has_an_end_too(driver, brokers, cluster):
    if "empty-partition" not in cluster.api("GET", "/topics")["topics"]:
        cluster.api("POST", "/topics", {"name": "empty-partition"})
    places = [{"partition": 0, "at": "earliest"}]
    job = {"topic": "empty-partition", "partitions": places, "until_end": True, "isolation": "read_committed"}
    assert driver.run(do="consume", brokers=brokers, timeout_ms=15_000, **job) == [{"at_end": True}]


@each(CONSUMERS)
def test_item_36_a_batch_of_5_mb_is_read_with_default_settings(driver, drivers, brokers, cluster):
    """Written by one client only: its size is the point, and each reader must get over it."""
    topic = "large-batch"
    large = bytes(LARGE)
    writer = drivers.get("librdkafka-2.0.2")
    if topic not in cluster.api("GET", "/topics")["topics"]:
        cluster.api("POST", "/topics", {"name": topic, "config": {"max.message.bytes": 6_000_000}})
        records = [record(large, partition=0), record(b"after it", partition=0)]
        produce(writer, brokers, topic, records, request_bytes=6_000_000)
    places = [{"partition": 0, "at": "earliest"}]
    read = driver.run(do="consume", brokers=brokers, topic=topic, partitions=places, count=2, timeout_ms=30_000)
    assert [len(payload(line["value"])) for line in read if "offset" in line] == [LARGE, len("after it")]
