"""Holds, bookings, exchanges, removals, waiting lists, admission: section 7 of the rules."""

import pytest

from booking_log import START, BookingLog


@pytest.fixture
def log():
    log = BookingLog()
    log.add_show(
        categories=[
            {"id": "a", "name": "A", "price_cents": 100, "rows": [1, 2]},
            {"id": "b", "name": "B", "price_cents": 70, "rows": [3, 4, 5]},
        ]
    )
    return log


def act(log, kind, client="alice", **body):
    return log.send(kind, client, body)


def test_what_ended_a_hold_is_remembered(log):
    held = [log.hold("alice", seat, ttl_ms=5000)["hold_id"] for seat in ("1A", "1B", "1C")]
    assert act(log, "booking.confirm", hold_id=held[0])["booking_id"] == f"B-{len(log.records) - 1}"
    assert act(log, "booking.confirm", hold_id=held[0])["code"] == "ALREADY_CONFIRMED"
    assert act(log, "hold.release", hold_id=held[0])["code"] == "ALREADY_CONFIRMED"
    act(log, "hold.release", hold_id=held[1])
    assert act(log, "booking.confirm", hold_id=held[1])["code"] == "ALREADY_RELEASED"
    log.wait(5000)
    assert act(log, "booking.confirm", hold_id=held[2])["code"] == "HOLD_EXPIRED"
    assert act(log, "booking.confirm", "bob", hold_id=held[2])["code"] == "NOT_OWNER"
    log.state.time_ms += 86_400_000
    assert act(log, "booking.confirm", hold_id=held[2])["code"] == "NO_SUCH_HOLD"


def test_the_longest_hold(log):
    assert log.hold("alice", "1A", ttl_ms=900_001)["code"] == "HOLD_LIMIT"
    held = log.hold("alice", "1A")
    assert held["expires_in_ms"] == 120_000
    log.wait(1000)
    assert act(log, "hold.extend", hold_id=held["hold_id"], ttl_ms=899_001)["code"] == "HOLD_LIMIT"
    assert act(log, "hold.extend", hold_id=held["hold_id"], ttl_ms=899_000)["expires_in_ms"] == 899_000
    assert act(log, "hold.extend", hold_id=held["hold_id"], ttl_ms=1)["code"] == "EXTENDED"
    log.wait(1)
    assert log.seat_state("1A") == "AVAILABLE"


def test_a_partial_release_keeps_the_hold(log):
    held = log.hold("alice", "1A", "1B")["hold_id"]
    assert act(log, "hold.release", hold_id=held, seats=["2A"])["code"] == "NO_SUCH_SEAT"
    assert act(log, "hold.release", hold_id=held, seats=["1A", "1A"])["code"] == "DUPLICATE_SEAT"
    act(log, "hold.release", hold_id=held, seats=["1A"])
    booked = act(log, "booking.confirm", hold_id=held)
    assert (booked["seats"], booked["price_cents"]) == (["1B"], 100)


def test_a_seat_the_client_holds_itself_is_taken(log):
    log.hold("alice", "1A")
    assert log.reserve("alice", "1A")["conflicts"] == [{"seat": "1A", "state": "HELD"}]


def test_limit_and_duplicates(log):
    eleven = [f"{row}{letter}" for row in (1, 2, 3) for letter in "ABCDE"][:11]
    assert log.reserve("alice", *eleven)["code"] == "LIMIT"
    assert log.reserve("alice", "1A", "1A", *eleven)["code"] == "DUPLICATE_SEAT"


def test_cancelling_by_seat_spans_bookings_and_gives_back_what_was_paid(log):
    log.reserve("alice", "1A", "1B")
    log.reserve("alice", "3A")
    log.reserve("bob", "4A")
    assert act(log, "seat.cancel", show_id="S1", seats=["1A", "4A"])["conflicts"] == [{"seat": "4A", "state": "BOOKED"}]
    assert act(log, "seat.cancel", show_id="S1", seats=["1A", "5A"])["conflicts"] == [
        {"seat": "5A", "state": "AVAILABLE"}
    ]
    cancelled = act(log, "seat.cancel", show_id="S1", seats=["3A", "1A"])
    assert (cancelled["seats"], cancelled["refund_cents"]) == (["1A", "3A"], 170)
    assert act(log, "booking.cancel", booking_id="B-2")["code"] == "ALREADY_CANCELLED"
    assert act(log, "booking.cancel", "ann-2", booking_id="B-1")["code"] == "NOT_OWNER"
    assert act(log, "booking.cancel", booking_id="B-1")["refund_cents"] == 100


def test_exchange(log):
    log.add_show("S2")
    log.hold("bob", "2B")
    booking = log.reserve("alice", "1A", "1B")["booking_id"]
    to = lambda show_id, *seats: {"show_id": show_id, "seats": list(seats)}  # noqa: E731
    refused = act(log, "booking.exchange", booking_id=booking, to=to("S1", "2B"))
    assert (refused["code"], log.seat_state("1A")) == ("SEAT_TAKEN", "BOOKED")
    same = act(log, "booking.exchange", booking_id=booking, from_seats=["1A"], to=to("S1", "1A", "3A"))
    assert (same["booking_id"], same["seats"], same["diff_cents"]) == (booking, ["1A", "1B", "3A"], 70)
    part = act(log, "booking.exchange", booking_id=booking, from_seats=["1B"], to=to("S2", "1A"))
    assert (part["booking_id"], part["diff_cents"]) == (f"B-{len(log.records) - 1}", -100)
    whole = act(log, "booking.exchange", booking_id=booking, to=to("S2", "5E"))
    assert (whole["booking_id"], whole["show_id"], whole["seats"]) == (booking, "S2", ["5E"])


