"""A client that does everything that the application offers, at random but by its seed, and remembers what it has."""

import random
import threading

from booking.booking_client import NoAnswer

SHOWS = ("X1", "X2", "X3", "X4", "XQ")  # XQ has an admission queue
LOCKS = ("xl-1", "xl-2", "xl-3")
WEIGHTS = {
    "reserve": 14, "reserve_best": 6, "hold": 10, "confirm": 8, "release": 4, "extend": 3, "cancel": 7, "cancel_booking": 6,
    "exchange": 5, "reserve_many": 3, "join_waitlist": 3, "leave_waitlist": 1, "join_queue": 2, "acquire": 5, "renew": 2,
    "append": 6, "release_lock": 4, "keepalive": 4, "session": 2, "again": 5, "anothers": 2, "read": 12,
}  # fmt: skip
ADMIN_WEIGHTS = {"block": 3, "unblock": 3, "update": 2, "add_and_remove": 2, "break": 1, "config": 2, "read": 3}


class RandomClient(threading.Thread):
    """Runs until `stop` is set. A command without an answer is asked again until it has one, but for one in ten, which is
    left unknown."""

    def __init__(self, client, seed, stop, pause_s, seats, common):
        super().__init__(daemon=True)
        self.client, self.stop, self.pause_s, self.seats, self.common = client, stop, pause_s, seats, common
        self.choose = random.Random(f"client {seed} {client.client_id}")
        self.holds, self.bookings, self.tokens, self.sent = [], [], {}, []
        self.last_offset = 0
        self.problem = None

    def run(self):
        try:
            while not self.stop.wait(self.choose.uniform(0, 2 * self.pause_s)):
                weights = ADMIN_WEIGHTS if self.client.client_id == "admin" else WEIGHTS
                what = self.choose.choices(list(weights), list(weights.values()))[0]
                try:
                    getattr(self, "do_" + what)()
                except NoAnswer as unanswered:
                    if not self.stop.is_set():
                        raise unanswered
        except Exception as problem:
            self.problem = problem

    # the means

    def show(self):
        return self.choose.choice(SHOWS)

    def some_seats(self, most=3):
        row, first = self.choose.choice(self.seats)
        return [f"{row}{chr(ord(first) + n)}" for n in range(self.choose.randint(1, most))]

    def send(self, method, path, body=None, **options):
        key = ("seq", self.client.next_seq()) if self.choose.random() < 0.8 else ("idem_key", f"k-{self.choose.random()}")
        if self.choose.random() < 0.1:
            call = self.client.ask(method, path, body, key, **options)
        else:
            call = self.client.command(method, path, body, key, patience_s=90, **options)
            self.sent = [*self.sent[-9:], (method, path, body, key, dict(options))]
        if call.offset is not None:
            self.last_offset = max(self.last_offset, call.offset)
        if call.code == "SESSION_EXPIRED":
            self.client.session = None
        return call

    def keep(self, call):
        if call.code == "HELD":
            self.holds = [*self.holds[-9:], call["hold_id"]]
            self.common.append(("hold", call["hold_id"]))
        for booking in [call.get("booking_id"), *call.get("booking_ids", [])]:
            if booking and booking not in self.bookings:
                self.bookings = [*self.bookings[-19:], booking]
                self.common.append(("booking", booking))
        del self.common[:-50]
        return call

    # commands

    def do_reserve(self):
        body = {"seats": self.some_seats()}
        if self.choose.random() < 0.1:
            body["expected_version"] = self.choose.randint(1, 50)
        self.keep(self.send("POST", f"/v1/shows/{self.show()}/reserve", body))

    def do_reserve_best(self):
        self.keep(self.send("POST", f"/v1/shows/{self.show()}/reserve", {"best": {"n": self.choose.randint(1, 4)}}))

    def do_hold(self):
        body = {"seats": self.some_seats(), "ttl_ms": self.choose.choice((500, 3000, 20_000))}
        self.keep(self.send("POST", f"/v1/shows/{self.show()}/holds", body))

    def do_confirm(self):
        if self.holds:
            self.keep(self.send("POST", f"/v1/holds/{self.choose.choice(self.holds)}/confirm", {}))

    def do_release(self):
        if self.holds:
            self.send("DELETE", f"/v1/holds/{self.choose.choice(self.holds)}")

    def do_extend(self):
        if self.holds:
            self.send("PATCH", f"/v1/holds/{self.choose.choice(self.holds)}", {"ttl_ms": self.choose.choice((2000, 10**6))})

    def do_cancel(self):
        self.send("POST", f"/v1/shows/{self.show()}/cancel", {"seats": self.some_seats(2)})

    def do_cancel_booking(self):
        if self.bookings:
            body = {"seats": self.some_seats(1)} if self.choose.random() < 0.3 else None
            self.send("DELETE", f"/v1/bookings/{self.choose.choice(self.bookings)}", body)

    def do_exchange(self):
        if self.bookings:
            to = {"show_id": self.show(), "seats": self.some_seats()}
            self.keep(self.send("POST", f"/v1/bookings/{self.choose.choice(self.bookings)}/exchange", {"to": to}))

    def do_reserve_many(self):
        items = [{"show_id": show, "seats": self.some_seats(2)} for show in self.choose.sample(SHOWS, 2)]
        self.keep(self.send("POST", "/v1/reserve", {"items": items}))

    def do_join_waitlist(self):
        self.send("POST", f"/v1/shows/{self.show()}/waitlist", {"n": self.choose.randint(1, 3)})

    def do_leave_waitlist(self):
        self.send("DELETE", f"/v1/shows/{self.show()}/waitlist")

    def do_join_queue(self):
        self.send("POST", "/v1/shows/XQ/queue", {})

    def do_session(self):
        if self.client.session and self.choose.random() < 0.3:
            self.send("DELETE", f"/v1/sessions/{self.client.session}")
            self.client.session, self.tokens = None, {}
        elif not self.client.session:
            body = {"lease_ms": self.choose.choice((1500, 10_000, 60_000)), "grace_ms": self.choose.choice((0, 3000, 30_000))}
            self.client.session = self.send("POST", "/v1/sessions", body).get("session_id")

    def do_keepalive(self):
        if self.client.session:
            self.client.keepalive()

    def do_acquire(self):
        if not self.client.session:
            return self.do_session()
        name = self.choose.choice(LOCKS)
        body = {"ttl_ms": self.choose.choice((1000, 5000, 20_000)), "wait": self.choose.random() < 0.7}
        if self.choose.random() < 0.5:
            body["max_wait_ms"] = 4000
        call = self.send("POST", f"/v1/locks/{name}/acquire?wait_ms={self.choose.choice((0, 500, 3000))}", body)
        if call.code == "GRANTED":
            self.tokens[name] = call["token"]
        return None

    def with_token(self, what, **body):
        if self.tokens and self.client.session:
            name = self.choose.choice(sorted(self.tokens))
            self.send("POST", f"/v1/locks/{name}/{what}", {"token": self.tokens[name], **body})

    def do_renew(self):
        self.with_token("renew")

    def do_append(self):
        self.with_token("append", target="x-file", data_b64=self.choose.choice(("QUFB", "QkI=", "Qw==")))

    def do_release_lock(self):
        self.with_token("release", commit=self.choose.random() < 0.8)

    def do_again(self):
        """An old command with its old key: the old answer, or SEQ_TOO_OLD."""
        if self.sent:
            method, path, body, key, options = self.choose.choice(self.sent)
            self.client.ask(method, path, body, key, **options)

    def do_anothers(self):
        if self.common:
            kind, name = self.choose.choice(list(self.common))
            self.send("DELETE", f"/v1/{kind}s/{name}")

    # administrators

    def do_block(self):
        self.send("POST", f"/v1/shows/{self.show()}/block", {"seats": self.some_seats(2), "reason": "paint"})

    def do_unblock(self):
        self.send("POST", f"/v1/shows/{self.show()}/unblock", {"seats": self.some_seats(2), "reason": "dry"})

    def do_update(self):
        self.send("PATCH", f"/v1/shows/{self.show()}", {"status": self.choose.choice(("OPEN", "OPEN", "CLOSED"))})

    def do_add_and_remove(self):
        show = f"Y{self.choose.randint(1, 5)}"
        if self.choose.random() < 0.5:
            body = {"show_id": show, "movie": "Dune", "hall": "2", "starts_at_ms": 4 * 10**12, "rows": 3, "cols": 4}
            self.send("POST", "/v1/shows", body)
        else:
            self.send("DELETE", f"/v1/shows/{show}?on_booked={self.choose.choice(('reject', 'cancel', 'rebook_next'))}")

    def do_break(self):
        if not self.client.session:
            self.client.open_session(lease_ms=300_000)
        self.send("POST", f"/v1/locks/{self.choose.choice(LOCKS)}/break", {"reason": "test"})

    def do_config(self):
        key, value = self.choose.choice((("offer_ms", 3000), ("offer_ms", 800), ("lock_delay_ms", 0), ("lock_delay_ms", 300)))
        self.send("PUT", f"/v1/admin/config/{key}", {"value": value})

    # reads

    def do_read(self):
        query = self.choose.choice(("", f"?min_offset={self.last_offset}", "?consistency=linearizable"))
        paths = ["/v1/shows", f"/v1/shows/{self.show()}/seats", "/v1/bookings", "/v1/lockfiles/x-file"]
        if self.client.session:
            paths.append(f"/v1/sessions/{self.client.session}")
        self.client.ask("GET", self.choose.choice(paths) + query)
