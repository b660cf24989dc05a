"""One TCP connection that speaks the Kafka protocol, and the requests that the tests send."""

import itertools
import socket
import struct
import time

from raw_codec import NONE_UUID, Reader, Writer

PRODUCE, FETCH, LIST_OFFSETS, METADATA, FIND_COORDINATOR = 0, 1, 2, 3, 10
API_VERSIONS, CREATE_TOPICS, DELETE_TOPICS, INIT_PRODUCER_ID = 18, 19, 20, 22
OFFSET_FOR_LEADER_EPOCH, DESCRIBE_CONFIGS, DESCRIBE_CLUSTER = 23, 32, 60

FIRST_FLEXIBLE = {0: 9, 1: 12, 2: 6, 3: 9, 10: 3, 18: 3, 19: 5, 20: 4, 22: 2, 23: 4, 32: 4, 60: 0}

EPOCH_LEFT_OUT = -1


class Closed(Exception):
    """The broker closed the connection."""


def is_flexible(key, version):
    return version >= FIRST_FLEXIBLE.get(key, 99)


class Connection:
    def __init__(self, address, timeout_s=30):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.numbers = itertools.count(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def header(self, key, version, client_id="raw", tags=()):
        number = next(self.numbers)
        out = Writer().i16(key).i16(version).i32(number).text(client_id)
        out.flexible = is_flexible(key, version)
        return number, bytes(out.end(tags).data)

    def send(self, key, version, body, **header):
        number, head = self.header(key, version, **header)
        self.socket.sendall(struct.pack(">i", len(head) + len(body)) + head + bytes(body))
        return number

    def receive_exactly(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except ConnectionError as problem:
                raise Closed from problem
            if not more:
                raise Closed
            data += more
        return data

    def receive_frame(self):
        return self.receive_exactly(struct.unpack(">i", self.receive_exactly(4))[0])

    def receive(self, number, key, version):
        frame = Reader(self.receive_frame(), is_flexible(key, version))
        assert frame.i32() == number, "answers out of order"
        if key != API_VERSIONS:
            frame.end()
        return frame

    def call(self, key, version, body, **header):
        return self.receive(self.send(key, version, body, **header), key, version)

    def is_closed(self):
        """The broker hangs up, without an answer."""
        try:
            self.receive_exactly(1)
        except Closed:
            return True
        return False


def body(key, version):
    return Writer(is_flexible(key, version))


def api_versions_body(version, tags=()):
    out = body(API_VERSIONS, version)
    if version >= 3:
        out.text("raw").text("1")
    return out.end(tags).data


def read_api_versions(answer, version):
    error = answer.i16()
    apis = answer.array(lambda: (answer.i16(), answer.i16(), answer.i16(), answer.end())[:3])
    if version >= 1:
        answer.i32()
    answer.end()
    assert answer.rest() == 0
    return error, apis


def metadata_body(version, topics, create=False, tags=()):
    out = body(METADATA, version)

    def each(name):
        if version >= 10:
            out.raw(NONE_UUID)
        out.text(name).end()

    out.array(topics, each)
    if version >= 4:
        out.flag(create)
    if 8 <= version <= 10:
        out.flag(False)
    if version >= 8:
        out.flag(False)
    return out.end(tags).data


def read_metadata(answer, version):
    told = {}
    if version >= 3:
        answer.i32()

    def broker():
        one = {"id": answer.i32(), "host": answer.text(), "port": answer.i32()}
        if version >= 1:
            answer.text()
        answer.end()
        return one

    def partition():
        one = {"error": answer.i16(), "index": answer.i32(), "leader": answer.i32()}
        one["epoch"] = answer.i32() if version >= 7 else None
        one["replicas"] = answer.array(answer.i32)
        one["isr"] = answer.array(answer.i32)
        if version >= 5:
            answer.array(answer.i32)
        answer.end()
        return one

    def topic():
        one = {"error": answer.i16(), "name": answer.text()}
        if version >= 10:
            one["id"] = answer.uuid()
        if version >= 1:
            answer.flag()
        one["partitions"] = answer.array(partition)
        if version >= 8:
            answer.i32()
        answer.end()
        return one

    told["brokers"] = answer.array(broker)
    if version >= 2:
        told["cluster"] = answer.text()
    if version >= 1:
        told["controller"] = answer.i32()
    told["topics"] = answer.array(topic)
    if 8 <= version <= 10:
        answer.i32()
    answer.end()
    assert answer.rest() == 0
    return told


def metadata(connection, topics, version=12, create=False):
    return read_metadata(connection.call(METADATA, version, metadata_body(version, topics, create)), version)


def produce_body(version, topics, acks=-1, timeout_ms=20_000):
    """`topics`: {name: [(partition, records)]}"""
    out = body(PRODUCE, version)
    out.text(None).i16(acks).i32(timeout_ms)

    def partition(one):
        out.i32(one[0]).octets(one[1]).end()

    def topic(item):
        out.text(item[0]).array(item[1], partition).end()

    return out.array(list(topics.items()), topic).end().data


def read_produce(answer, version):
    told = {}

    def partition():
        one = {"index": answer.i32(), "error": answer.i16(), "offset": answer.i64()}
        one["time"] = answer.i64()
        one["log_start"] = answer.i64() if version >= 5 else None
        if version >= 8:
            one["records"] = answer.array(lambda: (answer.i32(), answer.text(), answer.end())[:2])
            one["message"] = answer.text()
        one["tags"] = answer.end()
        return one

    def topic():
        name = answer.text()
        for one in answer.array(partition):
            told[(name, one["index"])] = one
        answer.end()

    answer.array(topic)
    answer.i32()
    told["tags"] = answer.end()
    assert answer.rest() == 0
    return told


def produce(connection, topic, records, version=9, partition=0, **more):
    made = produce_body(version, {topic: [(partition, records)]}, **more)
    return read_produce(connection.call(PRODUCE, version, made), version)[(topic, partition)]


def fetch_body(version, topic, asked, max_wait_ms=0, min_bytes=1, max_bytes=50 << 20):
    """`asked`: [(partition, offset, leader epoch, partition's max bytes)]"""
    out = body(FETCH, version)
    out.i32(-1).i32(max_wait_ms).i32(min_bytes).i32(max_bytes).i8(0)
    if version >= 7:
        out.i32(0).i32(-1)

    def partition(one):
        index, offset, epoch, most = one
        out.i32(index)
        if version >= 9:
            out.i32(epoch)
        out.i64(offset)
        if version >= 12:
            out.i32(-1)
        if version >= 5:
            out.i64(-1)
        out.i32(most).end()

    out.array([topic], lambda name: out.text(name).array(asked, partition).end())
    if version >= 7:
        out.array([], None)
    if version >= 11:
        out.text("")
    return out.end().data


def read_fetch(answer, version):
    told = {}
    answer.i32()
    if version >= 7:
        told["error"], told["session"] = answer.i16(), answer.i32()

    def partition():
        one = {"index": answer.i32(), "error": answer.i16(), "high_watermark": answer.i64(), "stable": answer.i64()}
        if version >= 5:
            one["log_start"] = answer.i64()
        one["aborted"] = answer.array(lambda: (answer.i64(), answer.i64(), answer.end()))
        if version >= 11:
            one["preferred"] = answer.i32()
        one["records"] = answer.octets()
        one["tags"] = answer.end()
        return one

    def topic():
        answer.text()
        for one in answer.array(partition):
            told[one["index"]] = one
        answer.end()

    answer.array(topic)
    answer.end()
    assert answer.rest() == 0
    return told


def fetch(connection, topic, offset, version=12, partition=0, epoch=EPOCH_LEFT_OUT, most=1 << 20, **more):
    made = fetch_body(version, topic, [(partition, offset, epoch, most)], **more)
    return read_fetch(connection.call(FETCH, version, made), version)[partition]


def list_offset(connection, topic, timestamp, version=7, partition=0, epoch=EPOCH_LEFT_OUT):
    out = body(LIST_OFFSETS, version).i32(-1)
    if version >= 2:
        out.i8(0)

    def one(_):
        out.i32(partition)
        if version >= 4:
            out.i32(epoch)
        out.i64(timestamp).end()

    out.array([topic], lambda name: out.text(name).array([0], one).end()).end()
    answer = connection.call(LIST_OFFSETS, version, out.data)
    if version >= 2:
        answer.i32()
    told = {}

    def partition_told():
        answer.i32()
        told.update(error=answer.i16(), timestamp=answer.i64(), offset=answer.i64())
        told["epoch"] = answer.i32() if version >= 4 else None
        answer.end()

    answer.array(lambda: (answer.text(), answer.array(partition_told), answer.end()))
    answer.end()
    assert answer.rest() == 0
    return told


def end_of_epoch(connection, topic, epoch, version=4, current=EPOCH_LEFT_OUT):
    out = body(OFFSET_FOR_LEADER_EPOCH, version)
    if version >= 3:
        out.i32(-1)

    def one(_):
        out.i32(0).i32(current).i32(epoch).end()

    out.array([topic], lambda name: out.text(name).array([0], one).end()).end()
    answer = connection.call(OFFSET_FOR_LEADER_EPOCH, version, out.data)
    answer.i32()
    told = {}

    def partition_told():
        told.update(error=answer.i16(), index=answer.i32(), epoch=answer.i32(), end=answer.i64())
        answer.end()

    answer.array(lambda: (answer.text(), answer.array(partition_told), answer.end()))
    answer.end()
    assert answer.rest() == 0
    return told


def init_producer_id(connection, version=4, timeout_ms=60_000):
    out = body(INIT_PRODUCER_ID, version).text(None).i32(timeout_ms)
    if version >= 3:
        out.i64(-1).i16(-1)
    answer = connection.call(INIT_PRODUCER_ID, version, out.end().data)
    answer.i32()
    told = {"error": answer.i16(), "id": answer.i64(), "epoch": answer.i16()}
    answer.end()
    assert answer.rest() == 0
    return told


def wait_until(check, timeout_s=30):
    """The first true value that `check` gives."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        value = check()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("what the test waits for did not happen in time")
