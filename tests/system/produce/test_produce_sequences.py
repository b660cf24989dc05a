"""Sequences: what a retry gets, through whichever process it comes; http-api.md, Producers, and DESIGN D10."""

import concurrent.futures
import time

from cluster import api
from http_calls import Producer, assert_failure, create_topic


def managers(cluster):
    return [entry["http"] for entry in cluster.processes("write_manager")]


def place(answer):
    return answer["partition"], answer["offset"], answer["timestamp"]


def stored(cluster, topic):
    return [message["message"] for message in api.read_all(cluster.url, topic)]


def test_a_retry_gets_the_original_answer_through_every_process(cluster):
    create_topic(cluster.url, "sequence-retry", partitions=3)
    producer = Producer(cluster.url, "sequence-retry")
    for number, fields in enumerate(({}, {"key": "k"}, {"partition": 2}, {"timestamp": 77})):
        first = producer.send(message=f"m{number}", sequence=number, **fields)
        assert first.status == 200 and "duplicate" not in first, first
        time.sleep(0.01)  # a retry has another time of its own
        for via in (cluster.url, *managers(cluster)):
            again = producer.send(via=via, message=f"m{number}", sequence=number, **fields)
            assert again["duplicate"] is True and place(again) == place(first), (first, again)
    assert sorted(stored(cluster, "sequence-retry")) == ["m0", "m1", "m2", "m3"]


def test_a_batch_without_keys_goes_round_the_partitions_and_a_retry_repeats_it(cluster):
    create_topic(cluster.url, "sequence-batch", partitions=3)
    producer = Producer(cluster.url, "sequence-batch")
    messages = [{"message": str(n)} for n in range(12)]
    one, other = managers(cluster)
    first = producer.send_many(messages, via=one, sequence=100)
    assert sorted(r["partition"] for r in first["results"]) == sorted([0, 1, 2] * 4)
    again = producer.send_many(messages, via=other, sequence=100)
    assert again["status"] == "success" and all(r["duplicate"] for r in again["results"]), again
    assert [place(r) for r in again["results"]] == [place(r) for r in first["results"]]
    # The same messages one by one, and in other portions.
    alone = producer.send(message="7", sequence=107)
    assert alone["duplicate"] is True and place(alone) == place(first["results"][7])
    portion = producer.send_many(messages[5:9], sequence=105)
    assert [place(r) for r in portion["results"]] == [place(r) for r in first["results"][5:9]]
    assert len(stored(cluster, "sequence-batch")) == 12


def test_overlaps_are_answered_message_by_message(cluster):
    create_topic(cluster.url, "sequence-overlap", partitions=2)
    producer = Producer(cluster.url, "sequence-overlap")
    text = [{"message": f"m{n}", "key": f"k{n % 5}", "headers": {"n": str(n)}} for n in range(20)]
    first = producer.send_many(text[4:8], sequence=4)
    around = producer.send_many(text[0:12], sequence=0)
    assert around["status"] == "success"
    assert [r.get("duplicate", False) for r in around["results"]] == [4 <= n < 8 for n in range(12)]
    assert [place(r) for r in around["results"][4:8]] == [place(r) for r in first["results"]]
    everything = producer.send_many(text, sequence=0)
    assert [r.get("duplicate", False) for r in everything["results"]] == [n < 12 for n in range(20)]
    assert [place(r) for r in everything["results"][:12]] == [place(r) for r in around["results"]]
    assert sorted(stored(cluster, "sequence-overlap")) == sorted(m["message"] for m in text)


def test_another_message_under_a_used_sequence_is_refused(cluster):
    create_topic(cluster.url, "sequence-reused", partitions=2)
    producer = Producer(cluster.url, "sequence-reused")
    original = {"message": "m", "key": "k", "partition": 0, "headers": {"h": "1"}, "timestamp": 5}
    first = producer.send(**original, sequence=0)
    for change in ({"message": "other"}, {"key": "other"}, {"headers": {"h": "2"}}, {"headers": {}}, {"timestamp": 6}):
        refused = producer.send(**{**original, **change}, sequence=0)
        assert_failure(refused, 422, "SEQUENCE_REUSED", retriable=False, outcome="definite")
    tombstone = {name: value for name, value in original.items() if name != "message"} | {"tombstone": True}
    assert_failure(producer.send(**tombstone, sequence=0), 422, "SEQUENCE_REUSED")
    moved = producer.send(**{**original, "partition": 1}, sequence=0)
    assert moved["partition"] == 1 and "duplicate" not in moved
    assert place(producer.send(**original, sequence=0)) == place(first)
    keyed = producer.send(message="x", key="a", sequence=1)
    elsewhere = next(f"b{n}" for n in range(99) if murmur_partition(f"b{n}", 2) != keyed["partition"])
    assert "duplicate" not in producer.send(message="x", key=elsewhere, sequence=1)


