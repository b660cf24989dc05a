"""What ends with a session: its waiting places, its holds, its admissions, its locks. Bookings stay."""

from . import admission, holds, locks, shows, waitlist


def end_waiting(state, record, session_ids):
    """Waiting places go first, those of every session that ends here: nothing is handed from one of them to another."""
    locks.drop_waiters(state, record, session_ids)
    waitlist.drop_entries(state, session_ids)
    admission.drop_waiting(state, session_ids)


def end_one(state, record, session, closed):
    """Gives the holds and the locks that ended."""
    del state.sessions[session["id"]]
    held = [hold["id"] for hold in holds.live(state) if hold["session"] == session["id"]]
    freed = {}
    for hold_id in held:
        hold = state.holds[hold_id]
        freed.setdefault(hold["show"], []).extend(hold["seats"])
        holds.end(state, hold, "RELEASED" if closed else "EXPIRED")
        record.emit("hold.released" if closed else "hold.expired", hold_id=hold_id, show_id=hold["show"])
    for show_id in sorted(freed, key=str.encode):
        shows.changed(state, record, "seat.released", show_id, freed[show_id])
    admission.end_of_session(state, session["id"])
    locked = locks.end_of_session(state, record, session["id"], closed)
    return held, locked
