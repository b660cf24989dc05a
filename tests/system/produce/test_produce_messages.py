"""What a message may be, how it comes back, and what is refused: http-api.md, Conventions and Producers."""

import base64
import re
import time

from cluster import api
from http_calls import Producer, assert_failure, call, create_topic


def encoded(data):
    return base64.b64encode(data).decode()


def read(cluster, topic):
    return list(api.read_all(cluster.url, topic))


def test_one_message_is_answered_with_its_place_and_time(cluster):
    producer = Producer(cluster.url, "produce-one")
    before_ms = time.time() * 1000
    answer = producer.send(message="hello")
    assert answer.status == 200 and answer["status"] == "success", answer
    assert (answer["partition"], answer["offset"]) == (0, 0)
    assert before_ms - 1000 <= answer["timestamp"] <= time.time() * 1000 + 1000
    assert "duplicate" not in answer and "results" not in answer
    message = read(cluster, "produce-one")[0]
    assert (message["message"], message["timestamp"]) == ("hello", answer["timestamp"])


def test_every_hop_is_in_server_timing_and_the_request_id_comes_back(cluster):
    producer = Producer(cluster.url, "produce-hops")
    body = producer.body({"message": "x"})
    answer = call(cluster.url, "POST", "/producer/produce", body, {"X-Request-Id": "mine-17"})
    assert answer.headers["X-Request-Id"] == "mine-17"
    named = re.findall(r"(\w+);dur=([0-9.]+)", answer.headers["Server-Timing"])
    assert {name for name, _ in named} >= {"lb", "manager", "append", "fsync", "commit"}, answer.headers[
        "Server-Timing"
    ]
    made = call(cluster.url, "POST", "/producer/produce", body).headers["X-Request-Id"]
    other = call(cluster.url, "GET", "/topics/none").headers["X-Request-Id"]
    assert made and other and made != other


def test_values_keys_and_headers_come_back_as_they_went_in(cluster):
    producer = Producer(cluster.url, "produce-contents")
    raw = bytes(range(256))
    sent = [
        {"message": 'text \u00fc \U0001f600 \u0000 "quoted"', "key": "k\u00e9y", "headers": {"a": "1", "b": ""}},
        {"message_base64": encoded(raw), "key_base64": encoded(raw), "headers_base64": {"raw": encoded(raw)}},
        {
            "message_base64": encoded(b"plain after all"),
            "key_base64": encoded(b"k"),
            "headers_base64": {"h": encoded(b"v")},
        },
        {"tombstone": True, "key": "gone"},
        {"message": "", "key": ""},
        {"message": "twice", "headers": [["n", "1"], ["n", "2"], ["null", None], ["raw", {"base64": encoded(raw)}]]},
        {"message": "both", "headers": {"text": "t"}, "headers_base64": {"raw": encoded(b"\xff")}},
    ]
    answer = producer.send_many(sent)
    assert answer.status == 200 and [r["offset"] for r in answer["results"]] == list(range(len(sent))), answer
    text, binary, plain, gone, empty, repeated, both = read(cluster, "produce-contents")
    assert (text["message"], text["key"], text["headers"]) == (sent[0]["message"], sent[0]["key"], {"a": "1", "b": ""})
    assert "headers_list" not in text
    assert (binary["message_base64"], binary["key_base64"]) == (encoded(raw), encoded(raw))
    assert binary["headers_base64"] == {"raw": encoded(raw)}
    assert (plain["message"], plain["key"], plain["headers"]) == ("plain after all", "k", {"h": "v"})
    assert gone["message"] is None and gone["tombstone"] is True and gone["key"] == "gone"
    assert (empty["message"], empty["key"]) == ("", "") and "tombstone" not in empty
    assert repeated["headers_list"] == sent[5]["headers"]
    assert both["headers"] == {"text": "t"} and both["headers_base64"] == {"raw": encoded(b"\xff")}


def test_a_message_has_its_own_time_or_the_brokers(cluster):
    create_topic(cluster.url, "produce-own-time")
    producer = Producer(cluster.url, "produce-own-time")
    assert producer.send(message="x", timestamp=0)["timestamp"] == 0
    assert producer.send(message="x", timestamp=1_234_567_890_123)["timestamp"] == 1_234_567_890_123
    create_topic(cluster.url, "produce-append-time", config={"message.timestamp.type": "append"})
    stamping = Producer(cluster.url, "produce-append-time")
    answer = stamping.send(message="x", timestamp=5, sequence=0)
    assert abs(answer["timestamp"] - time.time() * 1000) < 60_000
    again = stamping.send(message="x", timestamp=5, sequence=0)
    assert (again["timestamp"], again["duplicate"]) == (answer["timestamp"], True)
    assert [m["timestamp"] for m in read(cluster, "produce-own-time")] == [0, 1_234_567_890_123]
    assert [m["timestamp"] for m in read(cluster, "produce-append-time")] == [answer["timestamp"]]