def murmur_partition(key, partitions):
    from kafka.partitioner.default import murmur2

    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def test_one_reused_sequence_does_not_stop_the_others_of_its_batch(cluster):
    producer = Producer(cluster.url, "sequence-reused-batch")
    assert producer.send_many([{"message": "a"}, {"message": "b"}], sequence=0).status == 200
    answer = producer.send_many([{"message": "a"}, {"message": "X"}, {"message": "c"}], sequence=0)
    assert (answer.status, answer["status"]) == (200, "partial"), answer
    old, reused, new = answer["results"]
    assert (old["offset"], old["duplicate"]) == (0, True) and new["offset"] == 2 and "duplicate" not in new
    assert (reused["code"], reused["retriable"], reused["outcome"]) == ("SEQUENCE_REUSED", False, "definite")
    nothing = producer.send_many([{"message": "X"}, {"message": "Y"}], sequence=0)
    assert_failure(nothing, 422, "SEQUENCE_REUSED")
    # A duplicate counts as stored.
    partly = producer.send_many([{"message": "a"}, {"message": "Y"}], sequence=0)
    assert (partly.status, partly["status"]) == (200, "partial"), partly
    assert stored(cluster, "sequence-reused-batch") == ["a", "b", "c"]


def test_gaps_are_allowed_and_requests_may_overtake_each_other(cluster):
    producer = Producer(cluster.url, "sequence-gaps")
    order = [2**53 - 1, 1000, 5, 0, 999, 6]
    offsets = [producer.send(message=str(n), sequence=n)["offset"] for n in order]
    assert offsets == list(range(len(order)))
    assert [producer.send(message=str(n), sequence=n)["duplicate"] for n in order] == [True] * len(order)
    assert stored(cluster, "sequence-gaps") == [str(n) for n in order]


def test_what_is_no_longer_remembered_is_too_old(cluster):
    create_topic(cluster.url, "sequence-old", partitions=2)
    producer = Producer(cluster.url, "sequence-old")
    # Taking turns between two partitions makes each message a run of its own; 10,000 of them are remembered.
    text = [{"message": str(n), "partition": n % 2} for n in range(20_010)]
    assert producer.send_many(text, sequence=0).status == 200
    for number in (0, 8):
        refused = producer.send(**text[number], sequence=number)
        assert_failure(refused, 409, "SEQUENCE_TOO_OLD", retriable=False, outcome="unknown")
    assert producer.send(**text[10], sequence=10)["duplicate"] is True
    both = producer.send_many(text[8:12], sequence=8)
    assert (both.status, both["status"]) == (200, "partial"), both
    assert [r.get("code") for r in both["results"]] == ["SEQUENCE_TOO_OLD", "SEQUENCE_TOO_OLD", None, None]
    assert both["results"][0]["outcome"] == "unknown"


def test_equal_requests_at_once_store_one_copy_and_get_one_answer(cluster):
    create_topic(cluster.url, "sequence-at-once", partitions=2)
    producer = Producer(cluster.url, "sequence-at-once")
    one, other = managers(cluster)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for number in range(0, 40, 2):
            messages = [{"message": str(number)}, {"message": str(number + 1)}]
            sent = [pool.submit(producer.send_many, messages, via=via, sequence=number) for via in (one, other) * 4]
            answers = [each.result() for each in sent]
            assert all(a.status == 200 for a in answers), answers
            assert len({tuple((r["partition"], r["offset"]) for r in a["results"]) for a in answers}) == 1, answers
            assert sum(not r.get("duplicate", False) for a in answers for r in a["results"]) == 2, answers
    assert sorted(stored(cluster, "sequence-at-once"), key=int) == [str(n) for n in range(40)]


def test_a_retry_waits_for_the_original_that_is_under_way(cluster):
    create_topic(cluster.url, "sequence-pending", replication_factor=3)
    producer = Producer(cluster.url, "sequence-pending")
    leader = cluster.leader_of("sequence-pending")
    followers = [entry for entry in cluster.processes("broker") if entry["broker_id"] != leader]
    assert producer.send(message="before", sequence=0).status == 200
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        with cluster.frozen(*followers):
            sent = [pool.submit(producer.send, message="m", sequence=1) for _ in range(4)]
            time.sleep(0.4)
            assert not any(each.done() for each in sent)
        answers = [each.result() for each in sent]
    assert {(a.status, a["offset"]) for a in answers} == {(200, 1)}, answers
    assert stored(cluster, "sequence-pending") == ["before", "m"]
