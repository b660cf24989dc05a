"""What front ends show is the model's state at the offset that they say they show."""

import re
import urllib.parse

from booking import indexed_model  # noqa: F401  (puts tests/booking on the path)
from model import seats as model_seats

SHOW_SEATS = re.compile(r"/v1/shows/([^/]+)/seats")
LOCKFILE = re.compile(r"/v1/lockfiles/([^/]+)")
SESSION = re.compile(r"/v1/sessions/([^/]+)")


def by_offset(calls):
    """{offset: reads at it}."""
    found = {}
    for call in calls:
        if call.method == "GET" and call.status == 200 and call.offset is not None:
            found.setdefault(call.offset, []).append(call)
    return found


def check(judge, call):
    """The model has applied exactly what the read saw."""
    where = urllib.parse.urlsplit(call.path)
    asked = urllib.parse.parse_qs(where.query)
    least = int(asked.get("min_offset", [-1])[0])
    if call.offset < least:
        judge.problem("I5", f"min_offset {least} was asked for, at {call.offset}: {call}")
    if asked.get("consistency") == ["linearizable"]:
        before = judge.highest_answered_before(call.start)
        if call.offset < before:
            judge.problem("I5", f"read at {call.offset} after {before} was answered: {call}")
    state = judge.model.state
    wanted, told = None, None
    if where.path == "/v1/shows" and not set(asked) & {"movie", "from", "available"}:
        wanted, told = counts(state), {one["show_id"]: counted(one) for one in call["shows"]}
    elif found := SHOW_SEATS.fullmatch(where.path):
        show = state.shows.get(found[1])
        wanted = show and {"version": show["version"], "seats": seats_for(state, show, call.client)}
        told = {"version": call["show_version"], "seats": {one["id"]: (one["state"], bool(one.get("mine"))) for one in call["seats"]}}
    elif where.path == "/v1/bookings" and "state" not in asked:
        wanted = bookings_of(state, call.client)
        told = {one["booking_id"]: [one["show_id"], one["seats"], one["price_cents"]] for one in call["bookings"]}
    elif found := LOCKFILE.fullmatch(where.path):
        wanted, told = state.lockfiles.get(found[1], b""), call.body
    elif found := SESSION.fullmatch(where.path):
        wanted, told = session_state(state, found[1]), call["state"]
    if wanted != told:
        judge.problem("I6", f"{call.client} {call.path} at {call.offset}: {difference(told, wanted)}")


def difference(told, wanted):
    if isinstance(told, dict) and isinstance(wanted, dict):
        parts = [key for key in {*told, *wanted} if told.get(key) != wanted.get(key)][:3]
        return "; ".join(f"{key} is {str(told.get(key))[:300]}, in the model {str(wanted.get(key))[:300]}" for key in parts)
    return f"{str(told)[:300]}, in the model {str(wanted)[:300]}"


def counted(line):
    return [line[name] for name in ("free", "held", "booked", "blocked", "total", "show_version")]


def counts(state):
    """I2 is in it: the four add up to the total."""
    found = {}
    for show in state.shows.values():
        states = list(model_seats.states(state, show).values())
        four = [states.count(one) for one in ("AVAILABLE", "HELD", "BOOKED", "BLOCKED")]
        found[show["id"]] = [*four, len(states), show["version"]]
    return found


def seats_for(state, show, asker):
    mine = {
        seat
        for entities in (state.holds, state.bookings)
        for one in entities.values()
        if one["client"] == asker and one["show"] == show["id"]
        for seat in one["seats"]
    }
    return {seat: (its, seat in mine) for seat, its in model_seats.states(state, show).items()}


def bookings_of(state, client):
    return {
        one["id"]: [one["show"], model_seats.in_order(one["seats"]), sum(one["seats"].values())]
        for one in state.bookings.values()
        if one["client"] == client
    }


def session_state(state, session_id):
    session = state.sessions.get(session_id)
    if session is None:
        return "EXPIRED"
    return "JEOPARDY" if session["in_jeopardy"] else "ACTIVE"
