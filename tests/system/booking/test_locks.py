"""Scenarios L01 to L15: who has a lock writes to its files, all or nothing, whatever dies meanwhile."""

import contextlib
import pathlib
import subprocess
import sys
import threading
import time

from booking.booking_cluster import wait_until
from booking.relay import Relay

HERE = pathlib.Path(__file__).resolve().parent


def people(booking, count=2, lease_ms=60_000):
    clients = booking.clients(count)
    for client in clients:
        client.open_session(lease_ms=lease_ms)
    return clients


def write(client, lock, token, *texts, target):
    for text in texts:
        client.append(lock, token, text, target=target, expect="STAGED")


def transaction(client, lock, target, *texts):
    token = client.acquire_until_granted(lock, ttl_ms=60_000)["token"]
    write(client, lock, token, *texts, target=target)
    released = client.release_lock(lock, token, expect="RELEASED")
    assert released["appended"] == len(texts)
    return released


def everywhere(booking, target, wanted):
    """At every front end, and the replicas' states are the same."""
    for front_end in booking.front_ends():
        told = booking.admin.read(f"/v1/lockfiles/{target}?consistency=linearizable", front_end=front_end)
        assert told.body == wanted.encode(), f"{target} at {front_end}: {told.body!r}"
        assert told.headers["content-type"] == "application/octet-stream"
    head = booking.head()
    assert len({booking.digest(one, head) for one in ("r1", "r2", "r3", "r4")}) == 1


def test_L01_who_idles_past_the_ttl_has_lost_the_lock(booking):
    c1, c2 = people(booking)
    first = c1.acquire("L01", ttl_ms=1000, expect="GRANTED")
    second = c2.acquire_until_granted("L01", ttl_ms=60_000)
    assert second.code == "GRANTED" and second["token"] > first["token"]
    late = c1.append("L01", first["token"], "A", target="L01")
    assert (late.status, late.code) == (410, "LOCK_EXPIRED")
    c2.release_lock("L01", second["token"], expect="RELEASED")
    everywhere(booking, "L01", "")


def test_L02_whose_acquire_was_lost_comes_second(booking):
    c1, c2 = people(booking)
    with Relay(booking.front_ends()[0]) as relay:
        relay.losing = "requests"
        key = ("seq", c1.next_seq())
        lost = c1.ask("POST", "/v1/locks/L02/acquire", {"ttl_ms": 60_000}, key, front_end=relay.address)
        assert lost.status == 0
        transaction(c2, "L02", "L02", "B")
        token = c1.acquire("L02", ttl_ms=60_000, key=key, expect="GRANTED")["token"]
        write(c1, "L02", token, "A", target="L02")
        c1.release_lock("L02", token, expect="RELEASED")
    everywhere(booking, "L02", "BA")


def test_L05_an_acquire_waits_for_the_brokers_to_return(booking):
    [c1] = people(booking, 1, lease_ms=300_000)
    transaction(c1, "L05", "L05", "A", "A")
    brokers = booking.cluster.processes("broker")
    for broker in brokers:
        booking.cluster.kill(broker)
    told = []
    asking = threading.Thread(target=lambda: told.append(c1.acquire_until_granted("L05", ttl_ms=60_000)))
    asking.start()
    time.sleep(1)
    assert not told, f"granted without a broker: {told[0]}"
    booking.revive()
    asking.join(60)
    write(c1, "L05", told[0]["token"], "1", target="L05")
    c1.release_lock("L05", told[0]["token"], expect="RELEASED")
    everywhere(booking, "L05", "AA1")


def test_L07_a_follower_that_restarts_within_a_transaction_changes_nothing(booking):
    [c1] = people(booking, 1)
    for target, slow_s in (("L07-fast", 0), ("L07-slow", 2)):
        follower = booking.follower()
        token = c1.acquire_until_granted("L07", ttl_ms=60_000)["token"]
        write(c1, "L07", token, "A", target=target)
        booking.cluster.kill(follower)
        write(c1, "L07", token, "B", target=target)
        time.sleep(slow_s)
        booking.start_again(follower)
        c1.release_lock("L07", token, expect="RELEASED")
        everywhere(booking, target, "AB")


def test_L08_a_leader_killed_between_transactions(booking):
    c1, c2, c3 = people(booking, 3)
    transaction(c1, "L08", "L08", *"AAAAA")
    first = booking.leader()
    booking.cluster.kill(first)
    transaction(c2, "L08", "L08", *"BBBBB")
    booking.start_again(first)
    second = booking.leader()
    booking.cluster.kill(second)
    transaction(c3, "L08", "L08", *"CCCCC")
    booking.start_again(second)
    everywhere(booking, "L08", "AAAAABBBBBCCCCC")


