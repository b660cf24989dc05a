"""The history of a run: one JSON object per line, written as things happen (README.md lists the kinds).

Times are nanoseconds of the machine's monotonic clock, so that lines of several processes can be compared.
"""

import base64
import hashlib
import json
import re
import struct
import threading
import time

MESSAGE_ID = re.compile(rb"^m:([A-Za-z0-9.-]+)/(\d+)/(\d+)(?: |$)")

DEFINITE, UNKNOWN = "definite", "unknown"


def now():
    return time.monotonic_ns()


def message_id(client, operation, item):
    """What the value of a message begins with (its key, if it has no value): it says who sent it, and when."""
    return f"m:{client}/{operation}/{item}"


def id_of(key, value):
    """The id in a stored message, or None if it is none of ours."""
    found = MESSAGE_ID.match(key if value is None else value) if (value is not None or key is not None) else None
    return found.group(0).decode().rstrip() if found else None


def digest_of(key, value, headers):
    """Of everything that must come back as it went in: key, value, and headers in the order of their names."""
    made = hashlib.blake2b(digest_size=12)
    parts = [key, value]
    for name, content in sorted(headers, key=lambda pair: pair[0]):
        parts += [name.encode(), content]
    for part in parts:
        made.update(struct.pack(">i", -1) if part is None else struct.pack(">i", len(part)) + part)
    return made.hexdigest()


def digest_of_json(message):
    """The digest of a message as the HTTP API gives it."""
    headers = [(name, value.encode()) for name, value in (message.get("headers") or {}).items()]
    headers += [(name, base64.b64decode(value)) for name, value in (message.get("headers_base64") or {}).items()]
    return digest_of(_bytes(message, "key"), _bytes(message, "message"), headers)


def _bytes(message, field):
    if message.get(field + "_base64") is not None:
        return base64.b64decode(message[field + "_base64"])
    text = message.get(field)
    return None if text is None else text.encode()


class HistoryWriter:
    """One file of a history. Any thread may write; a line is written whole or not at all."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "a", buffering=1 << 16)
        self._lock = threading.Lock()
        self._flushed = now()

    def write(self, event, /, **fields):
        line = json.dumps({"e": event, **fields}, separators=(",", ":")) + "\n"
        with self._lock:
            self._file.write(line)
            if now() - self._flushed > 1_000_000_000:
                self._file.flush()
                self._flushed = now()

    def close(self):
        with self._lock:
            self._file.close()


def read(folder):
    """Every event of the history's files, in no particular order. A last line that was cut off is passed over."""
    for path in sorted(folder.glob("*.jsonl")):
        with open(path) as file:
            for line in file:
                if line.endswith("\n"):
                    yield json.loads(line)
