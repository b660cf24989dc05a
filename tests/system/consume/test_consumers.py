"""Sentences of http-api.md, "Consumers", through the load balancer."""

import base64
import concurrent.futures
import time

import pytest

from consumers import Consumer, Reader, append, call, make_topic


def values(messages):
    return [message["message"] for message in messages]


def code(result):
    status, _, answer = result
    return status, answer.get("code")


def test_partitions_take_turns_message_by_message_within_and_across_answers(cluster):
    make_topic(cluster, "consume-turns", 3, [str(n) for n in range(30)])
    consumer = Consumer(cluster, "consume-turns")
    read = []
    for size in (1, 2, 4, 3, 5, 15):
        read += consumer.read(max=size, wait_ms=3000)
    partitions = [message["partition"] for message in read]
    assert len(read) == 30
    assert all(len(set(partitions[n : n + 3])) == 3 for n in range(0, 30, 3)), partitions
    for partition in range(3):
        assert [m["offset"] for m in read if m["partition"] == partition] == list(range(10))


def test_a_partition_that_runs_dry_gives_its_turn_to_the_others(cluster):
    short, long = [{"message": "s", "partition": 0}] * 2, [{"message": "l", "partition": 1}] * 6
    make_topic(cluster, "consume-dry", 2, short + long)
    read = Consumer(cluster, "consume-dry").read(max=8, wait_ms=2000)
    assert sorted(values(read[:4])) == ["l", "l", "s", "s"] and values(read[4:]) == ["l"] * 4


def test_a_long_poll_returns_as_soon_as_there_is_something(cluster):
    make_topic(cluster, "consume-long", 2)
    consumer = Consumer(cluster, "consume-long")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(consumer.read, wait_ms=25_000)
        time.sleep(0.3)
        began = time.monotonic()
        append(cluster, "consume-long", 2, [{"message": "late", "partition": 1}])
        assert values(waiting.result()) == ["late"]
        assert time.monotonic() - began < 5
    began = time.monotonic()
    assert consumer.read(wait_ms=700) == []
    assert 0.69 < time.monotonic() - began < 5


def test_nothing_to_read_has_null_and_an_empty_list_and_must_not_be_cached(cluster):
    make_topic(cluster, "consume-nothing")
    status, headers, answer = Consumer(cluster, "consume-nothing").consume()
    assert (status, answer["message"], answer["messages"]) == (200, None, [])
    assert headers["Cache-Control"] == "no-store"
    timings = [item.strip().split(";")[0] for item in headers["Server-Timing"].split(",")]
    assert timings == ["lb", "manager"]


def test_limits_of_max_wait_and_bytes(cluster):
    make_topic(cluster, "consume-limits", 1, ["x" * 1000] * 5)
    consumer = Consumer(cluster, "consume-limits")
    for field, value in (("max", 0), ("max", 10_001), ("max", "1"), ("max", 1.5), ("wait_ms", -1), ("commit", "x")):
        status, _, answer = consumer.consume(**{field: value})
        assert (status, answer["code"], answer["pointer"]) == (400, "BAD_REQUEST", f"/{field}")
    status, _, answer = consumer.consume(maks=1)
    assert (status, answer["pointer"]) == (400, "/maks")
    assert len(consumer.read(max=10_000, max_bytes=0, wait_ms=10**12)) == 1, "whatever max_bytes says"
    assert len(consumer.read(max=10_000, max_bytes=2500)) == 2
    assert len(consumer.read(max=10_000)) == 2


def test_get_takes_the_same_fields_from_the_query(cluster):
    make_topic(cluster, "consume-get", 1, ["a", "b", "c"])
    consumer = Consumer(cluster, "consume-get")
    path = f"/consumer/consume?topic=consume-get&consumer_id={consumer.id}&max=2&wait_ms=2000&commit=manual&poll=7"
    for _ in range(2):
        status, _, answer = call(cluster.url, "GET", path)
        assert (status, values(answer["messages"]), answer["message"]) == (200, ["a", "b"], "a")
    status, _, answer = call(cluster.url, "GET", path + "&max=20000")
    assert (status, answer["code"]) == (400, "BAD_REQUEST")


