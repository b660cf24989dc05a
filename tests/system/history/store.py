"""A history in SQLite, on disk: the rules join millions of rows without holding them in memory."""

import json
import sqlite3

SCHEMA = """
CREATE TABLE client(client TEXT PRIMARY KEY, sequenced INT, ordered INT, resends INT);
CREATE TABLE attempt(client TEXT, op INT, try INT, start INT, end INT, topic TEXT, sequence INT);
CREATE TABLE item(id TEXT, client TEXT, op INT, item INT, topic TEXT, digest TEXT, start INT, key_digest TEXT);
CREATE TABLE result(id TEXT, try INT, start INT, end INT, ok INT, topic TEXT, partition INT, offset INT, duplicate INT,
                    outcome TEXT, code TEXT);
CREATE TABLE entry(replica TEXT, topic TEXT, partition INT, idx INT, term INT, base_offset INT, count INT, digest TEXT);
CREATE TABLE log_end(replica TEXT, topic TEXT, partition INT, committed_index INT);
CREATE TABLE stored(topic TEXT, partition INT, offset INT, id TEXT, digest TEXT, idx INT, term INT, producer_id INT);
CREATE TABLE consumed(client TEXT, op INT, try INT, start INT, end INT, topic TEXT, mode TEXT, poll INT, ok INT,
                      code TEXT, skipped INT, messages TEXT);
CREATE TABLE delivered(client TEXT, op INT, try INT, start INT, end INT, topic TEXT, partition INT, offset INT,
                       digest TEXT);
CREATE TABLE position(client TEXT, topic TEXT, partition INT, offset INT, start INT, end INT, source TEXT);
CREATE TABLE watermark(topic TEXT, partition INT, source TEXT, start INT, end INT, high INT, log_start INT);
CREATE TABLE fault(number INT, kind TEXT, target TEXT, start INT, healed INT, progress_ms INT);
CREATE TABLE drained(client TEXT, topic TEXT, partition INT, offset INT);
CREATE TABLE final(topic TEXT, partition INT, log_start INT, high INT);
CREATE TABLE surprise(client TEXT, op INT, start INT, end INT, text TEXT);
"""

INDEXES = """
CREATE UNIQUE INDEX item_id ON item(id);
CREATE INDEX result_id ON result(id);
CREATE INDEX result_place ON result(topic, partition, offset);
CREATE INDEX stored_place ON stored(topic, partition, offset);
CREATE INDEX stored_id ON stored(id);
CREATE INDEX entry_place ON entry(topic, partition, idx, replica);
CREATE INDEX delivered_place ON delivered(topic, partition, offset);
CREATE INDEX consumed_order ON consumed(client, op, try);
CREATE INDEX watermark_place ON watermark(topic, partition, start);
CREATE INDEX position_place ON position(client, topic, partition, start);
ANALYZE;
"""

BATCH = 5000


class HistoryStore:
    """Takes the events in any order; after `seal` it can be asked. Owns the file at `path`, which must not exist."""

    def __init__(self, path):
        self.db = sqlite3.connect(str(path))
        self.db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;" + SCHEMA)
        self._waiting = {}

    def take(self, event):
        getattr(self, "_take_" + event["e"])(event)

    def seal(self):
        for table in list(self._waiting):
            self._flush(table)
        self.db.executescript(INDEXES)
        self.db.commit()

    def rows(self, statement, *arguments):
        return self.db.execute(statement, arguments)

    def one(self, statement, *arguments):
        return self.db.execute(statement, arguments).fetchone()[0]

    def close(self):
        self.db.close()

    def _add(self, table, *row):
        waiting = self._waiting.setdefault(table, [])
        waiting.append(row)
        if len(waiting) >= BATCH:
            self._flush(table)

    def _flush(self, table):
        rows = self._waiting.pop(table)
        marks = ",".join("?" * len(rows[0]))
        self.db.executemany(f"INSERT INTO {table} VALUES({marks})", rows)

    def _take_client(self, e):
        self._add("client", e["client"], e["sequenced"], e["ordered"], e["resends"])

    def _take_registered(self, e):
        """Only for people, who find the consumer in logs by it."""

    def _take_produce(self, e):
        client, op, attempt = e["client"], e["op"], e["try"]
        start, end, topic = e["start"], e["end"], e["topic"]
        self._add("attempt", client, op, attempt, start, end, topic, e.get("sequence"))
        for number, item in enumerate(e.get("items", ())):
            name = f"m:{client}/{op}/{number}"
            self._add("item", name, client, op, number, topic, item["digest"], start, item.get("key"))
        for number, told in enumerate(e["results"]):
            name = f"m:{client}/{op}/{number}"
            place = (told.get("partition"), told.get("offset"), told.get("duplicate", False))
            why = (told.get("outcome"), told.get("code"))
            self._add("result", name, attempt, start, end, told["ok"], topic, *place, *why)

    def _take_entry(self, e):
        place = (e["topic"], e["partition"], e["index"])
        self._add("entry", e["replica"], *place, e["term"], e["base_offset"], e["count"], e["digest"])

    def _take_log_end(self, e):
        self._add("log_end", e["replica"], e["topic"], e["partition"], e["committed_index"])

    def _take_stored(self, e):
        place = (e["topic"], e["partition"], e["offset"])
        self._add("stored", *place, e["id"], e["digest"], e["index"], e["term"], e["producer_id"])

    def _take_consume(self, e):
        who = (e["client"], e["op"], e["try"], e["start"], e["end"], e["topic"])
        messages = e.get("messages", [])
        what = (e["mode"], e.get("poll"), e["ok"], e.get("code"), e.get("skipped", 0))
        self._add("consumed", *who, *what, json.dumps([m[:2] for m in messages]))
        if e["ok"]:
            for partition, offset, digest in messages:
                self._add("delivered", *who, partition, offset, digest)

    def _take_position(self, e):
        """`source`: `committed` (asked) or `commit` (an acknowledged commit)."""
        for partition, offset in e["positions"]:
            self._add("position", e["client"], e["topic"], partition, offset, e["start"], e["end"], e["source"])

    def _take_watermark(self, e):
        where = (e["topic"], e["partition"], e["source"])
        self._add("watermark", *where, e["start"], e["end"], e["high"], e["log_start"])

    def _take_fault(self, e):
        self._add("fault", e["number"], e["kind"], e["target"], e["start"], e["healed"], e["progress_ms"])

    def _take_drained(self, e):
        for partition, offset in e["positions"]:
            self._add("drained", e["client"], e["topic"], partition, offset)

    def _take_final(self, e):
        self._add("final", e["topic"], e["partition"], e["log_start"], e["high"])

    def _take_surprise(self, e):
        self._add("surprise", e["client"], e["op"], e["start"], e["end"], e["text"])
