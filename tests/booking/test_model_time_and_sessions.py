"""Booking time, expiry and sessions: sections 1 and 6 of the rules."""

import pytest

from booking_log import BookingLog


@pytest.fixture
def log():
    return BookingLog()


def test_time_is_zero_at_the_first_record_and_takes_steps_of_at_most_a_second(log):
    times = []
    for step in (0, 250, 1000, 1001, 3_600_000, -5000, 4000, 0, -3_600_000, 1):
        log.timestamp += step
        log.send("tick", "_fe-1")
        times.append(log.time)
    # After a step back the next step counts from there, even when an earlier record was later.
    assert times == [0, 250, 1250, 2250, 3250, 3250, 4250, 4250, 4250, 4251]


def test_a_record_that_is_no_command_moves_time_and_ends_what_is_due(log):
    log.add_show()
    log.hold("alice", "1A", ttl_ms=500)
    log.timestamp += 500
    assert log.append(b"no JSON")["replies"][0]["code"] == "BAD_COMMAND"
    assert log.time == 500
    assert log.seat_state("1A") == "AVAILABLE"


def test_a_deadline_is_over_when_it_is_reached(log):
    log.add_show()
    held = log.hold("alice", "1A", ttl_ms=500)["hold_id"]
    log.wait(499)
    assert log.send("hold.extend", "alice", {"hold_id": held, "ttl_ms": 100})["code"] == "EXTENDED"
    log.wait(100)
    assert log.send("booking.confirm", "alice", {"hold_id": held})["code"] == "HOLD_EXPIRED"


def test_a_seat_freed_by_an_expiry_goes_to_the_waiting_list_before_the_records_own_command(log):
    log.add_show(rows=1, cols=1)
    log.hold("alice", "1A", ttl_ms=500)
    log.send("waitlist.join", "bob", {"show_id": "S1", "n": 1})
    log.timestamp += 500
    assert log.reserve("carol", "1A")["conflicts"] == [{"seat": "1A", "state": "HELD"}]
    assert log.state.holds[f"H-{len(log.records) - 1}-1"]["client"] == "bob"


def test_a_session_goes_from_active_to_jeopardy_to_expired(log):
    session = log.open_session(lease_ms=1000, grace_ms=2000)
    log.wait(1000)
    assert log.events() == ["session.jeopardy"]
    log.wait(1999)
    assert session in log.state.sessions
    log.wait(1)
    assert log.events() == ["session.expired"]
    assert log.send("session.close", "alice", session_id=session)["code"] == "SESSION_EXPIRED"


def test_resume_within_the_grace_is_safe(log):
    session = log.open_session(lease_ms=1000, grace_ms=2000)
    log.wait(1500)
    resumed = log.send("session.open", "alice", {"resume": session})
    assert (resumed["session_id"], resumed["lease_ms"], resumed["grace_ms"]) == (session, 1000, 2000)
    assert log.events() == ["session.safe"]
    log.wait(2999)
    assert session in log.state.sessions


def test_refused_commands_and_replays_renew_and_records_of_others_do_not(log):
    session = log.open_session(lease_ms=1000, grace_ms=0)
    log.wait(900)
    assert log.send("waitlist.leave", "alice", {"show_id": "S9"}, seq=5, session_id=session)["code"] == "NO_SUCH_SHOW"
    log.wait(900)
    assert log.send("waitlist.leave", "alice", {"show_id": "S9"}, seq=5, session_id=session)["replayed"]
    log.wait(900)
    assert log.send("waitlist.leave", "bob", {"show_id": "S9"}, session_id=session)["code"] == "NOT_OWNER"
    log.wait(100)
    assert session not in log.state.sessions


def test_which_code_an_id_that_is_not_live_gets(log):
    log.add_show()
    mine = log.open_session()
    log.send("session.close", "alice", session_id=mine)
    codes = [log.reserve("bob", "1A", session_id=one)["code"] for one in (mine, "s-0", "s-999", "S-1", "s-01", "")]
    assert codes == ["SESSION_EXPIRED"] * 2 + ["NO_SUCH_SESSION"] * 4


def test_touch_renews_for_anybody_and_names_the_unknown_in_the_order_asked(log):
    first, second = log.open_session("alice", lease_ms=1000), log.open_session("bob", lease_ms=1000)
    log.wait(1000)
    touched = log.send("session.touch", "_fe-1", {"ids": ["s-77", second, "x", first]})
    assert (touched["code"], touched["unknown"]) == ("TOUCHED", ["s-77", "x"])
    assert log.events() == ["session.safe", "session.safe"]


def test_everything_but_bookings_ends_with_a_session(log):
    log.add_show()
    session, heir = log.open_session("alice", lease_ms=1000, grace_ms=0), log.open_session("bob")
    log.hold("alice", "1A", session=session)
    log.hold("alice", "1B", "1C", session=session)
    log.hold("alice", "2A")
    log.reserve("alice", "3A", session_id=session)
    token = log.acquire("alice", session)["token"]
    log.acquire("bob", heir)
    version = log.state.shows["S1"]["version"]
    log.wait(1000)
    assert [log.seat_state(seat) for seat in ("1A", "1B", "1C", "2A", "3A")] == ["AVAILABLE"] * 3 + ["HELD", "BOOKED"]
    assert [reply["code"] for reply in log.pushed()] == ["GRANTED"]
    assert log.pushed()[0]["body"]["token"] == token + 1
    # One event for the show, however many holds.
    assert log.state.shows["S1"]["version"] == version + 1


def test_close_names_what_it_released(log):
    log.add_show()
    session = log.open_session()
    held = [log.hold("alice", seat, session=session)["hold_id"] for seat in ("2A", "1A")]
    for name in ("b", "a"):
        log.acquire("alice", session, name)
    closed = log.send("session.close", "alice", session_id=session)
    assert (closed["released_holds"], closed["released_locks"]) == (held, ["a", "b"])
    assert log.send("hold.release", "alice", {"hold_id": held[0]})["code"] == "ALREADY_RELEASED"


def test_sessions_are_limited_for_a_client_and_altogether(log):
    log.send("config.set", "admin", {"key": "max_sessions_per_client", "value": 1})
    log.open_session("alice")
    assert log.send("session.open", "alice")["code"] == "TOO_MANY_SESSIONS"
    log.send("config.set", "admin", {"key": "max_sessions", "value": 1})
    assert log.send("session.open", "bob")["code"] == "TOO_MANY_SESSIONS"
    log.send("config.set", "admin", {"key": "max_sessions", "value": 2})
    assert log.send("session.open", "bob")["code"] == "SESSION_OPENED"


def test_waiting_places_of_all_sessions_that_expire_go_before_anything_is_handed_on(log):
    first, second = log.open_session("alice", lease_ms=1000, grace_ms=0), log.open_session(
        "bob", lease_ms=1000, grace_ms=0
    )
    log.acquire("alice", first)
    log.acquire("bob", second, seq=1)
    log.wait(1000)
    assert [(reply["client_id"], reply["code"]) for reply in log.pushed()] == [("bob", "SESSION_EXPIRED")]
    assert log.state.locks["hall-1"]["grant"] is None
