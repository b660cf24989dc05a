"""The booking application of a local cluster: shows to book at once, and where to go from there."""

import datetime
import json
import time
import urllib.error
import urllib.request
import uuid

from .failure import ClusterFailure

ADMINISTRATOR = "admin"
SHOWS_AHEAD = datetime.timedelta(days=7)
PATIENCE_S = 30.0

SMALL_HALL = ["sss.ssssss.sss"] * 2 + ["ssssssssssssss"] * 8


def _show(movie, hall, hour, today):
    starts = datetime.datetime.combine(today + SHOWS_AHEAD, datetime.time(hour), datetime.timezone.utc)
    return {"movie": movie, "hall": hall, "starts_at_ms": int(starts.timestamp() * 1000)}


def _shows(today):
    return [
        {
            **_show("Dune", "1", 20, today),
            "rows": 25,
            "cols": 7,
            "categories": [
                {"id": "standard", "name": "Standard", "price_cents": 1200, "rows": list(range(1, 21))},
                {"id": "balcony", "name": "Balcony", "price_cents": 1600, "rows": list(range(21, 26))},
            ],
        },
        {
            **_show("Arrival", "2", 18, today),
            "layout": SMALL_HALL,
            "categories": [{"id": "standard", "name": "Standard", "price_cents": 950, "rows": list(range(1, 11))}],
        },
    ]


def add_shows(layout, say=print):
    """Two shows, unless there is one to come already. Gives the id of one that is to come."""
    url = "http://" + layout.booking_front_end_addresses()[0]
    existing = _call(url, "GET", "/v1/shows")["shows"]
    to_come = [show["show_id"] for show in existing if show["starts_at_ms"] > time.time() * 1000]
    if to_come:
        return to_come[0]
    taken = {show["show_id"] for show in existing}
    shows = _shows(datetime.datetime.now(datetime.timezone.utc).date())
    free = [show_id for show_id in (f"S{n + 1}" for n in range(len(taken) + len(shows))) if show_id not in taken]
    for show_id, show in zip(free, shows):
        _call(url, "POST", "/v1/shows", {"show_id": show_id, **show})
        say(f"show {show_id}: {show['movie']}, hall {show['hall']}")
    return free[0]


def _call(url, method, path, body=None):
    """Asks again while there is no answer: the key makes one effect of it."""
    headers = {"X-Client-Id": ADMINISTRATOR, "Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    end = time.monotonic() + PATIENCE_S
    while True:
        request = urllib.request.Request(url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read(2000).decode(errors="replace")
            if error.code not in (429, 503, 504) or time.monotonic() > end:
                raise ClusterFailure(f"booking: {method} {path} was answered {error.code}: {text}") from error
        except OSError as error:
            if time.monotonic() > end:
                raise ClusterFailure(f"booking: {method} {url}{path}: {error}") from error
        time.sleep(0.2)


def next_steps(layout, show_id):
    servers = ",".join(layout.booking_front_end_addresses())
    marquee = f"{layout.binary} booking --servers {servers} --client alice"
    return f"""
Book a seat: {layout.load_balancer_url}/booking/ in a browser, or
  {marquee} shows
  {marquee} reserve {show_id} --best 2
  {marquee} bookings"""
