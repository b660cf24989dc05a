"""Logs that reach what random ones are too short for: a day of booking time, ten thousand keys, a big hall."""

from random import Random

import edge_log
import mutations
from booking_log import BookingLog
from model import seats


def a_day():
    """Keys, ended holds and cancelled bookings are forgotten after 24 h of booking time, a second a record."""
    log = BookingLog()
    log.add_show()
    cancelled = log.reserve("alice", "1A")["booking_id"]
    log.send("booking.cancel", "alice", {"booking_id": cancelled})
    released = log.hold("alice", "2A")["hold_id"]
    log.send("hold.release", "alice", {"hold_id": released})
    log.reserve("alice", "3A", idem_key="first")
    log.reserve("alice", "4A", seq=9)
    log.wait(86_400_000 - log.time - 3000)
    for _ in range(8):
        log.wait(1000)
        log.send("booking.cancel", "alice", {"booking_id": cancelled})
        log.send("hold.release", "alice", {"hold_id": released})
        log.reserve("alice", "3A", idem_key="first")
        log.reserve("alice", "4A", seq=9)
    return log


def ten_thousand_keys():
    log = BookingLog()
    log.add_show()
    for number in range(10_002):
        log.reserve("alice", "9Z", idem_key=f"k{number}")
    for number in (0, 1, 2, 3, 10_001, 5_000):
        log.reserve("alice", "9Z", idem_key=f"k{number}")
    return log


def a_big_hall():
    log = BookingLog()
    log.add_show(rows=60, cols=26, orphan_rule="reject_unless_unavoidable")
    for number in range(170):
        log.send("seat.reserve", f"c{number}", {"show_id": "S1", "best": {"n": 1 + number % 10}})
    return log


def sixty_times_best_four():
    log = BookingLog()
    log.add_show(rows=25, cols=7)
    for number in range(60):
        log.send("seat.reserve", f"c{number}", {"show_id": "S1", "best": {"n": 4}})
    return log


def choices():
    """Best seats and orphans in halls of every shape, partly taken."""
    random = Random(1)
    log = BookingLog()
    for number in range(250):
        rows, columns = random.randint(1, 6), random.randint(1, 10)
        lines = ["".join(random.choice("ssss.") for _ in range(columns)) for _ in range(rows)]
        rule = random.choice(["off", "warn", "reject_unless_unavoidable"])
        cut = random.randint(0, rows)
        categories = [
            {"id": name, "name": name, "price_cents": len(covered), "rows": covered}
            for name, covered in (("a", list(range(1, cut + 1))), ("b", list(range(cut + 1, rows + 1))))
        ]
        if log.add_show(layout=lines, orphan_rule=rule, categories=categories)["status"] == "ERROR":
            continue
        every = seats.of_show(log.state.shows["S1"])
        for _ in range(8):
            body = {"show_id": "S1", "best": {"n": random.randint(1, 7)}}
            if random.random() < 0.3:
                body["best"]["category"] = random.choice("ab")
            if random.random() < 0.5:
                start = random.randrange(len(every))
                body = {"show_id": "S1", "seats": every[start : start + random.randint(1, 4)]}
            log.send(random.choice(["seat.reserve", "seat.hold"]), random.choice("xyz"), body)
            if random.random() < 0.2:
                taken = random.sample(every, random.randint(1, min(3, len(every))))
                log.send("seat.block", "admin", {"show_id": "S1", "seats": taken, "reason": "art"})
        log.send("show.remove", "admin", {"show_id": "S1", "on_booked": "cancel"})
    return log


ALL = {
    "edges": edge_log.make,
    "day": a_day,
    "keys": ten_thousand_keys,
    "hall": a_big_hall,
    "mutations": mutations.make,
    "choices": choices,
    "sixty": sixty_times_best_four,
}
