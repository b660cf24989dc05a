"""What a record's time ends before its command runs: kind by kind, each kind by (deadline, id)."""

from . import admission, clock, holds, ids, locks, session_end


def run(state, record):
    sessions(state, record)
    locks.expire_waiters(state, record)
    locks.expire(state, record)
    locks.end_delays(state, record)
    locks.grant_free(state, record)
    holds.expire(state, record, offers=False)
    holds.expire(state, record, offers=True)
    admission.expire(state, record)
    admission.admit_next(state, record)


def sessions(state, record):
    """In jeopardy when the lease is over, expired when the grace is."""
    due = []
    for session in state.sessions.values():
        lease_over, grace_over = session["lease_deadline"], session["lease_deadline"] + session["grace_ms"]
        order = ids.number_order(session["id"])
        if clock.is_over(state, lease_over) and not session["in_jeopardy"]:
            due.append((lease_over, order, "jeopardy", session))
        if clock.is_over(state, grace_over):
            due.append((grace_over, order, "then expired", session))
    due.sort(key=lambda one: one[:3])
    session_end.end_waiting(state, record, [session["id"] for *_, what, session in due if what == "then expired"])
    for *_, what, session in due:
        if what == "jeopardy":
            session["in_jeopardy"] = True
            record.emit("session.jeopardy", session_id=session["id"], client_id=session["client"])
        else:
            record.emit("session.expired", session_id=session["id"], client_id=session["client"])
            session_end.end_one(state, record, session, closed=False)