def test_partition_wins_over_key_and_neither_is_round_robin(cluster):
    create_topic(cluster.url, "produce-partitions", partitions=4)
    producer = Producer(cluster.url, "produce-partitions")
    alone = [producer.send(message="x")["partition"] for _ in range(8)]
    # Two managers take turns behind the load balancer, each with a round of its own.
    together = [r["partition"] for r in producer.send_many([{"message": "x"}] * 8)["results"]]
    assert sorted(together[:4]) == sorted(together[4:]) == [0, 1, 2, 3]
    assert set(alone) <= {0, 1, 2, 3} and len(set(alone)) > 1
    assert {producer.send(message="x", key="k")["partition"] for _ in range(3)} == {
        producer.send(message="y", key="k")["partition"]
    }
    assert [producer.send(message="x", key="k", partition=n)["partition"] for n in range(4)] == [0, 1, 2, 3]
    for wrong in (4, -1, 2**31 - 1):
        assert_failure(
            producer.send(message="x", partition=wrong), 422, "INVALID_PARTITION", retriable=False, outcome="definite"
        )


def test_a_part_of_a_batch_is_partial_and_the_others_are_stored(cluster):
    create_topic(cluster.url, "produce-partial", partitions=2)
    producer = Producer(cluster.url, "produce-partial")
    large = "x" * 1_048_577
    answer = producer.send_many(
        [
            {"message": "a", "partition": 0},
            {"message": large},
            {"message": "b", "partition": 7},
            {"message": "c", "partition": 0},
        ],
        sequence=10,
    )
    assert (answer.status, answer["status"]) == (200, "partial"), answer
    first, too_large, nowhere, last = answer["results"]
    assert (first["offset"], last["offset"]) == (0, 1)
    for failed, code in ((too_large, "MESSAGE_TOO_LARGE"), (nowhere, "INVALID_PARTITION")):
        assert (failed["code"], failed["retriable"], failed["outcome"]) == (code, False, "definite") and failed[
            "message"
        ]
        assert "offset" not in failed
    again = producer.send_many(
        [
            {"message": "a", "partition": 0},
            {"message": large},
            {"message": "b", "partition": 1},
            {"message": "c", "partition": 0},
        ],
        sequence=10,
    )
    assert [r.get("duplicate", False) for r in again["results"]] == [True, False, False, True]
    assert (again["results"][0]["offset"], again["results"][2]["offset"], again["results"][3]["offset"]) == (0, 0, 1)
    nothing = producer.send_many([{"message": large}, {"message": "b", "partition": 7}])
    assert_failure(nothing, 422, "INVALID_PARTITION", outcome="definite", retriable=False)
    assert [r["code"] for r in nothing["results"]] == ["MESSAGE_TOO_LARGE", "INVALID_PARTITION"]


def test_limits_are_named_by_whatever_refuses(cluster):
    create_topic(cluster.url, "produce-limits", config={"max.message.bytes": "1012"})
    producer = Producer(cluster.url, "produce-limits")
    assert producer.send(message="x" * 1000, key="k" * 65536).status == 200
    assert producer.send(message_base64=encoded(b"\xff" * 1000)).status == 200
    refused = producer.send(message="x" * 1001)
    assert_failure(refused, 413, "MESSAGE_TOO_LARGE", retriable=False, outcome="definite")
    assert "1000" in refused["message"]
    assert_failure(producer.send(message="\u00fc" * 501), 413, "MESSAGE_TOO_LARGE")
    for fields, limit in (
        ({"key": "k" * 65537}, "65536"),
        ({"key_base64": encoded(b"k" * 65537)}, "65536"),
        ({"headers": {str(n): "v" for n in range(65)}}, "64"),
        ({"headers": {"n" * 4097: "v"}}, "4096"),
        ({"headers": {"n": "v" * 4097}}, "4096"),
        ({"headers_base64": {"n": encoded(b"v" * 4097)}}, "4096"),
    ):
        refused = producer.send(message="x", **fields)
        assert refused.status in (413, 422) and limit in refused["message"], refused
    assert producer.send(message="x", headers={f"{n:04}" + "n" * 4092: "v" * 4096 for n in range(64)}).status == 200
    too_many = producer.send_many([{"message": ""}] * 100_001)
    assert_failure(too_many, 413, "TOO_MANY_MESSAGES")
    assert "100000" in too_many["message"]
    too_long = call(cluster.url, "POST", "/producer/produce", " " * (8 * 1024 * 1024 + 1))
    assert_failure(too_long, 413, "BODY_TOO_LARGE")
    assert "8388608" in too_long["message"], too_long


