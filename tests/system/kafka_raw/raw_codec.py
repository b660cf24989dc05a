"""Bytes of the Kafka protocol, written by hand from kafka-protocol.md so that nothing is shared with the broker."""

import gzip
import struct

NONE_UUID = bytes(16)


class Writer:
    """Fields in order. `flexible`: compact lengths, and tagged fields at the end of structures."""

    def __init__(self, flexible=False):
        self.data = bytearray()
        self.flexible = flexible

    def i8(self, value):
        return self.raw(struct.pack(">b", value))

    def i16(self, value):
        return self.raw(struct.pack(">h", value))

    def i32(self, value):
        return self.raw(struct.pack(">i", value))

    def i64(self, value):
        return self.raw(struct.pack(">q", value))

    def flag(self, value):
        return self.i8(1 if value else 0)

    def raw(self, octets):
        self.data += octets
        return self

    def uvarint(self, value):
        while value >= 0x80:
            self.data.append(value & 0x7F | 0x80)
            value >>= 7
        self.data.append(value)
        return self

    def varint(self, value):
        return self.uvarint((value << 1) ^ (value >> 63) if value >= 0 else ((-value) << 1) - 1)

    def text(self, value):
        octets = None if value is None else value if isinstance(value, bytes) else value.encode()
        if self.flexible:
            self.uvarint(0 if octets is None else len(octets) + 1)
        else:
            self.i16(-1 if octets is None else len(octets))
        return self.raw(octets or b"")

    def octets(self, value):
        if self.flexible:
            self.uvarint(0 if value is None else len(value) + 1)
        else:
            self.i32(-1 if value is None else len(value))
        return self.raw(value or b"")

    def count(self, value):
        return self.uvarint(value + 1) if self.flexible else self.i32(value)

    def array(self, items, each):
        if items is None:
            return self.count(-1)
        self.count(len(items))
        for item in items:
            each(item)
        return self

    def end(self, tags=()):
        if self.flexible:
            self.uvarint(len(tags))
            for tag, octets in tags:
                self.uvarint(tag).uvarint(len(octets)).raw(octets)
        return self


class Reader:
    def __init__(self, data, flexible=False):
        self.data = data
        self.at = 0
        self.flexible = flexible

    def take(self, size):
        assert 0 <= size <= len(self.data) - self.at, "the answer is cut short"
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def i8(self):
        return self.number(">b")

    def i16(self):
        return self.number(">h")

    def i32(self):
        return self.number(">i")

    def i64(self):
        return self.number(">q")

    def flag(self):
        return self.i8() != 0

    def uuid(self):
        return bytes(self.take(16))

    def uvarint(self):
        value = shift = 0
        while True:
            octet = self.take(1)[0]
            value |= (octet & 0x7F) << shift
            if octet < 0x80:
                return value
            shift += 7

    def varint(self):
        value = self.uvarint()
        return (value >> 1) ^ -(value & 1)

    def text(self):
        size = self.uvarint() - 1 if self.flexible else self.i16()
        return None if size < 0 else bytes(self.take(size)).decode()

    def octets(self):
        size = self.uvarint() - 1 if self.flexible else self.i32()
        return None if size < 0 else bytes(self.take(size))

    def array(self, each):
        size = self.uvarint() - 1 if self.flexible else self.i32()
        return None if size < 0 else [each() for _ in range(size)]

    def end(self):
        """Tagged fields, by tag."""
        if not self.flexible:
            return {}
        tags = {}
        for _ in range(self.uvarint()):
            tag = self.uvarint()
            tags[tag] = bytes(self.take(self.uvarint()))
        return tags

    def rest(self):
        return len(self.data) - self.at


def _make_crc_table():
    table = []
    for octet in range(256):
        value = octet
        for _ in range(8):
            value = (value >> 1) ^ 0x82F63B78 if value & 1 else value >> 1
        table.append(value)
    return table


_CRC_TABLE = _make_crc_table()


def crc32c(data):
    value = 0xFFFFFFFF
    for octet in data:
        value = (value >> 8) ^ _CRC_TABLE[(value ^ octet) & 0xFF]
    return value ^ 0xFFFFFFFF


def record(index, value, key=None, timestamp_delta=0, headers=()):
    body = Writer().i8(0).varint(timestamp_delta).varint(index)
    for part in (key, value):
        body.varint(-1 if part is None else len(part)).raw(part or b"")
    body.varint(len(headers))
    for name, content in headers:
        body.varint(len(name)).raw(name).varint(-1 if content is None else len(content)).raw(content or b"")
    return bytes(Writer().varint(len(body.data)).raw(body.data).data)


class Batch:
    """A record batch whose every field can be wrong. The checksum is right unless `crc` says otherwise."""

    def __init__(self, values=(b"v",), **fields):
        self.values = list(values)
        self.base_offset = 0
        self.leader_epoch = -1
        self.magic = 2
        self.crc = None
        self.codec = 0
        self.attributes = None
        self.last_offset_delta = len(self.values) - 1
        self.timestamps = [1_700_000_000_000] * len(self.values)
        self.max_timestamp = None
        self.producer_id = -1
        self.producer_epoch = -1
        self.base_sequence = -1
        self.record_count = len(self.values)
        self.records = None
        self.length = None
        for name, value in fields.items():
            assert hasattr(self, name), name
            setattr(self, name, value)

    def encode(self):
        base = self.timestamps[0]
        records = self.records
        if records is None:
            records = b"".join(record(i, v, timestamp_delta=t - base) for i, (v, t) in enumerate(zip(self.values, self.timestamps)))
            if self.codec == 1:
                records = gzip.compress(records)
        attributes = self.codec if self.attributes is None else self.attributes
        largest = max(self.timestamps) if self.max_timestamp is None else self.max_timestamp
        checked = struct.pack(
            ">hiqqqhii",
            attributes,
            self.last_offset_delta,
            base,
            largest,
            self.producer_id,
            self.producer_epoch,
            self.base_sequence,
            self.record_count,
        )
        checked += records
        crc = crc32c(checked) if self.crc is None else self.crc
        length = len(checked) + 9 if self.length is None else self.length
        return struct.pack(">qiibI", self.base_offset, length, self.leader_epoch, self.magic, crc) + checked


def idempotent(producer, sequence, count=1, epoch=0):
    return Batch([b"v"] * count, producer_id=producer, producer_epoch=epoch, base_sequence=sequence).encode()


def split_batches(records):
    """Headers of the batches in a Fetch answer, with their bytes; a cut last one is left out."""
    found = []
    while len(records) >= 61:
        base, length, epoch, magic, crc = struct.unpack(">qiibI", records[:21])
        if len(records) < 12 + length:
            break
        batch = records[: 12 + length]
        fields = struct.unpack(">hiqqqhii", batch[21:61])
        names = "attributes last_offset_delta base_timestamp max_timestamp producer_id producer_epoch base_sequence record_count"
        header = dict(zip(names.split(), fields))
        header.update(base_offset=base, leader_epoch=epoch, magic=magic, crc=crc, bytes=batch)
        assert crc32c(batch[21:]) == crc, "a stored batch has a wrong checksum"
        found.append(header)
        records = records[12 + length :]
    return found
