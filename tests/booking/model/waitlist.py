"""The waiting list of a sold-out show: strictly first come, first served; an offer is a hold."""

from . import best, holds, seats, shows, taking
from .answers import Answer, Refusal


def drop_entries(state, session_ids):
    for show in state.shows.values():
        show["waitlist"] = [entry for entry in show["waitlist"] if entry["session"] not in session_ids]


def join(state, record, command):
    body = command.body
    show = shows.find(state, body["show_id"])
    taking.check_states_of_shows(command.client, [taking.item(show, {"best": body})])
    if body["n"] > shows.most_seats(state, show):
        raise Refusal("LIMIT")
    if command.client in [entry["client"] for entry in show["waitlist"]]:
        raise Refusal("ALREADY_WAITING")
    if len(seats.available(state, show, body.get("category"))) >= body["n"]:
        raise Refusal("NOT_SOLD_OUT")
    show["waitlist"].append(
        {"client": command.client, "session": command.session, "n": body["n"], "category": body.get("category")}
    )
    record.emit("waitlist.joined", show_id=show["id"], client_id=command.client)
    return Answer("QUEUED", {"position": len(show["waitlist"])}, show["id"])


def leave(state, record, command):
    show = shows.find(state, command.body["show_id"])
    remaining = [entry for entry in show["waitlist"] if entry["client"] != command.client]
    if len(remaining) == len(show["waitlist"]):
        raise Refusal("NOT_WAITING")
    show["waitlist"] = remaining
    return Answer("LEFT", {}, show["id"])


def make_offers(state, record):
    """While the first entry's seats are there it gets the best of them; the first that cannot be served stops it."""
    for show in shows.by_id(state):
        while show["waitlist"]:
            entry = show["waitlist"][0]
            free = seats.available(state, show, entry["category"])
            places = best.choose(free, entry["n"], len(show["layout"]), len(show["layout"][0]))
            if places is None:
                break
            show["waitlist"].pop(0)
            offer(state, record, show, entry, [seats.name(place) for place in places])


def offer(state, record, show, entry, chosen):
    record.offers += 1
    hold_id = f"H-{record.offset}-{record.offers}"
    ttl_ms = state.config["offer_ms"]
    holds.make(state, hold_id, show, entry["client"], entry["session"], chosen, ttl_ms, is_offer=True)
    shows.changed(state, record, "seat.held", show["id"], chosen, hold_id=hold_id)
    record.emit(
        "waitlist.offered", show_id=show["id"], client_id=entry["client"], hold_id=hold_id, expires_in_ms=ttl_ms
    )
