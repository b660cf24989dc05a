"""Items 13 and 15, topics that are made on demand, and the describing APIs."""

import time

import raw_client as raw
from raw_codec import Batch


def test_item_13_topics_of_metadata_in_every_version(kafka):
    topic = kafka.topic()
    connection = kafka.connect()
    for version in range(13):
        every = raw.metadata(connection, [] if version == 0 else None, version)
        assert topic in [one["name"] for one in every["topics"]]
        if version >= 1:
            assert raw.metadata(connection, [], version)["topics"] == []
        named = raw.metadata(connection, [topic, "bad name"], version)["topics"]
        assert [(one["name"], one["error"]) for one in named] == [(topic, 0), ("bad name", 17)]
        assert [part["error"] for part in named[0]["partitions"]] == [0]
        if version >= 4:
            unknown = raw.metadata(connection, ["nosuch"], version)["topics"][0]
            assert (unknown["error"], unknown["partitions"]) == (3, [])


def test_item_15_leaders_are_in_brokers_under_their_advertised_addresses(kafka):
    own = kafka.topic(partitions=3)
    connection = kafka.connect()
    raw.wait_until(lambda: all(one["error"] == 0 for one in raw.metadata(connection, [own])["topics"][0]["partitions"]))
    told = raw.metadata(connection, None)
    addresses = {f"{one['host']}:{one['port']}" for one in told["brokers"]}
    assert addresses == {entry["kafka"] for entry in kafka.cluster.processes("broker")}
    ids = {one["id"] for one in told["brokers"]}
    for topic in told["topics"]:
        for part in topic["partitions"]:
            if part["error"] == 5:  # an election elsewhere, of a test before this one
                assert topic["name"] != own and part["leader"] == -1 and part["replicas"]
            else:
                assert part["leader"] in ids and part["leader"] in part["replicas"]
    assert told["controller"] in ids


def test_item_14_an_unknown_topic_is_created_only_where_the_client_allows_it(kafka):
    connection = kafka.connect()
    assert raw.metadata(connection, ["made-on-demand"], create=False)["topics"][0]["error"] == 3
    made = raw.wait_until(
        lambda: next(
            (one for one in raw.metadata(connection, ["made-on-demand"], create=True)["topics"] if one["error"] == 0), None
        )
    )
    assert len(made["partitions"]) == 1 and len(made["partitions"][0]["replicas"]) == 3
    assert raw.metadata(connection, ["__made"], create=True)["topics"][0]["error"] == 17
    assert raw.produce(kafka.leader("made-on-demand"), "made-on-demand", Batch().encode())["error"] == 0


def test_many_topics_at_once_are_all_created_in_the_end(kafka):
    names = [f"many-{i}" for i in range(30)]
    connection = kafka.connect()
    raw.wait_until(lambda: all(one["error"] == 0 for one in raw.metadata(connection, names, create=True)["topics"]))


def test_who_asks_just_after_the_leaders_death_is_told_the_next_leader_and_not_that_there_is_none(kafka):
    """librdkafka asks at once, and again only after up to a second."""
    topic = kafka.topic()
    dead = kafka.cluster.leader_of(topic)
    connection = kafka.follower(topic)
    kafka.cluster.kill(kafka.cluster.broker_of(dead))
    try:
        begun = time.monotonic()
        while True:
            asked = time.monotonic()
            part = raw.metadata(connection, [topic])["topics"][0]["partitions"][0]
            took_s = time.monotonic() - asked
            if part["error"] == 0 and part["leader"] != dead:
                break
            # This broker may not have noticed yet; else it waits for the election, while one is likely.
            assert part["error"] == 0 or took_s > 0.2 or asked - begun > 1.4, (part, took_s, asked - begun)
            assert asked - begun < 30
    finally:
        kafka.cluster.revive()


def describe_configs(connection, kind, name, keys=None, version=4):
    out = raw.body(raw.DESCRIBE_CONFIGS, version)
    out.array([name], lambda one: out.i8(kind).text(one).array(keys, out.text).end())
    out.flag(True)
    if version >= 3:
        out.flag(True)
    answer = connection.call(raw.DESCRIBE_CONFIGS, version, out.end().data)
    answer.i32()

    def config():
        one = {"name": answer.text(), "value": answer.text(), "read_only": answer.flag(), "source": answer.i8()}
        answer.flag()
        one["synonyms"] = answer.array(lambda: (answer.text(), answer.text(), answer.i8(), answer.end())[:3])
        if version >= 3:
            one["type"], one["doc"] = answer.i8(), answer.text()
        answer.end()
        return one

    def result():
        error, message, told_kind, told_name = answer.i16(), answer.text(), answer.i8(), answer.text()
        configs = {one["name"]: one for one in answer.array(config)}
        answer.end()
        return error, message, told_kind, told_name, configs

    results = answer.array(result)
    answer.end()
    assert answer.rest() == 0
    return results[0]


