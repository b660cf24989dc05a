"""seat.block and seat.unblock: a seat that is so already counts as done."""

from . import seats, shows, taking
from .answers import Answer


def block(state, record, command):
    return change(state, record, command, "BLOCKED")


def unblock(state, record, command):
    return change(state, record, command, "AVAILABLE")


def change(state, record, command, wanted):
    show = shows.find(state, command.body["show_id"])
    asked = seats.in_order(command.body["seats"])
    taking.check_no_duplicates([asked])
    taking.refuse_if_any("NO_SUCH_SEAT", taking.unknown_seats(show, asked))
    states = seats.states(state, show)
    taken = [(show["id"], seat, states[seat]) for seat in asked if states[seat] in ("HELD", "BOOKED")]
    taking.refuse_if_any("SEAT_TAKEN", taken)
    differing = [seat for seat in asked if states[seat] != wanted]
    if wanted == "BLOCKED":
        show["blocked"] += differing
    else:
        show["blocked"] = [seat for seat in show["blocked"] if seat not in differing]
    if differing:
        kind = "seat.blocked" if wanted == "BLOCKED" else "seat.unblocked"
        shows.changed(state, record, kind, show["id"], differing)
    return Answer("BLOCKED" if wanted == "BLOCKED" else "UNBLOCKED", {"seats": asked}, show["id"])
