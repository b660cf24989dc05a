"""What the holder of a lock does with it: renew, append, release; and what an administrator may do: break it."""

import base64

from . import locks
from .answers import Answer, Refusal


def check_token(state, name, token, session_id):
    """Gives the lock if `token` is the current grant's and the session holds it."""
    lock = state.locks.get(name)
    if lock is None:
        raise Refusal("NO_SUCH_LOCK")
    if lock["grant"] and token == lock["grant"]["token"]:
        if lock["grant"]["session"] != session_id:
            raise Refusal("NOT_HOLDER")
        return lock
    if lock["last"] and token == lock["last"]["token"]:
        raise Refusal("NOT_HOLDER" if lock["last"]["released"] else "LOCK_EXPIRED")
    raise Refusal("STALE_TOKEN")


def check_of_record(state, command):
    """Step 4: the lock that any record may name."""
    if command.lock is not None:
        check_token(state, command.lock["name"], command.lock["token"], command.session)


def held(state, command):
    return check_token(state, command.body["name"], command.body["token"], command.session)


def renew(state, record, command):
    lock = held(state, command)
    ttl_ms = command.body.get("ttl_ms", state.config["lock_ttl_ms"])
    lock["grant"].update(ttl_ms=ttl_ms, deadline=state.time_ms + ttl_ms)
    return Answer("RENEWED", {"name": lock["name"], "token": lock["grant"]["token"], "ttl_ms": ttl_ms})


def append(state, record, command):
    grant = held(state, command)["grant"]
    data = base64.b64decode(command.body["data_b64"])
    if sum(len(staged) for _, staged in grant["staged"]) + len(data) > state.config["max_txn_bytes"]:
        raise Refusal("TXN_TOO_BIG")
    grant["staged"].append((command.body["target"], data))
    grant["deadline"] = state.time_ms + grant["ttl_ms"]
    return Answer("STAGED", {"n": len(grant["staged"])})


def release(state, record, command):
    lock = held(state, command)
    staged = lock["grant"]["staged"] if command.body.get("commit", True) else []
    for target, data in staged:
        state.lockfiles[target] = state.lockfiles.get(target, b"") + data
    for target in sorted({target for target, _ in staged}):
        record.emit("lockfile.appended", target=target, name=lock["name"], token=lock["grant"]["token"])
    record.emit("lock.released", name=lock["name"], token=lock["grant"]["token"])
    locks.end_grant(state, lock, released=True, delayed=False)
    return Answer("RELEASED", {"appended": len(staged)})


def break_lock(state, record, command):
    lock = state.locks.get(command.body["name"])
    if lock is None:
        raise Refusal("NO_SUCH_LOCK")
    if lock["grant"]:
        record.emit("lock.expired", name=lock["name"], token=lock["grant"]["token"])
        locks.end_grant(state, lock, released=False, delayed=True)
    return Answer("BROKEN")
