"""Steps 9 to 15 for everything that takes seats. Every step is judged for all items before the next.

An item is {"show", "seats" or "best", "given_up": seats of that show that count as AVAILABLE}.
"""

from . import best, ids, orphan, seats, shows
from .answers import Refusal


def item(show, asked, given_up=()):
    return {"show": show, "seats": asked.get("seats"), "best": asked.get("best"), "given_up": list(given_up)}


def size(one):
    return len(one["seats"]) if one["seats"] is not None else one["best"]["n"]


def check_states_of_shows(client, items):
    for one in items:
        shows.check_open(one["show"])
    for one in items:
        queue = one["show"]["queue"]
        if queue and client not in [admitted["client"] for admitted in one["show"]["admitted"]]:
            raise Refusal("NOT_ADMITTED")


def check_no_duplicates(lists):
    for seat_ids in lists:
        if seat_ids is not None and len(seat_ids) != len(set(seat_ids)):
            raise Refusal("DUPLICATE_SEAT", sorted_conflicts([(None, seat, "UNKNOWN") for seat in twice(seat_ids)]))


def twice(seat_ids):
    return {seat for seat in seat_ids if seat_ids.count(seat) > 1}


def check_limit(state, items):
    for one in items:
        if size(one) > shows.most_seats(state, one["show"]):
            raise Refusal("LIMIT")


def sorted_conflicts(found, with_show=False):
    """From (show id, seat id, state) to what an answer lists, by (show id, row, column)."""
    found = sorted(found, key=lambda one: (ids.byte_order(one[0] or ""), seats.order(one[1])))
    listed = [{"seat": seat, "state": its} for _, seat, its in found]
    if with_show:
        for entry, (show_id, _, _) in zip(listed, found):
            entry["show_id"] = show_id
    return listed


def refuse_if_any(code, found, with_show=False):
    if found:
        raise Refusal(code, sorted_conflicts(found, with_show))


def unknown_seats(show, seat_ids):
    known = set(seats.of_show(show))
    return [(show["id"], seat, "UNKNOWN") for seat in seat_ids or [] if seat not in known]


def check_seats_exist(items, with_show=False):
    unknown = [found for one in items for found in unknown_seats(one["show"], one["seats"])]
    refuse_if_any("NO_SUCH_SEAT", unknown, with_show)


def choose(state, items, with_show=False):
    """Steps 14 and 15. Gives for each item the seats in order and the orphans that a warning is about."""
    taken = []
    for one in items:
        states = seats.states(state, one["show"], one["given_up"])
        taken += [(one["show"]["id"], seat, states[seat]) for seat in one["seats"] or [] if states[seat] != "AVAILABLE"]
    refuse_if_any("SEAT_TAKEN", taken, with_show)
    chosen = [named_or_best(state, one) for one in items]
    left_alone = [orphans_of(state, one) for one in items]
    refused = [
        (one["show"]["id"], seats.name(place), "ORPHAN")
        for one, alone in zip(items, left_alone)
        for place in (alone if is_refused(state, one, alone) else [])
    ]
    refuse_if_any("ORPHAN_SEAT", refused, with_show)
    return list(zip(chosen, [warning(one, alone) for one, alone in zip(items, left_alone)]))


def named_or_best(state, one):
    if one["seats"] is not None:
        return seats.in_order(one["seats"])
    free = seats.available(state, one["show"], one["best"].get("category"), one["given_up"])
    layout = one["show"]["layout"]
    places = best.choose(free, one["best"]["n"], len(layout), len(layout[0]))
    if places is None:
        raise Refusal("NOT_ENOUGH_SEATS", free=len(free))
    return [seats.name(place) for place in places]


def orphans_of(state, one):
    """Only seats that were named are judged; the best are never refused."""
    if one["seats"] is None or one["show"]["orphan_rule"] == "off":
        return set()
    free = seats.available(state, one["show"], given_up=one["given_up"])
    return orphan.made_by(free, [seats.parse(seat) for seat in one["seats"]])


def is_refused(state, one, alone):
    if not alone or one["show"]["orphan_rule"] != "reject_unless_unavoidable":
        return False
    free = seats.available(state, one["show"], given_up=one["given_up"])
    return orphan.is_avoidable(free, len(one["seats"]))


def warning(one, alone):
    if one["seats"] is None or one["show"]["orphan_rule"] != "warn":
        return {}
    return {"orphans": [seats.name(place) for place in sorted(alone)]}
