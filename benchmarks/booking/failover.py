"""How long a client waits for its next booking when a process is killed with SIGKILL."""

import http.client
import itertools
import json
import signal
import statistics
import threading
import time

SETTLE_S = 1.0
RECOVERED_S = 1.0
ATTEMPT_S = 2.0
PAUSE_S = 0.005
PATIENCE_S = 60.0
SEATS = [f"{row}{column}" for row in range(1, 1001) for column in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]


class Booker:
    """Books seat after seat on a thread of its own; an attempt that fails is repeated with the same number at the next
    front end. `answered` grows by the moment of each booking."""

    def __init__(self, front_ends, show_id, client_id):
        self.front_ends = front_ends
        self.path = f"/v1/shows/{show_id}/reserve"
        self.client_id = client_id
        self.answered = []
        self.refused = []
        self._asked = itertools.cycle(range(len(front_ends)))
        self._connection = None
        self._leave()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._book, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join(ATTEMPT_S * 3)

    @property
    def front_end(self):
        return self.front_ends[self._place]

    def _book(self):
        for number, seat in enumerate(SEATS, start=1):
            while not self._ends.is_set() and not self._attempt(number, seat):
                self._leave()
                time.sleep(PAUSE_S)
            if self._ends.is_set():
                return
            time.sleep(PAUSE_S)

    def _attempt(self, number, seat):
        headers = {"X-Client-Id": self.client_id, "X-Client-Seq": str(number), "X-Ack-Below": str(number)}
        headers["Content-Type"] = "application/json"
        try:
            self._connection.request("POST", self.path, json.dumps({"seats": [seat]}), headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        if answer.status == 201:
            self.answered.append(time.monotonic())
        elif answer.status < 500 and answer.status not in (409, 429):
            self.refused.append(body)
        return answer.status == 201

    def _leave(self):
        if self._connection is not None:
            self._connection.close()
        self._place = next(self._asked)
        self._connection = http.client.HTTPConnection(self.front_ends[self._place], timeout=ATTEMPT_S)


def measure(booking, trials):
    """{what died: its gaps in ms}, printed as they come to an end."""
    print(f"\nfailover: ms from one booking to the next when a process is killed (-9), {trials} trials each", flush=True)
    victims = {
        "leader": lambda booker: booking.leader(),
        "front end": lambda booker: booking.entry(f"booking-fe-{booking.front_ends().index(booker.front_end) + 1}"),
        "replica": lambda booker: booking.replica("r1"),
    }
    found = {}
    for name, choose in victims.items():
        gaps_ms = [one_gap_ms(booking, choose, f"{name.replace(' ', '-')}-{n}") for n in range(trials)]
        found[name] = gaps_ms
        print(f"  {name:<10} p50 {statistics.median(gaps_ms):6.0f}  max {max(gaps_ms):6.0f}", flush=True)
    return found


def one_gap_ms(booking, choose, client_id):
    booking.revive()
    show = booking.new_show(rows=1000, cols=26)
    with Booker(booking.front_ends(), show, client_id) as booker:
        time.sleep(SETTLE_S)
        victim = choose(booker)
        before = time.monotonic()
        booking.cluster.kill(victim, signal.SIGKILL)
        wait_until_served(booker)
    assert not booker.refused, booker.refused[0]
    moments = [moment for moment in booker.answered if moment > before - SETTLE_S]
    around = [later - earlier for earlier, later in itertools.pairwise(moments) if later > before]
    return round(max(around) * 1000, 1)


def wait_until_served(booker):
    """Until bookings have come for a while again."""
    end = time.monotonic() + PATIENCE_S
    start = len(booker.answered)
    while time.monotonic() < end:
        time.sleep(RECOVERED_S)
        recent = [moment for moment in booker.answered[start:] if moment > time.monotonic() - RECOVERED_S]
        if len(recent) >= 10:
            return
    raise AssertionError(f"no bookings within {PATIENCE_S:g} s")
