"""Byte for byte: what goes in over HTTP comes out over Kafka, and the reverse (kafka-python of Debian, kcat)."""

import base64

import kafka
from cluster import api
from http_calls import Producer, create_topic
from kafka.partitioner.default import murmur2

RAW = bytes(range(256))
SAMPLES = [
    # key, value, headers, timestamp
    (b"key", b"value", [], 1_700_000_000_000),
    (None, b"no key", [("h", b"v")], 1_700_000_000_001),
    (b"", b"", [("empty", b"")], 1_700_000_000_002),
    (RAW, RAW, [("raw", RAW), ("text", "\u00fc".encode())], 1_700_000_000_003),
    (b"tombstone", None, [("why", b"gone")], 1_700_000_000_004),
    (b"repeated", b"v", [("n", b"1"), ("n", b"2"), ("n", b"\xff")], 0),
    ("\U0001f600".encode(), b"x" * 100_000, [], 1),
]


def encoded(data):
    return base64.b64encode(data).decode()


def as_http(key, value, headers, timestamp):
    message = {"timestamp": timestamp}
    message.update({"tombstone": True} if value is None else {"message_base64": encoded(value)})
    if key is not None:
        message["key_base64"] = encoded(key)
    if headers:
        message["headers"] = [[name, {"base64": encoded(data)}] for name, data in headers]
    return message


def headers_of(message):
    """Of a consumed message: pairs of a name and bytes, in order where names repeat."""
    if "headers_list" in message:
        return [
            (n, base64.b64decode(v["base64"]) if isinstance(v, dict) else v.encode())
            for n, v in message["headers_list"]
        ]
    text = [(name, value.encode()) for name, value in (message.get("headers") or {}).items()]
    raw = [(name, base64.b64decode(value)) for name, value in (message.get("headers_base64") or {}).items()]
    return sorted(text + raw)


def consume_over_kafka(cluster, topic, count, partitions):
    consumer = kafka.KafkaConsumer(
        bootstrap_servers=cluster.kafka_addresses(), consumer_timeout_ms=15_000, auto_offset_reset="earliest"
    )
    try:
        wanted = [kafka.TopicPartition(topic, n) for n in range(partitions)]
        consumer.assign(wanted)
        consumer.seek_to_beginning(*wanted)
        records = []
        for record in consumer:
            records.append(record)
            if len(records) == count:
                break
        return records
    finally:
        consumer.close()


def test_http_in_kafka_out(cluster):
    create_topic(cluster.url, "bytes-http-kafka")
    answer = Producer(cluster.url, "bytes-http-kafka").send_many([as_http(*sample) for sample in SAMPLES])
    assert [r["offset"] for r in answer["results"]] == list(range(len(SAMPLES))), answer
    records = consume_over_kafka(cluster, "bytes-http-kafka", len(SAMPLES), 1)
    assert [(r.key, r.value, r.headers, r.timestamp, r.offset) for r in records] == [
        (*sample, offset) for offset, sample in enumerate(SAMPLES)
    ]
    assert {r.timestamp_type for r in records} == {0}


def test_kafka_in_http_out(cluster):
    create_topic(cluster.url, "bytes-kafka-http")
    producer = kafka.KafkaProducer(bootstrap_servers=cluster.kafka_addresses(), acks="all", linger_ms=50)
    coming = [
        producer.send("bytes-kafka-http", key=key, value=value, headers=headers, timestamp_ms=timestamp)
        for key, value, headers, timestamp in SAMPLES
    ]
    assert [each.get(timeout=20).offset for each in coming] == list(range(len(SAMPLES)))
    producer.close()
    messages = list(api.read_all(cluster.url, "bytes-kafka-http"))
    for message, (key, value, headers, timestamp) in zip(messages, SAMPLES, strict=True):
        assert api.payload(message, "key") == key
        assert api.payload(message, "message") == value
        assert message.get("tombstone", False) == (value is None)
        assert headers_of(message) == (headers if "headers_list" in message else sorted(headers))
        assert message["timestamp"] == timestamp


def test_compressed_batches_of_kafka_come_out_over_http(cluster):
    for codec in ("gzip", "snappy", "lz4"):
        topic = f"bytes-{codec}"
        create_topic(cluster.url, topic)
        try:
            producer = kafka.KafkaProducer(
                bootstrap_servers=cluster.kafka_addresses(), compression_type=codec, acks="all", linger_ms=50
            )
        except AssertionError:
            continue  # this Python has no library for the codec
        for n in range(50):
            producer.send(topic, key=str(n).encode(), value=b"repeated " * 20 + RAW, timestamp_ms=n)
        producer.flush(timeout=20)
        producer.close()
        messages = list(api.read_all(cluster.url, topic))
        assert [(m["key"], api.payload(m, "message"), m["timestamp"]) for m in messages] == [
            (str(n), b"repeated " * 20 + RAW, n) for n in range(50)
        ]


def test_append_time_is_the_same_over_both(cluster):
    create_topic(cluster.url, "bytes-append", config={"message.timestamp.type": "append"})
    answer = Producer(cluster.url, "bytes-append").send(message="x", timestamp=5)
    record = consume_over_kafka(cluster, "bytes-append", 1, 1)[0]
    assert (record.timestamp, record.timestamp_type) == (answer["timestamp"], 1)


def test_the_partition_of_a_key_is_the_one_that_kafkas_clients_choose(cluster):
    create_topic(cluster.url, "bytes-murmur", partitions=7)
    keys = [b"", b"a", b"key-1", RAW, "\u00fc".encode()] + [str(n).encode() for n in range(50)]
    producer = kafka.KafkaProducer(bootstrap_servers=cluster.kafka_addresses(), acks="all", linger_ms=50)
    coming = [producer.send("bytes-murmur", key=key, value=b"kafka") for key in keys]
    chosen = [each.get(timeout=20).partition for each in coming]
    producer.close()
    answer = Producer(cluster.url, "bytes-murmur").send_many(
        [{"message": "http", "key_base64": encoded(k)} for k in keys]
    )
    assert [r["partition"] for r in answer["results"]] == chosen
    assert chosen == [(murmur2(key) & 0x7FFFFFFF) % 7 for key in keys]


def test_kcat_agrees_on_values_keys_and_headers(cluster):
    create_topic(cluster.url, "bytes-kcat")
    producer = Producer(cluster.url, "bytes-kcat")
    producer.send(message="over http", key="k", headers=[["a", "1"], ["a", "2"]], timestamp=42)
    cluster.kcat("-t", "bytes-kcat", "-P", "-k", "kc", "-H", "h=1", "-H", "h=2", stdin=b"over kafka")
    cluster.kcat("-t", "bytes-kcat", "-P", "-k", "null", "-Z", stdin=b"")
    printed = (
        cluster.kcat("-t", "bytes-kcat", "-C", "-e", "-q", "-c", "2", "-f", "%k|%s|%h|%o\\n").decode().splitlines()
    )
    assert printed == ["k|over http|a=1,a=2|0", "kc|over kafka|h=1,h=2|1"]
    read = list(api.read_all(cluster.url, "bytes-kcat"))
    assert read[1]["headers_list"] == [["h", "1"], ["h", "2"]]
