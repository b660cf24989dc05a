"""The admission queue of a show: at most `max_active` clients at once may take seats, each for `admit_ms`."""

from . import clock, shows
from .answers import Answer


def join(state, record, command):
    show = shows.find(state, command.body["show_id"])
    place = {"id": f"Q-{record.offset}", "client": command.client, "session": command.session}
    if show["queue"] is None:
        return Answer("ADMITTED", {"token": place["id"]}, show["id"])
    if command.client not in [other["client"] for other in show["admitted"] + show["in_line"]]:
        show["in_line"].append(place)
        admit_next(state, record)
    for admitted in show["admitted"]:
        if admitted["client"] == command.client:
            return Answer("ADMITTED", {"token": admitted["id"]}, show["id"])
    position = [waiting["client"] for waiting in show["in_line"]].index(command.client) + 1
    rounds = -(-position // show["queue"]["max_active"])
    return Answer("WAITING", {"position": position, "eta_ms": rounds * show["queue"]["admit_ms"]}, show["id"])


def admit_next(state, record):
    for show in shows.by_id(state):
        while show["in_line"] and len(show["admitted"]) < show["queue"]["max_active"]:
            place = show["in_line"].pop(0)
            show["admitted"].append({**place, "deadline": state.time_ms + show["queue"]["admit_ms"]})
            record.emit("queue.admitted", show_id=show["id"], client_id=place["client"], token=place["id"])


def expire(state, record):
    for show in shows.by_id(state):
        for place in show["admitted"]:
            if clock.is_over(state, place["deadline"]):
                record.emit("queue.over", show_id=show["id"], client_id=place["client"], token=place["id"])
        show["admitted"] = [place for place in show["admitted"] if not clock.is_over(state, place["deadline"])]


def drop_waiting(state, session_ids):
    for show in state.shows.values():
        show["in_line"] = [place for place in show["in_line"] if place["session"] not in session_ids]


def end_of_session(state, session_id):
    for show in state.shows.values():
        show["admitted"] = [place for place in show["admitted"] if place["session"] != session_id]


def end_of_client(state, show_id, client):
    """A booking was made: the place is free. The next is admitted when the command is done."""
    show = state.shows[show_id]
    show["admitted"] = [place for place in show["admitted"] if place["client"] != client]
