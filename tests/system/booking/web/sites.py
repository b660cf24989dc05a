"""Front ends that serve the page: the stand-in, or a real one of a cluster. The same tests run on both."""

import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

STAND_IN = pathlib.Path(__file__).resolve().parent / "stand_in.py"
DAY_MS = 24 * 3600 * 1000
CATEGORIES = [
    {"id": "standard", "name": "Standard", "price_cents": 1200, "rows": [1, 2, 3]},
    {"id": "loge", "name": "Loge", "price_cents": 1650, "rows": [4, 5]},
]
_numbers = itertools.count(1)


class Site:
    """`url` of the page, and what others do there: over the API, as the command line would."""

    is_real = True

    def __init__(self, url):
        self.url = url

    def call(self, method, path, body=None, client="admin"):
        """(status, answer); never an exception for a refusal."""
        headers = {"X-Client-Id": client, "Idempotency-Key": f"{client}-{time.time_ns()}-{next(_numbers)}"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)

    def must(self, method, path, body=None, client="admin"):
        status, answer = self.call(method, path, body, client)
        assert status < 300, (method, path, status, answer)
        return answer

    def add_show(self, **fields):
        """Five rows of five; rows 1 to 3 cost 12.00, 4 and 5 16.50."""
        show_id = fields.pop("show_id", f"P{time.time_ns()}")
        starts = int(time.time() * 1000) + DAY_MS
        show = {"show_id": show_id, "movie": f"Dune {show_id}", "hall": "1", "starts_at_ms": starts}
        if "layout" not in fields and "rows" not in fields:
            fields = {"rows": 5, "cols": 5, "categories": CATEGORIES, **fields}
        self.must("POST", "/v1/shows", {**show, **fields})
        return show_id

    def book(self, show_id, *seats, client="somebody"):
        return self.must("POST", f"/v1/shows/{show_id}/reserve", {"seats": list(seats)}, client)["booking_id"]

    def bookings(self, client):
        return self.must("GET", "/v1/bookings", client=client)["bookings"]

    def state_of(self, show_id, seat):
        seats = self.must("GET", f"/v1/shows/{show_id}/seats")["seats"]
        return next(one["state"] for one in seats if one["id"] == seat)


class StandInSite(Site):
    """A process of its own, so that it can be stopped, killed and started like a real one."""

    is_real = False

    def __init__(self, folder):
        self.log = folder / "stand_in.log"
        self.port = 0
        self.start()
        super().__init__(f"http://127.0.0.1:{self.port}")

    def start(self):
        command = [sys.executable, str(STAND_IN), "--port", str(self.port), "--log", str(self.log)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = urllib.parse.urlparse(self.process.stdout.readline().strip()).port
        assert self.port, "the stand-in did not start"

    def stop(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def faults(self, **which):
        self.must("POST", "/stand-in/faults", which)


class FrontEndSite(Site):
    """A front end of a real cluster (`BookingCluster` of tests/system/booking)."""

    def __init__(self, booking, number=1):
        self.booking = booking
        self.number = number
        super().__init__(self.entry()["http"])

    def entry(self):
        return self.booking.front_end(self.number)

    def stop(self):
        self.booking.cluster.kill(self.entry(), signal.SIGKILL)  # waits for its end, so pauses do not go this way

    def start(self):
        self.booking.start_again(self.entry())

    def pause(self):
        os.kill(self.entry()["pid"], signal.SIGSTOP)

    def go_on(self):
        os.kill(self.entry()["pid"], signal.SIGCONT)