def test_polls_repeat_go_on_and_grow_old(cluster):
    make_topic(cluster, "consume-polls", 1, [str(n) for n in range(9)])
    consumer = Consumer(cluster, "consume-polls")
    assert values(consumer.read(poll=-5, max=2, wait_ms=2000)) == ["0", "1"], "it starts anywhere"
    assert values(consumer.read(poll=-5, max=9, max_bytes=0, commit="manual")) == ["0", "1"]
    assert consumer.describe()["positions"] == [{"partition": 0, "offset": 0, "lag": 9}]
    assert values(consumer.read(poll=100)) == ["2"]
    assert consumer.describe()["positions"] == [{"partition": 0, "offset": 2, "lag": 7}]
    assert code(consumer.consume(poll=99)) == (409, "POLL_TOO_OLD")
    assert values(consumer.read(poll=2**53 - 1)) == ["3"]


def test_auto_commits_at_the_next_consume_and_never_by_time(cluster):
    make_topic(cluster, "consume-auto", 1, ["a", "b", "c"])
    consumer = Consumer(cluster, "consume-auto")
    assert values(consumer.read(max=2, wait_ms=2000)) == ["a", "b"]
    time.sleep(1.5)
    assert consumer.describe()["positions"][0]["offset"] == 0
    assert values(consumer.read()) == ["c"]
    assert consumer.describe()["positions"][0]["offset"] == 2
    assert consumer.read() == []
    assert consumer.describe()["positions"][0] == {"partition": 0, "offset": 3, "lag": 0}


def test_size_counts_from_reading_and_lag_from_committing(cluster):
    make_topic(cluster, "consume-size", 2, [str(n) for n in range(8)])
    consumer = Consumer(cluster, "consume-size")
    assert consumer.size() == 8
    consumer.read(max=4, wait_ms=2000, commit="manual")
    assert consumer.size() == 4
    assert [p["lag"] for p in consumer.describe()["positions"]] == [4, 4]
    assert consumer.commit({0: 1, 1: 2})[0] == 200
    assert [p["lag"] for p in consumer.describe()["positions"]] == [3, 2]
    assert consumer.size() == 4, "committing does not move reading"
    before = int(time.time() * 1000) - 60_000
    assert before < consumer.describe()["last_seen_ms"] < before + 120_000


def test_latest_counts_from_registration(cluster):
    make_topic(cluster, "consume-latest", 2, ["old"] * 4)
    consumer = Consumer(cluster, "consume-latest", **{"from": "latest"})
    append(cluster, "consume-latest", 2, ["new"] * 2)
    assert values(consumer.read(max=9, wait_ms=2000)) == ["new", "new"]
    assert code(call(cluster.url, "POST", "/consumer/register", {"topic": "consume-latest", "from": "middle"}))[0] == 400


def test_seek_by_time_by_position_and_to_the_ends(cluster):
    messages = [{"message": str(n), "timestamp": 1_000_000 + n * 1000} for n in range(6)]
    make_topic(cluster, "consume-seek", 1, messages)
    consumer = Consumer(cluster, "consume-seek")
    assert len(consumer.read(max=4, wait_ms=2000)) == 4
    assert consumer.seek(timestamp=1_002_500)[0] == 200
    assert consumer.describe()["positions"][0]["offset"] == 3, "it commits"
    assert values(consumer.read(max=9)) == ["3", "4", "5"]
    assert consumer.seek(to="earliest")[0] == 200
    assert values(consumer.read()) == ["0"]
    assert consumer.seek(positions=[{"partition": 0, "offset": 5}])[0] == 200
    assert values(consumer.read(max=9)) == ["5"]
    assert consumer.seek(to="latest")[0] == 200
    assert consumer.read() == [] and consumer.size() == 0
    assert consumer.seek(timestamp=9_999_999_999_999)[0] == 200
    assert consumer.size() == 0, "no message is that young: reading goes on with what comes"
    assert code(consumer.seek(to="latest", timestamp=1))[0] == 400
    assert code(consumer.seek())[0] == 400


