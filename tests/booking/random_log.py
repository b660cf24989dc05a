"""Seeded random logs of booking commands. The log is made while the model reads it: ids are real ones most of the time.

python3 tests/booking/random_log.py --seed 7 --records 600   # JSON lines, as booking_replay takes them
"""

import argparse
import base64
import json
import random as random_module

import malformed
from model import Model
from random_commands import BAD_SEATS, FIRST_TIMESTAMP, LOCK_NAMES, RandomCommands
from random_stories import RandomStories
from specified_codes import EXEMPT, FORCED_PAIRS

DEFAULT_SEEDS = range(1, 13)
DEFAULT_RECORDS = 1000
CLIENTS = ["ann-1", "ann-2", "Ann-1", "zoë", "b" * 255]
WEIGHTS = {
    "session.open": 4, "session.touch": 3, "session.close": 1.5, "show.add": 4, "show.update": 3, "show.remove": 2,
    "seat.hold": 16, "hold.extend": 4, "hold.release": 6, "booking.confirm": 11, "seat.reserve": 18, "seat.cancel": 5,
    "booking.cancel": 6, "booking.exchange": 9, "multi.reserve": 6, "waitlist.join": 10, "waitlist.leave": 2,
    "seat.block": 3, "seat.unblock": 3, "queue.join": 4, "lock.acquire": 9, "lock.renew": 3, "lock.append": 8,
    "lock.release": 5, "lock.break": 1, "config.set": 2, "tick": 4, "sm.version": 1,
}  # fmt: skip
ADMINISTRATIVE = ("show.add", "show.update", "show.remove", "seat.block", "seat.unblock", "lock.break", "config.set")


