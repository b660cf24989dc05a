"""show.remove: what becomes of its bookings, holds and waiting places."""

from . import best, bookings, holds, ids, seats, shows
from .answers import Answer, Refusal


def remove(state, record, command):
    show = shows.find(state, command.body["show_id"])
    mode = command.body.get("on_booked", "reject")
    booked = bookings.live_of_show(state, show["id"])
    if booked and mode == "reject":
        raise Refusal("HAS_BOOKINGS")
    for hold in holds.live(state):
        if hold["show"] == show["id"]:
            holds.end(state, hold, "RELEASED")
    target = next_show(state, show) if mode == "rebook_next" else None
    cancelled, moved = [], []
    for booking in booked:
        if target and move(state, booking, target):
            taken = seats.in_order(booking["seats"])
            moved.append({"booking_id": booking["id"], "show_id": target["id"], "seats": taken})
            record.emit("booking.moved", booking_id=booking["id"], show_id=target["id"], seats=taken)
        else:
            bookings.cancel(state, booking)
            cancelled.append(booking["id"])
            record.emit("booking.cancelled", booking_id=booking["id"], show_id=show["id"])
    if moved:
        shows.changed(state, record, "seat.booked", target["id"], [seat for one in moved for seat in one["seats"]])
    del state.shows[show["id"]]
    record.emit("show.removed", show_id=show["id"], show_version=show["version"])
    return Answer("SHOW_REMOVED", {"cancelled": cancelled, "moved": moved})


def next_show(state, gone):
    """Of the same movie, open, the first to start after this one's start."""
    later = [
        show
        for show in state.shows.values()
        if show["movie"] == gone["movie"] and show["status"] == "OPEN" and show["starts_at_ms"] > gone["starts_at_ms"]
    ]
    return min(later, key=lambda show: (show["starts_at_ms"], ids.byte_order(show["id"])), default=None)


def move(state, booking, target):
    """To the best seats of the other show, at the price that was paid: the first seat's for the first seat."""
    layout = target["layout"]
    places = best.choose(seats.available(state, target), len(booking["seats"]), len(layout), len(layout[0]))
    if places is None:
        return False
    paid = [booking["seats"][seat] for seat in seats.in_order(booking["seats"])]
    booking["show"] = target["id"]
    booking["seats"] = dict(zip([seats.name(place) for place in places], paid))
    return True
