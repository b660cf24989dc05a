"""R01 to R08: replicas that are wrong, damaged, silent or dead, and what is put in their place."""

import pathlib
import shutil
import signal
import socket
import time

import pytest

from booking.booking_cluster import at_once, pause, wait_until
from booking.replacements import Replacements

SEATS = [f"{row}{column}" for row in range(1, 21) for column in "ABCDE"]


@pytest.fixture
def replacements(booking):
    return Replacements(booking)


def reserve_one_by_one(client, show, seats):
    """Each is answered at once and rightly: what one replica does is not seen by clients."""
    for seat in seats:
        call = client.ask("POST", f"/v1/shows/{show}/reserve", {"seats": [seat]}, ("seq", client.next_seq()))
        assert (call.status, call.code) == (201, "RESERVED"), call
        yield call


def test_R01_one_wrong_answer_is_a_strike_until_the_next_right_one(booking, replacements):
    show, client = booking.new_show(rows=20), booking.client()
    booking.inject("r2", "wrong_reply", 1)
    answers = reserve_one_by_one(client, show, SEATS)
    first = next(answers)
    wait_until(lambda: booking.view(1)["r2"]["strikes"] == 1, 10, lambda: f"one strike: {booking.view(1)}")
    assert [one["offset"] for one in replacements.entries("replica.bug", "r2")] == [first.offset]
    next(answers)
    for n in (1, 2):
        wait_until(lambda: booking.view(n)["r2"]["strikes"] == 0, 10, lambda: f"no strike: {booking.view(n)}")
    assert booking.view(1)["r2"]["state"] == "VOTING"
    booking.check(wrong_votes_of={"r2"})


def test_R02_three_wrong_answers_in_a_row_replace_the_replica(booking, replacements):
    show, client = booking.new_show(rows=20), booking.client()
    before = replacements.incarnation("r2")
    booking.inject("r2", "wrong_reply", 3)
    answers = reserve_one_by_one(client, show, SEATS)
    offsets = [next(answers).offset for _ in range(3)]
    replacements.wait_until_replaced("r2", before)
    bugs = {(one["incarnation"], one["offset"]) for one in replacements.entries("replica.bug", "r2")}
    assert bugs == {(before, offset) for offset in offsets}
    [agreed] = {(one["incarnation"], one["digest"]) for one in replacements.entries("replica.agreed", "r2")}
    assert agreed[0] == replacements.incarnation("r2")
    next(answers)
    booking.check(wrong_votes_of={"r2"})


def test_R04_a_seat_corrupted_in_memory_is_found_at_the_next_record(booking, replacements):
    show, client = booking.new_show(rows=20), booking.client()
    before = replacements.incarnation("r2")
    booking.inject("r2", "corrupt_state", 1)
    answers = reserve_one_by_one(client, show, SEATS)
    first = next(answers)
    wait_until(lambda: replacements.entries("replica.bug", "r2"), 10, "the other digest is noticed")
    assert replacements.entries("replica.bug", "r2")[0]["offset"] <= first.offset
    next(answers), next(answers)
    replacements.wait_until_replaced("r2", before)
    booking.check(wrong_votes_of={"r2"})


@pytest.mark.parametrize("way", ["killed", "paused"])
def test_R05_a_silent_replica_is_replaced_and_nobody_waits_for_it(booking, replacements, way):
    show, client = booking.new_show(rows=20), booking.client()
    before, entry = replacements.incarnation("r3"), booking.replica("r3")
    if way == "killed":
        booking.cluster.kill(entry)
    else:
        pause(entry)
    began = time.monotonic()
    for _ in zip(range(5), reserve_one_by_one(client, show, SEATS)):
        pass
    assert time.monotonic() - began < 5, "five bookings took as long as a silence"
    replacements.wait_until_replaced("r3", before)
    assert entry["pid"] not in replacements.processes("r3")
    booking.check()


def test_R05_a_slow_replica_slows_nobody_and_is_not_believed_dead_for_one_late_vote(booking, replacements):
    show, client = booking.new_show(rows=20), booking.client()
    booking.inject("r4", "slow", 1)
    answers = reserve_one_by_one(client, show, SEATS)
    began = time.monotonic()
    next(answers)
    assert time.monotonic() - began < 2
    wait_until(lambda: booking.view(1)["r4"]["misses"] == 0, 20, lambda: f"it voted late: {booking.view(1)}")
    assert not replacements.entries("replica.retired", "r4")


def test_when_too_many_are_gone_for_anybody_to_judge_they_are_started_again(booking, replacements):
    show, client = booking.new_show(rows=20), booking.client()
    key = ("seq", client.next_seq())
    booked = client.reserve(show, "1A", key=key, expect="RESERVED")
    for one in ("r1", "r2", "r3"):
        booking.cluster.kill(booking.replica(one))
    for one in ("r1", "r2", "r3"):
        wait_until(lambda: replacements.processes(one), 60, f"{one} runs again")
    booking.wait_until_voting()
    client.reserve(show, "1B", expect="RESERVED")
    again = client.reserve(show, "1A", key=key)
    assert again.body == booked.body and again.headers["idempotency-replayed"] == "true"
    booking.check()