def test_L10_a_leader_killed_within_a_transaction(booking):
    c1, c2, c3 = people(booking, 3)
    transaction(c1, "L10", "L10", *"A" * 20)
    token = c2.acquire_until_granted("L10", ttl_ms=60_000)["token"]
    write(c2, "L10", token, *"B" * 10, target="L10")
    leader = booking.leader()
    writing = threading.Thread(target=write, args=(c2, "L10", token, *"B" * 10), kwargs={"target": "L10"})
    writing.start()
    booking.cluster.kill(leader)
    writing.join(60)
    assert c1.lockfile("L10").body == b"A" * 20, "nothing of c2 is there before its release"
    assert c2.release_lock("L10", token, expect="RELEASED")["appended"] == 20
    booking.start_again(leader)
    transaction(c3, "L10", "L10", *"C" * 20)
    everywhere(booking, "L10", "A" * 20 + "B" * 20 + "C" * 20)


def test_L11_what_a_killed_holder_has_staged_is_dropped(booking):
    """The holder is a process of its own. The next is granted after its TTL and the lock's delay."""
    [c2] = people(booking, 1)
    booking.admin.command("PUT", "/v1/admin/config/lock_delay_ms", {"value": 700}, expect="CONFIG_SET")
    try:
        command = [sys.executable, str(HERE / "lock_holder.py"), ",".join(booking.front_ends()), "L11", "1500"]
        holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        with contextlib.closing(holder.stdout):
            token = int(holder.stdout.readline())
            holder.kill()
            holder.wait()
        granted = c2.acquire_until_granted("L11", ttl_ms=60_000)
        assert granted["token"] > token
        expired = booking.wait_for_event("lock.expired", name="L11", token=token)[0]
        [at] = booking.wait_for_event("lock.granted", name="L11", token=granted["token"])
        assert at["time_ms"] - expired["time_ms"] >= 700, (expired, at)
        write(c2, "L11", granted["token"], "B", target="L11")
        c2.release_lock("L11", granted["token"], expect="RELEASED")
        everywhere(booking, "L11", "B")
    finally:
        booking.admin.command("PUT", "/v1/admin/config/lock_delay_ms", {"value": 0}, expect="CONFIG_SET")


def test_L14_a_waiter_keeps_its_place_until_its_longest_wait_is_over(booking):
    c1, c2, c3 = people(booking, 3)
    token = c1.acquire("L14", ttl_ms=60_000, expect="GRANTED")["token"]
    key = ("seq", c2.next_seq())
    first = c2.acquire("L14", wait_ms=0, max_wait_ms=2500, key=key)
    assert (first.status, first.code, first["position"]) == (202, "WAITING", 1)
    assert c3.acquire("L14", wait_ms=0)["position"] == 2
    again = c2.acquire("L14", wait_ms=0, max_wait_ms=2500, key=key)
    assert (again.status, again["position"], again.offset) == (202, 1, first.offset)
    over = c2.acquire("L14", wait_ms=20_000, max_wait_ms=2500, key=key)
    assert (over.status, over.code, over.outcome) == (504, "WAIT_TIMEOUT", "definite"), over
    waiting = c1.lock("L14")["waiters"]
    assert [one["client_id"] for one in waiting] == [c3.client_id]
    assert c2.acquire("L14", wait_ms=0)["position"] == 2, "a new command is a new place, at the end"
    c1.release_lock("L14", token, expect="RELEASED")
    wait_until(lambda: (c1.lock("L14")["holder"] or {}).get("client_id") == c3.client_id, 20, "c3 has the lock")


def test_L15_without_a_majority_of_brokers_nothing_is_acknowledged(booking):
    c1, c2, c3 = people(booking, 3, lease_ms=300_000)
    transaction(c1, "L15", "L15", "A", "A")
    token = c2.acquire_until_granted("L15", ttl_ms=300_000)["token"]
    write(c2, "L15", token, "B", target="L15")
    down = [booking.leader(), booking.follower()]
    for broker in down:
        booking.cluster.kill(broker)
    told = []

    def go_on():
        told.append(c2.append("L15", token, "B", target="L15", expect="STAGED"))
        told.append(c2.release_lock("L15", token, expect="RELEASED"))

    writing = threading.Thread(target=go_on)
    writing.start()
    alone = c3.ask("POST", "/v1/locks/L15/acquire?wait_ms=0", {}, ("seq", c3.next_seq()), timeout_s=30)
    assert alone.status == 503 and (alone.code, alone.outcome) == ("NO_QUORUM", "unknown"), alone
    assert "retry-after" in alone.headers
    assert not told, f"acknowledged by one broker: {told[0]}"
    booking.revive()
    writing.join(60)
    assert [call.code for call in told] == ["STAGED", "RELEASED"]
    transaction(c3, "L15", "L15", "C", "C")
    everywhere(booking, "L15", "AABBCC")
