"""Random command bodies. They look at the model's state: most ids are real ones, most refusals have a cause."""

import base64

from model import ids, seats

SHOW_IDS = ["S1", "S2", "S3", "s1", "Hall.9_x-Y", "S-10"]
LOCK_NAMES = ["hall-1", "Zürich", "b"]
TARGETS = ["notes.txt", "log", "a.b-c_d"]
FIRST_TIMESTAMP = 1_700_000_000_000
LAYOUTS = [
    ["sss.ss", "sss.ss", "ss..ss"],
    ["sssss"],
    ["sssss", "sssss"],
    [".s.s.", "sssss", "..s.."],
    ["ss", "ss"],
    ["s" * 26],
]
BAD_LAYOUTS = [
    {}, {"rows": 3}, {"cols": 3}, {"rows": 0, "cols": 4}, {"rows": 1001, "cols": 2}, {"rows": 2, "cols": 27},
    {"rows": -1, "cols": 5}, {"layout": ["..", ".."]}, {"layout": ["ss", "s"]}, {"layout": ["sx"]}, {"layout": []},
    {"layout": ["s" * 27]}, {"rows": 2, "cols": 2, "layout": ["ss"]}, {"rows": 2, "layout": ["ss"]}, {"layout": [""]},
]  # fmt: skip
BAD_SEATS = ["99Z", "0A", "01A", "1a", "A1", "", "1AA", "1", "A", " 1A", "1A ", "-1A", "1Ä", "99999999999999999999A"]


