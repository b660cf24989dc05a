"""Form, dedup and the order of checks: sections 3 and 5 of the rules."""

import json

import pytest

from booking_log import BookingLog


@pytest.fixture
def log():
    log = BookingLog()
    log.add_show()
    return log


def raw(log, **changes):
    envelope = {
        "v": 1,
        "type": "seat.reserve",
        "client_id": "alice",
        "seq": 1,
        "body": {"show_id": "S1", "seats": ["1A"]},
    }
    envelope.update(changes)
    return log.append(json.dumps({name: one for name, one in envelope.items() if one != "gone"}).encode())["replies"][
        0
    ]["code"]


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "CANCEL;"}, {"type": "gone"}, {"lock": {"name": "x"}},
        {"client_id": ""}, {"client_id": "a\n"}, {"client_id": "é" * 128},
        {"seq": 0},        {"seq": 2**53}, {"seq": "gone"}, {"seq": None}, {"idem_key": "k"}, {"session_id": None},
        {"ack_below": "1"}, {"body": "gone"}, {"body": {"show_id": "S1"}}, {"body": {"show_id": "S1", "seats": []}},
        {"body": {"show_id": "S1", "seats": ["1A"], "best": {"n": 1}}}, {"body": {"show_id": "S/1", "seats": ["1A"]}},
        {"body": {"show_id": "S1", "seats": ["1A"], "extra": 1}}, {"body": {"show_id": "S1", "best": {"n": 0}}},
        {"type": "seat.hold", "body": {"show_id": "S1", "seats": ["1A"], "ttl_ms": 0}},
        {"type": "lock.acquire", "body": {"name": "x"}}, {"x": "p" * 65536},
    ],
)  # fmt: skip
def test_what_is_no_command(log, changes):
    assert raw(log, **changes) == "BAD_COMMAND"
    assert raw(log) == "RESERVED"


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 60_000, b'{"v":NaN}', b"\x00"])
def test_bytes_that_are_no_command(log, value):
    assert log.append(value)["replies"][0]["code"] == "BAD_COMMAND"


def test_unknown_fields_of_the_envelope_are_ignored_and_64_kib_are_taken(log):
    assert raw(log, x={"y": [None]}) == "RESERVED"
    envelope = {"v": 1, "type": "tick", "client_id": "_fe-1", "body": {}, "pad": ""}
    envelope["pad"] = "p" * (65536 - len(json.dumps(envelope)))
    assert log.append(json.dumps(envelope).encode())["replies"][0]["code"] == "TICK"


def test_the_same_key_and_payload_is_answered_as_before(log):
    first = log.reserve("alice", "1A", seq=7)
    again = log.reserve("alice", "1A", seq=7)
    assert again == {**first, "replayed": True}
    assert log.reserve("alice", "1B", seq=7)["code"] == "IDEMPOTENCY_MISMATCH"
    refused = log.reserve("bob", "1A", idem_key="k")
    log.send("seat.cancel", "alice", {"show_id": "S1", "seats": ["1A"]})
    assert log.reserve("bob", "1A", idem_key="k") == {**refused, "replayed": True}


def test_the_window_and_ack_below(log):
    log.reserve("alice", "1A", seq=100)
    assert [log.reserve("alice", "9Z", seq=seq)["code"] for seq in (36, 37)] == ["SEQ_TOO_OLD", "NO_SUCH_SEAT"]
    assert log.reserve("alice", "9Z", seq=90, ack_below=91)["code"] == "SEQ_TOO_OLD"
    assert log.reserve("alice", "9Z", seq=90, ack_below=1)["code"] == "SEQ_TOO_OLD"
    assert log.reserve("alice", "1A", seq=100)["replayed"]


def test_refusals_of_the_session_are_not_stored_and_a_replay_needs_no_session(log):
    session = log.open_session()
    assert log.reserve("alice", "1A", seq=1, session_id="nobody")["code"] == "NO_SUCH_SESSION"
    assert log.reserve("alice", "1A", seq=1, session_id=session)["code"] == "RESERVED"
    log.send("session.close", "alice", session_id=session)
    assert log.reserve("alice", "1A", seq=1, session_id=session)["replayed"]
    assert log.reserve("alice", "1B", seq=2, session_id=session)["code"] == "SESSION_EXPIRED"


def test_keys_are_forgotten_after_a_day(log):
    log.reserve("alice", "1A", idem_key="k")
    log.state.time_ms += 86_400_000
    assert log.reserve("alice", "1A", idem_key="k")["code"] == "SEAT_TAKEN"


def test_ids_that_look_alike_are_not_the_same_client(log):
    log.reserve("ann-1", "1A")
    for other in ("ann-2", "Ann-1", "ann-1 ", "ann", "ann-1\u0301", "a" * 255):
        assert log.send("seat.cancel", other, {"show_id": "S1", "seats": ["1A"]})["code"] == "NOT_OWNER"


def test_configuration(log):
    set_to = lambda key, value, client="admin": log.send("config.set", client, {"key": key, "value": value})[
        "code"
    ]  # noqa: E731
    assert set_to("speed", 1) == set_to("hold_ms", "1") == set_to("admins", "bob") == "BAD_CONFIG"
    assert set_to("hold_ms", 1, "bob") == "NOT_ADMIN"
    assert set_to("admins", ["bob"]) == "CONFIG_SET"
    assert set_to("hold_ms", 1000) == "NOT_ADMIN"
    assert set_to("hold_ms", 1000, "bob") == "CONFIG_SET"
    assert log.hold("alice", "1A")["expires_in_ms"] == 1000
