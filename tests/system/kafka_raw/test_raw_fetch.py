"""Items 36, 37 and 39 to 44 of kafka-protocol-checklist.md: reading, offsets and leader epochs."""

import threading
import time

import raw_client as raw
from raw_codec import Batch, split_batches

OUT_OF_RANGE, NOT_LEADER, FENCED, UNKNOWN_EPOCH, NOT_AVAILABLE = 1, 6, 74, 75, 78


def fill(connection, topic, batches, records=2, partition=0):
    for number in range(batches):
        values = [b"%d" % (number * records + i) for i in range(records)]
        assert raw.produce(connection, topic, Batch(values).encode(), partition=partition)["error"] == 0


def test_item_36_the_first_batch_comes_whole_however_small_the_limits(kafka):
    topic = kafka.topic(config={"max.message.bytes": 8 << 20})
    connection = kafka.leader(topic)
    large = Batch([bytes(5 << 20)], codec=1).encode()
    plain = Batch([bytes(3 << 20)]).encode()
    for batch in (large, plain):
        assert raw.produce(connection, topic, batch)["error"] == 0
    for version in (4, 12):
        told = raw.fetch(connection, topic, 1, version, most=1, max_bytes=1)
        assert len(told["records"]) == len(plain)


def test_item_37_a_fetch_gives_whole_batches_from_the_one_with_the_offset(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    fill(connection, topic, batches=4, records=3)
    found = split_batches(raw.fetch(connection, topic, 4)["records"])
    assert [one["base_offset"] for one in found] == [3, 6, 9]
    for most in (1, len(found[0]["bytes"]) + 5):
        limited = split_batches(raw.fetch(connection, topic, 4, most=most)["records"])
        assert [one["base_offset"] for one in limited] == [3]


def test_item_37_a_long_poll_at_the_log_end_ends_with_its_time_or_with_data(kafka):
    topic = kafka.topic()
    connection, other = kafka.leader(topic), kafka.leader(topic)
    begun = time.monotonic()
    empty = raw.fetch(connection, topic, 0, max_wait_ms=300)
    assert (empty["error"], empty["records"]) == (0, b"") and time.monotonic() - begun >= 0.29
    number = connection.send(raw.FETCH, 12, raw.fetch_body(12, topic, [(0, 0, -1, 1 << 20)], max_wait_ms=25_000))
    fill(other, topic, batches=1)
    told = raw.read_fetch(connection.receive(number, raw.FETCH, 12), 12)[0]
    assert told["records"] and time.monotonic() - begun < 20
    assert raw.fetch(connection, topic, 2, max_wait_ms=25_000, min_bytes=0)["records"] == b""


def test_item_38_offsets_beyond_both_ends_are_out_of_range(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    fill(connection, topic, batches=1)
    for offset in (-1, 3, 1 << 60):
        told = raw.fetch(connection, topic, offset, max_wait_ms=20_000)
        assert (told["error"], told["records"]) == (OUT_OF_RANGE, b"")
    assert raw.fetch(connection, topic, 2)["error"] == 0


def test_item_39_an_empty_answer_has_records_of_length_zero(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    fill(connection, topic, batches=1)
    for version in range(4, 13):
        told = raw.read_fetch(connection.call(raw.FETCH, version, raw.fetch_body(version, topic, [(0, 2, -1, 1000)])), version)
        assert told[0]["records"] == b"" and not told[0]["aborted"]
        assert told[0]["high_watermark"] == told[0]["stable"] == 2
        assert told.get("session", 0) == told.get("error", 0) == 0
        assert told[0].get("preferred", -1) == -1 and told[0].get("log_start", 0) == 0
    refused = raw.fetch(connection, topic, 9)
    assert refused["records"] == b""


def test_item_40_nothing_above_the_high_watermark_is_given_through_an_election(kafka):
    topic = kafka.topic()
    stop = threading.Event()
    seen = {}
    problems = []

    def poll(broker):
        while not stop.is_set():
            try:
                with raw.Connection(broker["kafka"], timeout_s=5) as connection:
                    while not stop.is_set():
                        told = raw.fetch(connection, topic, len(seen) // 2, max_wait_ms=20)
                        for batch in split_batches(told["records"]):
                            last = batch["base_offset"] + batch["last_offset_delta"]
                            if last >= told["high_watermark"]:
                                problems.append((last, told["high_watermark"]))
                            for offset in range(batch["base_offset"], last + 1):
                                if seen.setdefault(offset, batch["bytes"][61:]) != batch["bytes"][61:]:
                                    problems.append(("changed", offset))
            except (OSError, raw.Closed):
                time.sleep(0.02)

    pollers = [threading.Thread(target=poll, args=(one,)) for one in kafka.cluster.processes("broker")]
    for one in pollers:
        one.start()
    try:
        fill(kafka.leader(topic), topic, batches=50)
        old = kafka.cluster.leader_of(topic)
        kafka.cluster.kill(kafka.cluster.broker_of(old))
        raw.wait_until(lambda: kafka.cluster.leader_of(topic) != old)
        connection = kafka.leader(topic)
        fill(connection, topic, batches=50)
        raw.wait_until(lambda: len(seen) >= 200)
    finally:
        stop.set()
        for one in pollers:
            one.join()
    assert problems == []
    stored = split_batches(raw.fetch(connection, topic, 0)["records"])
    assert {batch["base_offset"]: batch["bytes"][61:] for batch in stored}.items() <= seen.items()


def test_item_41_offsets_by_time_and_at_both_ends(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    for codec, times in ((0, [1000, 3000, 2000]), (1, [5000, 5500])):
        raw.produce(connection, topic, Batch([b"v"] * len(times), codec=codec, timestamps=times).encode())
    for version in range(1, 8):

        def find(timestamp):
            told = raw.list_offset(connection, topic, timestamp, version)
            return told["error"], told["offset"], told["timestamp"]

        assert find(-1) == (0, 5, -1)
        assert find(-2) == (0, 0, -1)
        assert find(0) == (0, 0, 1000)
        assert find(1001) == (0, 1, 3000)
        assert find(5001) == (0, 4, 5500)
        assert find(5501) == (0, -1, -1)
        assert find(-3) == ((0, 4, 5500) if version >= 7 else (35, -1, -1))
        assert find(-4)[0] == find(-99)[0] == 35
    assert raw.list_offset(connection, "nosuch", -1)["error"] == 3


def test_items_41_and_43_after_an_election(kafka):
    topic = kafka.topic()
    first = kafka.leader(topic)
    fill(first, topic, batches=2)
    epoch_before = raw.list_offset(first, topic, -1)["epoch"]
    assert raw.end_of_epoch(first, topic, epoch_before)["end"] == 4
    old = kafka.cluster.leader_of(topic)
    kafka.cluster.kill(kafka.cluster.broker_of(old))
    others = [kafka.connect(broker) for broker in kafka.others(topic) if broker != old]
    answers = []

    def settled():
        for version, connection in ((7, others[0]), (4, others[-1])):
            told = raw.list_offset(connection, topic, -1, version)
            answers.append((version, told["error"]))
            if told["error"] == 0:
                assert told["offset"] == 4
                return True
        return False

    raw.wait_until(settled)
    assert {error for version, error in answers if version == 7} <= {0, NOT_LEADER, NOT_AVAILABLE}
    assert {error for version, error in answers if version == 4} <= {0, NOT_LEADER, 5}

    second = kafka.leader(topic)
    fill(second, topic, batches=1)
    epoch = raw.list_offset(second, topic, -1)["epoch"]
    assert epoch > epoch_before
    for version in (2, 3, 4):

        def end(asked, current=-1):
            told = raw.end_of_epoch(second, topic, asked, version, current)
            return told["error"], told["epoch"], told["end"]

        assert end(epoch) == end(epoch, epoch) == (0, epoch, 6)
        assert end(epoch_before) == (0, epoch_before, 4)
        assert end(epoch + 1) == (0, -1, -1)
        assert end(0)[2] == 0
        assert end(epoch, epoch - 1)[0] == FENCED
        assert end(epoch, epoch + 1)[0] == UNKNOWN_EPOCH
    epochs = [batch["leader_epoch"] for batch in split_batches(raw.fetch(second, topic, 0)["records"])]
    assert epochs == [epoch_before, epoch_before, epoch]
    assert raw.metadata(second, [topic])["topics"][0]["partitions"][0]["epoch"] == epoch
    assert raw.list_offset(second, topic, -2)["epoch"] == epoch_before


def test_item_42_the_clients_epoch_is_checked_before_leadership(kafka):
    topic = kafka.topic()

    def errors(connection, epoch, current):
        return [
            raw.fetch(connection, topic, 0, epoch=current)["error"],
            raw.list_offset(connection, topic, -2, epoch=current)["error"],
            raw.end_of_epoch(connection, topic, epoch, current=current)["error"],
        ]

    def told():
        """The answers to no epoch, the epoch, an older and a newer one: of the leader, and of a follower."""
        leader, follower = kafka.leader(topic), kafka.follower(topic)
        epoch = raw.list_offset(leader, topic, -1)["epoch"]
        return [
            [errors(connection, epoch, current) for current in (-1, epoch, epoch - 1, epoch + 1)]
            for connection in (leader, follower)
        ]

    refused = [[FENCED] * 3, [UNKNOWN_EPOCH] * 3]
    expected = [[[0] * 3] * 2 + refused, [[NOT_LEADER] * 3] * 2 + refused]
    # Leadership may move while they are asked, and a follower hears of a new term a little later.
    end = time.monotonic() + 20
    while (answers := told()) != expected and time.monotonic() < end:
        time.sleep(0.1)
    assert answers == expected


def test_item_42_refusals_name_the_leader(kafka):
    topic = kafka.topic()
    epoch = raw.list_offset(kafka.leader(topic), topic, -1)["epoch"]
    leader = kafka.cluster.leader_of(topic)
    follower = kafka.follower(topic)
    hint = leader.to_bytes(4, "big") + epoch.to_bytes(4, "big") + b"\0"
    raw.wait_until(lambda: raw.fetch(follower, topic, 0)["tags"])
    assert raw.fetch(follower, topic, 0)["tags"][1] == hint
    assert raw.fetch(follower, topic, 0, epoch=epoch - 1)["tags"][1] == hint
    assert raw.fetch(follower, topic, 0, version=11)["tags"] == {}
    records = Batch().encode()
    for version in (10, 11):
        told = raw.read_produce(follower.call(raw.PRODUCE, version, raw.produce_body(version, {topic: [(0, records)]})), version)
        assert told[(topic, 0)]["error"] == NOT_LEADER and told[(topic, 0)]["tags"][0] == hint
        host, port = kafka.cluster.broker_of(leader)["kafka"].rsplit(":", 1)
        node = leader.to_bytes(4, "big") + bytes([len(host) + 1]) + host.encode() + int(port).to_bytes(4, "big") + b"\0\0"
        assert told["tags"][0] == b"\x02" + node
    assert raw.produce(follower, topic, records, version=9)["tags"] == {}


def test_item_44_all_partitions_make_progress_under_small_limits(kafka):
    partitions, batches = 8, 5
    topic = kafka.topic(partitions=partitions, replication_factor=1)
    owners = {}
    for partition in range(partitions):
        fill(kafka.leader(topic, partition), topic, batches, partition=partition)
        owners.setdefault(kafka.cluster.leader_of(topic, partition), []).append(partition)
    for broker, order in owners.items():
        connection = kafka.connect(broker)
        positions = dict.fromkeys(order, 0)
        for _ in range(2 * batches * len(order)):
            asked = [(partition, positions[partition], -1, 200) for partition in order]
            told = raw.read_fetch(connection.call(raw.FETCH, 12, raw.fetch_body(12, topic, asked, max_bytes=1)), 12)
            served = [partition for partition in order if told[partition]["records"]]
            assert len(served) <= 1, "the limit of the whole answer holds after the first batch"
            for partition in served:  # who was served goes to the end, as clients do
                last = split_batches(told[partition]["records"])[-1]
                positions[partition] = last["base_offset"] + last["last_offset_delta"] + 1
                order = [one for one in order if one != partition] + [partition]
        assert set(positions.values()) == {2 * batches}
