"""Topics and brokers over HTTP: http-api.md, Topics and brokers."""

import time

import pytest
from http_calls import Producer, assert_failure, call, create_topic

DEFAULTS = {
    "durability": "durable",
    "retention.ms": 604800000,
    "retention.bytes": -1,
    "segment.bytes": 134217728,
    "max.message.bytes": 1048588,
    "message.timestamp.type": "create",
    "partition.max.messages": 0,
    "partitions.max": 64,
}


def describe(cluster, name):
    answer = call(cluster.url, "GET", f"/topics/{name}")
    assert answer.status == 200, answer
    return answer["topic"]


def test_a_new_topic_has_working_leaders_and_says_all_about_itself(cluster):
    answer = create_topic(cluster.url, "topics-new", partitions=3, replication_factor=3)
    assert answer["status"] == "success" and "pending" not in answer, answer
    assert int(answer.headers["X-Metadata-Version"]) > 0
    topic = answer["topic"]
    assert topic["name"] == "topics-new" and topic["config"] == DEFAULTS
    assert [p["partition"] for p in topic["partitions"]] == [0, 1, 2]
    assert all(isinstance(p["leader"], int) for p in topic["partitions"]), answer
    Producer(cluster.url, "topics-new").send(message="x", partition=1)
    described = describe(cluster, "topics-new")
    assert described["topic_id"] == topic["topic_id"]
    for partition in described["partitions"]:
        assert partition["term"] >= 1 and partition["log_start_offset"] == 0
        assert partition["high_watermark"] == (1 if partition["partition"] == 1 else 0)
        assert sorted(replica["broker"] for replica in partition["replicas"]) == [1, 2, 3]
        assert [r["broker"] for r in partition["replicas"] if r["role"] == "leader"] == [partition["leader"]]
        assert all(isinstance(r["in_sync"], bool) for r in partition["replicas"])


def test_the_smallest_request_makes_one_partition_on_three_brokers(cluster):
    topic = create_topic(cluster.url, "topics-smallest")["topic"]
    assert len(topic["partitions"]) == 1 and len(topic["partitions"][0]["replicas"]) == 3


def test_what_cannot_be_a_topic_is_refused(cluster):
    create_topic(cluster.url, "topics-taken")

    def attempt(**fields):
        return call(cluster.url, "POST", "/topics", fields)

    assert_failure(attempt(name="topics-taken"), 409, "TOPIC_EXISTS", outcome="definite")
    for name in ("", ".", "..", "a b", "a/b", "\u00fc", "x" * 250, "__internal"):
        assert_failure(attempt(name=name), 422, "INVALID_TOPIC")
    assert "249" in attempt(name="x" * 250)["message"]
    assert attempt(name="x" * 249).status == 201
    assert_failure(attempt(name="topics-many", partitions=1001), 422, "INVALID_TOPIC")
    refused = attempt(name="topics-replicas", replication_factor=4)
    assert_failure(refused, 503, "NOT_ENOUGH_BROKERS", outcome="definite")
    for fields, pointer in (
        ({}, "/name"),
        ({"name": 1}, "/name"),
        ({"name": "t", "partitions": 0}, "/partitions"),
        ({"name": "t", "partitions": "2"}, "/partitions"),
        ({"name": "t", "replication_factor": 0}, "/replication_factor"),
        ({"name": "t", "config": []}, "/config"),
        ({"name": "t", "config": {"retention.ms": {}}}, "/config/retention.ms"),
        ({"name": "t", "replicas": 3}, "/replicas"),
    ):
        refused = attempt(**fields)
        assert_failure(refused, 400, "BAD_REQUEST")
        assert refused["pointer"] == pointer, refused


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("durability", ["durable", "relaxed"], ["fast", "", 1]),
        ("retention.ms", [-1, "60000", 1], [-2, "x", "1.5", 1.5, True]),
        ("retention.bytes", [-1, 1 << 40, "-1"], [-2, "", "1k"]),
        ("segment.bytes", [1 << 20, "134217728"], [0, -1, "big"]),
        ("max.message.bytes", [1024, "1048588"], [0, -1, 1 << 40]),
        ("message.timestamp.type", ["create", "append"], ["CreateTime", 0]),
        ("partition.max.messages", [0, 1_000_000, "7"], [-1, "many"]),
        ("partitions.max", [1, "64"], [0, -1]),
    ],
)
def test_config_keys_and_their_values(cluster, key, good, bad):
    name = "topics-config-" + key.replace(".", "-")
    create_topic(cluster.url, name)
    for value in bad:
        for answer in (
            call(cluster.url, "POST", "/topics", {"name": name + "-bad", "config": {key: value}}),
            call(cluster.url, "PATCH", f"/topics/{name}", {"config": {key: value}}),
        ):
            assert_failure(answer, 422, "INVALID_CONFIG", outcome="definite")
            assert key in answer["message"]
    for value in good:
        answer = call(cluster.url, "PATCH", f"/topics/{name}", {"config": {key: value}})
        assert answer.status == 200 and int(answer.headers["X-Metadata-Version"]) > 0, answer
        wanted = value if isinstance(DEFAULTS[key], str) else int(value)
        assert describe(cluster, name)["config"] == {**DEFAULTS, key: wanted}
    unknown = call(cluster.url, "PATCH", f"/topics/{name}", {"config": {"cleanup.policy": "compact"}})
    assert_failure(unknown, 422, "INVALID_CONFIG")
    assert "cleanup.policy" in unknown["message"]