def test_a_value_of_a_whole_mebibyte_is_stored_with_key_and_headers(cluster):
    producer = Producer(cluster.url, "produce-mebibyte")
    value = "m" * 1_048_576
    answer = producer.send_many([{"message": value, "key": "k" * 65536, "headers": {"h": "v" * 4096}}] * 3)
    assert [r["offset"] for r in answer["results"]] == [0, 1, 2], answer
    assert [m["message"] == value for m in read(cluster, "produce-mebibyte")] == [True] * 3
    assert_failure(producer.send(message=value + "m"), 413, "MESSAGE_TOO_LARGE")


def test_errors_of_form_refuse_the_whole_request_and_point_at_the_field(cluster):
    producer = Producer(cluster.url, "produce-form")
    for fields, pointer in (
        ({}, "/message"),
        ({"message": 1}, "/message"),
        ({"message": None}, "/message"),
        ({"message": "x", "message_base64": "eA=="}, "/message_base64"),
        ({"message": "x", "tombstone": True}, "/tombstone"),
        ({"message_base64": "not base64"}, "/message_base64"),
        ({"message": "x", "key": 1}, "/key"),
        ({"message": "x", "key_base64": "?"}, "/key_base64"),
        ({"message": "x", "partition": "0"}, "/partition"),
        ({"message": "x", "partition": 1.5}, "/partition"),
        ({"message": "x", "headers": "h"}, "/headers"),
        ({"message": "x", "headers": {"h": 1}}, "/headers"),
        ({"message": "x", "timestamp": -1}, "/timestamp"),
        ({"message": "x", "sequence": -1}, "/sequence"),
        ({"message": "x", "sequence": 2**53}, "/sequence"),
        ({"message": "x", "sequence": "1"}, "/sequence"),
        ({"message": "x", "mesage": "typo"}, "/mesage"),
        ({"messages": []}, "/messages"),
        ({"messages": "x"}, "/messages"),
        ({"messages": [{"message": "a"}, {"message": "b", "key": 1}]}, "/messages/1/key"),
        ({"messages": [{"message": "a"}, {"message": "b", "kee": "1"}]}, "/messages/1/kee"),
        ({"messages": [{"message": "a"}], "message": "b"}, "/message"),
        ({"messages": [{"message": "a"}, {"message": "b"}], "sequence": 2**53 - 1}, "/sequence"),
    ):
        refused = producer.send(**fields)
        assert_failure(refused, 400, "BAD_REQUEST", retriable=False, outcome="definite")
        assert refused["pointer"].startswith(pointer), (fields, refused)
    twice = '{"topic":"produce-form","producer_id":"' + producer.id + '","message":"a","message":"b"}'
    assert_failure(call(cluster.url, "POST", "/producer/produce", twice), 400, "BAD_REQUEST")
    assert producer.send(message="x", x_anything={"deep": [1]}, sequence=2**53 - 1)["offset"] == 0


def test_topic_and_producer_must_exist_and_belong_together(cluster):
    producer = Producer(cluster.url, "produce-mine")
    other = Producer(cluster.url, "produce-other")

    def send(topic, producer_id):
        return call(
            cluster.url, "POST", "/producer/produce", {"topic": topic, "producer_id": producer_id, "message": "x"}
        )

    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", producer.id)
    assert_failure(send("produce-nowhere", producer.id), 404, "TOPIC_NOT_FOUND", outcome="definite")
    assert_failure(send("produce-mine", other.id), 403, "PRODUCER_NOT_REGISTERED")
    last = "A" if producer.id[-1] != "A" else "B"
    for wrong in ("nobody", "", "x" * 500, producer.id[:-1] + last, "p-../../etc", "\u0000"):
        assert_failure(send("produce-mine", wrong), 404, "PRODUCER_NOT_FOUND")
    assert call(cluster.url, "DELETE", f"/producer/{producer.id}").body == {"status": "success"}
    assert call(cluster.url, "DELETE", f"/producer/{producer.id}").body == {"status": "success", "already": True}
    assert_failure(call(cluster.url, "DELETE", "/producer/nobody"), 404, "PRODUCER_NOT_FOUND")
    end = time.monotonic() + 5
    while send("produce-mine", producer.id).status == 200 and time.monotonic() < end:
        time.sleep(0.05)  # the other manager hears of it a moment later
    assert_failure(send("produce-mine", producer.id), 404, "PRODUCER_NOT_FOUND")
    assert_failure(send("__consumer_offsets", other.id), 422, "INVALID_TOPIC")


def test_a_topic_that_was_made_again_does_not_know_the_old_producers(cluster):
    producer = Producer(cluster.url, "produce-again")
    assert producer.send(message="x", sequence=0).status == 200
    assert call(cluster.url, "DELETE", "/topics/produce-again").status == 200
    create_topic(cluster.url, "produce-again")
    assert_failure(producer.send(message="x", sequence=0), 403, "PRODUCER_NOT_REGISTERED")
    fresh = Producer(cluster.url, "produce-again").send(message="y", sequence=0)
    assert fresh["offset"] == 0 and "duplicate" not in fresh
