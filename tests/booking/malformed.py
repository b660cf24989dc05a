"""Records that are no commands: every kind of damage done to a good one."""

import copy
import json


def encode(envelope):
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def without(name):
    return lambda random, envelope: {key: value for key, value in envelope.items() if key != name}


def with_values(name, *values):
    return lambda random, envelope: {**envelope, name: random.choice(values)}


def without_client(random, envelope):
    return without("client_id")(random, envelope)


def without_body(random, envelope):
    """It may be missing where no field of it is needed."""
    if envelope["type"] in ("session.open", "session.close", "tick", "sm.version"):
        return unknown_body_field(random, envelope)
    return without("body")(random, envelope)


def both_keys(random, envelope):
    return {**envelope, "seq": 1, "idem_key": "k"}


def neither_key(random, envelope):
    return without("idem_key")(random, without("seq")(random, envelope))


def bad_seq(random, envelope):
    spoiled = {**envelope, "seq": random.choice([0, -1, 2**53, 2**70, 1.5, "7", None, True])}
    return without("idem_key")(random, spoiled)


def bad_key(random, envelope):
    spoiled = {**envelope, "idem_key": random.choice(["", "k" * 256, "ä" * 128, 7, None])}
    return without("seq")(random, spoiled)


def unknown_body_field(random, envelope):
    return {**envelope, "body": {**envelope["body"], random.choice(["extra", "Seats", "x_note", ""]): 1}}


def wrong_type_in_body(random, envelope):
    body = copy.deepcopy(envelope["body"])
    if envelope["type"] == "config.set":
        return {**envelope, "body": {"key": 1, "value": 2}}
    if not body:
        return {**envelope, "body": []}
    name = random.choice(sorted(body))
    body[name] = random.choice([None, [None], {"a": 1}, 1.5, 2**70, [[]]])
    return {**envelope, "body": body}


def missing_in_body(random, envelope):
    needed = ["show_id", "hold_id", "booking_id", "items", "name", "key", "ids"]
    present = [name for name in needed if name in envelope["body"]]
    if not present:
        return without_body(random, envelope)
    return {**envelope, "body": without(random.choice(present))(random, envelope["body"])}


def bad_values_in_body(random, envelope):
    """Values that have the right type and cannot be meant; whichever the command has a field for."""
    bad = {
        "show_id": ["", "a/b", "ü", "x" * 65, "a b"], "ttl_ms": [0, -1], "max_wait_ms": [0, -5],
        "seats": [[], [1], "1A"], "n": [0, -3],
        "items": [[], [{}]], "lease_ms": [499, 300_001, 0], "grace_ms": [-1, 300_001], "name": [""],
        "data_b64": ["a", "!!!!", "YQ", "YQ=="[:3]], "target": ["", "a/b", "t" * 129], "wait": [1, "true"],
        "on_booked": ["keep", ""], "status": ["open"], "orphan_rule": ["never"], "starts_at_ms": [0, -1, "soon"],
        "best": [{}, {"n": 0}, {"n": 1, "x": 1}, {"n": "2"}], "from_seats": [[]], "commit": [0],
        "queue": [{"max_active": 0}], "ids": ["s-1", [1]], "to": [{}, {"show_id": "S1"}], "max_per_booking": [0, -1],
        "token": ["1", 1.0, None, 2**64],
    }  # fmt: skip
    fitting = sorted(set(bad) & set(envelope["body"]))
    if not fitting:
        return unknown_body_field(random, envelope)
    name = random.choice(fitting)
    return {**envelope, "body": {**envelope["body"], name: random.choice(bad[name])}}


def seats_and_best(random, envelope):
    return {**envelope, "body": {**envelope["body"], "seats": ["1A"], "best": {"n": 1}}}


def a_show_twice(random, envelope):
    items = [{"show_id": "S1", "seats": ["1A"]}, {"show_id": "S1", "seats": ["1B"]}]
    return {**envelope, "type": "multi.reserve", "body": {"items": items}}


SPOIL = [
    without("type"), with_values("type", "seat.steal", "CANCEL;", "", 7, None, ["tick"], "SEAT.HOLD"),
    without_client, with_values("client_id", "", "c" * 256, "é" * 128, "a\u0001", "a\n", "\u007f", 7, None),
    without_body, with_values("body", None, [], "x", 3), with_values("v", 2, "1", None),
    with_values("session_id", None, 5, ["s-1"]), with_values("ack_below", None, -1, "3", 1.5),
    with_values("lock", None, "hall-1:88", {}, {"name": "hall-1"}, {"name": "hall-1", "token": "1"}),
    with_values("lock", {"name": 1, "token": 1}, {"token": 1}, []), both_keys, neither_key, bad_seq, bad_key,
    unknown_body_field, unknown_body_field, wrong_type_in_body, wrong_type_in_body, missing_in_body, missing_in_body,
    bad_values_in_body, bad_values_in_body, bad_values_in_body, seats_and_best, a_show_twice,
]  # fmt: skip


def raw_damage(random, good):
    """Bytes that are no JSON object, or too many of them."""
    return random.choice(
        [
            lambda: b"",
            lambda: good[: random.randrange(len(good))],
            lambda: good + b"}",
            lambda: good.replace(b'"type"', b'"type\xff"'),
            lambda: b"[" + good + b"]",
            lambda: random.choice([b"null", b"7", b'"text"', b"[]", b"{}", b"not json", b"\x00" * 40]),
            lambda: b"[" * 5000,
            lambda: good.replace(b'"v":1', b'"v":1,"x":NaN'),
            lambda: good.replace(b'"v":1', b'"v":1,"x":"\\ud800"'),
            lambda: good.replace(b'"v":1', b"'v':1"),
            lambda: good.replace(b'"v":1', b'"v":01'),
            lambda: good + b" " * (65537 - len(good)),
            lambda: good.replace(b'"v":1', b'"v":1,"pad":"' + b"p" * 65536 + b'"'),
            lambda: bytes(random.randrange(256) for _ in range(random.randrange(1, 60))),
        ]
    )()


# What front ends send needs no key and no client.
NO_DAMAGE_TO_TICKS = {both_keys, neither_key, bad_seq, bad_key, without_client}


def spoil(random, envelope):
    """The bytes of a record that is no command."""
    if random.random() < 0.3:
        return raw_damage(random, encode(envelope))
    damage = random.choice(SPOIL)
    if damage in NO_DAMAGE_TO_TICKS and envelope["type"] in ("tick", "session.touch", "sm.version"):
        damage = unknown_body_field
    if damage is seats_and_best and not {"seats", "best"} & set(envelope["body"]):
        damage = unknown_body_field
    return encode(damage(random, envelope))
