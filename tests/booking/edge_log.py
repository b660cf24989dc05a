"""Single records at the edges of the form, where two readers of JSON or of the rules are likely to part."""

import json

from booking_log import START, BookingLog

ADD = {"show_id": "E", "movie": "Dune", "hall": "1", "starts_at_ms": START + 10**9, "rows": 1, "cols": 3}
LARGEST = 2**53 - 1
CATEGORY = {"id": "a", "name": "A", "price_cents": 1, "rows": [1]}

RAW = [
    b'\xef\xbb\xbf{"v":1,"type":"tick","client_id":"_fe-1","body":{}}',
    b'{"v":1,"type":"tick","client_id":"_fe-1","body":{}}\x00',
    b' \r\n\t{"v":1,"type":"tick","client_id":"_fe-1","body":{}} \n',
    b'{"v":1,"type":"t\\u0069ck","client_id":"_fe-1","body":{}}',
    b'{"v":1,"type":"queue.join","client_id":"a","seq":1.0,"body":{"show_id":"S1"}}',
    b'{"v":1,"type":"queue.join","client_id":"a","seq":1e3,"body":{"show_id":"S1"}}',
    b'{"v":1,"type":"queue.join","client_id":"a\\u0000","seq":1,"body":{"show_id":"S1"}}',
    b'{"v":1,"type":"queue.join","client_id":"a","idem_key":"\\ud800","body":{"show_id":"S1"}}',
    b'{"v":1,"type":"queue.join","client_id":"a","idem_key":"\\ud83d\\ude00","body":{"show_id":"S1"}}',
    b'{"v":1,"type":"queue.join","client_id":"a","seq":2,"x":1e400,"body":{"show_id":"S1"}}',
    b'{"v":1,"type":"queue.join","client_id":"a","seq":4,"x":-0,"body":{"show_id":"S1"}}',
    b'{"v":1,"type":"queue.join","client_id":"a","seq":5,"body":{"show_id":"S1"},}',
    b'{"v":1,"type":"queue.join","client_id":"a","seq":6,/* no */"body":{"show_id":"S1"}}',
    b'{"v":1,"type":"queue.join","client_id":"\xc0\xaf","seq":7,"body":{"show_id":"S1"}}',
    b'{"v":1,"type":"queue.join","client_id":"\xed\xa0\x80","seq":7,"body":{"show_id":"S1"}}',
    b'{"v":1,"type":"queue.join","client_id":"a\tb","seq":8,"body":{"show_id":"S1"}}',
]