@pytest.mark.parametrize("partition, offset", [(0, 4), (1, 0), (7, 0), (2**31 - 1, 0), (0, 2**62)])
def test_positions_outside_the_log_are_refused(cluster, partition, offset):
    topic = f"consume-outside-{partition}-{offset}"
    make_topic(cluster, topic, 1, ["a", "b", "c"])
    consumer = Consumer(cluster, topic)
    assert code(consumer.commit({partition: offset})) == (422, "INVALID_POSITION")
    assert code(consumer.seek(positions=[{"partition": partition, "offset": offset}])) == (422, "INVALID_POSITION")
    assert consumer.commit({0: 3})[0] == 200, "the end itself is a position"


def test_consumers_that_do_not_exist_or_read_another_topic(cluster):
    make_topic(cluster, "consume-one", 1, ["a"])
    make_topic(cluster, "consume-two", 1, ["a"])
    consumer = Consumer(cluster, "consume-one")
    assert code(call(cluster.url, "POST", "/consumer/register", {"topic": "consume-none"})) == (404, "TOPIC_NOT_FOUND")
    grouped = {"topic": "consume-one", "group": "g"}
    assert code(call(cluster.url, "POST", "/consumer/register", grouped)) == (501, "NOT_IMPLEMENTED")
    body = {"topic": "consume-two", "consumer_id": consumer.id}
    assert code(call(cluster.url, "POST", "/consumer/consume", body)) == (403, "CONSUMER_NOT_REGISTERED")
    producer = cluster.api("POST", "/producer/register", {"topic": "consume-one"})["producer_id"]
    for unknown in ("nobody", consumer.id[:-1] + "!", consumer.id + "x", producer):
        consumer.id = unknown
        assert code(consumer.consume()) == (404, "CONSUMER_NOT_FOUND")
        assert code(consumer.commit({0: 0})) == (404, "CONSUMER_NOT_FOUND")
        assert code(call(cluster.url, "GET", f"/size?topic=consume-one&consumer_id={unknown}"))[0] == 404
        assert code(call(cluster.url, "DELETE", f"/consumer/{unknown}"))[0] == 404


def test_deleting_twice_says_so_and_no_manager_serves_the_consumer_any_more(cluster):
    make_topic(cluster, "consume-delete", 1, ["a", "b"])
    consumer = Consumer(cluster, "consume-delete")
    assert values(consumer.read(wait_ms=2000)) == ["a"]
    status, _, answer = call(cluster.url, "DELETE", f"/consumer/{consumer.id}")
    assert (status, "already" in answer) == (200, False)
    for manager in cluster.processes("read_manager"):
        assert code(call(manager["http"], "POST", "/consumer/consume", consumer.body())) == (404, "CONSUMER_NOT_FOUND")
    status, _, answer = call(cluster.url, "DELETE", f"/consumer/{consumer.id}")
    assert (status, answer["already"]) == (200, True)
    assert code(call(cluster.url, "GET", f"/consumer/{consumer.id}"))[0] == 404


def test_consumers_of_a_topic_that_was_deleted_and_made_again(cluster):
    make_topic(cluster, "consume-again", 1, ["old"])
    consumer = Consumer(cluster, "consume-again")
    assert values(consumer.read(wait_ms=2000)) == ["old"]
    cluster.api("DELETE", "/topics/consume-again")
    # Another manager hears of it a moment later.
    end = time.monotonic() + 10
    while consumer.consume()[0] == 200 and time.monotonic() < end:
        time.sleep(0.05)
    assert code(consumer.consume()) == (404, "TOPIC_NOT_FOUND")
    make_topic(cluster, "consume-again", 1, ["new"])
    while code(consumer.consume())[0] == 404 and time.monotonic() < end:
        time.sleep(0.05)
    assert code(consumer.consume()) == (403, "CONSUMER_NOT_REGISTERED")
    assert code(call(cluster.url, "GET", f"/consumer/{consumer.id}")) == (404, "TOPIC_NOT_FOUND")
    assert call(cluster.url, "DELETE", f"/consumer/{consumer.id}")[0] == 200
    assert values(Consumer(cluster, "consume-again").read(wait_ms=2000)) == ["new"]


