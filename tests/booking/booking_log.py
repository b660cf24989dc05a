"""A log written by hand: each command is appended, applied by the model, and its answer given back."""

import base64
import json

from model import Model, seats

START = 1_700_000_000_000


class BookingLog:
    def __init__(self, model=None):
        self.model = model or Model()
        self.state = self.model.state
        self.timestamp = START
        self.records, self.results = [], []

    @property
    def time(self):
        return self.results[-1]["time_ms"]

    def wait(self, milliseconds):
        """By ticks, none of which moves booking time by more than it may."""
        while milliseconds > 0:
            step = min(milliseconds, 1000)
            self.timestamp += step
            milliseconds -= step
            self.send("tick", "_fe-1")
        return self

    def append(self, value):
        record = {"offset": len(self.records), "timestamp_ms": self.timestamp}
        self.records.append({**record, "value_b64": base64.b64encode(value).decode()})
        self.results.append(self.model.apply(record["offset"], self.timestamp, value))
        return self.results[-1]

    def send(self, kind, client="alice", body=None, **envelope):
        """The record's own answer: its code as `code`, its body's fields beside it."""
        envelope = {"v": 1, "type": kind, "client_id": client, "reply_to": "fe-1", "body": body or {}, **envelope}
        if kind not in ("tick", "session.touch", "sm.version") and not {"seq", "idem_key"} & set(envelope):
            envelope["idem_key"] = f"key-{len(self.records)}"
        reply = self.append(json.dumps(envelope).encode())["replies"][0]
        return {**reply, **reply["body"]}

    def events(self):
        return [event["type"] for event in self.results[-1]["events"]]

    def pushed(self):
        return self.results[-1]["replies"][1:]

    # what most tests begin with

    def add_show(self, show_id="S1", **fields):
        body = {"show_id": show_id, "movie": "Dune", "hall": "1", "starts_at_ms": START + 10**9}
        if "layout" not in fields:
            body.update(rows=5, cols=5)
        return self.send("show.add", "admin", {**body, **fields})

    def open_session(self, client="alice", **fields):
        return self.send("session.open", client, fields)["session_id"]

    def reserve(self, client, *seat_ids, show="S1", **envelope):
        return self.send("seat.reserve", client, {"show_id": show, "seats": list(seat_ids)}, **envelope)

    def hold(self, client, *seat_ids, show="S1", **fields):
        session = {"session_id": fields.pop("session")} if "session" in fields else {}
        return self.send("seat.hold", client, {"show_id": show, "seats": list(seat_ids), **fields}, **session)

    def acquire(self, client, session, name="hall-1", seq=None, **fields):
        key = {} if seq is None else {"seq": seq}
        return self.send("lock.acquire", client, {"name": name, **fields}, session_id=session, **key)

    def use_lock(self, kind, client, session, token, name="hall-1", **fields):
        return self.send("lock." + kind, client, {"name": name, "token": token, **fields}, session_id=session)

    def write(self, client, session, token, text, target="notes.txt", name="hall-1"):
        data = base64.b64encode(text.encode()).decode()
        return self.use_lock("append", client, session, token, name, target=target, data_b64=data)

    def seat_state(self, seat, show="S1"):
        return seats.states(self.state, self.state.shows[show])[seat]