# (type, client, body, more of the envelope)
RECORDS = [
    ("show.add", "admin", {**ADD, "starts_at_ms": 0}, {}),
    ("show.add", "admin", {**ADD, "movie": ""}, {}),
    ("show.add", "admin", {**ADD, "show_id": "E1", "hall": 1}, {}),
    ("show.add", "admin", {**ADD, "show_id": "x" * 64, "max_per_booking": LARGEST}, {}),
    ("show.add", "admin", {**ADD, "show_id": "E2", "rows": 1000, "cols": 1}, {}),
    ("show.add", "admin", {**ADD, "show_id": "E3", "rows": LARGEST}, {}),
    ("show.add", "admin", {**ADD, "show_id": "E3", "rows": -LARGEST}, {}),
    ("show.add", "admin", {**ADD, "show_id": "E4", "categories": [{**CATEGORY, "price_cents": 10**14}]}, {}),
    ("show.add", "admin", {**ADD, "show_id": "E5", "categories": [{**CATEGORY, "rows": [1, 1]}]}, {}),
    ("show.add", "admin", {**ADD, "show_id": "E6", "categories": [{**CATEGORY, "rows": ["1"]}]}, {}),
    ("show.add", "admin", {**ADD, "show_id": "E6", "categories": [{**CATEGORY, "more": 1}]}, {}),
    ("show.add", "admin", {**ADD, "show_id": "E6", "queue": {"max_active": 1}}, {}),
    ("show.add", "admin", {**ADD, "show_id": "E6", "queue": {"max_active": 1, "admit_ms": 5, "more": 1}}, {}),
    ("show.add", "alice", {**ADD, "show_id": "S1", "rows": 0}, {}),
    ("show.add", "admin", {**ADD, "show_id": "S1", "rows": 0}, {}),
    ("seat.reserve", "alice", {"show_id": "E4", "seats": ["1A", "1B", "1C"]}, {}),
    ("seat.reserve", "alice", {"show_id": "x" * 64, "best": {"n": LARGEST}}, {}),
    ("seat.reserve", "alice", {"show_id": "S1", "best": {"n": LARGEST}}, {}),
    ("seat.reserve", "alice", {"show_id": "S1", "best": {"n": 1, "category": ""}}, {}),
    ("seat.reserve", "alice", {"show_id": "S1", "seats": ["1A", ""]}, {}),
    ("seat.reserve", "alice", {"show_id": "S1", "seats": ["1000A", "4294967297A", "1[", "\u0661A"]}, {}),
    ("seat.reserve", "alice", {"show_id": "S1", "seats": ["1B"], "expected_version": 0}, {}),
    ("seat.reserve", "alice", {"show_id": "S1", "seats": ["1B"]}, {"session_id": ""}),
    ("seat.reserve", "alice", {"show_id": "S1", "seats": ["1B"]}, {"session_id": "s-99999999999999999999999"}),
    ("seat.hold", "alice", {"show_id": "S1", "seats": ["1B"], "ttl_ms": LARGEST}, {}),
    ("seat.hold", "alice", {"show_id": "S1", "seats": ["1B"], "ttl_ms": 900_000}, {}),
    ("hold.extend", "alice", {"hold_id": "H-000", "ttl_ms": LARGEST}, {}),
    ("hold.release", "alice", {"hold_id": ""}, {}),
    ("booking.cancel", "alice", {"booking_id": "H-1"}, {}),
    ("waitlist.join", "alice", {"show_id": "S1", "n": LARGEST}, {}),
    ("show.update", "admin", {"show_id": "S1"}, {}),
    ("show.update", "admin", {"show_id": "S1", "rows": -5}, {}),
    ("show.update", "admin", {"show_id": "S1", "rows": LARGEST}, {}),
    ("show.update", "admin", {"show_id": "S1", "rows": 1001, "expected_version": -1}, {}),
    ("config.set", "admin", {"key": "admins", "value": ["admin", "admin"]}, {}),
    ("config.set", "admin", {"key": "hold_ms", "value": 1.5}, {}),
    ("config.set", "admin", {"key": "grace_ms", "value": 0}, {}),
    ("config.set", "admin", {"key": "lock_delay_ms", "value": 0}, {}),
    ("config.set", "admin", {"key": "\u0000", "value": None}, {}),
    ("session.open", "alice", {"lease_ms": 500, "grace_ms": 0}, {}),
    ("session.open", "alice", {"lease_ms": 300_000, "grace_ms": 300_000}, {}),
    ("session.open", "alice", {"resume": ""}, {}),
    ("session.open", "alice", {"resume": "s-0"}, {"seq": 900}),
    ("session.open", "alice", {"resume": "s-0"}, {"seq": 900}),
    ("session.open", "alice", {}, {"seq": 901, "reply_to": "nowhere"}),
    ("session.touch", "alice", {"ids": ["s-1", "s-1"]}, {}),
    ("queue.join", "\u00a0", {"show_id": "S1"}, {}),
    ("queue.join", "\U0001f600" * 63, {"show_id": "S1"}, {}),
    ("queue.join", "\U0001f600" * 64, {"show_id": "S1"}, {}),
    ("queue.join", "bob", {"show_id": "S1"}, {"ack_below": LARGEST}),
    ("queue.join", "bob", {"show_id": "S1"}, {"seq": LARGEST, "ack_below": 1}),
    ("queue.join", "bob", {"show_id": "S1"}, {"seq": LARGEST - 1}),
    ("queue.join", "carl", {"show_id": "S1"}, {"idem_key": "k" * 255}),
    ("queue.join", "carl", {"show_id": "S1"}, {"idem_key": "\u0000"}),
    ("multi.reserve", "alice", {"items": [{"show_id": "S1", "seats": ["9Z"]}, {"show_id": "E", "seats": ["0A"]}]}, {}),
    ("multi.reserve", "alice", {"items": [{"show_id": "S1", "best": {"n": 1}}]}, {}),
    ("booking.exchange", "alice", {"booking_id": "B-0", "to": {"show_id": "none", "best": {"n": 1}}}, {}),
    ("tick", "_fe-1", {"x": 1}, {}),
    ("sm.version", "_fe-1", {}, {}),
]


def make():
    log = BookingLog()
    log.add_show(rows=2, cols=5)
    for value in RAW:
        log.append(value)
    for kind, client, body, more in RECORDS:
        log.send(kind, client, body, **more)
        log.timestamp += 7
    session = log.open_session("lorry")
    for name in ("n" * 255, "n" * 256, "a/b", " ", "\u00e9"):
        log.acquire("lorry", session, name)
    token = log.acquire("lorry", session, ttl_ms=3_600_000)["token"]
    for data in (
        "",
        "YQ==",
        "YQ",
        "YQ=",
        "====",
        "YW\n=",
        "Y Q==",
        "_-8=",
        "+/8=",
        "A" * 2000,
        "YR==",
        "YWI=YQ==",
        "YWJj=",
        "===",
    ):
        fields = {"name": "hall-1", "token": token, "target": "t" * 128, "data_b64": data}
        log.send("lock.append", "lorry", fields, session_id=session)
    for ttl_ms in (0, 1, 3_600_000, 3_600_001):
        log.acquire("lorry", session, "other", ttl_ms=ttl_ms, max_wait_ms=LARGEST)
    log.append(json.dumps({"v": 1, "type": "tick", "client_id": "_fe-1", "body": {}, "deep": nested(60)}).encode())
    return log


def nested(depth):
    return [nested(depth - 1)] if depth else []