class RandomCommands:
    def __init__(self, random, model):
        self.random = random
        self.state = model.state

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def any_of(self, choices, otherwise):
        return self.random.choice(choices) if choices else otherwise

    def body(self, kind, client):
        return getattr(self, kind.replace(".", "_"))(client)

    def clients_who_can(self, kind):
        """Clients that own what the command is about."""
        if kind in ("lock.renew", "lock.append", "lock.release"):
            holders = [lock["grant"]["session"] for lock in self.state.locks.values() if lock["grant"]]
            return [self.state.sessions[session]["client"] for session in holders]
        if kind in ("hold.extend", "hold.release", "booking.confirm"):
            return [hold["client"] for hold in self.state.holds.values() if hold["state"] == "LIVE"]
        if kind in ("booking.cancel", "booking.exchange", "seat.cancel"):
            return [booking["client"] for booking in self.state.bookings.values() if booking["state"] == "LIVE"]
        return []

    # sessions

    def session_open(self, client):
        if self.chance(15):
            return {"resume": self.any_of(sorted(self.state.sessions), "s-3")}
        body = {}
        if self.chance(85):
            body["lease_ms"] = self.random.choice([500, 800, 2000, 5000, 20000])
        if self.chance(85):
            body["grace_ms"] = self.random.choice([0, 1, 500, 3000, 10000])
        return body

    def session_touch(self, client):
        live = sorted(self.state.sessions)
        chosen = [self.random.choice(live) for _ in range(self.random.randint(1, 4)) if live]
        return {"ids": chosen + (["s-999999", "nobody"] if self.chance(30) or not chosen else [])}

    def session_close(self, client):
        return {}

    # shows

    def show_add(self, client):
        body = {
            "show_id": self.random.choice(SHOW_IDS),
            "movie": self.random.choice(["Dune", "Dune", "Élan"]),
            "hall": self.random.choice(["1", "hall-2"]),
            "starts_at_ms": FIRST_TIMESTAMP
            + self.random.choice([-5000, 60_000, 10**9, 10**9 + 500, 2 * 10**9, 3 * 10**9]),
        }
        if self.chance(10):
            return {**body, **self.random.choice(BAD_LAYOUTS)}
        if self.chance(50):
            lines = self.random.choice(LAYOUTS)
            body["layout"] = lines
        else:
            lines = ["s" * self.random.randint(1, 6)] * self.random.randint(1, 4)
            body.update(rows=len(lines), cols=len(lines[0]))
        if self.chance(50):
            body["categories"] = self.categories(len(lines))
        if self.chance(40):
            body["max_per_booking"] = self.random.choice([1, 3, 4, 5, 12])
        if self.chance(65):
            body["orphan_rule"] = self.random.choice(["off", "warn", "reject_unless_unavoidable"])
        if self.chance(12):
            body["queue"] = {
                "max_active": self.random.randint(1, 2),
                "admit_ms": self.random.choice([500, 5000, 30000]),
            }
        return body

    def categories(self, rows):
        cut = self.random.randint(0, rows)
        first, second = list(range(1, cut + 1)), list(range(cut + 1, rows + 1))
        if self.chance(12):
            self.random.choice([first, second]).append(self.random.choice([1, rows + 1, 0]))
        return [
            {"id": "front", "name": "Front", "price_cents": self.random.choice([0, 900, 1250]), "rows": first},
            {"id": "back", "name": "Rücken", "price_cents": self.random.choice([1500, 1999]), "rows": second},
        ]

    def show_update(self, client):
        closed = [show_id for show_id, show in sorted(self.state.shows.items()) if show["status"] == "CLOSED"]
        held = sorted({hold["show"] for hold in self.state.holds.values() if hold["state"] == "LIVE"})
        show_id = self.random.choice(closed) if closed and self.chance(25) else self.show_id()
        show_id = self.random.choice(held) if held and self.chance(40) else show_id
        show = self.state.shows.get(show_id)
        rows = len(show["layout"]) if show else 2
        body = {"show_id": show_id}
        if self.chance(40):
            body["rows"] = self.random.choice([rows, rows + 1, rows + 1, rows - 1, 1001])
        if self.chance(40):
            body["status"] = self.random.choice(["OPEN", "OPEN", "CLOSED"])
        if self.chance(45):
            body["categories"] = self.categories(body.get("rows", rows) if body.get("rows") != 1001 else 3)
        if self.chance(30):
            body["expected_version"] = self.version(show)
        return body

    def version(self, show):
        return (show["version"] if show else 1) - (1 if self.chance(35) else 0)

    def show_remove(self, client):
        booked = sorted({booking["show"] for booking in self.state.bookings.values() if booking["state"] == "LIVE"})
        body = {"show_id": self.random.choice(booked) if booked and self.chance(70) else self.show_id()}
        if self.chance(75):
            body["on_booked"] = self.random.choice(["reject", "cancel", "rebook_next", "rebook_next", "rebook_next"])
        return body

    def show_id(self):
        if self.chance(4):
            return "no-show"
        opened = [show_id for show_id, show in sorted(self.state.shows.items()) if show["status"] == "OPEN"]
        if opened and self.chance(85):
            return self.random.choice(opened)
        return self.any_of(sorted(self.state.shows), "S1")

    # seats

    def seat_ids(self, show_id, wanted="AVAILABLE", most=4):
        """Seats of a show, mostly in the wanted state and next to each other; now and then twice, or none at all."""
        show = self.state.shows.get(show_id)
        if show is None:
            return ["1A"]
        every = seats.of_show(show)
        states = seats.states(self.state, show)
        good = [seat for seat in every if states[seat] == wanted]
        pool = good if good and self.chance(85) else every
        count = self.random.choice([1, 1, 1, 2, 2, 3, most])
        start = self.random.randrange(len(pool))
        chosen = pool[start : start + count] if self.chance(70) else self.random.sample(pool, min(count, len(pool)))
        self.random.shuffle(chosen)
        if self.chance(5):
            chosen.append(self.random.choice(chosen))
        if self.chance(6):
            chosen.append(self.random.choice(BAD_SEATS))
        if self.chance(2):
            chosen = every[:13]
        return chosen

    def seats_or_best(self, show_id):
        if self.chance(65):
            return {"seats": self.seat_ids(show_id)}
        best = {"n": self.random.choice([1, 1, 2, 2, 3, 3, 4, 5, 11])}
        if self.chance(30):
            best["category"] = self.random.choice(["front", "back", "standard", "gone"])
        return {"best": best}

    def seat_hold(self, client):
        show_id = self.show_id()
        body = {"show_id": show_id, **self.seats_or_best(show_id)}
        if self.chance(75):
            body["ttl_ms"] = self.random.choice([1, 500, 2000, 8000, 30000, 900_001])
        return body

    def hold_id(self, client):
        own = [hold["id"] for hold in self.state.holds.values() if hold["client"] == client]
        live = [hold for hold in own if self.state.holds[hold]["state"] == "LIVE"]
        if self.chance(4):
            return self.random.choice(["H-999999", "H-1", "nonsense", ""])
        if self.chance(65) and live:
            return self.random.choice(live)
        if self.chance(70) and own:
            return self.random.choice(own[-12:])
        return self.any_of(list(self.state.holds)[-12:], "H-7")

    def hold_extend(self, client):
        return {
            "hold_id": self.hold_id(client),
            "ttl_ms": self.random.choice([1, 1000, 5000, 9000, 11_900, 20000, 900_001]),
        }

    def seats_of(self, entity):
        """Some seats of a hold or booking, and mistakes."""
        own = sorted(entity["seats"]) if entity else []
        chosen = self.random.sample(own, self.random.randint(1, len(own))) if own else ["1A"]
        if self.chance(12):
            chosen.append(chosen[0])
        if self.chance(12):
            chosen.append(self.random.choice(BAD_SEATS + ["1A", "2B", "3C"]))
        return chosen

    def hold_release(self, client):
        hold_id = self.hold_id(client)
        body = {"hold_id": hold_id}
        if self.chance(50):
            body["seats"] = self.seats_of(self.state.holds.get(hold_id))
        return body

    def booking_confirm(self, client):
        return {"hold_id": self.hold_id(client)}

    def seat_reserve(self, client):
        show_id = self.show_id()
        body = {"show_id": show_id, **self.seats_or_best(show_id)}
        if self.chance(12):
            body["expected_version"] = self.version(self.state.shows.get(show_id))
        return body

    def seat_cancel(self, client):
        show_id = self.show_id()
        own = [
            seat
            for booking in self.state.bookings.values()
            if (booking["show"], booking["client"], booking["state"]) == (show_id, client, "LIVE")
            for seat in sorted(booking["seats"])
        ]
        if own and self.chance(60):
            return {"show_id": show_id, "seats": self.random.sample(own, self.random.randint(1, len(own)))}
        return {"show_id": show_id, "seats": self.seat_ids(show_id, wanted="BOOKED")}

    def booking_id(self, client):
        own = [booking["id"] for booking in self.state.bookings.values() if booking["client"] == client]
        live = [booking for booking in own if self.state.bookings[booking]["state"] == "LIVE"]
        if self.chance(4):
            return self.random.choice(["B-999999", "B-1", "nonsense"])
        if live and self.chance(80):
            return self.random.choice(live)
        if own and self.chance(60):
            return self.random.choice(own[-8:])
        return self.any_of(list(self.state.bookings)[-8:], "B-7")

    def booking_cancel(self, client):
        booking_id = self.booking_id(client)
        body = {"booking_id": booking_id}
        if self.chance(50):
            body["seats"] = self.seats_of(self.state.bookings.get(booking_id))
        return body

    def booking_exchange(self, client):
        booking_id = self.booking_id(client)
        booking = self.state.bookings.get(booking_id)
        show_id = booking["show"] if booking and self.chance(50) else self.show_id()
        body = {"booking_id": booking_id, "to": {"show_id": show_id, **self.seats_or_best(show_id)}}
        if booking and booking["seats"] and self.chance(25) and "seats" in body["to"]:
            body["to"]["seats"] = list(dict.fromkeys(body["to"]["seats"] + sorted(booking["seats"])[:1]))
        if self.chance(50):
            body["from_seats"] = self.seats_of(booking)
        return body

    def multi_reserve(self, client):
        known = sorted(self.state.shows)
        chosen = self.random.sample(known, min(len(known), self.random.randint(1, 3))) or ["S1"]
        if self.chance(5):
            chosen.append("no-show")
        return {"items": [{"show_id": show_id, "seats": self.seat_ids(show_id, most=2)} for show_id in chosen]}

    def seat_block(self, client):
        show_id = self.show_id()
        wanted = self.random.choice(["AVAILABLE", "BLOCKED"])
        return {"show_id": show_id, "seats": self.seat_ids(show_id, wanted), "reason": "paint"}

    def seat_unblock(self, client):
        show_id = self.show_id()
        return {"show_id": show_id, "seats": self.seat_ids(show_id, "BLOCKED"), "reason": "dry"}

    # waiting

    def waitlist_join(self, client):
        show_id = self.show_id()
        show = self.state.shows.get(show_id)
        free = len(seats.available(self.state, show)) if show else 0
        body = {"show_id": show_id, "n": self.random.choice([1, 2, free + 1, free + 1, free + 2, 11])}
        if self.chance(15):
            body["category"] = self.random.choice(["front", "back", "standard"])
        return body

    def waitlist_leave(self, client):
        waiting = [
            show_id
            for show_id, show in sorted(self.state.shows.items())
            if client in [entry["client"] for entry in show["waitlist"]]
        ]
        return {"show_id": self.random.choice(waiting) if waiting and self.chance(60) else self.show_id()}

    def queue_join(self, client):
        with_queue = [show_id for show_id, show in sorted(self.state.shows.items()) if show["queue"]]
        return {"show_id": self.random.choice(with_queue) if with_queue and self.chance(95) else self.show_id()}

    # locks

    def lock_acquire(self, client):
        body = {"name": self.random.choice(LOCK_NAMES)}
        if self.chance(80):
            body["ttl_ms"] = self.random.choice([1, 300, 3000, 12000, 30000])
        if self.chance(60):
            body["wait"] = self.chance(75)
        if self.chance(40):
            body["max_wait_ms"] = self.random.choice([1, 400, 2000, 10000])
        return body

    def lock_and_token(self, client, session=None):
        """Mostly a lock that a session of the client holds; the session is chosen to fit by the caller."""
        mine = [
            lock
            for _, lock in sorted(self.state.locks.items())
            if lock["grant"] and lock["grant"]["session"] in self.sessions_of(client)
        ]
        if mine and self.chance(75):
            lock = self.random.choice(mine)
            return {"name": lock["name"], "token": lock["grant"]["token"]}
        lock = self.state.locks.get(self.random.choice(LOCK_NAMES))
        if lock is None:
            return {"name": "never-acquired", "token": 1}
        tokens = [one["token"] for one in (lock["grant"], lock["last"]) if one]
        return {"name": lock["name"], "token": self.random.choice([*tokens, *tokens, 0, -1, 1, 2**53])}

    def sessions_of(self, client):
        return sorted(one["id"] for one in self.state.sessions.values() if one["client"] == client)

    def lock_renew(self, client):
        body = self.lock_and_token(client)
        return {**body, "ttl_ms": self.random.choice([1000, 4000, 30000])} if self.chance(70) else body

    def lock_append(self, client):
        data = bytes(self.random.randrange(256) for _ in range(self.random.choice([0, 1, 2, 5, 17, 24])))
        staged = {"target": self.random.choice(TARGETS), "data_b64": base64.b64encode(data).decode()}
        return {**self.lock_and_token(client), **staged}

    def lock_release(self, client):
        body = self.lock_and_token(client)
        return {**body, "commit": self.chance(60)} if self.chance(60) else body

    def lock_break(self, client):
        known = sorted(self.state.locks, key=ids.byte_order)
        return {"name": self.random.choice(known) if known and self.chance(90) else "never-acquired", "reason": "stuck"}

    # the rest

    def config_set(self, client):
        good = [
            ("lease_ms", 3000), ("grace_ms", 2000), ("hold_ms", 4000), ("max_hold_ms", 12_000),
            ("max_hold_ms", 900_000), ("max_per_booking", 3), ("max_per_booking", 10), ("max_per_booking", 10),
            ("offer_ms", 2500), ("lock_ttl_ms", 2000), ("lock_delay_ms", 0), ("lock_delay_ms", 700),
            ("max_txn_bytes", 20), ("max_txn_bytes", 20), ("max_txn_bytes", 1 << 20), ("max_sessions", 6),
            ("max_sessions", 100_000), ("max_sessions", 100_000), ("max_sessions_per_client", 1),
            ("max_sessions_per_client", 2000), ("admins", ["admin"]), ("admins", ["admin", "ann-1"]),
        ]  # fmt: skip
        bad = [("speed", 9), ("hold_ms", "4000"), ("admins", "admin"), ("admins", [1]), ("lease_ms", True),
               ("lease_ms", None), ("max_sessions", [3]), ("", 1), ("grace_ms", {}), ("offer_ms", -5)]  # fmt: skip
        key, value = self.random.choice(good if self.chance(85) else bad)
        return {"key": key, "value": value}

    def tick(self, client):
        return {}

    def sm_version(self, client):
        return {}
