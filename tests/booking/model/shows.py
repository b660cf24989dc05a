"""Shows: found, judged, versioned, added and updated."""

from . import layout, seats
from .answers import Answer, Refusal


def find(state, show_id):
    if show_id not in state.shows:
        raise Refusal("NO_SUCH_SHOW")
    return state.shows[show_id]


def changed(state, record, kind, show_id, seat_ids, **fields):
    """One event for each command or expiry, show and kind of change. It makes the next version of the show."""
    show = state.shows[show_id]
    show["version"] += 1
    record.emit(kind, show_id=show_id, show_version=show["version"], seats=seats.in_order(seat_ids), **fields)


def check_not_started(record, show):
    """Giving up: judged by the record's own timestamp, not by booking time."""
    if record.timestamp >= show["starts_at_ms"]:
        raise Refusal("SHOW_STARTED")


def check_open(show):
    if show["status"] != "OPEN":
        raise Refusal("SHOW_CLOSED")


def check_version(show, body):
    if "expected_version" in body and body["expected_version"] != show["version"]:
        raise Refusal("VERSION_MISMATCH")


def most_seats(state, show):
    return show["max_per_booking"] or state.config["max_per_booking"]


def by_id(state):
    return [state.shows[show_id] for show_id in sorted(state.shows, key=str.encode)]


def add(state, record, command):
    body = command.body
    if body["show_id"] in state.shows:
        raise Refusal("SHOW_EXISTS")
    lines = layout.of_body(body)
    state.shows[body["show_id"]] = {
        "id": body["show_id"],
        "movie": body["movie"],
        "hall": body["hall"],
        "starts_at_ms": body["starts_at_ms"],
        "layout": lines,
        "categories": layout.categories(body.get("categories"), len(lines)),
        "max_per_booking": body.get("max_per_booking"),
        "orphan_rule": body.get("orphan_rule", "off"),
        "status": "OPEN",
        "version": 1,
        "blocked": [],
        "waitlist": [],  # in the order of joining
        "queue": body.get("queue"),
        "admitted": [],
        "in_line": [],  # those who wait for admission, in order
    }
    record.emit("show.added", show_id=body["show_id"], show_version=1)
    return Answer("SHOW_ADDED", show=body["show_id"])


def update(state, record, command):
    body = command.body
    show = find(state, body["show_id"])
    check_version(show, body)
    rows = body.get("rows", len(show["layout"]))
    if rows < len(show["layout"]):
        raise Refusal("CANNOT_SHRINK")
    if rows > layout.MOST_ROWS:
        raise Refusal("BAD_LAYOUT")
    lines = show["layout"] + [show["layout"][-1]] * (rows - len(show["layout"]))
    if "categories" in body:
        categories = layout.categories(body["categories"], rows)
    else:
        categories = layout.grown(show["categories"], len(show["layout"]), rows)
    show.update(layout=lines, categories=categories, status=body.get("status", show["status"]))
    changed(state, record, "show.updated", show["id"], [])
    return Answer("SHOW_UPDATED", show=show["id"])