def test_many_shows_or_none(log):
    log.add_show("S2")
    log.reserve("bob", "1A", show="S2")
    items = [{"show_id": "S2", "seats": ["1A"]}, {"show_id": "S1", "seats": ["1A"]}]
    refused = act(log, "multi.reserve", items=items)
    assert refused["conflicts"] == [{"seat": "1A", "state": "BOOKED", "show_id": "S2"}]
    assert log.seat_state("1A") == "AVAILABLE"
    items[0]["seats"] = ["1B"]
    offset = len(log.records)
    assert act(log, "multi.reserve", items=items)["booking_ids"] == [f"B-{offset}-1", f"B-{offset}-2"]


def test_a_show_with_bookings_is_removed_only_if_asked(log):
    assert act(log, "show.remove", "alice", show_id="S1")["code"] == "NOT_ADMIN"
    held = log.hold("bob", "1A")["hold_id"]
    log.reserve("alice", "1B")
    assert act(log, "show.remove", "admin", show_id="S1")["code"] == "HAS_BOOKINGS"
    removed = act(log, "show.remove", "admin", show_id="S1", on_booked="cancel")
    assert (removed["cancelled"], removed["moved"]) == (["B-3"], [])
    assert act(log, "booking.confirm", "bob", hold_id=held)["code"] == "ALREADY_RELEASED"
    assert act(log, "booking.cancel", booking_id="B-3")["code"] == "ALREADY_CANCELLED"


def test_bookings_move_to_the_next_show_of_the_movie_at_the_old_price(log):
    start = START + 10**9
    log.add_show("S0", starts_at_ms=start - 1)
    log.add_show("S3", starts_at_ms=start + 2, rows=1, cols=2)
    log.add_show("S2", starts_at_ms=start + 2, rows=1, cols=2)
    log.add_show("S4", starts_at_ms=start + 1, movie="Alien")
    first = log.reserve("alice", "1A", "1B")["booking_id"]
    second = log.reserve("bob", "1C")["booking_id"]
    removed = act(log, "show.remove", "admin", show_id="S1", on_booked="rebook_next")
    assert removed["moved"] == [{"booking_id": first, "show_id": "S2", "seats": ["1A", "1B"]}]
    assert removed["cancelled"] == [second]
    assert act(log, "booking.cancel", booking_id=first)["refund_cents"] == 200


def sold_out():
    log = BookingLog()
    log.add_show(rows=1, cols=3)
    log.reserve("owner", "1A", "1B", "1C")
    return log


def test_offers_go_strictly_in_order():
    log = sold_out()
    positions = [
        act(log, "waitlist.join", client, show_id="S1", n=count)["position"] for client, count in zip("abc", (1, 2, 1))
    ]
    assert positions == [1, 2, 3]
    assert act(log, "waitlist.join", "a", show_id="S1", n=1)["code"] == "ALREADY_WAITING"
    log.send("booking.cancel", "owner", {"booking_id": "B-1", "seats": ["1A", "1B"]})
    offset = len(log.records) - 1
    assert log.state.holds[f"H-{offset}-1"]["client"] == "a"
    assert [entry["client"] for entry in log.state.shows["S1"]["waitlist"]] == ["b", "c"]  # b stops it
    log.wait(120_000)
    assert act(log, "booking.confirm", "a", hold_id=f"H-{offset}-1")["code"] == "HOLD_EXPIRED"
    assert [entry["client"] for entry in log.state.shows["S1"]["waitlist"]] == ["c"]
    assert act(log, "waitlist.leave", "c", show_id="S1")["code"] == "LEFT"
    assert act(log, "waitlist.leave", "c", show_id="S1")["code"] == "NOT_WAITING"


def test_waiting_is_for_sold_out_shows(log):
    assert act(log, "waitlist.join", show_id="S1", n=1)["code"] == "NOT_SOLD_OUT"
    assert act(log, "waitlist.join", show_id="S1", n=11)["code"] == "LIMIT"
    act(log, "show.update", "admin", show_id="S1", status="CLOSED")
    assert act(log, "waitlist.join", show_id="S1", n=11)["code"] == "SHOW_CLOSED"


def test_admission():
    log = BookingLog()
    log.add_show(queue={"max_active": 2, "admit_ms": 3000})
    join = lambda client: act(log, "queue.join", client, show_id="S1")  # noqa: E731
    assert log.reserve("a", "1A")["code"] == "NOT_ADMITTED"
    assert [join(client)["code"] for client in "ab"] == ["ADMITTED"] * 2
    assert [(join(client)["position"], join(client)["eta_ms"]) for client in "cde"] == [(1, 3000), (2, 3000), (3, 6000)]
    log.reserve("a", "1A")
    assert join("c")["code"] == "ADMITTED"
    assert log.reserve("a", "1B")["code"] == "NOT_ADMITTED"
    log.wait(3000)
    assert [join(client)["code"] for client in "de"] == ["ADMITTED"] * 2
