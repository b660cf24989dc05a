"""Messages of all shapes, each with an id of its own, as HTTP sends them and as bytes."""

import base64

from history import events

KEYS = 40


class MessageMaker:
    """What one client sends; `choose` is its own random generator."""

    def __init__(self, client, choose, partitions):
        self.client, self.choose, self.partitions = client, choose, partitions

    def make(self, op, item):
        """(key, value, headers as pairs, explicit partition or None)"""
        name = events.message_id(self.client, op, item).encode()
        shape = self.choose.random()
        if shape < 0.04:
            return name, None, [], None  # a tombstone: the key tells who it is
        key = b"key-%d" % self.choose.randrange(KEYS) if shape < 0.5 else None
        filling = self.choose.choice((0, 20, 200, 200, 2000))
        value = name + b" " + (self.choose.randbytes(filling) if shape > 0.9 else b"x" * filling)
        headers = [("kind", b"\xff\x00" if shape > 0.95 else b"text")] if self.choose.random() < 0.2 else []
        partition = self.choose.randrange(self.partitions) if key is None and self.choose.random() < 0.3 else None
        return key, value, headers, partition

    @staticmethod
    def noted(message):
        """As the history holds it."""
        key, value, headers, partition = message
        # Who names the partition decides against the key: only keys that choose their partition are compared.
        compared = key.decode("latin-1") if key is not None and partition is None and not key.startswith(b"m:") else None
        return {"digest": events.digest_of(key, value, headers), "key": compared}


def as_json(message):
    key, value, headers, partition = message
    made = {}
    for field, content in (("key", key), ("message", value)):
        if content is None:
            continue
        try:
            made[field] = content.decode()
        except UnicodeDecodeError:
            made[field + "_base64"] = base64.b64encode(content).decode()
    if value is None:
        made["tombstone"] = True
    for name, content in headers:
        try:
            made.setdefault("headers", {})[name] = content.decode()
        except UnicodeDecodeError:
            made.setdefault("headers_base64", {})[name] = base64.b64encode(content).decode()
    if partition is not None:
        made["partition"] = partition
    return made
