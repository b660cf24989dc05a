"""Short stories inside the random logs, with chance in their details: situations that single commands rarely make."""

from random_commands import FIRST_TIMESTAMP


class RandomStories:
    def __init__(self, log):
        self.log = log
        self.random = log.random
        self.state = log.state

    def tell(self):
        story = self.random.choice(
            [
                self.an_offer_before_the_command, self.a_hold_at_its_limit, self.a_session_ends_with_all_it_has,
                self.a_show_is_removed, self.a_lock_goes_round, self.a_transaction_too_big, self.prices_change,
                self.an_exchange, self.much_ends_at_once, self.one_session_frees_for_many,
            ]
        )  # fmt: skip
        story()

    def send(self, kind, client, body, session=None, lock=None):
        envelope = self.log.envelope(kind, client, body, session)
        for name, value in (("session_id", session), ("lock", lock)):
            envelope.pop(name, None)
            if value is not None:
                envelope[name] = value
        self.log.append(kind, self.log.encode(envelope), step=False)
        self.log.timestamp += self.random.choice([0, 1, 20])
        return self.log.results[-1]["replies"][0]

    def wait(self, milliseconds):
        while milliseconds > 0:
            self.log.timestamp += min(milliseconds, 1000)
            milliseconds -= 1000
            if milliseconds > 0:
                self.log.append("tick", self.log.encode(self.log.envelope("tick")), step=False)

    def clients(self, count):
        return self.random.sample(self.log.clients, count)

    def session(self, client, lease_ms=3000, grace_ms=500):
        body = {"lease_ms": lease_ms, "grace_ms": grace_ms}
        return self.send("session.open", client, body)["body"].get("session_id", "s-0")

    def show(self, show_id, **fields):
        """A show of its own for the story; what was there under the name goes first."""
        self.send("show.remove", "admin", {"show_id": show_id, "on_booked": "cancel"})
        body = {"show_id": show_id, "movie": "Dune", "hall": "1", "starts_at_ms": FIRST_TIMESTAMP + 10**9, **fields}
        self.send("show.add", "admin", {"rows": 1, "cols": 4, **body} if "layout" not in body else body)

    def an_offer_before_the_command(self):
        holder, waiter, late = self.clients(3)
        self.show("W1", rows=1, cols=self.random.randint(1, 3))
        ttl_ms = self.random.randint(1, 900)
        self.send("seat.hold", holder, {"show_id": "W1", "best": {"n": 1}, "ttl_ms": ttl_ms})
        self.send("seat.hold", holder, {"show_id": "W1", "seats": ["1B"], "ttl_ms": 9000})
        self.send("seat.hold", holder, {"show_id": "W1", "seats": ["1C"], "ttl_ms": ttl_ms})
        self.send("waitlist.join", waiter, {"show_id": "W1", "n": 1})
        self.send("waitlist.join", late, {"show_id": "W1", "n": self.random.choice([1, 2])})
        self.wait(1000)
        self.send("seat.reserve", self.random.choice([late, holder]), {"show_id": "W1", "best": {"n": 1}})
        for hold in [hold for hold in self.state.holds.values() if hold["show"] == "W1" and hold["state"] == "LIVE"]:
            self.send(self.random.choice(["booking.confirm", "hold.release"]), hold["client"], {"hold_id": hold["id"]})

    def much_ends_at_once(self):
        """Holds, an offer and admissions with one deadline, in two shows with waiting lists."""
        clients = self.clients(3)
        for show_id in ("W2", "W1"):
            self.show(show_id, rows=1, cols=4)
        self.show("W3", queue={"max_active": 2, "admit_ms": 4000})
        deadline = self.state.time_ms + 4000
        for number in range(self.random.randint(4, 8)):
            ttl_ms = max(1, deadline - self.state.time_ms)
            body = {"show_id": ["W1", "W2"][number % 2], "seats": ["1" + "ABCD"[number // 2]], "ttl_ms": ttl_ms}
            self.send("seat.hold", self.random.choice(clients), body)
        for client in clients:
            self.send("queue.join", client, {"show_id": "W3"})
            for show_id in self.random.sample(["W1", "W2"], self.random.randint(1, 2)):
                self.send("waitlist.join", client, {"show_id": show_id, "n": self.random.choice([1, 2, 3, 4])})
        self.log.timestamp += max(0, deadline - self.state.time_ms - 1000)
        self.wait(deadline - self.state.time_ms)
        for client in clients:
            self.send("queue.join", client, {"show_id": "W3"})

    def one_session_frees_for_many(self):
        """Grants, offers and admissions that one end of a session brings, each in its order."""
        first, second, third = self.clients(3)
        sessions = [self.session(client, 2000, self.random.choice([0, 500])) for client in (first, second)]
        heir = self.session(third, 60_000)
        for show_id in ("W2", "W1"):
            self.show(show_id, rows=1, cols=2)
            self.send("seat.hold", first, {"show_id": show_id, "best": {"n": 2}, "ttl_ms": 60_000}, sessions[0])
        for client, session in ((second, sessions[1]), (third, heir)):
            for show_id in ("W1", "W2"):
                self.send("waitlist.join", client, {"show_id": show_id, "n": self.random.choice([1, 2])}, session)
        names = self.random.sample(["w", "v", "Zürich", "b", "zz"], 3)
        for name in names:
            self.send("lock.acquire", first, {"name": name, "ttl_ms": 60_000}, sessions[0])
        for client, session in ((second, sessions[1]), (third, heir)):
            for name in self.random.sample(names, 3):
                fields = {"max_wait_ms": 2400} if self.random.random() < 0.3 else {}
                self.send("lock.acquire", client, {"name": name, "ttl_ms": 2000, **fields}, session)
        if self.random.random() < 0.5:
            self.send("session.close", first, {}, sessions[0])
        self.wait(self.random.choice([2000, 2400, 3000]))

    def a_hold_at_its_limit(self):
        [client] = self.clients(1)
        self.show("W1")
        self.send("config.set", "admin", {"key": "max_hold_ms", "value": 6000})
        reply = self.send("seat.hold", client, {"show_id": "W1", "seats": ["1A", "1B", "1D"], "ttl_ms": 4000})
        hold_id = reply["body"].get("hold_id", "H-0")
        self.wait(self.random.choice([500, 2000, 3000]))
        for ttl_ms in self.random.sample([2900, 3000, 4000, 5400, 5500, 6000, 6001], 3):
            self.send("hold.extend", client, {"hold_id": hold_id, "ttl_ms": ttl_ms})
        for seats in self.random.sample([["1A", "1A"], ["1A", "1C"], ["1B"], ["1A", "1D"], ["1D"]], 4):
            self.send("hold.release", client, {"hold_id": hold_id, "seats": seats})
        self.send("booking.confirm", client, {"hold_id": hold_id})
        self.send("config.set", "admin", {"key": "max_hold_ms", "value": 20_000})

    def a_session_ends_with_all_it_has(self):
        client, other = self.clients(2)
        session, heir = self.session(client), self.session(other, 30_000)
        self.show("W1")
        for seats in (["1A"], ["1C", "1D"]):
            self.send("seat.hold", client, {"show_id": "W1", "seats": seats, "ttl_ms": 60_000}, session)
        self.send("waitlist.join", client, {"show_id": "W1", "n": 2}, session)
        self.send("waitlist.join", other, {"show_id": "W1", "n": self.random.choice([2, 3])}, heir)
        self.send("lock.acquire", client, {"name": "w", "ttl_ms": 60_000}, session)
        self.send("lock.acquire", other, {"name": "w", "ttl_ms": 2000}, heir)
        self.send("lock.acquire", other, {"name": "v", "ttl_ms": 60_000}, heir)
        self.send("lock.acquire", client, {"name": "v"}, session)
        if self.random.random() < 0.4:
            self.send("session.close", client, {}, session)
        self.wait(self.random.choice([2900, 3400, 5000]))
        self.send("session.open", client, {"resume": session})
        self.send("seat.reserve", client, {"show_id": "W1", "best": {"n": 2}})

    def a_show_is_removed(self):
        first, second = self.clients(2)
        start = FIRST_TIMESTAMP + 10**9
        self.show("W1", max_per_booking=4, categories=[{"id": "a", "name": "A", "price_cents": 700, "rows": [1]}])
        self.show("W2", starts_at_ms=start + 1, rows=2, cols=self.random.randint(1, 4))
        self.show("W3", starts_at_ms=start + self.random.choice([0, 1, 2]), rows=1, cols=3)
        self.send("show.update", "admin", {"show_id": "W2", "status": self.random.choice(["OPEN", "CLOSED"])})
        self.send("seat.reserve", first, {"show_id": "W1", "seats": ["1B"]})
        self.send("seat.reserve", second, {"show_id": "W1", "best": {"n": 3}})
        self.send("seat.reserve", second, {"show_id": "W1", "best": {"n": 2}})
        held = self.send("seat.hold", first, {"show_id": "W1", "best": {"n": 1}})["body"].get("hold_id", "H-0")
        mode = self.random.choice(["cancel", "rebook_next", "rebook_next", "rebook_next", "reject"])
        self.send("show.remove", "admin", {"show_id": "W1", "on_booked": mode})
        self.send("booking.confirm", first, {"hold_id": held})
        for client in (first, second):
            self.send("seat.cancel", client, {"show_id": self.random.choice(["W2", "W3"]), "seats": ["1A"]})

    def a_lock_goes_round(self):
        clients = self.clients(3)
        sessions = [self.session(client, 40_000) for client in clients]
        self.send("config.set", "admin", {"key": "lock_delay_ms", "value": self.random.choice([0, 700])})
        for client, session in zip(clients, sessions):
            body = {"name": "w", "ttl_ms": self.random.choice([800, 3000])}
            if self.random.random() < 0.3:
                body["max_wait_ms"] = 1000
            self.send("lock.acquire", client, body, session)
        for _ in range(6):
            who = self.random.randrange(3)
            lock = self.state.locks.get("w", {"grant": None, "last": None})
            tokens = [one["token"] for one in (lock["grant"], lock["last"]) if one]
            body = {"name": "w", "token": self.random.choice(tokens or [1])}
            if lock["grant"] and self.random.random() < 0.7:
                who = sessions.index(lock["grant"]["session"]) if lock["grant"]["session"] in sessions else who
                body["token"] = lock["grant"]["token"]
            named = None
            kind = self.random.choice(["lock.release", "lock.renew", "lock.append", "lock.acquire", "seat.reserve"])
            if kind == "lock.append":
                body.update(target="log", data_b64="YWI=")
            if kind == "lock.release":
                body["commit"] = self.random.random() < 0.5
            if kind == "lock.acquire":
                body = {"name": "w", "wait": self.random.random() < 0.5}
            if kind == "seat.reserve":
                named, body = body, {"show_id": self.log.commands.show_id(), "best": {"n": 1}}
            self.send(kind, clients[who], body, sessions[who], named)
            self.wait(self.random.choice([0, 0, 300, 900]))

    def a_transaction_too_big(self):
        [client] = self.clients(1)
        session = self.session(client, 60_000)
        self.send("config.set", "admin", {"key": "max_txn_bytes", "value": 5})
        name = self.random.choice(["t1", "t2"])
        token = self.send("lock.acquire", client, {"name": name}, session)["body"].get("token", 1)
        for data in self.random.sample(["", "YQ==", "YWI=", "YWJj", "YWJjZGVm"], 4):
            self.send("lock.append", client, {"name": name, "token": token, "target": "big", "data_b64": data}, session)
        self.send("lock.release", client, {"name": name, "token": token}, session)
        self.send("lock.renew", client, {"name": name, "token": token}, session)

    def prices_change(self):
        [client] = self.clients(1)
        category = {"id": "a", "name": "A", "price_cents": 500, "rows": [1]}
        self.show("W1", categories=[category])
        hold_id = self.send("seat.hold", client, {"show_id": "W1", "seats": ["1A", "1B"]})["body"].get("hold_id", "H-0")
        self.send("show.update", "admin", {"show_id": "W1", "categories": [{**category, "price_cents": 800}]})
        reply = self.send("booking.confirm", client, {"hold_id": hold_id})
        booking_id = reply["body"].get("booking_id", "B-0")
        to = {"show_id": "W1", "seats": self.random.choice([["1A"], ["1C"], ["1C", "1D"], ["1B", "1C"]])}
        self.send("booking.exchange", client, {"booking_id": booking_id, "from_seats": ["1A"], "to": to})
        self.send("booking.cancel", client, {"booking_id": booking_id, "seats": ["1B"]})
        self.send("booking.cancel", client, {"booking_id": booking_id})

    def an_exchange(self):
        client, other = self.clients(2)
        rule = self.random.choice(["off", "warn", "reject_unless_unavoidable"])
        self.show("W1", layout=["ssss.ss", "sssss.s"], orphan_rule=rule)
        self.show("W2", rows=2, cols=3, orphan_rule=rule)
        reply = self.send("seat.reserve", client, {"show_id": "W1", "seats": ["1A", "1B", "2A"]})
        booking_id = reply["body"].get("booking_id", "B-0")
        self.send("seat.hold", other, {"show_id": "W1", "seats": ["2C"]})
        for _ in range(3):
            show_id = self.random.choice(["W1", "W2"])
            seats = self.random.choice([["1A"], ["1C", "1B"], ["2B"], ["2A", "2B"], ["1F"], ["2C"], ["1B"]])
            choice = {"seats": seats} if self.random.random() < 0.75 else {"best": {"n": self.random.randint(1, 3)}}
            body = {"booking_id": booking_id, "to": {"show_id": show_id, **choice}}
            if self.random.random() < 0.6:
                body["from_seats"] = self.random.choice([["1A"], ["1B"], ["2A"], ["1A", "1B"], ["1B", "1C"]])
            self.send("booking.exchange", client, body)
