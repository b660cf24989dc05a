"""Items 1 to 12 of kafka-protocol-checklist.md: versions, order, and what closes a connection."""

import resource
import socket
import struct

import pytest
import raw_client as raw
from raw_codec import Batch, Writer

ADVERTISED = {
    0: (0, 11),
    1: (4, 12),
    2: (1, 7),
    3: (0, 12),
    10: (0, 4),
    18: (0, 4),
    19: (2, 7),
    20: (1, 6),
    22: (0, 5),
    23: (2, 4),
    32: (1, 4),
    60: (0, 1),
}
FIRST_SERVED_PRODUCE = 3


def empty_request(key, version):
    """The shortest request of that API and version."""
    out = raw.body(key, version)
    if key == raw.PRODUCE:
        return raw.produce_body(version, {})
    if key == raw.FETCH:
        out.i32(-1).i32(0).i32(0).i32(1).i8(0)
        if version >= 7:
            out.i32(0).i32(-1)
        out.count(0)
        if version >= 7:
            out.count(0)
        if version >= 11:
            out.text("")
    elif key == raw.LIST_OFFSETS:
        out.i32(-1)
        if version >= 2:
            out.i8(0)
        out.count(0)
    elif key == raw.METADATA:
        return raw.metadata_body(version, ["nosuch"], create=False) if version >= 4 else raw.metadata_body(version, [])
    elif key == raw.FIND_COORDINATOR:
        if version < 4:
            out.text("group")
        if version >= 1:
            out.i8(0)
        if version >= 4:
            out.array(["group"], out.text)
    elif key == raw.API_VERSIONS:
        return raw.api_versions_body(version)
    elif key == raw.CREATE_TOPICS:
        out.count(0).i32(1000).flag(False)
    elif key == raw.DELETE_TOPICS:
        out.count(0).i32(1000)
    elif key == raw.INIT_PRODUCER_ID:
        out.text(None).i32(1000)
        if version >= 3:
            out.i64(-1).i16(-1)
    elif key == raw.OFFSET_FOR_LEADER_EPOCH:
        if version >= 3:
            out.i32(-1)
        out.count(0)
    elif key == raw.DESCRIBE_CONFIGS:
        out.count(0).flag(False)
        if version >= 3:
            out.flag(False)
    elif key == raw.DESCRIBE_CLUSTER:
        out.flag(False)
        if version >= 1:
            out.i8(1)
    else:
        raise AssertionError(f"API {key} is advertised, but this test does not know it")
    return out.end().data


def api_versions(connection, version):
    return raw.read_api_versions(connection.call(raw.API_VERSIONS, version, raw.api_versions_body(version)), version)


def still_serves(kafka):
    assert api_versions(kafka.connect(), 0)[0] == 0


def test_item_01_api_versions_gives_the_same_list_in_every_version(kafka):
    lists = [api_versions(kafka.connect(), version) for version in range(5)]
    assert all(one == lists[0] for one in lists)
    assert {key: (least, most) for key, least, most in lists[0][1]} == ADVERTISED


def test_item_02_api_versions_that_are_too_new_are_answered_in_version_zero(kafka):
    for version in (5, 99):
        connection = kafka.connect()
        number = connection.send(raw.API_VERSIONS, version, raw.api_versions_body(4))
        answer = connection.receive(number, raw.API_VERSIONS, 0)
        assert raw.read_api_versions(answer, 0) == (35, [(18, 0, 4)])
        assert api_versions(connection, 4)[0] == 0


def test_item_03_two_requests_in_one_write_are_answered_in_order(kafka):
    connection = kafka.connect()
    frames = b""
    numbers = []
    for key, made in ((raw.API_VERSIONS, b""), (raw.METADATA, raw.metadata_body(0, []))):
        number, head = connection.header(key, 0)
        numbers.append(number)
        frames += struct.pack(">i", len(head) + len(made)) + head + bytes(made)
    connection.socket.sendall(frames)
    assert raw.read_api_versions(connection.receive(numbers[0], raw.API_VERSIONS, 0), 0)[0] == 0
    assert raw.read_metadata(connection.receive(numbers[1], raw.METADATA, 0), 0)["brokers"]


def test_item_04_find_coordinator_may_come_first_and_has_no_coordinator_yet(kafka):
    answer = kafka.connect().call(raw.FIND_COORDINATOR, 0, empty_request(raw.FIND_COORDINATOR, 0))
    assert (answer.i16(), answer.i32(), answer.text(), answer.i32()) == (15, -1, "", -1)


def test_item_05_every_advertised_version_is_served(kafka):
    _, apis = api_versions(kafka.connect(), 4)
    connection = kafka.connect()
    for key, least, most in apis:
        for version in range(max(least, FIRST_SERVED_PRODUCE) if key == raw.PRODUCE else least, most + 1):
            connection.call(key, version, empty_request(key, version))


