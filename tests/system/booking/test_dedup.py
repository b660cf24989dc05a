"""Scenarios D01 to D08: one effect for each command, whatever the network does."""

import contextlib

from booking.booking_cluster import at_once
from booking.ledgers import decoded
from booking.relay import Relay


def same(*calls):
    """The same answer, byte for byte, at the same place."""
    first = calls[0]
    for call in calls[1:]:
        assert (call.status, call.body, call.offset, call.headers.get("etag")) == (
            first.status, first.body, first.offset, first.headers.get("etag")), f"{first}\n{call}"  # fmt: skip


def test_D01_a_retry_after_a_lost_answer_is_told_the_first_one(booking):
    show = booking.new_show()
    with Relay(booking.front_ends()[0]) as relay:
        client = booking.client(front_ends=[relay.address])
        key = ("seq", client.next_seq())
        relay.losing = "answers"
        lost = client.ask("POST", f"/v1/shows/{show}/reserve", {"seats": ["1A"]}, key)
        assert lost.status == 0 and relay.lost == 1
        relay.losing = "nothing"
        told = client.reserve(show, "1A", key=key, expect="RESERVED")
        assert told.replayed and told.status == 201
        again = client.reserve(show, "1A", key=key, expect="RESERVED")
        same(told, again)
    assert len(client.bookings()["bookings"]) == 1
    # What a client without a number would have been told: that it is too late, by itself.
    assert client.reserve(show, "1A").code == "SEAT_TAKEN"


def test_D02_a_request_that_comes_three_times_has_one_effect(booking):
    """Sent three times at once to each front end, and its record copied twice into the log."""
    show, client = booking.new_show(), booking.client()
    key = ("seq", client.next_seq())
    path, body = f"/v1/shows/{show}/reserve", {"seats": ["2B"]}
    calls = at_once(lambda front_end: client.ask("POST", path, body, key, front_end), [(one,) for one in booking.front_ends() * 3])
    assert all(call.code in ("RESERVED", "IN_PROGRESS") for call in calls), [str(call) for call in calls]
    told = [call for call in calls if call.code == "RESERVED"]
    same(client.reserve(show, "2B", key=key), *told)
    record = next(one for one in booking.records("cmd") if one.offset == told[0].offset)
    for _ in range(2):
        booking.cluster.kcat("-P", "-t", "booking.cmd", "-p", "0", stdin=record.value)
    copies = [one.offset for one in booking.records("cmd") if one.value == record.value]
    assert len(copies) >= 3
    booking.wait_until_applied(copies[-1])
    same(client.reserve(show, "2B", key=key), *told)
    assert booking.admin.show(show)["booked"] == 1


def test_D03_every_front_end_and_every_leader_give_the_same_answer(booking):
    show, client, other = booking.new_show(), *booking.clients(2)
    client.reserve(show, "1A", expect="RESERVED")
    ok, refused = ("seq", client.next_seq()), ("idem_key", "a key with a space, \u00e9")
    path = f"/v1/shows/{show}/reserve"
    other.reserve(show, "1B", expect="RESERVED")
    first = [client.command("POST", path, {"seats": [seat]}, key) for seat, key in (("2A", ok), ("1B", refused))]
    assert [call.code for call in first] == ["RESERVED", "SEAT_TAKEN"]
    other.cancel(show, "1B", expect="CANCELLED")  # the refusal stays what it was

    def ask_everybody():
        for front_end in booking.front_ends():
            for seat, key, told in (("2A", ok, first[0]), ("1B", refused, first[1])):
                again = client.command("POST", path, {"seats": [seat]}, key, front_end=front_end)
                assert again.replayed, again
                same(told, again)

    ask_everybody()
    leader = booking.leader()
    booking.cluster.kill(leader)
    ask_everybody()
    booking.start_again(leader)
    ask_everybody()


def test_D04_another_body_under_the_same_key_is_refused(booking):
    show, client = booking.new_show(), booking.client()
    for key in (("seq", client.next_seq()), ("idem_key", "k")):
        made = client.reserve(show, "1A" if key[0] == "seq" else "2A", key=key, expect="RESERVED")
        other = client.reserve(show, "3A", key=key)
        assert (other.status, other.code, other.outcome) == (422, "IDEMPOTENCY_MISMATCH", "definite")
        same(made, client.reserve(show, *made["seats"], key=key))
    old = client.reserve(show, "4A", key=("seq", 1000), expect="RESERVED")
    assert old and client.reserve(show, "4B", key=("seq", 900)).code == "SEQ_TOO_OLD"


def test_D08_what_nobody_asks_for_again_has_at_most_one_effect_and_the_audit_shows_it(booking):
    """The replicas do not answer, so the front end cannot tell; the command is in the log all the same."""
    show, client = booking.new_show(), booking.client(timeout_s=30)
    with contextlib.ExitStack() as stopped:
        stopped.enter_context(booking.cluster.frozen(*booking.cluster.processes("booking_replica")))
        call = client.ask("POST", f"/v1/shows/{show}/reserve", {"seats": ["1A"]}, ("seq", client.next_seq()))
        assert (call.status, call.code, call.outcome) == (504, "TIMEOUT", "unknown"), call
    asked = [one for one in booking.records("cmd") if (decoded(one.value) or {}).get("client_id") == client.client_id]
    assert len(asked) == 1
    booking.wait_until_applied(asked[0].offset)
    audit = client.read(f"/v1/audit?client={client.client_id}&show={show}")
    assert [(one["offset"], one["code"], one["seats"]) for one in audit["entries"]] == [(asked[0].offset, "RESERVED", ["1A"])]
    assert client.seats(show)["1A"] == "BOOKED"