def test_item_18_describe_configs_of_topics_and_brokers_in_every_version(kafka):
    topic = kafka.topic(config={"retention.ms": 5000, "message.timestamp.type": "append"})
    connection = kafka.connect()
    for version in range(1, 5):
        error, _, kind, name, configs = describe_configs(connection, 2, topic, version=version)
        assert (error, kind, name) == (0, 2, topic)
        assert (configs["retention.ms"]["value"], configs["retention.ms"]["source"]) == ("5000", 1)
        assert configs["message.timestamp.type"]["value"] == "LogAppendTime"
        assert (configs["cleanup.policy"]["value"], configs["cleanup.policy"]["source"]) == ("delete", 5)
        assert configs["max.message.bytes"]["value"] == "1048588"
        assert configs["min.insync.replicas"]["value"] == "2"
        own = kafka.cluster.processes("broker")[0]["broker_id"]
        error, _, _, _, configs = describe_configs(connection, 4, str(own), version=version)
        assert error == 0 and configs["auto.create.topics.enable"]["value"] == "true"
    assert set(describe_configs(connection, 2, topic, ["durability"])[4]) == {"durability"}
    assert describe_configs(connection, 2, "nosuch")[0] == 3
    assert describe_configs(connection, 2, "bad name")[0] == 17
    assert describe_configs(connection, 4, "999")[0] == 42
    assert describe_configs(connection, 77, "x")[0] == 42


def test_describe_cluster_names_the_brokers_of_metadata(kafka):
    connection = kafka.connect()
    told = raw.metadata(connection, [])
    for version in (0, 1):
        out = raw.body(raw.DESCRIBE_CLUSTER, version).flag(False)
        if version >= 1:
            out.i8(1)
        answer = connection.call(raw.DESCRIBE_CLUSTER, version, out.end().data)
        assert (answer.i32(), answer.i16(), answer.text()) == (0, 0, None)
        if version >= 1:
            assert answer.i8() == 1
        assert answer.text() == told["cluster"]
        assert answer.i32() == told["controller"]
        brokers = answer.array(lambda: ((answer.i32(), answer.text(), answer.i32()), answer.text(), answer.end())[0])
        assert brokers == [(one["id"], one["host"], one["port"]) for one in told["brokers"]]
        assert answer.i32() == -(2**31)
        answer.end()
        assert answer.rest() == 0


def create_topic(connection, name, partitions=1, replicas=3, configs=(), validate_only=False, assignments=()):
    out = raw.body(raw.CREATE_TOPICS, 7)

    def topic(_):
        out.text(name).i32(partitions).i16(replicas)
        out.array(assignments, lambda ids: out.i32(0).array(ids, out.i32).end())
        out.array(configs, lambda item: out.text(item[0]).text(item[1]).end()).end()

    out.array([0], topic).i32(20_000).flag(validate_only).end()
    answer = connection.call(raw.CREATE_TOPICS, 7, out.data)
    answer.i32()
    told = answer.array(lambda: {"name": answer.text(), "id": answer.uuid(), "error": answer.i16(), "message": answer.text()})
    return told[0]


def delete_topic(connection, name, topic_id=bytes(16)):
    out = raw.body(raw.DELETE_TOPICS, 6)
    out.array([0], lambda _: out.text(name).raw(topic_id).end()).i32(20_000).end()
    answer = connection.call(raw.DELETE_TOPICS, 6, out.data)
    answer.i32()
    return answer.array(lambda: (answer.text(), answer.uuid(), answer.i16()))[0]


def test_item_18_creation_answers_what_is_wrong(kafka):
    connection = kafka.connect()
    made = create_topic(connection, "admin-made", 2, configs=[("message.timestamp.type", "LogAppendTime")])
    assert made["error"] == 0, made
    assert raw.metadata(connection, ["admin-made"])["topics"][0]["id"] == made["id"]
    assert create_topic(connection, "admin-made")["error"] == 36
    assert create_topic(connection, "admin-new", validate_only=True)["error"] == 0
    assert raw.metadata(connection, ["admin-new"])["topics"][0]["error"] == 3
    wrong = {
        17: create_topic(connection, "bad name"),
        37: create_topic(connection, "admin-new", partitions=0),
        38: create_topic(connection, "admin-new", replicas=30),
        39: create_topic(connection, "admin-new", -1, -1, assignments=[[1, 2, 3]]),
        40: create_topic(connection, "admin-new", configs=[("cleanup.policy", "compact")]),
    }
    assert {code: one["error"] for code, one in wrong.items()} == {code: code for code in wrong}
    assert create_topic(connection, "admin-new", configs=[("nosuch.key", "1")])["error"] == 40
    assert create_topic(connection, "admin-new", partitions=1_000_000)["error"] == 37
    assert create_topic(connection, "__admin")["error"] == 17


def test_item_18_topics_are_deleted_by_name_and_by_id(kafka):
    connection = kafka.connect()
    topic_id = create_topic(connection, "admin-gone")["id"]
    assert delete_topic(connection, None, bytes([7] * 16))[2] == 100
    assert delete_topic(connection, "admin-gone", topic_id)[2] == 42
    assert delete_topic(connection, None, topic_id) == ("admin-gone", topic_id, 0)
    assert delete_topic(connection, "admin-gone")[2] == 3
    again = create_topic(connection, "admin-gone")
    assert again["error"] == 0 and again["id"] != topic_id
    assert delete_topic(connection, "admin-gone")[2] == 0