def test_a_changed_limit_counts_at_once(cluster):
    create_topic(cluster.url, "topics-changed")
    producer = Producer(cluster.url, "topics-changed")
    assert producer.send(message="x" * 500).status == 200
    call(cluster.url, "PATCH", "/topics/topics-changed", {"config": {"max.message.bytes": "112"}})
    end = time.monotonic() + 5
    while producer.send(message="x" * 101).status == 200 and time.monotonic() < end:
        time.sleep(0.05)  # the other manager hears of it a moment later
    assert_failure(producer.send(message="x" * 101), 413, "MESSAGE_TOO_LARGE")
    assert producer.send(message="x" * 100).status == 200


def test_topics_are_listed_in_order_and_internal_ones_are_hidden(cluster):
    for name in ("topics-b", "topics-a", "topics-C"):
        create_topic(cluster.url, name)
    listed = call(cluster.url, "GET", "/topics")["topics"]
    assert listed == sorted(listed) and {"topics-a", "topics-b", "topics-C"} <= set(listed)
    assert not [name for name in listed if name.startswith("__")]
    for method, path, body in (
        ("PATCH", "/topics/__consumer_offsets", {"config": {"retention.ms": 1}}),
        ("DELETE", "/topics/__consumer_offsets", None),
        ("POST", "/topics", {"name": "__mine"}),
        ("POST", "/producer/register", {"topic": "__consumer_offsets"}),
    ):
        assert_failure(call(cluster.url, method, path, body), 422, "INVALID_TOPIC")


def test_a_deleted_topic_is_gone_and_its_name_is_free(cluster):
    first = create_topic(cluster.url, "topics-deleted")["topic"]["topic_id"]
    deleted = call(cluster.url, "DELETE", "/topics/topics-deleted")
    assert deleted.status == 200 and deleted["status"] == "success"
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"config": {}})):
        assert_failure(call(cluster.url, method, "/topics/topics-deleted", body), 404, "TOPIC_NOT_FOUND")
    assert "topics-deleted" not in call(cluster.url, "GET", "/topics")["topics"]
    assert create_topic(cluster.url, "topics-deleted")["topic"]["topic_id"] != first


def test_partitions_cannot_become_fewer_and_not_yet_more(cluster):
    create_topic(cluster.url, "topics-grow", partitions=2)
    path = "/topics/topics-grow/partitions"
    assert_failure(call(cluster.url, "POST", path, {"count": 1}), 422, "CANNOT_SHRINK")
    assert call(cluster.url, "POST", path, {"count": 2}).status == 200
    assert_failure(call(cluster.url, "POST", path, {"count": 3}), 501, "NOT_IMPLEMENTED", retriable=False)
    assert_failure(call(cluster.url, "POST", path, {"count": 0}), 400, "BAD_REQUEST", pointer="/count")
    assert_failure(call(cluster.url, "POST", "/topics/topics-none/partitions", {"count": 3}), 404, "TOPIC_NOT_FOUND")


def test_registering_a_producer_creates_the_topic(cluster):
    Producer(cluster.url, "topics-registered")
    topic = describe(cluster, "topics-registered")
    assert len(topic["partitions"]) == 1 and len(topic["partitions"][0]["replicas"]) == 3
    assert topic["config"] == {**DEFAULTS, "partition.max.messages": 1_000_000}
    for wrong in ("a b", "x" * 250, ""):
        assert_failure(call(cluster.url, "POST", "/producer/register", {"topic": wrong}), 422, "INVALID_TOPIC")


