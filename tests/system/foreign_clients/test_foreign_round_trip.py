"""Items 20, 21, 23 and the two doors: what a foreign client writes is what everybody reads, byte for byte."""

import collections

import pytest
from client_selection import CONSUMERS, each, names
from cluster import api
from driver_session import ClientFailure, payload, record
from stored_batches import fetch_batches, leader_address

ALL = names()
ANY_BYTES = bytes(range(256))
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
# The clients in Python refuse a record without key and value; kcat has no way to say it.
CANNOT_SEND_NULLS = ("kcat-1.7.1", "kafka-python-2.0.2", "kafka-python-3.0.12", "aiokafka-0.14.0")
# kcat takes headers from its arguments: text without timestamps; KafkaJS turns a null header into an empty one.
CANNOT_SEND_NULL_HEADERS = ("kcat-1.7.1", "kafka-python-2.0.2", "kafka-python-3.0.12", "kafkajs-2.2.4")
CANNOT_SEND_BINARY_HEADERS = ("kcat-1.7.1",)
CANNOT_SEND_TIMESTAMPS = ("kcat-1.7.1",)
# It fetches with version 4; zstd is for version 10 and up.
CANNOT_READ_ZSTD = ("kafka-python-2.0.2",)


def unusual_records(client):
    """Every shape of a record that the client's interface can express."""
    made = [
        record(b"plain", b"key"),
        record(b"without key"),
        record(b"empty key", b"") if client != "kcat-1.7.1" else record(b"no empty keys in kcat"),
        record(b"", b"empty value") if client != "kcat-1.7.1" else record(b"no empty values with -Z"),
        record(ANY_BYTES * 40, ANY_BYTES[1:] if client == "kcat-1.7.1" else ANY_BYTES),
        record(None, b"null value"),
        record(b"x", b"k", [("text", b"value"), ("other", b"")]),
    ]
    if client not in CANNOT_SEND_NULLS:
        made.append(record(None))
    if client not in CANNOT_SEND_BINARY_HEADERS:
        made.append(record(b"y", b"k", [("bytes", ANY_BYTES), ("name \u00e4", b"\xff")]))
    if client not in CANNOT_SEND_NULL_HEADERS:
        made.append(record(b"z", b"k", [("null", None)]))
    if client not in CANNOT_SEND_TIMESTAMPS:
        made.append(record(b"timed", b"k", timestamp=1_234_567_890_123))
    return [{**one, "partition": 0} for one in made]


def content(one):
    return (payload(one["key"]), payload(one["value"]), [(name, payload(v)) for name, v in one["headers"]])


def produce(driver, brokers, topic, records, **options):
    """Sends the records and gives what was reported, in the order of the records."""
    told = driver.run(do="produce", brokers=brokers, topic=topic, records=records, **options)
    assert not [line for line in told if "error" in line], told
    return sorted(told, key=lambda line: line["n"])


def header_bytes(value):
    return api.payload({"h_base64": value["base64"]}, "h") if isinstance(value, dict) else value


def headers_over_http(message):
    if "headers_list" in message:
        return [(name, header_bytes(value)) for name, value in message["headers_list"]]
    plain = [(name, value) for name, value in (message.get("headers") or {}).items()]
    coded = [(name, api.payload({"h_base64": v}, "h")) for name, v in (message.get("headers_base64") or {}).items()]
    return plain + coded


def as_bytes(pairs):
    return sorted((name, value.encode() if isinstance(value, str) else value) for name, value in pairs)


@each(ALL)
def test_item_20_what_a_client_writes_comes_out_over_http(driver, brokers, cluster):
    topic = f"foreign-to-http-{driver.name}"
    cluster.api("POST", "/topics", {"name": topic})
    records = unusual_records(driver.name)
    produce(driver, brokers, topic, records)
    read = list(api.read_all(cluster.url, topic))
    key = lambda one: repr(one[:2])  # kcat sends groups of alike records, in the order of groups
    found = [(api.payload(m, "key"), api.payload(m, "message"), as_bytes(headers_over_http(m))) for m in read]
    wanted = [(k, v, as_bytes(h)) for k, v, h in map(content, records)]
    assert sorted(found, key=key) == sorted(wanted, key=key)
    if driver.name != "kcat-1.7.1":
        assert found == wanted
    if driver.name not in CANNOT_SEND_TIMESTAMPS:
        assert 1_234_567_890_123 in [message["timestamp"] for message in read]