class RandomLog:
    def __init__(self, seed):
        self.random = random_module.Random(seed)
        self.model = Model()
        self.state = self.model.state
        self.commands = RandomCommands(self.random, self.model)
        self.stories = RandomStories(self)
        self.clients = CLIENTS
        self.encode = malformed.encode
        self.records = []  # {"offset", "timestamp_ms", "value_b64"}
        self.results = []  # what the model made of each
        self.kinds = []  # the command each was meant to be
        self.sent = []  # envelopes that may be sent again
        self.next_seq = {}
        self.timestamp = FIRST_TIMESTAMP
        self.walk = seed * 61  # where in the list of pairs to be forced this log goes on

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def make(self, records):
        self.set_the_stage()
        while len(self.records) < records:
            what = self.random.random() * 100
            if self.chance(1.2):
                self.stories.tell()
            if what < 16:
                self.force_a_pair()
            elif what < 22:
                self.send_again()
            elif what < 26:
                self.strike_at_a_deadline()
            elif what < 30:
                self.append(self.chosen_kind(), malformed.spoil(self.random, self.envelope(self.chosen_kind())))
            else:
                self.send(self.envelope(self.chosen_kind()))
        return self

    def set_the_stage(self):
        """Short deadlines, so that they pass; a show or two; each client a session."""
        short = [("offer_ms", 4000), ("lease_ms", 6000), ("grace_ms", 4000), ("hold_ms", 6000), ("max_hold_ms", 12_000)]
        for key, value in [*short, ("lock_delay_ms", 900)]:
            if self.chance(60):
                self.send(self.envelope("config.set", "admin", {"key": key, "value": value}))
        for _ in range(3):
            self.send(self.envelope("show.add", "admin"))
        for client in CLIENTS:
            self.send(self.envelope("session.open", client, {"lease_ms": self.random.choice([4000, 20000, 60000])}))

    def chosen_kind(self):
        if not self.state.shows and self.chance(60):
            return "show.add"
        return self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]

    def chosen_client(self, kind):
        if kind in EXEMPT:
            return "_fe-1"
        if kind in ADMINISTRATIVE:
            return "admin" if self.chance(94) else self.random.choice(CLIENTS)
        owners = self.commands.clients_who_can(kind)
        if owners and self.chance(70):
            return self.random.choice(owners)
        return self.random.choice(CLIENTS)

    # time

    def step(self):
        self.timestamp += self.random.choices(
            [0, self.random.randint(1, 60), self.random.randint(60, 500), self.random.randint(500, 1500),
             self.random.randint(1500, 6000), -self.random.randint(1, 3000), 3_600_000, -3_600_000],
            [22, 30, 25, 12, 3, 6, 1, 1],
        )[0]  # fmt: skip
        self.timestamp = max(self.timestamp, 1)

    # records

    def append(self, kind, value, step=True):
        if step:
            self.step()
        record = {"offset": len(self.records), "timestamp_ms": self.timestamp}
        self.results.append(self.model.apply(record["offset"], self.timestamp, value))
        self.kinds.append(kind)
        self.records.append({**record, "value_b64": base64.b64encode(value).decode()})

    def send(self, envelope):
        self.append(envelope["type"], malformed.encode(envelope))
        if envelope["type"] not in EXEMPT:
            self.sent = [*self.sent[-60:], envelope]

    def envelope(self, kind, client=None, body=None, session=None):
        client = client or self.chosen_client(kind)
        body = self.commands.body(kind, client) if body is None else body
        envelope = {"v": 1, "type": kind, "client_id": client, "reply_to": "fe-1", "body": body}
        session = session or self.fitting_session(kind, client, body)
        if session:
            envelope["session_id"] = session
        if kind in EXEMPT:
            return envelope
        self.add_key(envelope, client)
        if kind not in ADMINISTRATIVE and self.chance(5):
            envelope["lock"] = self.commands.lock_and_token(client)
            grant = self.state.locks.get(envelope["lock"]["name"], {"grant": None})["grant"]
            if grant and grant["session"] in self.commands.sessions_of(client) and self.chance(85):
                envelope["session_id"] = grant["session"]
        if self.chance(2):
            envelope["unknown"] = {"field": [None]}
        return envelope

    def add_key(self, envelope, client):
        if self.chance(25):
            envelope["idem_key"] = self.random.choice(["", "ü", "\n"]) + f"key-{len(self.records)}"
        else:
            self.next_seq[client] = self.next_seq.get(client, 0) + self.random.choice([1] * 12 + [2, 5])
            envelope["seq"] = self.next_seq[client] - (self.random.randint(1, 80) if self.chance(2) else 0)
            envelope["seq"] = max(envelope["seq"], 1)
            if self.chance(3):
                envelope["ack_below"] = max(0, self.next_seq[client] - self.random.randint(0, 30))

    def fitting_session(self, kind, client, body):
        """Needed by locks and session.close; anything else may have one. A holder's own session, if there is one."""
        if kind in EXEMPT:
            return None
        must = kind.startswith("lock.") or kind == "session.close"
        if not must and self.chance(55):
            return None
        lock = self.state.locks.get(body.get("name")) if kind.startswith("lock.") else None
        own = self.commands.sessions_of(client)
        if lock and lock["grant"] and lock["grant"]["session"] in own and self.chance(85):
            return lock["grant"]["session"]
        if own:
            return self.random.choice(own)
        if must:
            self.send(self.envelope("session.open", client, {"lease_ms": 5000}))
            return (self.commands.sessions_of(client) or ["s-0"])[-1]
        return None

    # on purpose

    def strike_at_a_deadline(self):
        """A command about a hold, session or lock at the very moment at which it ends, or just before."""
        near = [one for one in self.deadlines() if one[0] - self.state.time_ms <= 1000]
        if not near:
            self.send(self.envelope("tick"))
            return
        deadline, kinds, body, client, session = self.random.choice(near)
        kind = self.random.choice(kinds)
        fields = dict(body)
        if kind in ("seat.reserve", "seat.hold"):
            fields = {"show_id": body["show_id"], "seats": body["seats"]}
        if kind == "hold.extend":
            fields["ttl_ms"] = 5000
        envelope = self.envelope(kind, client, fields, session)
        envelope.pop("lock", None)
        self.timestamp += deadline - self.state.time_ms - self.random.choice([0, 0, 0, 1])
        self.append(kind, malformed.encode(envelope), step=False)

    def deadlines(self):
        """(when, commands that are worth trying, their body, client, session)."""
        client = self.random.choice(CLIENTS)
        for hold in self.state.holds.values():
            if hold["state"] == "LIVE":
                yield hold["deadline"], ["booking.confirm", "hold.extend"], {"hold_id": hold["id"]}, hold[
                    "client"
                ], None
                body = {"show_id": hold["show"], "seats": sorted(hold["seats"])}
                for _ in range(3 if self.state.shows[hold["show"]]["waitlist"] else 1):
                    yield hold["deadline"], ["seat.reserve", "seat.hold"], body, client, None
        for session in self.state.sessions.values():
            over = session["lease_deadline"]
            for when in (over, over + session["grace_ms"]):
                yield when, ["session.close"], {}, session["client"], session["id"]
        for name, lock in sorted(self.state.locks.items()):
            if lock["grant"]:
                owner = self.state.sessions[lock["grant"]["session"]]
                body = {"name": name, "token": lock["grant"]["token"]}
                yield lock["grant"]["deadline"], ["lock.renew", "lock.release"], body, owner["client"], owner["id"]

    def send_again(self):
        """A retry: the same, or another body under the same key; sometimes with other session and ack_below."""
        if not self.sent:
            return
        envelope = dict(self.random.choice(self.sent[-25:]))
        if self.chance(20):
            envelope["body"] = self.commands.body(envelope["type"], envelope["client_id"])
        if self.chance(15):
            envelope["body"] = dict(reversed(envelope["body"].items()))
        if self.chance(15) and "session_id" in envelope:
            envelope["session_id"] = self.random.choice([*self.state.sessions, "s-1"])
        if self.chance(10):
            envelope["reply_to"] = "fe-2"
        self.append(envelope["type"], malformed.encode(envelope))

    def force_a_pair(self):
        self.walk = (self.walk + 1) % len(FORCED_PAIRS)
        kind, code = FORCED_PAIRS[self.walk]
        if code == "BAD_COMMAND":
            self.append(kind, malformed.spoil(self.random, self.envelope(kind)))
            return
        envelope = self.envelope(kind)
        getattr(self, "force_" + code.lower())(envelope)
        self.append(kind, malformed.encode(envelope))

    def force_not_admin(self, envelope):
        envelope["client_id"] = "zoë"
        envelope.pop("session_id", None)
        if envelope["type"].startswith("lock."):
            envelope["session_id"] = self.session_for("zoë")
        self.fresh_key(envelope)

    def force_no_such_show(self, envelope):
        place = envelope["body"].get("to") or (envelope["body"].get("items") or [envelope["body"]])[0]
        place["show_id"] = "no-show"

    def force_duplicate_seat(self, envelope):
        self.spoil_seats(envelope, lambda seats: [*seats, seats[0]])

    def force_no_such_seat(self, envelope):
        self.spoil_seats(envelope, lambda seats: [*seats, self.random.choice(BAD_SEATS)])

    def spoil_seats(self, envelope, spoiled):
        """Of a hold or booking that the client has, where the command is about one."""
        body = envelope["body"]
        for name, entities in (("hold_id", self.state.holds), ("booking_id", self.state.bookings)):
            own = [one for one in entities.values() if one["state"] == "LIVE"]
            if name in body and own:
                entity = self.random.choice(own)
                envelope["client_id"], body[name] = entity["client"], entity["id"]
                body["seats" if "to" not in body else "from_seats"] = spoiled(sorted(entity["seats"]))
                envelope.pop("session_id", None)
                self.fresh_key(envelope)
                return
        place = body.get("to") or (body.get("items") or [body])[0]
        if "show_id" not in place:
            return
        place["seats"] = spoiled(self.commands.seat_ids(place["show_id"])[:2])
        place.pop("best", None)

    def fresh_key(self, envelope):
        envelope.pop("seq", None)
        envelope["idem_key"] = f"fresh-{len(self.records)}"

    def force_seq_too_old(self, envelope):
        envelope.pop("idem_key", None)
        highest = self.state.clients.get(envelope["client_id"], {"highest": 0})["highest"]
        if highest > 70 and self.chance(70):
            envelope["seq"] = highest - self.random.choice([63, 64, 65])
        else:
            envelope.update(seq=1, ack_below=self.random.choice([0, 2]))

    def force_idempotency_mismatch(self, envelope):
        table = self.state.clients.get(envelope["client_id"], {"by_seq": {}, "by_key": {}})
        if table["by_seq"] and self.chance(60):
            envelope["seq"] = self.random.choice(sorted(table["by_seq"]))
            envelope.pop("idem_key", None)
        elif table["by_key"]:
            envelope["idem_key"] = self.random.choice(list(table["by_key"])[-20:])
            envelope.pop("seq", None)

    def force_no_such_session(self, envelope):
        unknown = [f"s-{len(self.records) + 50}", f"s-{len(self.records)}", "nobody", "", "s-007", "S-1", "s-1-1"]
        envelope["session_id"] = self.random.choice(unknown)

    def force_session_expired(self, envelope):
        dead = [f"s-{number}" for number in range(len(self.records)) if f"s-{number}" not in self.state.sessions]
        envelope["session_id"] = self.random.choice(dead or ["s-0"])

    def force_not_owner(self, envelope):
        others = [one["id"] for one in self.state.sessions.values() if one["client"] != envelope["client_id"]]
        envelope["session_id"] = self.random.choice(others or ["s-0"])

    def session_for(self, client):
        if not self.commands.sessions_of(client):
            self.send(self.envelope("session.open", client, {"lease_ms": 5000}))
        return (self.commands.sessions_of(client) or ["s-0"])[-1]

    def name_lock(self, envelope, lock, token):
        if "session_id" in envelope or envelope["type"].startswith("lock."):
            envelope["session_id"] = self.session_for(envelope["client_id"])
        envelope["lock"] = {"name": lock, "token": token}
        if envelope["type"] == "session.open":
            envelope["body"] = {}
        self.fresh_key(envelope)

    def force_no_such_lock(self, envelope):
        self.name_lock(envelope, "never-acquired", 1)

    def force_stale_token(self, envelope):
        self.name_lock(envelope, self.random.choice(sorted(self.state.locks) or LOCK_NAMES), 10**9)

    def force_lock_expired(self, envelope):
        self.name_ended_lock(envelope, released=False)

    def force_not_holder(self, envelope):
        held = [lock for _, lock in sorted(self.state.locks.items()) if lock["grant"]]
        if held and self.chance(60):
            lock = self.random.choice(held)
            self.name_lock(envelope, lock["name"], lock["grant"]["token"])
        else:
            self.name_ended_lock(envelope, released=True)

    def name_ended_lock(self, envelope, released):
        ended = [
            one for _, one in sorted(self.state.locks.items()) if one["last"] and one["last"]["released"] == released
        ]
        if ended:
            lock = self.random.choice(ended)
            self.name_lock(envelope, lock["name"], lock["last"]["token"])


def reached_pairs(log):
    """(type, code) of everything that was answered. The first reply is the record's own; the others end a waiting."""
    found = set()
    for kind, result in zip(log.kinds, log.results):
        own, *pushed = result["replies"]
        found.add((kind, own["code"]))
        found.update(("lock.acquire", reply["code"]) for reply in pushed)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=int, default=DEFAULT_RECORDS)
    asked = parser.parse_args()
    for record in RandomLog(asked.seed).make(asked.records).records:
        print(json.dumps(record, sort_keys=True))


if __name__ == "__main__":
    main()