def test_brokers_are_listed_and_announced(cluster):
    brokers = call(cluster.url, "GET", "/brokers")["brokers"]
    known = {entry["broker_id"]: entry for entry in cluster.processes("broker")}
    assert [b["broker_id"] for b in brokers if b["state"] == "alive"] == sorted(known)
    for broker in brokers:
        if broker["broker_id"] in known:
            assert f"{broker['host']}:{broker['kafka_port']}" == known[broker["broker_id"]]["kafka"]
            assert broker["partitions"] > 0 and isinstance(broker["leaders"], int)
            assert abs(broker["last_seen_ms"] - time.time() * 1000) < 10_000
    refused = call(cluster.url, "DELETE", "/broker/1")
    assert_failure(refused, 409, "BROKER_ALIVE", retriable=False)
    for unknown in ("0", "4711", "one"):
        assert_failure(call(cluster.url, "DELETE", f"/broker/{unknown}"), 404, "BROKER_NOT_FOUND")


def test_an_address_may_be_announced_before_its_broker_comes(cluster):
    announced = {"host": "127.0.0.9", "kafka_port": 1, "raft_port": 2, "http_port": 3, "rack": "r", "version": "1"}
    first = call(cluster.url, "POST", "/broker", announced)
    again = call(cluster.url, "POST", "/broker", announced)
    assert (first.status, again.status) == (201, 200), (first, again)
    assert first["broker_id"] == again["broker_id"] and first["status"] == "success"
    listed = {b["broker_id"]: b for b in call(cluster.url, "GET", "/brokers")["brokers"]}
    assert listed[first["broker_id"]]["state"] != "alive"
    foreign = {**announced, "cluster_id": "00000000-0000-4000-8000-000000000000"}
    assert_failure(call(cluster.url, "POST", "/broker", foreign), 409, "WRONG_CLUSTER", retriable=False)
    for change, pointer in (
        ({"kafka_port": 0}, "/kafka_port"),
        ({"kafka_port": "x"}, "/kafka_port"),
        ({"host": ""}, "/host"),
        ({"prot": 1}, "/prot"),
    ):
        refused = call(cluster.url, "POST", "/broker", {**announced, **change})
        assert_failure(refused, 400, "BAD_REQUEST", pointer=pointer)
    # Nobody runs there: it gets no partitions, and topics are made as before.
    assert create_topic(cluster.url, "topics-beside-announced", partitions=3)["topic"]["partitions"]
    # So it can be removed again, and announced again.
    ours = first["broker_id"]
    removed = call(cluster.url, "DELETE", f"/broker/{ours}")
    assert (removed.status, removed["status"], removed["broker_id"]) == (202, "success", ours), removed
    assert_failure(call(cluster.url, "DELETE", f"/broker/{ours}"), 404, "BROKER_NOT_FOUND")
    assert ours not in [b["broker_id"] for b in call(cluster.url, "GET", "/brokers")["brokers"]]
    assert call(cluster.url, "POST", "/broker", announced)["broker_id"] == ours
    assert b"is removed" in cluster.marquee("cluster", "remove-broker", str(ours)).stdout
    assert cluster.marquee("cluster", "remove-broker", str(ours), check=False).returncode == 5


def test_a_description_never_hangs_on_a_frozen_broker(cluster):
    create_topic(cluster.url, "topics-frozen", partitions=6)
    frozen = cluster.broker_of(cluster.leader_of("topics-frozen"))
    with cluster.frozen(frozen):
        begun = time.monotonic()
        answer = call(cluster.url, "GET", "/topics/topics-frozen")
        assert answer.status == 200 and time.monotonic() - begun < 4, answer
        for partition in answer["topic"]["partitions"]:
            if partition["leader"] in (None, frozen["broker_id"]):
                assert partition["high_watermark"] is None and partition["log_start_offset"] is None, partition
        # The others elect leaders among themselves, and then all is known again.
        end = time.monotonic() + 15
        while any(p["high_watermark"] is None for p in describe(cluster, "topics-frozen")["partitions"]):
            assert time.monotonic() < end, describe(cluster, "topics-frozen")
            time.sleep(0.2)


def test_a_topic_whose_leaders_do_not_come_is_pending(cluster):
    brokers = cluster.processes("broker")
    with cluster.frozen(*brokers[:2]):
        begun = time.monotonic()
        answer = call(cluster.url, "POST", "/topics", {"name": "topics-pending"})
        assert answer.status == 201 and answer["pending"] is True, answer
        assert 4.5 < time.monotonic() - begun < 8
        time.sleep(1)  # by now nobody has heard them for 3 s
        assert_failure(call(cluster.url, "POST", "/topics", {"name": "topics-too-few"}), 503, "NOT_ENOUGH_BROKERS")
    assert cluster.leader_of("topics-pending") is not None
