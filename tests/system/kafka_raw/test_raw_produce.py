"""Items 22 to 27 of kafka-protocol-checklist.md: what is stored, and what is refused."""

import gzip
import os

import pytest
import raw_client as raw
from raw_codec import Batch, idempotent, record, split_batches

NOW_IS_AFTER = 1_700_000_000_000


def stored(connection, topic, offset=0, partition=0):
    return split_batches(raw.fetch(connection, topic, offset, partition=partition, most=8 << 20)["records"])


def test_item_22_a_stored_batch_is_what_was_sent_but_for_offset_and_epoch(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    raw.produce(connection, topic, Batch([b"first"]).encode())
    for codec in (0, 1):
        sent = Batch([b"a" * 100, b"b", b""], codec=codec, timestamps=[5000, 9000, 7000]).encode()
        answer = raw.produce(connection, topic, sent)
        assert (answer["error"], answer["time"], answer["log_start"]) == (0, -1, 0)
        batch = stored(connection, topic, answer["offset"])[0]
        epoch = raw.metadata(connection, [topic])["topics"][0]["partitions"][0]["epoch"]
        assert batch["bytes"][21:] == sent[21:]
        assert (batch["base_offset"], batch["leader_epoch"], batch["attributes"] & 7) == (answer["offset"], epoch, codec)


def test_item_23_acks_zero_is_silent_and_other_acks_are_answered(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    for version in (3, 9):
        connection.send(raw.PRODUCE, version, raw.produce_body(version, {topic: [(0, Batch().encode())]}, acks=0))
        raw.wait_until(lambda: raw.list_offset(connection, topic, -1)["offset"] > 0)
        for acks in (1, -1):
            assert raw.produce(connection, topic, Batch().encode(), version, acks=acks)["error"] == 0
        for acks in (2, -2):
            assert raw.produce(connection, topic, Batch().encode(), version, acks=acks)["error"] == 21
    assert raw.list_offset(connection, topic, -1)["offset"] == 6


def test_item_23_a_failed_request_without_acks_closes_the_connection(kafka):
    connection = kafka.connect()
    connection.send(raw.PRODUCE, 9, raw.produce_body(9, {"nosuch": [(0, Batch().encode())]}, acks=0))
    assert connection.is_closed()


TWO = Batch().encode() + Batch().encode()
BAD_BATCHES = {
    "null": (None, 87),
    "empty": (b"", 87),
    "cut": (Batch().encode()[:-1], 87),
    "format 0": (Batch(magic=0).encode(), 87),
    "format 1": (Batch(magic=1).encode(), 87),
    "format 3": (Batch(magic=3).encode(), 2),
    "two batches": (TWO, 87),
    "a length of 13": (Batch(length=13).encode(), 2),
    "a negative length": (Batch(length=-1).encode(), 2),
    "base offset 5": (Batch(base_offset=5).encode(), 87),
    "wrong checksum": (Batch(crc=1).encode(), 2),
    "a header alone": (Batch(records=b"").encode(), 87),
    "count too small": (Batch([b"a", b"b"], record_count=1, last_offset_delta=0).encode(), 87),
    "count too large": (Batch([b"a"], record_count=2, last_offset_delta=1).encode(), 87),
    "count and delta differ": (Batch([b"a"], last_offset_delta=3).encode(), 87),
    "count zero": (Batch([b"a"], record_count=0, last_offset_delta=-1).encode(), 87),
    "control": (Batch(attributes=0x20).encode(), 87),
    "producer without sequence": (Batch(producer_id=7).encode(), 87),
    "records that do not parse": (Batch(records=b"\xff" * 50).encode(), 87),
    "offset deltas that do not ascend": (Batch([b"a", b"b"], records=record(0, b"a") + record(5, b"b")).encode(), 87),
    "append time by the client": (Batch(attributes=0x08).encode(), 32),
    "transactional": (Batch(attributes=0x10).encode(), 48),
    "codec 5": (Batch(attributes=5).encode(), 76),
    "gzip that is none": (Batch(attributes=1).encode(), 2),
    "gzip that is cut": (Batch(attributes=1, records=gzip.compress(record(0, b"v"))[:-4]).encode(), 2),
    "gzip of no records": (Batch(attributes=1, records=gzip.compress(b"\xff" * 50)).encode(), 87),
    "gzip that grows too much": (Batch([bytes(9 << 20)], codec=1).encode(), 10),
    "snappy that is none": (Batch(attributes=2, records=b"\xff" * 50).encode(), 2),
    "lz4 that is none": (Batch(attributes=3, records=b"\xff" * 50).encode(), 2),
    "zstd that is none": (Batch(attributes=4, records=b"\xff" * 50).encode(), 2),
}


def test_item_24_each_bad_batch_has_its_code_and_spares_other_partitions(kafka):
    topic = kafka.topic(partitions=2, replication_factor=1)
    leaders = [kafka.cluster.leader_of(topic, partition) for partition in (0, 1)]
    connections = [kafka.leader(topic, partition) for partition in (0, 1)]
    answers = {}
    for name, (records, _) in BAD_BATCHES.items():
        asked = [(0, records)] + ([(1, Batch().encode())] if leaders[0] == leaders[1] else [])
        told = raw.read_produce(connections[0].call(raw.PRODUCE, 9, raw.produce_body(9, {topic: asked})), 9)
        answers[name] = told[(topic, 0)]["error"]
        assert told[(topic, 0)]["offset"] == -1 and told[(topic, 0)]["message"]
        if len(asked) == 2:
            assert told[(topic, 1)]["error"] == 0
    assert answers == {name: error for name, (_, error) in BAD_BATCHES.items()}
    assert raw.list_offset(connections[0], topic, -1)["offset"] == 0


def test_item_24_a_good_partition_of_the_same_request_succeeds(kafka):
    names = {"good": kafka.topic(replication_factor=1), "bad": None}
    broker = kafka.cluster.leader_of(names["good"])
    while names["bad"] is None:
        other = kafka.topic(replication_factor=1)
        if kafka.cluster.leader_of(other) == broker:
            names["bad"] = other
    connection = kafka.leader(names["good"])
    body = raw.produce_body(
        9, {names["bad"]: [(0, Batch(crc=1).encode())], "nosuch": [(0, TWO)], names["good"]: [(0, Batch().encode()), (9, TWO)]}
    )
    told = raw.read_produce(connection.call(raw.PRODUCE, 9, body), 9)
    assert told[(names["bad"], 0)]["error"] == 2
    assert told[("nosuch", 0)]["error"] == 3
    assert told[(names["good"], 9)]["error"] == 3
    assert (told[(names["good"], 0)]["error"], told[(names["good"], 0)]["offset"]) == (0, 0)


def test_item_24_a_fragment_behind_a_whole_batch_is_ignored(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    assert raw.produce(connection, topic, TWO[:-1])["error"] == 0
    assert raw.list_offset(connection, topic, -1)["offset"] == 1


def test_item_24_zstd_needs_newer_versions_of_produce_and_fetch(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    # A zstd frame of one raw block: the record of 'v' as it is.
    plain = record(0, b"v")
    frame = bytes.fromhex("28b52ffd") + bytes([0x20, len(plain), (len(plain) << 3 | 1) & 0xFF, len(plain) >> 5, 0]) + plain
    batch = Batch([b"v"], attributes=4, records=frame).encode()
    assert raw.produce(connection, topic, batch, version=6)["error"] == 76
    assert raw.produce(connection, topic, batch, version=7)["error"] == 0
    assert raw.fetch(connection, topic, 0, version=9)["error"] == 76
    assert raw.fetch(connection, topic, 0, version=10)["error"] == 0


def test_item_25_a_batch_may_be_exactly_as_large_as_the_topic_takes(kafka):
    topic = kafka.topic(config={"max.message.bytes": 2000})
    connection = kafka.leader(topic)
    fits = Batch([b"v" * (2000 - len(Batch([b"v" * 1000]).encode()) + 1000)]).encode()
    assert len(fits) == 2000
    assert raw.produce(connection, topic, fits)["error"] == 0
    larger = Batch([b"v" * (2001 - len(Batch([b"v" * 1000]).encode()) + 1000)]).encode()
    assert raw.produce(connection, topic, larger)["error"] == 10


@pytest.mark.parametrize("codec", [0, 1])
def test_item_26_append_time_is_the_leaders(kafka, codec):
    topic = kafka.topic(config={"message.timestamp.type": "append"})
    connection = kafka.leader(topic)
    sent = Batch([b"a", b"b"], codec=codec, timestamps=[1000, 2000]).encode()
    answer = raw.produce(connection, topic, sent)
    assert answer["error"] == 0 and answer["time"] > NOW_IS_AFTER
    batch = stored(connection, topic)[0]  # its checksum is verified there
    assert batch["attributes"] == 0x08 | codec
    assert batch["max_timestamp"] == answer["time"]
    assert batch["bytes"][61:] == sent[61:]
    found = raw.list_offset(connection, topic, answer["time"])
    assert (found["offset"], found["timestamp"]) == (0, answer["time"])
    assert raw.list_offset(connection, topic, answer["time"] + 1)["offset"] == -1


def test_item_22_a_wrong_largest_timestamp_is_corrected(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    raw.produce(connection, topic, Batch([b"a", b"b"], timestamps=[5000, 9000], max_timestamp=1).encode())
    assert stored(connection, topic)[0]["max_timestamp"] == 9000
    assert raw.list_offset(connection, topic, 9000)["offset"] == 1


def test_item_27_without_a_quorum_nothing_is_acknowledged_and_a_retry_succeeds_once(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    producer = raw.init_producer_id(connection)["id"]
    assert raw.produce(connection, topic, idempotent(producer, 0))["error"] == 0
    for other in kafka.others(topic):
        kafka.cluster.kill(kafka.cluster.broker_of(other))
    answer = raw.produce(connection, topic, idempotent(producer, 1), timeout_ms=300)
    assert answer["error"] in (6, 7, 19)
    large = Batch([os.urandom(1_000_000)]).encode()
    for _ in range(100):
        assert raw.produce(connection, topic, large, timeout_ms=10)["error"] in (6, 7, 19)
    kafka.cluster.revive()
    retry = raw.wait_until(lambda: kafka.produced(topic, idempotent(producer, 1)))
    again = raw.wait_until(lambda: kafka.produced(topic, idempotent(producer, 1)))
    assert retry["offset"] == again["offset"] > 0
    found = split_batches(raw.fetch(kafka.leader(topic), topic, retry["offset"], most=1)["records"])
    assert [(one["producer_id"], one["base_sequence"]) for one in found] == [(producer, 1)]
