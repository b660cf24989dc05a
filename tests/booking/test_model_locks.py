"""Locks: section 8 of the rules and the L scenarios that need no failure."""

import pytest

from booking_log import BookingLog


@pytest.fixture
def log():
    return BookingLog()


def contents(log, target="notes.txt"):
    return log.state.lockfiles.get(target, b"").decode()


def test_a_holder_past_its_time_is_expired_and_the_next_is_granted(log):
    first, second = log.open_session("c1"), log.open_session("c2")
    token = log.acquire("c1", first, ttl_ms=1000)["token"]
    assert log.acquire("c2", second, seq=1)["position"] == 1
    log.wait(1000)
    [pushed] = log.pushed()
    assert (pushed["code"], pushed["body"]["token"], pushed["seq"]) == ("GRANTED", token + 1, 1)
    assert log.write("c1", first, token, "x")["code"] == "LOCK_EXPIRED"
    assert contents(log) == ""
    # The stored answer is the grant.
    again = log.acquire("c2", second, seq=1)
    assert (again["code"], again["replayed"]) == ("GRANTED", True)


def test_what_is_staged_is_appended_at_release_and_only_then(log):
    session = log.open_session("c1")
    token = log.acquire("c1", session)["token"]
    assert [log.write("c1", session, token, "A")["n"] for _ in range(2)] == [1, 2]
    assert contents(log) == ""
    assert log.use_lock("release", "c1", session, token)["appended"] == 2
    assert contents(log) == "AA"
    token = log.acquire("c1", session)["token"]
    log.write("c1", session, token, "B")
    assert log.use_lock("release", "c1", session, token, commit=False)["appended"] == 0
    assert contents(log) == "AA"


def test_which_code_a_token_gets(log):
    session, other = log.open_session("c1"), log.open_session("c1")
    use = lambda token, by=session: log.use_lock("renew", "c1", by, token)["code"]  # noqa: E731
    assert use(1) == "NO_SUCH_LOCK"
    token = log.acquire("c1", session, ttl_ms=1000)["token"]
    assert [use(token), use(token, other), use(token + 1)] == ["RENEWED", "NOT_HOLDER", "STALE_TOKEN"]
    log.use_lock("release", "c1", session, token)
    assert use(token) == "NOT_HOLDER"
    second = log.acquire("c1", session, ttl_ms=1000)["token"]
    log.wait(1000)
    assert [use(second), use(token)] == ["LOCK_EXPIRED", "STALE_TOKEN"]


def test_the_lock_of_any_record_is_checked_before_rights_and_shows(log):
    session = log.open_session("c1")
    named = {"lock": {"name": "hall-1", "token": 1}, "session_id": session}
    assert log.send("show.remove", "c1", {"show_id": "S9"}, **named)["code"] == "NO_SUCH_LOCK"
    log.acquire("c1", session)
    assert log.send("show.remove", "c1", {"show_id": "S9"}, **named)["code"] == "NOT_ADMIN"
    del named["session_id"]
    assert log.send("show.remove", "c1", {"show_id": "S9"}, **named)["code"] == "NOT_HOLDER"


def test_asking_again_keeps_the_grant_and_the_place(log):
    first, second, third = (log.open_session(client) for client in ("c1", "c2", "c3"))
    token = log.acquire("c1", first, ttl_ms=1000)["token"]
    assert [log.acquire("c2", second)["position"], log.acquire("c3", third)["position"]] == [1, 2]
    log.wait(900)
    assert log.acquire("c1", first, ttl_ms=1000)["token"] == token
    assert log.acquire("c2", second)["position"] == 1
    log.wait(900)
    assert log.state.locks["hall-1"]["grant"]["token"] == token


def test_waiting_ends_with_max_wait(log):
    first, second = log.open_session("c1"), log.open_session("c2")
    log.acquire("c1", first)
    assert log.acquire("c2", second, wait=False)["code"] == "LOCK_HELD"
    log.acquire("c2", second, seq=4, max_wait_ms=500)
    log.wait(500)
    assert [reply["code"] for reply in log.pushed()] == ["WAIT_TIMEOUT"]
    assert log.acquire("c2", second, seq=4, max_wait_ms=500)["code"] == "WAIT_TIMEOUT"


def test_the_delay_holds_back_after_expiry_and_break_and_not_after_release(log):
    log.send("config.set", "admin", {"key": "lock_delay_ms", "value": 700})
    first, second = log.open_session("c1"), log.open_session("c2")
    token = log.acquire("c1", first, ttl_ms=1000)["token"]
    log.wait(1000)
    assert log.acquire("c2", second, wait=False)["code"] == "LOCK_HELD"
    assert log.acquire("c2", second, ttl_ms=2000)["code"] == "WAITING"
    log.wait(699)
    assert log.pushed() == []
    log.wait(1)
    assert [reply["body"]["token"] for reply in log.pushed()] == [token + 1]
    log.acquire("c1", first)
    log.use_lock("release", "c2", second, token + 1)
    assert [reply["body"]["token"] for reply in log.pushed()] == [token + 2]


def test_breaking(log):
    session = log.open_session("c1")
    broken = lambda client: log.send(
        "lock.break", client, {"name": "hall-1", "reason": "x"}, session_id=admin
    )  # noqa: E731
    admin = log.open_session("admin")
    assert broken("admin")["code"] == "NO_SUCH_LOCK"
    token = log.acquire("c1", session)["token"]
    assert broken("admin")["code"] == "BROKEN"
    assert log.use_lock("renew", "c1", session, token)["code"] == "LOCK_EXPIRED"
    assert broken("admin")["code"] == "BROKEN"
    admin = session
    assert broken("c1")["code"] == "NOT_ADMIN"


def test_a_transaction_has_a_size(log):
    log.send("config.set", "admin", {"key": "max_txn_bytes", "value": 3})
    session = log.open_session("c1")
    token = log.acquire("c1", session)["token"]
    log.write("c1", session, token, "ab")
    assert log.write("c1", session, token, "cd")["code"] == "TXN_TOO_BIG"
    assert log.write("c1", session, token, "e")["n"] == 2
    log.use_lock("release", "c1", session, token)
    assert contents(log) == "abe"
