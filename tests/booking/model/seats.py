"""Seats: their ids, and what state each is in, computed from the holds, bookings and blocks of its show."""

import re

SEAT_ID = re.compile(r"([1-9][0-9]*)([A-Z])")


def parse(seat_id):
    """(row, column), both from 1; None if no seat can have this id."""
    match = SEAT_ID.fullmatch(seat_id)
    return (int(match[1]), ord(match[2]) - ord("A") + 1) if match else None


def name(place):
    row, column = place
    return f"{row}{chr(ord('A') + column - 1)}"


def order(seat_id):
    """By (row, column); what cannot be a seat comes last."""
    place = parse(seat_id)
    return (0, place, b"") if place else (1, (0, 0), seat_id.encode())


def in_order(seat_ids):
    return sorted(seat_ids, key=order)


def of_show(show):
    """All seat ids of a show in order."""
    return [
        name((row, column))
        for row, line in enumerate(show["layout"], 1)
        for column, letter in enumerate(line, 1)
        if letter == "s"
    ]


def states(state, show, given_up=()):
    """{seat id: state}. Seats that are given up in an exchange count as AVAILABLE."""
    found = {seat: "AVAILABLE" for seat in of_show(show)}
    for seat in show["blocked"]:
        found[seat] = "BLOCKED"
    for hold in state.holds.values():
        if hold["show"] == show["id"] and hold["state"] == "LIVE":
            found.update((seat, "HELD") for seat in hold["seats"])
    for booking in state.bookings.values():
        if booking["show"] == show["id"] and booking["state"] == "LIVE":
            found.update((seat, "BOOKED") for seat in booking["seats"])
    found.update((seat, "AVAILABLE") for seat in given_up)
    return found


def available(state, show, category_id=None, given_up=()):
    """The places (row, column) that are AVAILABLE, of one category if it is named."""
    places = [parse(seat) for seat, its in states(state, show, given_up).items() if its == "AVAILABLE"]
    if category_id is None:
        return set(places)
    return {place for place in places if category_of_row(show, place[0])["id"] == category_id}


def category_of_row(show, row):
    return next(category for category in show["categories"] if row in category["rows"])


def price(show, seat_id):
    return category_of_row(show, parse(seat_id)[0])["price_cents"]


def prices(show, seat_ids):
    return {seat: price(show, seat) for seat in in_order(seat_ids)}
