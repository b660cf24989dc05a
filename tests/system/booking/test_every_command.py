"""Every command of the state machine through its route, with its success, and the refusals that a client meets most."""

import pytest


def test_every_command_of_shows_seats_and_bookings(booking):
    one, two, admin = booking.new_show(3, 6), booking.new_show(3, 6), booking.admin
    client = booking.client()

    def send(method, path, body, code, who=client, status=None):
        call = who.command(method, path, body, expect=code)
        assert status in (None, call.status), call
        return call

    send("PATCH", f"/v1/shows/{one}", {"rows": 4, "expected_version": 1}, "SHOW_UPDATED", admin, 200)
    send("POST", f"/v1/shows/{one}/block", {"seats": ["4F", "4E"], "reason": "broken"}, "BLOCKED", admin, 200)
    send("POST", f"/v1/shows/{one}/unblock", {"seats": ["4F"], "reason": "mended"}, "UNBLOCKED", admin, 200)
    hold = send("POST", f"/v1/shows/{one}/holds", {"best": {"n": 2}, "ttl_ms": 60_000}, "HELD", status=201)
    assert hold["expires_in_ms"] == 60_000 and len(hold["seats"]) == 2
    send("PATCH", f"/v1/holds/{hold['hold_id']}", {"ttl_ms": 90_000}, "EXTENDED", status=200)
    send("DELETE", f"/v1/holds/{hold['hold_id']}?seats={hold['seats'][0]}", None, "RELEASED", status=200)
    booked = send("POST", f"/v1/holds/{hold['hold_id']}/confirm", {}, "BOOKED", status=201)
    assert booked["seats"] == hold["seats"][1:]
    other = send("POST", f"/v1/shows/{one}/holds", {"seats": ["1A"]}, "HELD")
    send("DELETE", f"/v1/holds/{other['hold_id']}", None, "RELEASED")
    made = send("POST", f"/v1/shows/{one}/reserve", {"seats": ["1A", "1B", "1C"]}, "RESERVED", status=201)
    send("POST", f"/v1/shows/{one}/cancel", {"seats": ["1C"]}, "CANCELLED", status=200)
    moved = {"from_seats": ["1B"], "to": {"show_id": two, "seats": ["1B"]}}
    part = send("POST", f"/v1/bookings/{made['booking_id']}/exchange", moved, "EXCHANGED", status=200)
    assert part["booking_id"] == f"B-{part.offset}" and part["show_id"] == two
    many = {"items": [{"show_id": one, "seats": ["2A"]}, {"show_id": two, "seats": ["2A", "2B"]}]}
    both = send("POST", "/v1/reserve", many, "RESERVED", status=201)["booking_ids"]
    send("DELETE", f"/v1/bookings/{both[1]}?seats=2A", None, "CANCELLED", status=200)
    send("DELETE", f"/v1/bookings/{both[0]}", {"seats": ["2A"]}, "CANCELLED", status=200)
    left = client.read(f"/v1/bookings?min_offset={booking.head()}")["bookings"]
    assert {item["booking_id"] for item in left} == {booked["booking_id"], made["booking_id"], part["booking_id"], both[1]}
    send("DELETE", f"/v1/shows/{two}?on_booked=cancel", None, "SHOW_REMOVED", admin, 200)
    send("DELETE", f"/v1/shows/{one}", None, "HAS_BOOKINGS", admin, 409)
    everything = client.read(f"/v1/bookings?state=all&min_offset={booking.head()}")["bookings"]
    assert {item["booking_id"]: item["state"] for item in everything}[both[1]] == "CANCELLED"


def test_every_command_of_queues_sessions_and_locks(booking):
    full, queued = booking.new_show(1, 2), booking.new_show(queue={"max_active": 1, "admit_ms": 60_000})
    client, other, admin = *booking.clients(2), booking.admin
    other.reserve(full, "1A", "1B", expect="RESERVED")
    assert client.join_waitlist(full, 1, expect="QUEUED").status == 201
    assert client.leave_waitlist(full, expect="LEFT").status == 200
    assert other.reserve(queued, "1A").code == "NOT_ADMITTED"
    assert client.join_queue(queued, expect="ADMITTED")["token"].startswith("Q-")
    waiting = other.join_queue(queued, expect="WAITING")
    assert (waiting.status, waiting["position"], waiting["eta_ms"]) == (202, 1, 60_000)
    client.reserve(queued, "1A", expect="RESERVED")  # its place goes to the next
    other.reserve(queued, "1B", expect="RESERVED")
    opened = client.open_session(lease_ms=60_000, grace_ms=1000)
    assert opened.status == 201 and opened["session_id"] == f"s-{opened.offset}"
    kept = client.keepalive()
    assert (kept.status, kept["state"]) == (200, "ACTIVE")
    lock = f"lock {full}"
    granted = client.acquire(lock, ttl_ms=60_000, expect="GRANTED")
    assert granted.status == 200 and granted["ttl_ms"] == 60_000
    token = granted["token"]
    assert client.renew(lock, token, ttl_ms=50_000, expect="RENEWED").status == 200
    assert client.append(lock, token, "text", target=full, expect="STAGED")["n"] == 1
    with_lock = {"headers": {"X-Lock": f"{lock}:{token}"}}
    client.command("POST", f"/v1/shows/{queued}/queue", {}, expect="ADMITTED", **with_lock)
    assert client.release_lock(lock, token, expect="RELEASED")["appended"] == 1
    assert client.lockfile(full).body == b"text"
    assert client.release_lock(lock, token).code == "NOT_HOLDER"
    assert client.append(lock, token + 1000, "x").code == "STALE_TOKEN"
    late = client.command("POST", f"/v1/shows/{queued}/queue", {}, **with_lock)
    assert (late.status, late.code) == (403, "NOT_HOLDER")
    again = client.acquire(lock, ttl_ms=60_000, expect="GRANTED")
    admin.open_session(lease_ms=60_000)
    broken = admin.command("POST", f"/v1/locks/{lock.replace(' ', '%20')}/break", {"reason": "test"}, expect="BROKEN")
    admin.close_session(expect="CLOSED")
    admin.session = None
    assert broken.status == 200 and client.append(lock, again["token"], "x").code == "LOCK_EXPIRED"
    hold = client.hold(queued, "2A", expect="HELD")
    closed = client.close_session(expect="CLOSED")
    assert closed["released_holds"] == [hold["hold_id"]]


@pytest.mark.parametrize(
    "rule, code", [("off", "RESERVED"), ("warn", "RESERVED"), ("reject_unless_unavoidable", "ORPHAN_SEAT")]
)
def test_a_seat_left_alone_is_judged_by_the_rule_of_the_show(booking, rule, code):
    """The examples of booking-rules section 7."""
    client = booking.client()
    show = booking.new_show(1, 5, orphan_rule=rule)
    told = client.reserve(show, "1B", expect=code)
    if rule == "warn":
        assert told["orphans"] == ["1A"]
    if code == "ORPHAN_SEAT":
        assert told.status == 422 and [one["seat"] for one in told["conflicts"]] == ["1A"]
        client.reserve(show, "1A", "1B", expect="RESERVED")
        client.reserve(show, "1D", "1E", expect="RESERVED")
