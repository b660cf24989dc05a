"""Scenarios F01 to F09: brokers, front ends and load balancers die, stop or are slow while clients book."""

import os
import signal
import threading
import time

from booking.booking_cluster import wait_until
from booking.call_history import now
from booking.load import Load, seats_of

DEEP = os.environ.get("MARQUEE_DEEP") == "1"
RATE = 500 if DEEP else 150
CLIENTS = 50 if DEEP else 25


def check_booked(booking, show, calls):
    """The seats that were acknowledged are booked, each once; no others are, but those whose outcome nobody knows."""
    acknowledged = [seat for call in calls if call.code == "RESERVED" for seat in call["seats"]]
    assert len(acknowledged) == len(set(acknowledged)), "a seat was given twice"
    unknown = {seat for call in calls if call.outcome == "unknown" or not call.status for seat in call.asked["seats"]}
    states = booking.admin.seats(show, "?consistency=linearizable")
    booked = {seat for seat, state in states.items() if state == "BOOKED"}
    assert set(acknowledged) <= booked, f"lost: {sorted(set(acknowledged) - booked)}"
    assert booked - set(acknowledged) <= unknown, f"ghosts: {sorted(booked - set(acknowledged) - unknown)}"


def wait_for_success(load, since_ns, patience_s=60):
    wait_until(lambda: load.successes(since_ns), patience_s, "a booking succeeds again")
    return min(call.end for call in load.successes(since_ns))


def test_F01_a_leader_killed_under_load_loses_no_booking(booking):
    show = booking.new_show(200, 26)
    load = Load(booking, show, CLIENTS, RATE, seats_of(200, 26))
    wait_until(lambda: len(load.successes()) > RATE // 2, 60, "the load runs")
    leader = booking.leader()
    killed = now()
    booking.cluster.kill(leader)
    # Answers that were on their way are no sign of a new leader.
    first = wait_for_success(load, killed + 100_000_000)
    time.sleep(1)
    booking.start_again(leader)
    calls = load.finish()
    gap_ms = (first - killed) / 1e6
    print(f"F01: {len(calls)} bookings, the first {gap_ms:.0f} ms after the leader was killed")
    assert {call.code for call in calls} == {"RESERVED"}, "every unknown outcome was resolved by a retry"
    check_booked(booking, show, calls)
    assert gap_ms < (2000 if DEEP else 15_000)


def test_F03_a_deposed_leader_comes_back_with_what_nobody_has(booking):
    """Its clients do not retry: what they were not told may have happened once, or never."""
    show = booking.new_show(100, 26)
    leader = booking.leader()
    load = Load(booking, show, 10, 60, seats_of(100, 26), retry=False)
    wait_until(lambda: len(load.successes()) > 20, 60, "the load runs")
    with booking.cluster.frozen(leader):
        frozen = now()
        wait_until(lambda: booking.leader()["name"] != leader["name"], 60, "another broker leads")
        wait_for_success(load, frozen + 1_000_000_000)
    time.sleep(1)
    calls = load.finish()
    for call in calls:
        assert call.code == "RESERVED" or call.outcome == "unknown" or not call.status, call
    check_booked(booking, show, calls)
    head = booking.head()
    assert len({booking.digest(one, head) for one in ("r1", "r2", "r3", "r4")}) == 1


def test_F05_everything_killed_at_once_comes_back_with_every_booking(booking):
    show = booking.new_show(100, 26)
    load = Load(booking, show, 10, 100, seats_of(100, 26))
    wait_until(lambda: len(load.successes()) > 50, 60, "the load runs")
    killed_at_once = [entry for entry in booking.cluster.processes() if entry["role"] != "postgres"]
    for entry in killed_at_once:
        os.kill(entry["pid"], signal.SIGKILL)
    wait_until(lambda: not any(map(booking.cluster.is_alive, killed_at_once)), 20, "all have ended")
    killed = now()
    booking.revive()
    wait_for_success(load, killed + 100_000_000)
    calls = load.finish()
    assert {call.code for call in calls} == {"RESERVED"}
    check_booked(booking, show, calls)


def test_F08_a_client_moves_on_from_a_front_end_or_load_balancer_that_dies(booking):
    """Same session, same numbers, same answers."""
    through = [url + "/booking" for url in booking.cluster.layout.load_balancer_urls()]
    show = booking.new_show()
    for n, (addresses, victim) in enumerate(((booking.front_ends(), "booking-fe-1"), (through, "lb-1")), 1):
        client = booking.client(front_ends=addresses)
        client.open_session(lease_ms=60_000)
        hold = client.hold(show, f"{n}A", expect="HELD")
        key = ("seq", client.next_seq())
        told = client.reserve(show, f"{n}B", key=key, expect="RESERVED")
        booking.cluster.kill(booking.entry(victim))
        again = client.reserve(show, f"{n}B", key=key, expect="RESERVED")
        assert again.replayed and again.body == told.body
        assert client.confirm(hold["hold_id"], expect="BOOKED")["seats"] == [f"{n}A"]
        assert client.session_state()["state"] == "ACTIVE"
        if victim == "lb-1":
            booking.cluster.control.restart(victim)
        else:
            booking.start_again(booking.entry(victim))


def test_F09_a_slow_follower_slows_nobody(booking):
    """It runs for 20 ms of every 220. It leads neither the commands nor the votes for the front end that is asked."""
    leader, front_end, slow = booking.leader()["name"], None, None
    for n in (1, 2):
        others = {leader, booking.leader("reply", n - 1)["name"]}
        quiet = [entry for entry in booking.cluster.processes("broker") if entry["name"] not in others]
        if quiet:
            front_end, slow = booking.front_ends()[n - 1], quiet[0]
    show, client = booking.new_show(100, 26), booking.client(front_ends=[front_end])
    seats = iter(seats_of(100, 26))

    def bookings_in(seconds):
        count, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            client.reserve(show, next(seats), expect="RESERVED")
            count += 1
        return count / seconds

    before = bookings_in(2)
    stop = threading.Event()

    def pulse():
        while not stop.is_set():
            os.kill(slow["pid"], signal.SIGSTOP)
            stop.wait(0.2)
            os.kill(slow["pid"], signal.SIGCONT)
            stop.wait(0.02)

    slowing = threading.Thread(target=pulse)
    slowing.start()
    try:
        during = bookings_in(3)
    finally:
        stop.set()
        slowing.join()
        os.kill(slow["pid"], signal.SIGCONT)
    print(f"F09: {before:.0f} bookings/s, {during:.0f} with a slow follower")
    assert during > before * (0.8 if DEEP else 0.4)
