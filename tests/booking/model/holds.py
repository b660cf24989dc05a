"""Holds: seats kept for a client until a deadline. An offer is a hold that the waiting list made."""

from . import clock, ids, seats, shows, taking
from .answers import Answer, Refusal
from .state import DAY_MS

ENDED = {"EXPIRED": "HOLD_EXPIRED", "RELEASED": "ALREADY_RELEASED", "CONFIRMED": "ALREADY_CONFIRMED"}


def live(state):
    found = [hold for hold in state.holds.values() if hold["state"] == "LIVE"]
    return sorted(found, key=lambda hold: ids.number_order(hold["id"]))


def make(state, hold_id, show, client, session, chosen, ttl_ms, is_offer=False):
    """The price of a seat is its category's when the hold is made."""
    state.holds[hold_id] = {
        "id": hold_id,
        "show": show["id"],
        "client": client,
        "session": session,
        "seats": seats.prices(show, chosen),
        "made": state.time_ms,
        "deadline": state.time_ms + ttl_ms,
        "is_offer": is_offer,
        "state": "LIVE",
        "ended": None,
    }
    return state.holds[hold_id]


def end(state, hold, how):
    hold["state"] = how
    hold["ended"] = state.time_ms


def expire(state, record, offers):
    due = [hold for hold in live(state) if hold["is_offer"] == offers and clock.is_over(state, hold["deadline"])]
    for hold in sorted(due, key=lambda hold: (hold["deadline"], ids.number_order(hold["id"]))):
        end(state, hold, "EXPIRED")
        record.emit("hold.expired", hold_id=hold["id"], show_id=hold["show"])
        shows.changed(state, record, "seat.released", hold["show"], hold["seats"], hold_id=hold["id"])


def find(state, hold_id):
    """Step 6: ended holds are remembered for a day."""
    hold = state.holds.get(hold_id)
    if hold is None or (hold["state"] != "LIVE" and clock.is_over(state, hold["ended"] + DAY_MS)):
        raise Refusal("NO_SUCH_HOLD")
    return hold


def find_own_live(state, command):
    """Steps 6, 7 and 8."""
    hold = find(state, command.body["hold_id"])
    if hold["client"] != command.client:
        raise Refusal("NOT_OWNER")
    if hold["state"] != "LIVE":
        raise Refusal(ENDED[hold["state"]])
    return hold


def hold(state, record, command):
    show = shows.find(state, command.body["show_id"])
    items = [taking.item(show, command.body)]
    taking.check_states_of_shows(command.client, items)
    taking.check_no_duplicates([command.body.get("seats")])
    taking.check_limit(state, items)
    ttl_ms = command.body.get("ttl_ms", state.config["hold_ms"])
    if ttl_ms > state.config["max_hold_ms"]:
        raise Refusal("HOLD_LIMIT")
    taking.check_seats_exist(items)
    [(chosen, warning)] = taking.choose(state, items)
    made = make(state, f"H-{record.offset}", show, command.client, command.session, chosen, ttl_ms)
    shows.changed(state, record, "seat.held", show["id"], chosen, hold_id=made["id"])
    body = {"hold_id": made["id"], "seats": chosen, "price_cents": sum(made["seats"].values()), "expires_in_ms": ttl_ms}
    return Answer("HELD", {**body, **warning}, show["id"])


def extend(state, record, command):
    hold = find_own_live(state, command)
    ttl_ms = command.body.get("ttl_ms", state.config["hold_ms"])
    deadline = state.time_ms + ttl_ms
    if deadline > hold["made"] + state.config["max_hold_ms"]:
        raise Refusal("HOLD_LIMIT")
    hold["deadline"] = deadline
    return Answer("EXTENDED", {"hold_id": hold["id"], "expires_in_ms": ttl_ms}, hold["show"])


def release(state, record, command):
    hold = find_own_live(state, command)
    given_up = command.body.get("seats", list(hold["seats"]))
    taking.check_no_duplicates([given_up])
    unknown = [(hold["show"], seat, "UNKNOWN") for seat in given_up if seat not in hold["seats"]]
    taking.refuse_if_any("NO_SUCH_SEAT", unknown)
    if len(given_up) == len(hold["seats"]):
        end(state, hold, "RELEASED")
    else:
        for seat in given_up:
            del hold["seats"][seat]
    shows.changed(state, record, "seat.released", hold["show"], given_up, hold_id=hold["id"])
    return Answer("RELEASED", {"hold_id": hold["id"], "seats": seats.in_order(given_up)}, hold["show"])
