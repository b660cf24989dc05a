"""booking.exchange: seats given up and seats taken in one record; any refusal leaves the old booking as it was."""

from . import admission, bookings, seats, shows, taking
from .answers import Answer, Refusal


def exchange(state, record, command):
    body = command.body
    target = shows.find(state, body["to"]["show_id"])
    booking = bookings.find(state, body["booking_id"])
    bookings.check_own_live(booking, command.client)
    old_show = state.shows[booking["show"]]
    same_show = old_show["id"] == target["id"]
    given_up = body.get("from_seats", list(booking["seats"]))
    kept = [seat for seat in booking["seats"] if seat not in given_up]
    items = [taking.item(target, body["to"], given_up if same_show else ())]
    shows.check_not_started(record, old_show)
    taking.check_states_of_shows(command.client, items)
    taking.check_no_duplicates([given_up, body["to"].get("seats")])
    if taking.size(items[0]) + (len(kept) if same_show else 0) > shows.most_seats(state, target):
        raise Refusal("LIMIT")
    not_booked = [(old_show["id"], seat, "UNKNOWN") for seat in given_up if seat not in booking["seats"]]
    taking.refuse_if_any("NO_SUCH_SEAT", not_booked + taking.unknown_seats(target, body["to"].get("seats")))
    [(chosen, warning)] = taking.choose(state, items)
    return move(state, record, booking, target, seats.in_order(given_up), chosen, warning)


def move(state, record, booking, target, given_up, chosen, warning):
    """A booking keeps its id when all of it moves or it stays in its show; else what moves becomes a new one."""
    old_show_id = booking["show"]
    price_now = seats.prices(target, chosen)
    refund = sum(booking["seats"].pop(seat) for seat in given_up)
    shows.changed(state, record, "seat.released", old_show_id, given_up, booking_id=booking["id"])
    if not booking["seats"] or old_show_id == target["id"]:
        booking["show"] = target["id"]
        booking["seats"].update(price_now)
        admission.end_of_client(state, target["id"], booking["client"])
        after = booking
    else:
        after = bookings.make(state, f"B-{record.offset}", target["id"], booking["client"], price_now)
    shows.changed(state, record, "seat.booked", target["id"], chosen, booking_id=after["id"])
    body = {
        "booking_id": after["id"],
        "show_id": target["id"],
        "seats": seats.in_order(after["seats"]),
        "price_cents": sum(after["seats"].values()),
        "diff_cents": sum(price_now.values()) - refund,
    }
    return Answer("EXCHANGED", {**body, **warning}, target["id"])
