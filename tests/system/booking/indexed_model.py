"""The independent model of tests/booking, fast enough for a log of 100,000 records.

Not one rule is changed: the model looks at every hold, booking, show and lock for each record, and here it is only spared
to look where nothing can have happened. test_checker.py compares the two on random logs.
"""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "booking"))

from model import Model, clock, expiry, ids, locks, seats, shows, waitlist  # noqa: E402
from model.state import Record, State  # noqa: E402

# Commands that set no deadline, and move none but later.
WITHOUT_DEADLINES = ("seat.reserve", "seat.cancel", "booking.cancel", "booking.exchange", "multi.reserve", "tick", "session.touch")
HARMLESS_EVENTS = ("seat.booked", "seat.released")
NEW_STATE = {
    "seat.held": "HELD",
    "seat.booked": "BOOKED",
    "seat.released": "AVAILABLE",
    "seat.blocked": "BLOCKED",
    "seat.unblocked": "AVAILABLE",
}


class LiveFirst(dict):
    """Holds or bookings. `values` gives the live ones only, as everybody who goes through all of them wants just those."""

    def __init__(self):
        super().__init__()
        self._live = []

    def __setitem__(self, made_id, entity):
        super().__setitem__(made_id, entity)
        self._live.append(entity)

    def values(self):
        self._live = [entity for entity in self._live if entity["state"] == "LIVE"]
        return self._live

    def ended_too(self):
        return super().values()


class IndexedState(State):
    def __init__(self):
        super().__init__()
        self.holds, self.bookings = LiveFirst(), LiveFirst()
        self.seat_states = {}  # show id -> {seat: state}
        self.sorted_shows = self.sorted_locks = ((), [])
        self.counted_again = False  # while a command moves seats before it tells of it


class IndexedModel(Model):
    def __init__(self):
        self.state = IndexedState()
        self._nothing_before = 0  # booking time until which nothing can expire

    def apply(self, offset, timestamp_ms, value, kind=None):
        """`kind`: the type of the command, where the caller knows it; that saves time."""
        record = Record(offset, timestamp_ms)
        self.before_command(record)
        self.state.counted_again = kind in (None, "show.remove")
        self.command(record, value)
        if self.state.counted_again:
            self.state.seat_states.clear()
            self.state.counted_again = False
        self.after_command(record)
        if kind not in WITHOUT_DEADLINES or any(event["type"] not in HARMLESS_EVENTS for event in record.events):
            self._nothing_before = 0
        return {"time_ms": self.state.time_ms, "replies": record.replies, "events": record.events}

    def before_command(self, record):
        clock.advance(self.state, record.timestamp)
        if self.state.time_ms >= self._nothing_before:
            expiry.run(self.state, record)
            self._nothing_before = earliest_deadline(self.state)
            if record.events:
                waitlist.make_offers(self.state, record)
                self._nothing_before = 0


def earliest_deadline(state):
    found = [hold["deadline"] for hold in state.holds.values()]
    for session in state.sessions.values():
        found.append(session["lease_deadline"] + (session["grace_ms"] if session["in_jeopardy"] else 0))
    for lock in state.locks.values():
        if lock["grant"]:
            found.append(lock["grant"]["deadline"])
        elif lock["free_from"] > state.time_ms or lock["is_delayed"]:
            found.append(lock["free_from"])
        found += [waiter["deadline"] for waiter in lock["waiters"] if waiter["deadline"] is not None]
    for show in state.shows.values():
        found += [place["deadline"] for place in show["admitted"]]
    return min(found, default=float("inf"))


# The functions that look at everything, with a memory.

_states, _changed, _of_show = seats.states, shows.changed, seats.of_show
_seats_of = {}  # layout -> seat ids


def of_show(show):
    layout = tuple(show["layout"])
    if layout not in _seats_of:
        _seats_of[layout] = _of_show(show)
    return list(_seats_of[layout])


def states(state, show, given_up=()):
    if not isinstance(state, IndexedState) or state.counted_again:
        return _states(state, show, given_up)
    known = state.seat_states.get(show["id"])
    if known is None:
        known = state.seat_states[show["id"]] = _states(state, show)
    found = dict(known)
    found.update((seat, "AVAILABLE") for seat in given_up)
    return found


def changed(state, record, kind, show_id, seat_ids, **fields):
    if isinstance(state, IndexedState):
        if kind in NEW_STATE and show_id in state.seat_states:
            state.seat_states[show_id].update((seat, NEW_STATE[kind]) for seat in seat_ids)
        elif kind not in NEW_STATE:
            state.seat_states.pop(show_id, None)
    _changed(state, record, kind, show_id, seat_ids, **fields)


def shows_by_id(state):
    if not isinstance(state, IndexedState):
        return [state.shows[show_id] for show_id in sorted(state.shows, key=str.encode)]
    present = tuple(map(id, state.shows.values()))
    if state.sorted_shows[0] != present:
        state.sorted_shows = (present, [state.shows[show_id] for show_id in sorted(state.shows, key=str.encode)])
    return state.sorted_shows[1]


def locks_by_name(state):
    if not isinstance(state, IndexedState):
        return [state.locks[name] for name in sorted(state.locks, key=ids.byte_order)]
    names = tuple(state.locks)
    if state.sorted_locks[0] != names:
        state.sorted_locks = (names, [state.locks[name] for name in sorted(names, key=ids.byte_order)])
    return state.sorted_locks[1]


seats.states, seats.of_show, shows.changed, shows.by_id, locks.by_name = states, of_show, changed, shows_by_id, locks_by_name
