"""Good records with one thing changed, a byte or a value anywhere: most are no commands, and both machines must say of which."""

import base64
import copy
import json
from random import Random

from booking_log import BookingLog
from random_log import RandomLog

VALUES = [
    None, True, False, 0, 1, -1, 2, 255, 1000, 300_001, 2**31, 2**53 - 1, 2**53, -(2**53), 0.5, 1.0, -0.0, 1e3, "", "1A", "S1",
    "s-5", "H-12", "B-20", "a\u0000", "\u00e9", "x" * 256, "OPEN", "admin", [], [[]], ["1A"], ["1A", "1A"], [None], {}, {"n": 1},
    {"show_id": "S1", "seats": ["1A"]}, {"name": "b", "token": 1},
]  # fmt: skip
BYTES = b'"\\{}[]:,0123456789.eE+-truefalsn \t\n\x00\x7f\x80\xc3\xff/u'
RECORDS = 1600


def places(value, found=()):
    """The path of every value in a JSON text."""
    yield found
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        yield from places(one, (*found, name))


def with_other_value(random, envelope):
    envelope = copy.deepcopy(envelope)
    *path, last = random.choice([place for place in places(envelope) if place])
    parent = envelope
    for name in path:
        parent = parent[name]
    what = random.randrange(4)
    if what == 0:
        del parent[last]
    elif what == 1 and isinstance(parent, dict):
        parent[random.choice(["x", "seats", "best", "ttl_ms", "session_id", "seq", "lock", "n"])] = random.choice(
            VALUES
        )
    else:
        parent[last] = random.choice(VALUES)
    return json.dumps(envelope, ensure_ascii=random.random() < 0.5).encode(errors="replace")


def with_other_bytes(random, value):
    value = bytearray(value)
    for _ in range(random.choice([1, 1, 1, 2, 5])):
        at = random.randrange(len(value) + 1)
        what = random.randrange(3)
        if what == 0:
            value[at : at + random.randint(1, 3)] = b""
        elif what == 1:
            value[at:at] = bytes([random.choice(BYTES)])
        else:
            value[at : at + 1] = bytes([random.choice(BYTES)])
    return bytes(value)


def make(seed=1, records=RECORDS):
    random = Random(seed)
    log = BookingLog()
    for record in RandomLog(seed).make(records // 2).records:
        log.timestamp = record["timestamp_ms"]
        value = base64.b64decode(record["value_b64"])
        log.append(value)
        try:
            envelope = json.loads(value)
        except (ValueError, RecursionError):
            continue
        if isinstance(envelope, dict) and envelope and random.random() < 0.6:
            log.append(with_other_value(random, envelope))
        else:
            log.append(with_other_bytes(random, value))
    return log
