"""Sessions: opened, renewed by every record that names them, closed. What ends one is in session_end.py."""

from . import ids, session_end
from .answers import Answer, Refusal


def check(state, record, session_id, client):
    """Step 3. An id that could have been given out before this record and is not live is expired, whoever asks."""
    session = state.sessions.get(session_id)
    if session is None:
        made = ids.SESSION_ID.fullmatch(session_id)
        if made and int(made[1]) < record.offset:
            raise Refusal("SESSION_EXPIRED")
        raise Refusal("NO_SUCH_SESSION")
    if session["client"] != client:
        raise Refusal("NOT_OWNER")


def renew(state, record, session):
    session["lease_deadline"] = state.time_ms + session["lease_ms"]
    if session["in_jeopardy"]:
        session["in_jeopardy"] = False
        record.emit("session.safe", session_id=session["id"], client_id=session["client"])


def renew_if_own(state, record, session_id, client):
    session = state.sessions.get(session_id)
    if session is not None and session["client"] == client:
        renew(state, record, session)


def opened(session):
    return Answer(
        "SESSION_OPENED",
        {"session_id": session["id"], "lease_ms": session["lease_ms"], "grace_ms": session["grace_ms"]},
    )


def open_session(state, record, command):
    if "resume" in command.body:
        session = state.sessions[command.body["resume"]]
        renew(state, record, session)
        return opened(session)
    own = [session for session in state.sessions.values() if session["client"] == command.client]
    if len(own) >= state.config["max_sessions_per_client"] or len(state.sessions) >= state.config["max_sessions"]:
        raise Refusal("TOO_MANY_SESSIONS")
    session = {
        "id": f"s-{record.offset}",
        "client": command.client,
        "lease_ms": command.body.get("lease_ms", state.config["lease_ms"]),
        "grace_ms": command.body.get("grace_ms", state.config["grace_ms"]),
        "in_jeopardy": False,
    }
    session["lease_deadline"] = state.time_ms + session["lease_ms"]
    state.sessions[session["id"]] = session
    record.emit("session.opened", session_id=session["id"], client_id=command.client)
    return opened(session)


def touch(state, record, command):
    """Front ends touch for many clients at once, and have checked whose sessions they are."""
    unknown = []
    for session_id in command.body["ids"]:
        if session_id in state.sessions:
            renew(state, record, state.sessions[session_id])
        else:
            unknown.append(session_id)
    return Answer("TOUCHED", {"unknown": unknown})


def close(state, record, command):
    session = state.sessions[command.session]
    session_end.end_waiting(state, record, [session["id"]])
    held, locked = session_end.end_one(state, record, session, closed=True)
    record.emit("session.closed", session_id=session["id"], client_id=session["client"])
    return Answer("CLOSED", {"released_holds": held, "released_locks": locked})