def test_R08_replicas_without_disks_come_back_by_replay(booking):
    show, client = booking.new_show(rows=20), booking.client()
    client.open_session()
    key = ("seq", client.next_seq())
    booked = client.reserve(show, "1A", key=key, expect="RESERVED")
    token = client.acquire(f"lock-{show}", ttl_ms=600_000)["token"]
    head = booking.head()
    before = {one: booking.digest(one, head) for one in ("r1", "r2", "r3", "r4")}
    # Whoever comes back last would be missed by the others and replaced: that is another test.
    supervisor = booking.entry("booking-supervisor")
    booking.cluster.kill(supervisor, signal.SIGTERM)
    replicas = [booking.replica(one) for one in before]
    for entry in replicas:
        booking.cluster.kill(entry)
        shutil.rmtree(entry["data_dir"])
    for entry in replicas:
        booking.start_again(entry)
    assert {one: booking.digest(one, head) for one in before} == before
    booking.start_again(supervisor)
    booking.wait_until_voting()
    again = client.reserve(show, "1A", key=key)
    assert again.body == booked.body and again.headers["idempotency-replayed"] == "true"
    assert client.renew(f"lock-{show}", token).code == "RENEWED"
    booking.check()


def test_an_administrator_has_a_replica_replaced(booking, replacements):
    before = replacements.incarnation("r1")
    path = "/v1/admin/replicas/r1/replace"
    stranger = booking.client().ask("POST", path, {}, ("idem_key", f"replace-{time.monotonic_ns()}"))
    assert (stranger.status, stranger.code) == (403, "NOT_ADMIN")
    answer = booking.admin.ask("POST", path, {}, ("idem_key", f"replace-{time.monotonic_ns()}"))
    assert answer.status == 202, answer
    replacements.wait_until_replaced("r1", before)
    booking.check()


def test_two_front_ends_agree_on_one_replacement(booking, replacements):
    show, clients = booking.new_show(rows=20), booking.clients(6)
    before = replacements.incarnation("r2")
    booking.inject("r2", "wrong_reply", 30)
    at_once(lambda client, seat: client.reserve(show, seat, expect="RESERVED"), list(zip(clients * 5, SEATS)))
    replacements.wait_until_replaced("r2", before)
    assert {one["by"] for one in replacements.entries("replica.bug", "r2")} <= {"fe-1", "fe-2"}
    assert {one["incarnation"] for one in replacements.entries("replica.started", "r2")} == {before + 1}
    booking.check(wrong_votes_of={"r2"})


@pytest.mark.parametrize("after_s", [0, 0.1, 0.4])
def test_a_supervisor_killed_in_the_middle_goes_on(booking, replacements, after_s):
    before = replacements.incarnation("r4")
    path = "/v1/admin/replicas/r4/replace"
    booking.admin.ask("POST", path, {}, ("idem_key", f"replace-{time.monotonic_ns()}"))
    time.sleep(after_s)
    supervisor = booking.entry("booking-supervisor")
    booking.cluster.kill(supervisor)
    assert len(replacements.processes("r4")) <= 1
    booking.start_again(supervisor)
    replacements.wait_until_replaced("r4", before)
    booking.check()


def test_a_replica_that_cannot_start_is_tried_again_until_it_can(booking, replacements):
    before, supervisor = replacements.incarnation("r1"), booking.entry("booking-supervisor")
    log = pathlib.Path(supervisor["log"])
    told = log.read_text().count("r1 does not start")
    host, port = booking.replica("r1")["http"].removeprefix("http://").split(":")
    booking.restart_with(supervisor["name"], [*supervisor["command"], "--set", "supervisor.binary=/nowhere/marquee"])
    booking.admin.ask("POST", "/v1/admin/replicas/r1/replace", {}, ("idem_key", f"replace-{time.monotonic_ns()}"))
    wait_until(lambda: replacements.line("r1").get("failed_starts", 0) > 1, 20, "there is no such program")
    assert log.read_text().count("r1 does not start") == told + 1, "one line, not one for each attempt"
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((host, int(port)))
        other.listen()
        booking.restart_with(supervisor["name"], supervisor["command"])
        wait_until(lambda: replacements.line("r1").get("failed_starts", 0) > 0, 20, "another program has the port")
    replacements.wait_until_replaced("r1", before)
    booking.check()


def test_three_replicas_wrong_in_three_ways_are_no_majority(booking):
    show, client = booking.new_show(rows=20), booking.client()
    for replica_id in ("r1", "r2", "r3"):
        booking.inject(replica_id, "wrong_reply", 1)
    key = ("seq", client.next_seq())
    call = client.ask("POST", f"/v1/shows/{show}/reserve", {"seats": ["1A"]}, key)
    assert (call.status, call.code, call["outcome"]) == (503, "NO_MAJORITY", "unknown"), call
    again = client.reserve(show, "1A", key=key, expect="RESERVED")
    assert again.headers["idempotency-replayed"] == "true"
    booking.check(wrong_votes_of={"r1", "r2", "r3"})