@each(CONSUMERS)
def test_item_20_what_http_writes_comes_out_of_a_client(driver, brokers, cluster):
    topic = f"http-to-{driver.name}"
    cluster.api("POST", "/topics", {"name": topic})
    producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
    messages = [
        {"message": "plain", "key": "key", "timestamp": 1_234_567_890_123},
        {"message": "without key"},
        {"message": "", "key": "empty value"},
        {"message": "empty key", "key": ""},
        {"tombstone": True, "key": "null value"},
        {"message_base64": "AAECA/8=", "key_base64": "/w=="},
        {"message": "x", "key": "k", "headers": [["text", "value"], ["other", ""]]},
    ]
    body = {"topic": topic, "producer_id": producer, "messages": messages}
    assert cluster.api("POST", "/producer/produce", body)["status"] == "success"
    places = [{"partition": 0, "at": "earliest"}]
    read = driver.run(do="consume", brokers=brokers, topic=topic, partitions=places, count=7, until_end=True)
    read = [line for line in read if "offset" in line]
    assert [content(one) for one in read] == [
        (b"key", b"plain", []),
        (None, b"without key", []),
        (b"empty value", b"", []),
        (b"", b"empty key", []),
        (b"null value", None, []),
        (b"\xff", b"\x00\x01\x02\x03\xff", []),
        (b"k", b"x", [("text", b"value"), ("other", b"")]),
    ]
    assert read[0]["timestamp"] == 1_234_567_890_123
    assert [one["offset"] for one in read] == list(range(7))


@each([name for name in ALL if name != "kcat-1.7.1"])
def test_item_20_ten_thousand_records_of_one_call_are_all_there_at_the_offsets_that_were_reported(driver, brokers, cluster):
    topic = f"ten-thousand-{driver.name}"
    cluster.api("POST", "/topics", {"name": topic})
    records = [record(b"number %d" % n, partition=0) for n in range(10_000)]
    told = produce(driver, brokers, topic, records, linger_ms=20)
    assert [line["offset"] for line in told] == list(range(10_000))
    batches = fetch_batches(leader_address(cluster, topic), topic, 0)
    assert sum(batch.records for batch in batches) == 10_000
    assert len(batches) < 1_000
    # The last ones, so that the reading over HTTP stays short.
    end = cluster.api("GET", f"/topics/{topic}")["topic"]["partitions"][0]["high_watermark"]
    assert end == 10_000


@pytest.fixture(scope="module")
def compressed_topics(drivers, shared_cluster):
    """A topic of each client with a partition for each codec it has; 50 records each: {client: {codec: partition}}."""
    shared_cluster.revive()
    brokers = ",".join(shared_cluster.kafka_addresses())
    made = {}
    for name in drivers.available(ALL):
        driver = drivers.get(name)
        shared_cluster.api("POST", "/topics", {"name": f"codecs-{name}", "partitions": len(CODECS)})
        for codec in ("none", *driver.client.codecs):
            partition = CODECS.index(codec)
            records = [record(b"compressible " * 20 + b"%d" % n, partition=partition) for n in range(50)]
            try:
                produce(driver, brokers, f"codecs-{name}", records, compression=codec, linger_ms=50)
                made.setdefault(name, {})[codec] = partition
            except ClientFailure as failure:
                made.setdefault(name, {})[codec] = failure
    return made


def skip_without_codecs(failure):
    """Debian's kafka-python has no libraries of codecs where PyPI cannot be reached."""
    if isinstance(failure, ClientFailure) and "codec not found" in str(failure):
        pytest.skip(str(failure))


@each(ALL)
def test_item_21_batches_are_stored_really_compressed(driver, cluster, compressed_topics):
    for codec, partition in compressed_topics[driver.name].items():
        skip_without_codecs(partition)
        assert not isinstance(partition, ClientFailure), partition
        topic = f"codecs-{driver.name}"
        batches = fetch_batches(leader_address(cluster, topic, partition), topic, partition)
        assert {batch.codec for batch in batches} == {codec}
        assert sum(batch.records for batch in batches) == 50
        bytes_per_record = sum(batch.size for batch in batches) / 50
        assert (bytes_per_record > 260) == (codec == "none")


