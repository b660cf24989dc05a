"""Reads the replicas of a stopped broker off its disk, from docs/on-disk-format.md alone: nothing is shared with the code
that wrote them. What a torn tail or damage looks like is not its affair: `marquee log verify` tells that."""

import dataclasses
import hashlib
import mmap
import pathlib
import struct
import uuid

WAL_HEADER = struct.Struct(">4sHBBQQQQ")
RECORD = struct.Struct(">4sBBHQQQQ16siIII")
FIRST_RECORD = 4096
RECORD_HEADER_BYTES = 80
CREATED, APPEND, TRUNCATE, REMOVED, CHECKPOINTED, CHECKPOINT_END = 1, 2, 4, 7, 10, 11
ENTRY = struct.Struct(">2sBBIIIQQqqII8x")
DATA = 3


class Unreadable(Exception):
    """What lies there is not what the format says."""


@dataclasses.dataclass
class Entry:
    type: int
    term: int
    index: int
    base_offset: int
    count: int
    digest: str
    payload: bytes


@dataclasses.dataclass
class Replica:
    """One partition at one broker. Entries up to `segments_end` are in segments, which hold committed ones only."""

    topic_id: str
    partition: int
    folder: pathlib.Path
    segments_end: int
    _file_bytes: int
    _active_base: int
    _tail: dict  # index -> bytes of the entry

    def entries(self):
        """In the order of their indexes."""
        for path in sorted(self.folder.glob("*.segment")):
            base = int(path.stem)
            if base > self._active_base:
                continue  # of a checkpoint that was not completed
            data = path.read_bytes()
            end = self._file_bytes if base == self._active_base else len(data)
            yield from _entries_of(data, end, path)
        for index in sorted(self._tail):
            yield parse_entry(self._tail[index], 0, f"{self.folder}, entry {index} in the write-ahead log")[0]


def parse_entry(data, at, where):
    """The entry at `at`, and where the next one begins."""
    if len(data) - at < ENTRY.size:
        raise Unreadable(f"{where}: an entry is cut short")
    magic, version, kind, _, head, payload, term, index, base, _, count, _ = ENTRY.unpack_from(data, at)
    if magic != b"ME" or version != 1:
        raise Unreadable(f"{where}, byte {at}: there is no entry")
    end = at + ENTRY.size + head + payload
    whole = bytes(data[at:end])
    digest = hashlib.blake2b(whole, digest_size=12).hexdigest()
    return Entry(kind, term, index, base, count, digest, whole[ENTRY.size + head :]), end


def _entries_of(data, end, path):
    if data[:4] != b"MSEG":
        raise Unreadable(f"{path}: there is no segment")
    (at,) = struct.unpack_from(">I", data, 8)
    while at < end:
        entry, at = parse_entry(data, at, path)
        yield entry


def replicas(data_dir):
    """Every replica that the data directory of a stopped broker holds, as the write-ahead log says."""
    data_dir = pathlib.Path(data_dir)
    found = {}
    for group, kind, payload in _replayed(data_dir / "wal"):
        if kind in (CREATED, CHECKPOINTED):
            found[group] = _facts(payload) | {"tail": {}}
        elif kind == REMOVED:
            found.pop(group, None)
        elif kind == APPEND and group in found:
            entry, _ = parse_entry(payload, 0, f"{data_dir}/wal")
            found[group]["tail"][entry.index] = payload
        elif kind == TRUNCATE and group in found:
            (first,) = struct.unpack(">q", payload[:8])
            found[group]["tail"] = {i: b for i, b in found[group]["tail"].items() if i < first}
    for (topic, partition), facts in found.items():
        topic_id = str(uuid.UUID(bytes=topic))
        folder = data_dir / "data" / topic_id / str(partition)
        tail = {i: b for i, b in facts["tail"].items() if i > facts["last_index"]}
        yield Replica(topic_id, partition, folder, facts["last_index"], facts["file_bytes"], facts["base"], tail)


def _facts(payload):
    """Of a group's facts: where its segments end."""
    hard_state_bytes = 21
    (bootstrap,) = struct.unpack_from(">I", payload, hard_state_bytes)
    base, file_bytes, last_index = struct.unpack_from(">qQq", payload, hard_state_bytes + 4 + bootstrap)
    return {"base": base, "file_bytes": file_bytes, "last_index": last_index}


def _replayed(folder):
    """(group, type, payload) of every record that counts, from the newest complete checkpoint on."""
    files = sorted((file for file in map(_wal_file, folder.glob("*.wal")) if file), key=lambda file: file[0])
    for begin in reversed(range(len(files))):
        if files[begin][2] and CHECKPOINT_END in (kind for _, kind, _ in _chain(files, begin)):
            yield from _chain(files, begin)
            return
    raise Unreadable(f"{folder}: there is no complete checkpoint")


def _chain(files, begin):
    """The files follow each other by generation and sequence number; another checkpoint's beginning ends them."""
    expected = files[begin][1]
    for number, (generation, first, begins, data) in enumerate(files[begin:]):
        if generation != files[begin][0] + number or first > expected or (number and begins):
            return
        following = files[begin + number + 1] if begin + number + 1 < len(files) else None
        until = following[1] if following and following[0] == generation + 1 and following[1] >= first else None
        at, expected = FIRST_RECORD, first
        while at + RECORD_HEADER_BYTES <= len(data):
            magic, _, kind, _, of, lsn, _, position, topic, partition, size, span, _ = RECORD.unpack_from(data, at)
            if magic != b"MWAL" or of != generation or lsn != expected or position != at or lsn == until:
                break
            yield (topic, partition), kind, data[at + RECORD_HEADER_BYTES : at + RECORD_HEADER_BYTES + size]
            at, expected = at + span, expected + 1


def _wal_file(path):
    """(generation, first sequence number, begins with a checkpoint, content), or None if it was never used."""
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    magic, _, begins, _, generation, first, _, _ = WAL_HEADER.unpack_from(data)
    return (generation, first, begins, data) if magic == b"MWLF" else None
