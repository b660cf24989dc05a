"""Items 29 to 33 and 35 of kafka-protocol-checklist.md: producers that number their batches."""

import raw_client as raw
from raw_codec import idempotent, split_batches

LARGEST = 2147483647


def new_producer(connection):
    told = raw.wait_until(lambda: (lambda answer: answer if answer["error"] == 0 else None)(raw.init_producer_id(connection)))
    assert told["epoch"] == 0
    return told["id"]


def pipeline(connection, topic, batches, version=9):
    """Sends all before it reads an answer; gives (error, offset) of each."""
    sent = [connection.send(raw.PRODUCE, version, raw.produce_body(version, {topic: [(0, one)]})) for one in batches]
    told = [raw.read_produce(connection.receive(number, raw.PRODUCE, version), version) for number in sent]
    return [(one[(topic, 0)]["error"], one[(topic, 0)]["offset"]) for one in told]



def test_item_29_producer_ids_of_all_brokers_are_distinct(kafka):
    brokers = [entry["broker_id"] for entry in kafka.cluster.processes("broker")]
    connections = [kafka.connect(broker) for broker in brokers]
    for version in range(6):
        for timeout_ms in (-1, 0, LARGEST):
            assert raw.init_producer_id(connections[0], version, timeout_ms)["error"] == 0
    ids = []
    out = raw.body(raw.INIT_PRODUCER_ID, 4).text(None).i32(0).i64(-1).i16(-1).end().data

    def ask_all():
        for _ in range(10):
            sent = [(one, one.send(raw.INIT_PRODUCER_ID, 4, out)) for one in connections for _ in range(100)]
            for connection, number in sent:
                answer = connection.receive(number, raw.INIT_PRODUCER_ID, 4)
                answer.i32()
                if answer.i16() == 0:
                    ids.append(answer.i64())
        return len(ids) >= 10_000

    raw.wait_until(ask_all, timeout_s=60)
    assert len(set(ids)) == len(ids) and min(ids) >= 0


def test_item_30_the_same_batch_is_stored_once_however_often_it_comes(kafka):
    topic = kafka.topic()
    connections = [kafka.leader(topic), kafka.leader(topic)]
    producer = new_producer(connections[0])
    batch = idempotent(producer, 0, 3)
    assert pipeline(connections[0], topic, [batch] * 6) == [(0, 0)] * 6
    following = idempotent(producer, 3, 2)
    numbers = [(one, one.send(raw.PRODUCE, 9, raw.produce_body(9, {topic: [(0, following)]}))) for one in connections * 2]
    for connection, number in numbers:
        told = raw.read_produce(connection.receive(number, raw.PRODUCE, 9), 9)[(topic, 0)]
        assert (told["error"], told["offset"]) == (0, 3)
    assert pipeline(connections[1], topic, [batch, following]) == [(0, 0), (0, 3)]
    assert raw.list_offset(connections[0], topic, -1)["offset"] == 5


