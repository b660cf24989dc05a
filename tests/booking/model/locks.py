"""Locks: first come, first served, a token for each grant. What is done with a held lock is in lock_use.py.

A lock is {"name", "grant": {"token", "session", "ttl_ms", "deadline", "staged"} or None, "waiters": [...],
"last": {"token", "released"} of the last ended grant or None, "free_from": no grant before, "is_delayed"}.
"""

from . import clock, dedup, ids
from .answers import Answer, Refusal, reply_record, who_asked


def by_name(state):
    return [state.locks[name] for name in sorted(state.locks, key=ids.byte_order)]


def acquire(state, record, command):
    body = command.body
    lock = state.locks.setdefault(
        body["name"],
        {"name": body["name"], "grant": None, "waiters": [], "last": None, "free_from": 0, "is_delayed": False},
    )
    ttl_ms = body.get("ttl_ms", state.config["lock_ttl_ms"])
    grant = lock["grant"]
    if grant and grant["session"] == command.session:
        grant.update(ttl_ms=ttl_ms, deadline=state.time_ms + ttl_ms)
        return Answer("GRANTED", {"name": lock["name"], "token": grant["token"], "ttl_ms": ttl_ms})
    waiting = [waiter["session"] for waiter in lock["waiters"]]
    if command.session not in waiting:
        if grant is None and not waiting and clock.is_over(state, lock["free_from"]):
            return grant_to(state, record, lock, command.session, ttl_ms)
        if not body.get("wait", True):
            raise Refusal("LOCK_HELD")
        add_waiter(state, record, lock, command, ttl_ms)
    position = [waiter["session"] for waiter in lock["waiters"]].index(command.session)
    lock["waiters"][position]["asked"].append({"who": who_asked(command), "offset": record.offset})
    return Answer("WAITING", {"name": lock["name"], "position": position + 1})


def add_waiter(state, record, lock, command, ttl_ms):
    max_wait_ms = command.body.get("max_wait_ms")
    lock["waiters"].append(
        {
            "session": command.session,
            "ttl_ms": ttl_ms,
            "deadline": None if max_wait_ms is None else state.time_ms + max_wait_ms,
            "offset": record.offset,
            "asked": [],  # every lock.acquire that was answered WAITING for this place
        }
    )


def grant_to(state, record, lock, session_id, ttl_ms):
    state.last_token += 1
    lock["grant"] = {
        "token": state.last_token,
        "session": session_id,
        "ttl_ms": ttl_ms,
        "deadline": state.time_ms + ttl_ms,
        "staged": [],
    }
    record.emit("lock.granted", name=lock["name"], token=state.last_token, session_id=session_id)
    return Answer("GRANTED", {"name": lock["name"], "token": state.last_token, "ttl_ms": ttl_ms})


def grant_free(state, record):
    for lock in by_name(state):
        if lock["grant"] is None and lock["waiters"] and clock.is_over(state, lock["free_from"]):
            waiter = lock["waiters"].pop(0)
            answer = grant_to(state, record, lock, waiter["session"], waiter["ttl_ms"])
            tell(state, record, waiter, "OK", answer.code, answer.body)


def tell(state, record, waiter, status, code, body):
    """The second answer to everyone who was told to wait; from here on it is the stored one."""
    for asked in waiter["asked"]:
        reply = reply_record(record, state.time_ms, asked["who"], status, code, body)
        reply["offset"] = asked["offset"]  # the command's, not that of the record that ended its waiting
        record.replies.append(reply)
        dedup.change_answer(state, asked["who"], asked["offset"], reply)


def end_grant(state, lock, released, delayed):
    """What is staged is dropped. After a release and a close the next grant does not wait."""
    lock["last"] = {"token": lock["grant"]["token"], "released": released}
    lock["grant"] = None
    lock["free_from"] = state.time_ms + (state.config["lock_delay_ms"] if delayed else 0)
    lock["is_delayed"] = lock["free_from"] > state.time_ms


def drop_waiters(state, record, session_ids):
    for lock in by_name(state):
        gone = [waiter for waiter in lock["waiters"] if waiter["session"] in session_ids]
        lock["waiters"] = [waiter for waiter in lock["waiters"] if waiter["session"] not in session_ids]
        for waiter in gone:
            tell(state, record, waiter, "ERROR", "SESSION_EXPIRED", {})


def expire_waiters(state, record):
    due = [
        (waiter["deadline"], ids.byte_order(lock["name"]), waiter["offset"], lock, waiter)
        for lock in by_name(state)
        for waiter in lock["waiters"]
        if waiter["deadline"] is not None and clock.is_over(state, waiter["deadline"])
    ]
    for *_, lock, waiter in sorted(due, key=lambda one: one[:3]):
        lock["waiters"].remove(waiter)
        tell(state, record, waiter, "ERROR", "WAIT_TIMEOUT", {})


def expire(state, record):
    due = [lock for lock in by_name(state) if lock["grant"] and clock.is_over(state, lock["grant"]["deadline"])]
    for lock in sorted(due, key=lambda lock: (lock["grant"]["deadline"], ids.byte_order(lock["name"]))):
        record.emit("lock.expired", name=lock["name"], token=lock["grant"]["token"])
        end_grant(state, lock, released=False, delayed=True)


def end_delays(state, record):
    """Tells of it: a record at which a delay ends has ended something."""
    for lock in by_name(state):
        if lock["is_delayed"] and clock.is_over(state, lock["free_from"]):
            lock["is_delayed"] = False
            record.emit("lock.free", name=lock["name"])


def end_of_session(state, record, session_id, closed):
    ended = [lock for lock in by_name(state) if lock["grant"] and lock["grant"]["session"] == session_id]
    for lock in ended:
        record.emit("lock.released" if closed else "lock.expired", name=lock["name"], token=lock["grant"]["token"])
        end_grant(state, lock, released=False, delayed=not closed)
    return [lock["name"] for lock in ended]
