"""Bookings: made of a hold or in one step, cancelled whole or by seats. They outlive sessions."""

from . import admission, clock, holds, ids, seats, shows, taking
from .answers import Answer, Refusal
from .state import DAY_MS


def live_of_show(state, show_id):
    found = [one for one in state.bookings.values() if one["show"] == show_id and one["state"] == "LIVE"]
    return sorted(found, key=lambda booking: ids.number_order(booking["id"]))


def make(state, booking_id, show_id, client, paid):
    """`paid` is {seat: price}. A booking made gives its client's admission to the next."""
    state.bookings[booking_id] = {
        "id": booking_id, "show": show_id, "client": client, "seats": dict(paid), "state": "LIVE", "ended": None
    }  # fmt: skip
    admission.end_of_client(state, show_id, client)
    return state.bookings[booking_id]


def cancel(state, booking):
    booking["state"] = "CANCELLED"
    booking["ended"] = state.time_ms


def give_back(state, booking, seat_ids):
    """Gives what was paid for the seats. A booking without seats is cancelled."""
    refund = sum(booking["seats"].pop(seat) for seat in seat_ids)
    if not booking["seats"]:
        cancel(state, booking)
    return refund


def find(state, booking_id):
    booking = state.bookings.get(booking_id)
    if booking is None or (booking["state"] != "LIVE" and clock.is_over(state, booking["ended"] + DAY_MS)):
        raise Refusal("NO_SUCH_BOOKING")
    return booking


def check_own_live(booking, client):
    """Steps 7 and 8."""
    if booking["client"] != client:
        raise Refusal("NOT_OWNER")
    if booking["state"] != "LIVE":
        raise Refusal("ALREADY_CANCELLED")


def confirm(state, record, command):
    hold = holds.find_own_live(state, command)
    holds.end(state, hold, "CONFIRMED")
    booking = make(state, f"B-{record.offset}", hold["show"], hold["client"], hold["seats"])
    taken = seats.in_order(booking["seats"])
    shows.changed(state, record, "seat.booked", hold["show"], taken, booking_id=booking["id"], hold_id=hold["id"])
    body = {"booking_id": booking["id"], "seats": taken, "price_cents": sum(booking["seats"].values())}
    return Answer("BOOKED", body, hold["show"])


def reserve(state, record, command):
    show = shows.find(state, command.body["show_id"])
    items = [taking.item(show, command.body)]
    taking.check_states_of_shows(command.client, items)
    shows.check_version(show, command.body)
    taking.check_no_duplicates([command.body.get("seats")])
    taking.check_limit(state, items)
    taking.check_seats_exist(items)
    [(chosen, warning)] = taking.choose(state, items)
    booking = make(state, f"B-{record.offset}", show["id"], command.client, seats.prices(show, chosen))
    shows.changed(state, record, "seat.booked", show["id"], chosen, booking_id=booking["id"])
    body = {"booking_id": booking["id"], "show_id": show["id"], "seats": chosen}
    return Answer("RESERVED", {**body, "price_cents": sum(booking["seats"].values()), **warning}, show["id"])


def reserve_many(state, record, command):
    """All or nothing: one booking for each item."""
    asked = command.body["items"]
    items = [taking.item(show, one) for show, one in zip([shows.find(state, one["show_id"]) for one in asked], asked)]
    taking.check_states_of_shows(command.client, items)
    taking.check_no_duplicates([one["seats"] for one in asked])
    taking.check_limit(state, items)
    taking.check_seats_exist(items, with_show=True)
    made, orphans = [], []
    for index, (one, (chosen, warning)) in enumerate(zip(items, taking.choose(state, items, with_show=True)), 1):
        show = one["show"]
        paid = seats.prices(show, chosen)
        booking = make(state, f"B-{record.offset}-{index}", show["id"], command.client, paid)
        shows.changed(state, record, "seat.booked", show["id"], chosen, booking_id=booking["id"])
        orphans += [{"show_id": show["id"], "seat": seat} for seat in warning.get("orphans", [])]
        made.append(booking)
    body = {
        "booking_ids": [booking["id"] for booking in made],
        "price_cents": sum(sum(booking["seats"].values()) for booking in made),
    }
    return Answer("RESERVED", {**body, **({"orphans": orphans} if orphans else {})}, made[-1]["show"])


def cancel_booking(state, record, command):
    booking = find(state, command.body["booking_id"])
    check_own_live(booking, command.client)
    shows.check_not_started(record, state.shows[booking["show"]])
    given_up = seats.in_order(command.body.get("seats", list(booking["seats"])))
    taking.check_no_duplicates([given_up])
    unknown = [(booking["show"], seat, "UNKNOWN") for seat in given_up if seat not in booking["seats"]]
    taking.refuse_if_any("NO_SUCH_SEAT", unknown)
    refund = give_back(state, booking, given_up)
    shows.changed(state, record, "seat.released", booking["show"], given_up, booking_id=booking["id"])
    return Answer("CANCELLED", {"seats": given_up, "refund_cents": refund}, booking["show"])


def cancel_seats(state, record, command):
    """Whatever bookings of the client the seats belong to."""
    show = shows.find(state, command.body["show_id"])
    shows.check_not_started(record, show)
    given_up = seats.in_order(command.body["seats"])
    taking.check_no_duplicates([given_up])
    taking.refuse_if_any("NO_SUCH_SEAT", taking.unknown_seats(show, given_up))
    owners = {seat: booking for booking in live_of_show(state, show["id"]) for seat in booking["seats"]}
    of_others = [seat for seat in given_up if seat in owners and owners[seat]["client"] != command.client]
    taking.refuse_if_any("NOT_OWNER", [(show["id"], seat, "BOOKED") for seat in of_others])
    states = seats.states(state, show)
    taking.refuse_if_any("NOT_OCCUPIED", [(show["id"], seat, states[seat]) for seat in given_up if seat not in owners])
    refund = sum(give_back(state, owners[seat], [seat]) for seat in given_up)
    shows.changed(state, record, "seat.released", show["id"], given_up)
    return Answer("CANCELLED", {"seats": given_up, "refund_cents": refund}, show["id"])
