"""A client of the booking application as a careful program is: numbered commands, retries at any front end with the same
number, everything that it saw written down."""

import base64
import http.client
import itertools
import json
import threading
import time
import urllib.parse

from booking.call_history import Call, now

ANSWER_TIMEOUT_S = 15.0  # a front end gives up after 10 s, and a waiting request is held for 30 s at most
PATIENCE_S = 60.0
TRY_AGAIN = (429, 503, 504)
ADMIN = "admin"


class NoAnswer(AssertionError):
    """A command got no definite answer for as long as the client has patience."""


class BookingClient:
    """One client id. `front_ends` are "host:port" or URLs with a path, asked in turn when one fails. One call at a time in
    each thread; each thread has connections of its own."""

    def __init__(self, client_id, front_ends, history, timeout_s=ANSWER_TIMEOUT_S, first_seq=1):
        self.client_id = client_id
        self.front_ends = list(front_ends)
        self.history = history
        self.timeout_s = timeout_s
        self.session = None
        self._seqs = itertools.count(first_seq)
        self._preferred = 0
        self._own = threading.local()

    def next_seq(self):
        return next(self._seqs)

    # one request

    def ask(self, method, path, body=None, key=None, front_end=None, headers=None, timeout_s=None, as_client=None):
        """One attempt; what went wrong on the way is in the answer's `problem`."""
        where = front_end or self.front_ends[self._preferred % len(self.front_ends)]
        sent = {"X-Client-Id": self.client_id if as_client is None else as_client}
        if self.session and key is not None:
            sent["X-Session-Id"] = self.session
        if key is not None:
            sent["X-Client-Seq" if key[0] == "seq" else "Idempotency-Key"] = str(key[1])
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        call = Call(sent.get("X-Client-Id", ""), method, path, where, now(), key, body)
        try:
            self._exchange(call, data, {n: v.encode() for n, v in sent.items()}, timeout_s or self.timeout_s)
        except (OSError, http.client.HTTPException) as problem:
            call.problem = f"{type(problem).__name__}: {problem}"
            self._close(where)
        call.end = now()
        self.history.add(call)
        return call

    def _exchange(self, call, data, headers, timeout_s):
        kept = self._connections().get(call.front_end)
        connection = kept or self._connect(call.front_end, timeout_s)
        if connection.sock is not None:
            connection.sock.settimeout(timeout_s)
        prefix = urllib.parse.urlsplit(_url(call.front_end)).path.rstrip("/")
        connection.request(call.method, prefix + call.path, data, headers)
        answer = connection.getresponse()
        call.body = answer.read()
        call.headers = {name.lower(): value for name, value in answer.getheaders()}
        call.status = answer.status
        if answer.will_close:
            self._close(call.front_end)

    def _connections(self):
        if not hasattr(self._own, "connections"):
            self._own.connections = {}
        return self._own.connections

    def _connect(self, front_end, timeout_s):
        where = urllib.parse.urlsplit(_url(front_end))
        made = http.client.HTTPConnection(where.hostname, where.port, timeout=timeout_s)
        self._connections()[front_end] = made
        return made

    def _close(self, front_end):
        kept = self._connections().pop(front_end, None)
        if kept is not None:
            kept.close()

    def close(self):
        for front_end in list(self._connections()):
            self._close(front_end)

    # commands, until there is an answer

    def command(self, method, path, body=None, key=None, patience_s=PATIENCE_S, expect=None, **options):
        """Repeats with the same key, at the next front end, until the answer says what became of the command."""
        key = key or ("seq", self.next_seq())
        end = time.monotonic() + patience_s
        pause_s = 0.02
        while True:
            call = self.ask(method, path, body, key, **options)
            if call.status and call.status not in TRY_AGAIN and call.code != "IN_PROGRESS":
                break
            if call.code == "WAIT_TIMEOUT":  # 504, but definite
                break
            if time.monotonic() > end:
                raise NoAnswer(f"no answer in {patience_s:.0f} s: {call}")
            self._preferred += 1
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, 0.5)
        if expect is not None:
            assert call.code == expect, f"{expect} was expected: {call}"
        return call

    def read(self, path, patience_s=20.0, **options):
        """GET until a front end answers with anything but 5xx."""
        end = time.monotonic() + patience_s
        while True:
            call = self.ask("GET", path, **options)
            if call.status and call.status < 500:
                return call
            assert time.monotonic() < end, f"no answer in {patience_s:.0f} s: {call}"
            self._preferred += 1
            time.sleep(0.05)

    # the commands by name

    def open_session(self, expect="SESSION_OPENED", **body):
        call = self.command("POST", "/v1/sessions", body, expect=expect)
        if call.code == "SESSION_OPENED":
            self.session = call["session_id"]
        return call

    def close_session(self, **options):
        return self.command("DELETE", f"/v1/sessions/{self.session}", **options)

    def keepalive(self, wait=False, **options):
        path = f"/v1/sessions/{self.session}/keepalive" + ("?wait=true" if wait else "")
        return self.ask("POST", path, {}, **options)

    def add_show(self, show_id, rows=5, cols=5, expect="SHOW_ADDED", **fields):
        body = {"show_id": show_id, "movie": "Dune", "hall": "1", "starts_at_ms": 4_000_000_000_000}
        if "layout" not in fields:
            body.update(rows=rows, cols=cols)
        return self.command("POST", "/v1/shows", {**body, **fields}, expect=expect)

    def reserve(self, show_id, *seats, best=None, key=None, patience_s=PATIENCE_S, expect=None, **fields):
        body = {"best": best} if best is not None else {"seats": list(seats)}
        path = f"/v1/shows/{show_id}/reserve"
        return self.command("POST", path, {**body, **fields}, key, patience_s, expect)

    def cancel(self, show_id, *seats, **options):
        return self.command("POST", f"/v1/shows/{show_id}/cancel", {"seats": list(seats)}, **options)

    def hold(self, show_id, *seats, ttl_ms=None, **options):
        body = {"seats": list(seats), **({"ttl_ms": ttl_ms} if ttl_ms else {})}
        return self.command("POST", f"/v1/shows/{show_id}/holds", body, **options)

    def extend(self, hold_id, ttl_ms, **options):
        return self.command("PATCH", f"/v1/holds/{hold_id}", {"ttl_ms": ttl_ms}, **options)

    def release(self, hold_id, **options):
        return self.command("DELETE", f"/v1/holds/{hold_id}", **options)

    def confirm(self, hold_id, **options):
        return self.command("POST", f"/v1/holds/{hold_id}/confirm", {}, **options)

    def reserve_many(self, *items, **options):
        body = {"items": [{"show_id": show, "seats": list(seats)} for show, seats in items]}
        return self.command("POST", "/v1/reserve", body, **options)

    def cancel_booking(self, booking_id, *seats, **options):
        body = {"seats": list(seats)} if seats else None
        return self.command("DELETE", f"/v1/bookings/{booking_id}", body, **options)

    def exchange(self, booking_id, show_id, *seats, from_seats=None, **options):
        body = {"to": {"show_id": show_id, "seats": list(seats)}, **({"from_seats": from_seats} if from_seats else {})}
        return self.command("POST", f"/v1/bookings/{booking_id}/exchange", body, **options)

    def join_waitlist(self, show_id, n, **options):
        return self.command("POST", f"/v1/shows/{show_id}/waitlist", {"n": n}, **options)

    def leave_waitlist(self, show_id, **options):
        return self.command("DELETE", f"/v1/shows/{show_id}/waitlist", **options)

    def join_queue(self, show_id, **options):
        return self.command("POST", f"/v1/shows/{show_id}/queue", {}, **options)

    # locks

    def acquire(self, name, wait_ms=None, **options):
        """`wait_ms` is how long the front end holds the request."""
        body = {field: options.pop(field) for field in ("ttl_ms", "wait", "max_wait_ms") if field in options}
        query = "" if wait_ms is None else f"?wait_ms={wait_ms}"
        options.setdefault("timeout_s", (wait_ms or 0) / 1000 + self.timeout_s if wait_ms is not None else 45)
        return self.command("POST", f"/v1/locks/{_part(name)}/acquire{query}", body, **options)

    def acquire_until_granted(self, name, patience_s=PATIENCE_S, **options):
        """202 keeps the place: the same number asks again."""
        key = options.pop("key", None) or ("seq", self.next_seq())
        end = time.monotonic() + patience_s
        while True:
            call = self.acquire(name, wait_ms=2000, key=key, patience_s=patience_s, **options)
            if call.code != "WAITING":
                return call
            assert time.monotonic() < end, f"{self.client_id} was not granted {name} in {patience_s:.0f} s: {call}"

    def append(self, name, token, text, target="notes.txt", **options):
        data = text if isinstance(text, bytes) else text.encode()
        body = {"token": token, "target": target, "data_b64": base64.b64encode(data).decode()}
        return self.command("POST", f"/v1/locks/{_part(name)}/append", body, **options)

    def renew(self, name, token, ttl_ms=None, **options):
        body = {"token": token, **({"ttl_ms": ttl_ms} if ttl_ms else {})}
        return self.command("POST", f"/v1/locks/{_part(name)}/renew", body, **options)

    def release_lock(self, name, token, commit=True, **options):
        body = {"token": token, "commit": commit}
        return self.command("POST", f"/v1/locks/{_part(name)}/release", body, **options)

    # reads

    def bookings(self, **options):
        return self.read("/v1/bookings", **options)

    def seats(self, show_id, query="", **options):
        """{seat id: state}."""
        answer = self.read(f"/v1/shows/{show_id}/seats{query}", **options)
        assert answer.status == 200, answer
        return {seat["id"]: seat["state"] for seat in answer["seats"]}

    def seats_after(self, call, show_id):
        """As they are once the answer's offset is applied."""
        return self.seats(show_id, f"?min_offset={call.offset}")

    def show(self, show_id, query="?consistency=linearizable"):
        """Its line in the list of shows."""
        [found] = [one for one in self.read(f"/v1/shows{query}")["shows"] if one["show_id"] == show_id]
        return found

    def session_state(self, session=None, query=""):
        return self.read(f"/v1/sessions/{session or self.session}{query}")

    def lock(self, name, query="?consistency=linearizable"):
        return self.read(f"/v1/locks/{_part(name)}{query}")

    def lockfile(self, target, query="?consistency=linearizable"):
        return self.read(f"/v1/lockfiles/{target}{query}")


def _url(front_end):
    return front_end if "//" in front_end else "http://" + front_end


def _part(text):
    return urllib.parse.quote(text, safe="")
