"""Reads stored record batches off a broker with a socket, undecoded: what the clients' libraries hide."""

import dataclasses
import socket
import struct

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
FETCH, FETCH_VERSION = 1, 10  # the first that may carry zstd


@dataclasses.dataclass
class StoredBatch:
    base_offset: int
    leader_epoch: int
    codec: str
    records: int
    producer_id: int
    size: int


def _string(text):
    return struct.pack(">h", len(text)) + text.encode()


def _exchange(address, request):
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as answer:
            (size,) = struct.unpack(">i", answer.read(4))
            return answer.read(size)


def fetch_bytes(address, topic, partition, offset=0):
    """The records field of one Fetch, as large as the broker gives it."""
    header = struct.pack(">hhi", FETCH, FETCH_VERSION, 1) + _string("test")
    limits = struct.pack(">iiiibii", -1, 500, 1, 64 << 20, 0, 0, -1)
    place = struct.pack(">i", 1) + _string(topic) + struct.pack(">iiiqqi", 1, partition, -1, offset, -1, 64 << 20)
    place += struct.pack(">i", 0)
    body = _exchange(address, header + limits + place)
    at = 4 + 4 + 2 + 4 + 4 + 2 + len(topic) + 4 + 4  # correlation, throttle, error, session, topics, name, partitions, index
    error, _, _, _, aborted = struct.unpack_from(">hqqqi", body, at)
    assert error == 0, f"Fetch of {topic}/{partition} was answered with error {error}"
    at += 30 + max(aborted, 0) * 16
    (size,) = struct.unpack_from(">i", body, at)
    assert size >= 0, "records must never be null"
    return body[at + 4 : at + 4 + size]


def fetch_batches(address, topic, partition, offset=0):
    data = fetch_bytes(address, topic, partition, offset)
    found = []
    while len(data) >= 61:
        base_offset, length, epoch = struct.unpack_from(">qii", data)
        (attributes,) = struct.unpack_from(">h", data, 21)
        (producer_id,) = struct.unpack_from(">q", data, 43)
        (records,) = struct.unpack_from(">i", data, 57)
        codec = CODECS[attributes & 7]
        found.append(StoredBatch(base_offset, epoch, codec, records, producer_id, 12 + length))
        data = data[12 + length :]
    return found


def leader_address(cluster, topic, partition=0):
    return cluster.broker_of(cluster.leader_of(topic, partition))["kafka"]
