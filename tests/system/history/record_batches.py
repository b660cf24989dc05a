"""Records of stored batches (Kafka's format v2), read by hand; uncompressed or gzip, which is what chaos sends."""

import struct
import zlib

BATCH = struct.Struct(">qiibIhiqqqhii")


class Record:
    __slots__ = ("offset", "key", "value", "headers", "producer_id")

    def __init__(self, offset, key, value, headers, producer_id):
        self.offset, self.key, self.value = offset, key, value
        self.headers, self.producer_id = headers, producer_id


def records_of(payload):
    """Of one or more batches, one after the other."""
    at = 0
    while at < len(payload):
        base, length, _, magic, _, attributes, _, _, _, producer_id, _, _, count = BATCH.unpack_from(payload, at)
        assert magic == 2, f"a batch of version {magic}"
        data = payload[at + BATCH.size : at + 12 + length]
        codec = attributes & 7
        assert codec in (0, 1), f"codec {codec} is not read here"
        yield from _records(zlib.decompress(data, 31) if codec else data, base, producer_id, count)
        at += 12 + length


def _records(data, base, producer_id, count):
    at = 0
    for _ in range(count):
        _, at = _varint(data, at)
        _, at = _varint(data, at + 1)  # behind the attributes: the timestamp
        delta, at = _varint(data, at)
        key, at = _octets(data, at)
        value, at = _octets(data, at)
        pairs, at = _varint(data, at)
        headers = []
        for _ in range(pairs):
            name, at = _octets(data, at)
            content, at = _octets(data, at)
            headers.append((name.decode(), content))
        yield Record(base + delta, key, value, headers, producer_id)


def _varint(data, at):
    value = shift = 0
    while True:
        octet = data[at]
        at += 1
        value |= (octet & 0x7F) << shift
        if octet < 0x80:
            return (value >> 1) ^ -(value & 1), at
        shift += 7


def _octets(data, at):
    size, at = _varint(data, at)
    return (None, at) if size < 0 else (bytes(data[at : at + size]), at + size)