def test_item_06_unknown_tagged_fields_are_skipped(kafka):
    tags = [(0, b""), (1, b"x"), (2, b"yy"), (3, bytes(300)), (9999, b"later")]
    connection = kafka.connect()
    answer = connection.call(raw.METADATA, 12, raw.metadata_body(12, [], tags=tags), tags=tags)
    assert raw.read_metadata(answer, 12)["brokers"]
    answer = connection.call(raw.API_VERSIONS, 4, raw.api_versions_body(4, tags), tags=tags)
    assert raw.read_api_versions(answer, 4)[0] == 0


def test_item_07_stray_bytes_at_the_end_are_ignored(kafka):
    connection = kafka.connect()
    answer = connection.call(raw.METADATA, 12, bytes(raw.metadata_body(12, None)) + bytes(3))
    assert raw.read_metadata(answer, 12)["brokers"]


@pytest.mark.parametrize("key, version", [(99, 0), (-1, 0), (raw.PRODUCE, 2), (raw.FETCH, 18), (raw.METADATA, 13)])
def test_item_08_unknown_api_key_or_version_closes_only_that_connection(kafka, key, version):
    other = kafka.connect()
    connection = kafka.connect()
    connection.send(key, version, bytes(20))
    assert connection.is_closed()
    assert api_versions(other, 0)[0] == 0


@pytest.mark.parametrize(
    "opening",
    [
        struct.pack(">i", -1),
        struct.pack(">i", 0),
        struct.pack(">i", 2**31 - 1),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        bytes.fromhex("160301020001fc0303") + bytes(60),
    ],
)
def test_item_09_what_is_no_request_is_closed_before_memory_is_taken(kafka, opening):
    connection = kafka.connect()
    connection.socket.sendall(opening)
    assert connection.is_closed()
    still_serves(kafka)


def test_item_09_a_large_announcement_takes_no_memory_until_it_arrives(kafka):
    before = resident_bytes(kafka)
    for _ in range(50):
        kafka.connect().socket.sendall(struct.pack(">i", 60 << 20))
    still_serves(kafka)
    assert resident_bytes(kafka) - before < 500 << 20


def test_item_10_pipelined_requests_are_answered_in_their_order(kafka):
    topic = kafka.topic()
    connection = kafka.leader(topic)
    sent = []
    for i in range(50):
        key, version, made = [
            (raw.METADATA, 12, raw.metadata_body(12, [topic])),
            (raw.PRODUCE, 9, raw.produce_body(9, {topic: [(0, Batch().encode())]})),
            (raw.LIST_OFFSETS, 7, empty_request(raw.LIST_OFFSETS, 7)),
        ][i % 3]
        if i == 25:  # far beyond the log end of that moment: waits in vain
            key, version = raw.FETCH, 12
            made = raw.fetch_body(12, topic, [(0, 0, -1, 1 << 20)], max_wait_ms=300, min_bytes=1 << 20)
        sent.append((connection.send(key, version, made), key, version))
    for number, key, version in sent:
        connection.receive(number, key, version)


@pytest.mark.parametrize("client_id", [None, "", "x" * 32_000, "\u00e4\u4e2d\U0001f600", b"\xff\xfe"])
def test_item_11_any_client_id_is_accepted(kafka, client_id):
    for version in (0, 12):
        connection = kafka.connect()
        answer = connection.call(raw.METADATA, version, raw.metadata_body(version, []), client_id=client_id)
        assert raw.read_metadata(answer, version)["brokers"]


def test_item_12_connections_that_are_dropped_half_way_leave_nothing_behind(kafka):
    """Waves of what one process may open; more than 10,000 in all."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wave = min(500, soft // 2)
    address = kafka.cluster.processes("broker")[0]["kafka"].rsplit(":", 1)
    half = struct.pack(">i", 1000) + bytes(100)
    before = None
    files_before = open_files(kafka)
    for opened in range(0, 10_500, wave):
        sockets = [socket.create_connection((address[0], int(address[1])), timeout=30) for _ in range(wave)]
        for one in sockets:
            one.sendall(half)
        for one in sockets:
            one.close()
        if opened == 2 * wave:
            raw.wait_until(lambda: open_files(kafka) < files_before + 50)
            before = resident_bytes(kafka)
    raw.wait_until(lambda: open_files(kafka) < files_before + 50)
    still_serves(kafka)
    # AddressSanitizer keeps what was freed, up to 256 MiB.
    allowance = 256 << 20 if is_sanitized(kafka) else 0
    assert resident_bytes(kafka) - before < (64 << 20) + allowance


def is_sanitized(kafka):
    with open(f"/proc/{kafka.cluster.processes('broker')[0]['pid']}/exe", "rb") as executable:
        return b"AddressSanitizer" in executable.read()


def open_files(kafka):
    import os

    return len(os.listdir(f"/proc/{kafka.cluster.processes('broker')[0]['pid']}/fd"))


def resident_bytes(kafka):
    with open(f"/proc/{kafka.cluster.processes('broker')[0]['pid']}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def test_a_request_that_cannot_be_parsed_closes_only_its_connection(kafka):
    connection = kafka.connect()
    connection.send(raw.METADATA, 12, Writer().uvarint(1000).data)
    assert connection.is_closed()
    still_serves(kafka)