def test_what_is_not_text_comes_back_as_base64(cluster):
    raw = base64.b64encode(bytes(range(256))).decode()
    repeated = [["h", "one"], ["h", "two"], ["n", None], ["b", {"base64": raw}]]
    sent = [
        {"message_base64": raw, "key_base64": raw, "headers_base64": {"h": raw}},
        {"message_base64": base64.b64encode("täxt".encode()).decode(), "headers": {"h": "v"}},
        {"tombstone": True, "key": "k"},
        {"message": "", "headers": repeated},
    ]
    make_topic(cluster, "consume-forms", 1, sent)
    binary, text, tombstone, empty = Consumer(cluster, "consume-forms").read(max=9, wait_ms=2000)
    assert binary["message_base64"] == binary["key_base64"] == binary["headers_base64"]["h"] == raw
    assert "message" not in binary and "key" not in binary and "headers_list" not in binary
    assert (text["message"], text["key"], text["headers"]) == ("täxt", None, {"h": "v"})
    assert (tombstone["message"], tombstone["tombstone"], tombstone["key"]) == (None, True, "k")
    assert (empty["message"], empty["headers_list"]) == ("", repeated)
    assert "tombstone" not in empty and empty["headers"] == {"h": "one"}


def test_two_consumes_at_the_same_time_share_the_messages(cluster):
    make_topic(cluster, "consume-both", 2, [str(n) for n in range(200)])
    consumer = Consumer(cluster, "consume-both")
    managers = [entry["http"] for entry in cluster.processes("read_manager")]

    def read(n):
        status, _, answer = call(managers[n % 2] if n % 4 < 2 else cluster.url, "POST", "/consumer/consume",
                                 consumer.body(max=5, wait_ms=2000))
        assert status == 200, answer
        return values(answer["messages"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        read_by_all = [value for part in pool.map(read, range(40)) for value in part]
    assert sorted(read_by_all, key=int) == [str(n) for n in range(200)], "each once"


def test_large_messages_come_one_by_one_and_whole(cluster):
    sent = [str(n) * 1_000_000 for n in range(8)]
    cluster.api("POST", "/topics", {"name": "consume-large", "partitions": 2})
    producer = cluster.api("POST", "/producer/register", {"topic": "consume-large"})["producer_id"]
    for n, message in enumerate(sent):
        body = {"topic": "consume-large", "producer_id": producer, "message": message, "partition": n % 2}
        cluster.api("POST", "/producer/produce", body)
    consumer = Consumer(cluster, "consume-large")
    read = []
    for limit in [1, 2_500_000] + [10_000_000] * 6:
        part = consumer.read(max=100, max_bytes=limit, wait_ms=500)
        assert len(part) == 1 if limit == 1 else sum(map(len, values(part))) <= limit
        read += values(part)
    assert sorted(read) == sent


def test_three_hundred_long_polls_wait_at_once_and_all_are_woken(cluster):
    make_topic(cluster, "consume-many", 1)
    with concurrent.futures.ThreadPoolExecutor(300) as pool:
        consumers = list(pool.map(lambda _: Consumer(cluster, "consume-many"), range(300)))
        waiting = [pool.submit(consumer.read, wait_ms=25_000) for consumer in consumers]
        time.sleep(1)
        began = time.monotonic()
        append(cluster, "consume-many", 1, ["wake up"])
        assert all(values(each.result()) == ["wake up"] for each in waiting)
        assert time.monotonic() - began < 10


def test_a_consumer_of_many_partitions_reads_each_in_its_turn(cluster):
    partitions = 60
    make_topic(cluster, "consume-wide", partitions, [str(n) for n in range(2 * partitions)])
    consumer, reader = Consumer(cluster, "consume-wide"), Reader()
    while reader.total() < partitions:
        reader.took(consumer.read(max=20, wait_ms=3000))
    assert set(reader.next.values()) == {1} and len(reader.next) == partitions