def test_item_31_gaps_and_old_epochs_and_old_duplicates_are_refused(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    producer = new_producer(connection)
    six = [idempotent(producer, sequence) for sequence in range(6)]
    assert pipeline(connection, topic, six) == [(0, offset) for offset in range(6)]
    assert pipeline(connection, topic, six) == [(45, -1)] + [(0, offset) for offset in range(1, 6)]
    assert pipeline(connection, topic, [idempotent(producer, 7)]) == [(45, -1)]  # a gap
    assert pipeline(connection, topic, [idempotent(producer, 5, 2)]) == [(45, -1)]  # overlaps
    assert pipeline(connection, topic, [idempotent(producer, 1, epoch=1)]) == [(45, -1)]
    assert pipeline(connection, topic, [idempotent(producer, 0, epoch=1), idempotent(producer, 1, epoch=1)]) == [(0, 6), (0, 7)]
    assert pipeline(connection, topic, [idempotent(producer, 6), idempotent(producer, 5)]) == [(47, -1)] * 2
    assert pipeline(connection, topic, [idempotent(producer, 1, epoch=1)]) == [(0, 7)]


def test_item_31_what_is_pipelined_behind_a_refused_batch_is_out_of_order(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    producer = new_producer(connection)
    damaged = bytearray(idempotent(producer, 1))
    damaged[-1] ^= 1
    batches = [idempotent(producer, 0), bytes(damaged), idempotent(producer, 2), idempotent(producer, 3)]
    assert pipeline(connection, topic, batches) == [(0, 0), (2, -1), (45, -1), (45, -1)]
    assert pipeline(connection, topic, [idempotent(producer, n) for n in (1, 2, 3)]) == [(0, 1), (0, 2), (0, 3)]


def test_item_32_sequences_go_on_at_zero_after_the_largest(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    between, within = new_producer(connection), new_producer(connection)
    first = [idempotent(between, LARGEST - 1), idempotent(between, LARGEST), idempotent(between, 0), idempotent(between, 1)]
    assert pipeline(connection, topic, first) == [(0, 0), (0, 1), (0, 2), (0, 3)]
    second = [idempotent(within, LARGEST - 1, 4), idempotent(within, 2)]
    assert pipeline(connection, topic, second) == [(0, 4), (0, 8)]
    assert pipeline(connection, topic, first[1:] + second) == [(0, 1), (0, 2), (0, 3), (0, 4), (0, 8)]
    assert pipeline(connection, topic, [idempotent(within, 4)]) == [(45, -1)]


def test_item_35_an_unknown_producer_may_begin_with_any_sequence(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    assert pipeline(connection, topic, [idempotent(1 << 40, 17), idempotent(1 << 40, 18)]) == [(0, 0), (0, 1)]


def test_item_33_duplicates_are_known_after_a_leader_change_and_a_restart(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    producer = new_producer(connection)
    assert pipeline(connection, topic, [idempotent(producer, 0), idempotent(producer, 1)]) == [(0, 0), (0, 1)]
    old_leader = kafka.cluster.leader_of(topic)
    kafka.cluster.kill(kafka.cluster.broker_of(old_leader))
    raw.wait_until(lambda: kafka.cluster.leader_of(topic) != old_leader)
    assert raw.wait_until(lambda: kafka.produced(topic, idempotent(producer, 1)))["offset"] == 1
    assert kafka.produced(topic, idempotent(producer, 2))["offset"] == 2
    for entry in kafka.cluster.processes("broker"):
        if kafka.cluster.is_alive(entry):
            kafka.cluster.kill(entry)
    kafka.cluster.revive()
    assert raw.wait_until(lambda: kafka.produced(topic, idempotent(producer, 2)))["offset"] == 2
    assert kafka.produced(topic, idempotent(producer, 1))["offset"] == 1
    assert kafka.produced(topic, idempotent(producer, 3))["offset"] == 3


def test_item_33_a_retry_of_what_was_truncated_is_stored_as_new(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    producer = new_producer(connection)
    assert pipeline(connection, topic, [idempotent(producer, 0)]) == [(0, 0)]
    leader = kafka.cluster.broker_of(kafka.cluster.leader_of(topic))
    followers = [kafka.cluster.broker_of(broker) for broker in kafka.others(topic)]
    for entry in followers:
        kafka.cluster.kill(entry)
    lost = raw.produce(connection, topic, idempotent(producer, 1, 2), timeout_ms=200)
    assert lost["error"] in (6, 7, 19)
    kafka.cluster.kill(leader)
    for entry in followers:
        kafka.cluster.control.restart(entry["name"])
    raw.wait_until(lambda: kafka.cluster.leader_of(topic) != leader["broker_id"])
    # Somebody else's record takes the place that the lost batch had.
    assert raw.wait_until(lambda: kafka.produced(topic, idempotent(1 << 41, 0)))["offset"] == 1
    kafka.cluster.revive()
    assert raw.wait_until(lambda: kafka.produced(topic, idempotent(producer, 1, 2)))["offset"] == 2
    assert raw.wait_until(lambda: kafka.produced(topic, idempotent(producer, 1, 2)))["offset"] == 2
    records = raw.fetch(kafka.leader(topic), topic, 0)["records"]
    assert [(b["base_offset"], b["producer_id"]) for b in split_batches(records)] == [(0, producer), (1, 1 << 41), (2, producer)]