@each(CONSUMERS)
def test_item_21_every_client_reads_every_codec_of_every_client(driver, brokers, compressed_topics):
    wanted = [b"compressible " * 20 + b"%d" % n for n in range(50)]
    for failure in compressed_topics[driver.name].values():
        skip_without_codecs(failure)
    for writer, codecs in compressed_topics.items():
        unreadable = ("zstd",) if driver.name in CANNOT_READ_ZSTD else ()
        partitions = [p for codec, p in codecs.items() if isinstance(p, int) and codec not in unreadable]
        places = [{"partition": partition, "at": "earliest"} for partition in partitions]
        count = 50 * len(places)
        if driver.name.startswith("kcat"):  # it reads one partition after the other
            read = []
            for place in places:
                read += driver.run(do="consume", brokers=brokers, topic=f"codecs-{writer}", partitions=[place], count=50)
        else:
            read = driver.run(do="consume", brokers=brokers, topic=f"codecs-{writer}", partitions=places, count=count)
        found = collections.defaultdict(list)
        for line in read:
            if "offset" in line:
                found[line["partition"]].append(payload(line["value"]))
        assert found == {partition: wanted for partition in partitions}, writer


@pytest.mark.parametrize("codec", CODECS[1:])
def test_item_21_http_reads_every_codec_of_every_client(codec, cluster, compressed_topics):
    wanted = sorted("compressible " * 20 + str(n) for n in range(50))
    for writer, codecs in compressed_topics.items():
        if isinstance(codecs.get(codec), int):
            read = [m for m in api.read_all(cluster.url, f"codecs-{writer}") if m["partition"] == codecs[codec]]
            assert sorted(message["message"] for message in read) == wanted, writer


KEYS = [b"", b"a", b"key", b"21", "schl\u00fcssel".encode(), bytes(range(1, 40)), b"\xff\xfe"]


def partitions_over_http(cluster, topic):
    producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
    messages = [{"message": "m", "key_base64": record(None, key)["key"]} for key in KEYS]
    body = {"topic": topic, "producer_id": producer, "messages": messages}
    return [result["partition"] for result in cluster.api("POST", "/producer/produce", body)["results"]]


@pytest.fixture(scope="module")
def chosen_over_http(shared_cluster):
    shared_cluster.revive()
    shared_cluster.api("POST", "/topics", {"name": "partition-choice", "partitions": 23})
    return partitions_over_http(shared_cluster, "partition-choice")


@each(names(hashes="murmur2"))
def test_a_client_that_hashes_with_murmur2_and_http_choose_the_same_partition_of_a_key(driver, brokers, chosen_over_http):
    told = produce(driver, brokers, "partition-choice", [record(b"m", key) for key in KEYS[1:]])
    if driver.name == "kafkajs-2.2.4":  # it reports no partition of a record: one call each
        told = [produce(driver, brokers, "partition-choice", [record(b"m", key)])[0] for key in KEYS[1:]]
    assert [line["partition"] for line in told] == chosen_over_http[1:]


@each(["librdkafka-2.0.2", "librdkafka-2.16.1"])
def test_librdkafka_hashes_with_crc32_by_default_and_agrees_with_http_under_murmur2_random(driver, brokers, chosen_over_http):
    records = [record(b"m", key) for key in KEYS[1:]]
    by_default = [line["partition"] for line in produce(driver, brokers, "partition-choice", records)]
    assert by_default != chosen_over_http[1:]
    told = produce(driver, brokers, "partition-choice", records, partitioner="murmur2_random")
    assert [line["partition"] for line in told] == chosen_over_http[1:]


@each(ALL)
def test_item_23_acks_of_0_and_1_are_stored(driver, brokers, cluster):
    topic = f"acks-{driver.name}"
    cluster.api("POST", "/topics", {"name": topic})
    for acks in (0, 1):
        told = produce(driver, brokers, topic, [record(b"acks %d" % acks, partition=0)], acks=acks)
        assert acks == 1 or (told[0].get("offset") or -1) < 0
    values = []
    for _ in range(20):
        values = sorted(message["message"] for message in api.read_all(cluster.url, topic))
        if len(values) == 2:
            break
    assert values == ["acks 0", "acks 1"]
