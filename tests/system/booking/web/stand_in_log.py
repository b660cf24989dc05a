"""The log and the state of the stand-in front end: the independent model behind a lock, and who waits for changes."""

import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "booking"))

from model import Model, seats  # noqa: E402

TICK_SECONDS = 0.1


class Log:
    """Commands go in one by one and are answered at once: a log, four replicas and their votes in one process."""

    def __init__(self, kept=None):
        """`kept`: a file that outlives the process, as the log does."""
        self.changed = threading.Condition()
        self.model = Model()
        self.offset = -1
        self.events = []  # (offset, event) in order, of all times
        self.messages = []  # (offset, kind, data) of the stream
        if kept and kept.exists():
            with self.changed:
                for line in kept.read_text().splitlines():
                    self.apply(*json.loads(line))
        self.kept = kept.open("a") if kept else None
        threading.Thread(target=self.tick, daemon=True).start()

    def tick(self):
        while True:
            time.sleep(TICK_SECONDS)
            self.submit({"type": "tick", "body": {}})

    def submit(self, command):
        """The reply record to a command that is given without `v` and `reply_to`."""
        with self.changed:
            timestamp = int(time.time() * 1000)
            if self.kept:
                print(json.dumps([timestamp, command]), file=self.kept, flush=True)
            return self.apply(timestamp, command)

    def apply(self, timestamp, command):
        value = json.dumps({"v": 1, "reply_to": "fe-1", **command}).encode()
        self.offset += 1
        result = self.model.apply(self.offset, timestamp, value)
        if result["events"]:
            self.events += [(self.offset, event) for event in result["events"]]
            self.messages += self.stream_messages(result["events"])
            self.changed.notify_all()
        return result["replies"][0]

    def stream_messages(self, events):
        """One for each show that the record changed."""
        touched = {}
        for event in events:
            if event["type"].startswith(("seat.", "show.")):
                touched.setdefault(event["show_id"], []).append(event)
        return [(self.offset, *self.stream_message(show_id, of_show)) for show_id, of_show in touched.items()]

    def stream_message(self, show_id, events):
        show = self.model.state.shows.get(show_id)
        states = seats.states(self.model.state, show) if show else {}
        changed = seats.in_order({seat for event in events for seat in event.get("seats", [])} & set(states))
        kind = "show" if any(event["type"].startswith("show.") for event in events) else "seat"
        changes = [{"id": seat, "state": states[seat]} for seat in changed]
        return kind, {"show_id": show_id, "version": events[-1]["show_version"], "changes": changes}

    def wait_for(self, found, seconds):
        """What `found()` gives, as soon as that is something."""
        with self.changed:
            self.changed.wait_for(found, seconds)
            return found()


def shows(state):
    listed = sorted(state.shows.values(), key=lambda show: (show["starts_at_ms"], show["id"].encode()))
    return [show_line(state, show) for show in listed]


def show_line(state, show):
    found = list(seats.states(state, show).values())
    return {
        **described(show),
        "free": found.count("AVAILABLE"),
        "held": found.count("HELD"),
        "booked": found.count("BOOKED"),
        "blocked": found.count("BLOCKED"),
        "total": len(found),
    }


def described(show):
    return {
        "show_id": show["id"],
        "movie": show["movie"],
        "hall": show["hall"],
        "starts_at_ms": show["starts_at_ms"],
        "status": show["status"],
        "show_version": show["version"],
    }


def owners(state, show_id):
    """{seat: client} of held and booked seats."""
    found = {}
    for entity in [*state.holds.values(), *state.bookings.values()]:
        if entity["show"] == show_id and entity["state"] == "LIVE":
            found.update((seat, entity["client"]) for seat in entity["seats"])
    return found


def seat_map(state, show, client):
    whose = owners(state, show["id"])
    listed = []
    for seat, its in seats.states(state, show).items():
        row, column = seats.parse(seat)
        line = {"id": seat, "row": row, "col": column, "cat": seats.category_of_row(show, row)["id"], "state": its}
        listed.append({**line, "mine": whose[seat] == client} if seat in whose else line)
    categories = [{name: one[name] for name in ("id", "name", "price_cents")} for one in show["categories"]]
    size = {"rows": len(show["layout"]), "cols": len(show["layout"][0])}
    return {**described(show), **size, "seats": listed, "categories": categories}


def bookings(state, client):
    """The live ones."""
    mine = [one for one in state.bookings.values() if one["client"] == client and one["state"] == "LIVE"]
    return [{"booking_id": one["id"], "show_id": one["show"], **priced(one["seats"])} for one in mine]


def holds(state, session_id):
    mine = [one for one in state.holds.values() if one["session"] == session_id and one["state"] == "LIVE"]
    return [
        {
            "hold_id": one["id"],
            "show_id": one["show"],
            "expires_in_ms": one["deadline"] - state.time_ms,
            **priced(one["seats"]),
        }
        for one in mine
    ]


def priced(prices):
    return {"seats": seats.in_order(prices), "price_cents": sum(prices.values())}
