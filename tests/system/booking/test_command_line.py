"""`marquee booking` against running front ends: what it prints, its exit codes, sessions, the prompt, replay and bench."""

import json
import os
import re
import subprocess
import time

import pytest


class Line:
    """The command line as one client uses it, with a home folder of its own."""

    def __init__(self, booking, binary, home, client):
        self.booking, self.binary, self.home, self.client = booking, binary, home, client

    def run(self, *words, stdin="", timeout_s=60):
        return subprocess.run(
            [str(self.binary), "--load-balancer", self.booking.cluster.url, "booking", "--servers",
             ",".join(self.booking.front_ends()), "--client", self.client, *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env={**os.environ, "HOME": str(self.home)},
        )

    def ok(self, *words, **options):
        made = self.run(*words, **options)
        assert made.returncode == 0, f"{words}: {made.returncode} {made.stdout} {made.stderr}"
        return made.stdout

    def json(self, *words):
        return json.loads(self.ok("--json", *words))

    def refused(self, code, *words):
        made = self.run("--json", *words)
        assert made.returncode == 2, f"{words}: {made.returncode} {made.stdout} {made.stderr}"
        assert json.loads(made.stdout)["code"] == code
        return json.loads(made.stdout)


@pytest.fixture
def line(booking, binary, tmp_path):
    names = iter(range(100))
    return lambda client=None: Line(booking, binary, tmp_path, client or f"cli-{next(names)}-{time.monotonic_ns()}")


@pytest.fixture
def show(line):
    """An id of a show of 4 rows of 5, made by the command itself."""
    show_id = f"cli-{time.monotonic_ns()}"
    line("admin").ok("admin", "show", "add", show_id, "--movie", "Dune", "--rows", "4", "--cols", "5",
                     "--at", "2090-01-05T20:00Z", "--category", "standard:Standard:1200:1-4")
    return show_id


def test_seats_are_booked_held_exchanged_and_given_back(line, show):
    alice, bob = line(), line()
    made = alice.json("reserve", show, "1A", "1B")
    assert (made["code"], made["seats"], made["price_cents"]) == ("RESERVED", ["1A", "1B"], 2400)
    taken = bob.refused("SEAT_TAKEN", "reserve", show, "1B,1C")
    assert taken["conflicts"] == [{"seat": "1B", "state": "BOOKED"}]
    held = bob.json("hold", show, "--best", "2", "--ttl", "60s")
    assert bob.json("extend", held["hold_id"], "--ttl", "90s")["expires_in_ms"] == 90_000
    assert bob.json("confirm", held["hold_id"])["code"] == "BOOKED"
    bob.refused("ALREADY_CONFIRMED", "confirm", held["hold_id"])
    other = bob.json("hold", show, "4A", "4B")
    assert bob.json("release", other["hold_id"], "--seats", "4A")["code"] == "RELEASED"
    assert alice.json("exchange", made["booking_id"], "--to", show, "--seats", "3A")["diff_cents"] == -1200
    assert "3A" in alice.ok("bookings")
    assert re.search(r"^ +3  @ B", alice.ok("map", show), re.MULTILINE)
    bob.refused("NOT_OWNER", "cancel", show, "3A")
    assert "12.00 back" in alice.ok("cancel-booking", made["booking_id"])


def test_wrong_words_end_with_4_and_refusals_with_2(line, show):
    alice = line()
    for words in (["reserve", show], ["reserve", show, "1A", "--best", "2"], ["hold", show, "1A", "--ttl", "60"],
                  ["nonsense"], ["--seq", "x", "shows"], ["--servers", "nowhere", "shows"]):
        assert alice.run(*words).returncode == 4, words
    alice.refused("NO_SUCH_SHOW", "reserve", "no-such-show", "1A")
    alice.refused("NO_SUCH_SEAT", "reserve", show, "99Z")
    alice.refused("NOT_ADMIN", "admin", "show", "remove", show)


def test_a_command_that_is_run_again_with_its_key_is_done_once(line, show):
    alice = line()
    assert alice.json("--key", "k", "reserve", show, "2A") == alice.json("--key", "k", "reserve", show, "2A")
    alice.refused("IDEMPOTENCY_MISMATCH", "--key", "k", "reserve", show, "2B")


def test_nobody_there_is_3_and_nothing_was_done(binary):
    made = subprocess.run(
        [str(binary), "booking", "--servers", "127.0.0.1:1", "--deadline-ms", "200", "--key", "k", "reserve", "S1", "1A"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert made.returncode == 3
    assert "nothing was done" in made.stderr


def test_a_session_is_kept_between_commands_and_is_over_after_lease_and_grace(line, show):
    alice = line()
    opened = alice.json("--lease", "1s", "--grace", "1s", "session", "open")
    assert alice.json("session", "status")["session_id"] == opened["session_id"]
    held = alice.json("hold", show, "1A", "--ttl", "600s")
    time.sleep(2.3)
    made = alice.run("confirm", held["hold_id"])
    assert (made.returncode, "session expired" in made.stderr) == (3, True)
    assert alice.json("session", "open")["session_id"] != opened["session_id"]
    assert alice.json("session", "close")["code"] == "CLOSED"
    assert alice.run("session", "close").returncode == 3


def test_locks_are_taken_in_turn_and_write_when_they_are_released(line):
    c1, c2 = line(), line()
    name = f"lock-{time.monotonic_ns()}"
    token = str(c1.json("lock", "acquire", name, "--ttl", "60s")["token"])
    assert c1.json("lock", "append", name, "--token", token, f"{name}.txt", "A")["n"] == 1
    c2.refused("LOCK_HELD", "lock", "acquire", name, "--no-wait")
    waiting = c2.run("--json", "--deadline-ms", "500", "--key", "w", "lock", "acquire", name)
    assert (waiting.returncode, json.loads(waiting.stdout)["code"]) == (3, "WAITING")
    assert c1.ok("lockfile", "cat", f"{name}.txt") == ""
    assert c1.json("lock", "release", name, "--token", token)["appended"] == 1
    granted = c2.json("--key", "w", "lock", "acquire", name)
    assert granted["token"] > int(token)
    c1.refused("NOT_HOLDER", "lock", "renew", name, "--token", token)
    assert c1.ok("lockfile", "cat", f"{name}.txt") == "A"
    assert f"token {granted['token']}" in c1.ok("lock", "show", name)


def test_the_prompt_takes_several_clients_and_survives_mistakes(line):
    show = f"repl-{time.monotonic_ns()}"
    said = line().ok("repl", "--show", show, stdin="scale 6\nc1 1A RESERVE\nc2 1A RESERVE\nc2 1A CANCEL\nwhat\n"
                     "c1 1A CANCEL\nscale 4\nc2 6G RESERVE\nclean\nc1 6G RESERVE\ndone\n").splitlines()
    assert said[0] == f"{show}: the show is there"
    assert said[1].startswith("c1: booked 1A")
    assert said[2].startswith("c2: refused: SEAT_TAKEN")
    assert any(text.startswith("c2: refused: NOT_OWNER") for text in said)
    assert any("not understood" in text for text in said)
    assert any("CANNOT_SHRINK" in text for text in said)
    assert said[-1].startswith("c1: booked 6G")


def test_changes_are_seen_as_they_happen(line, show):
    alice = line()
    with subprocess.Popen(
        [str(alice.binary), "booking", "--servers", ",".join(alice.booking.front_ends()), "--json", "watch", show,
         "--from", str(alice.booking.head()), "--max", "1"],
        stdout=subprocess.PIPE,
        text=True,
    ) as watching:
        alice.ok("reserve", show, "1A")
        event = json.loads(watching.stdout.readline())
        assert watching.wait(30) == 0
    assert event["data"]["changes"] == [{"id": "1A", "state": "BOOKED"}]


def test_the_log_replayed_here_gives_the_digest_of_every_replica(line, show):
    line().ok("reserve", show, "1A")
    told = line().json("replay", "--verify")
    assert [one["verdict"] for one in told["replicas"]] == ["equal"] * 4
    assert told["commands"] > 1


def test_bench_books_what_it_says(line):
    for in_flight in ("3", "N"):
        told = line("admin").json("bench", "--requests", "1,8", "--runs", "1", "--inflight", in_flight)
        assert [row["failed"] for row in told["rows"]] == [0, 0]
        assert all(row["ms"] > 0 and "produce" in row["hops_ms"] for row in told["rows"])


def test_replicas_and_audit_are_shown(line, show):
    alice = line()
    alice.ok("reserve", show, "1A")
    assert alice.ok("admin", "replicas").count("VOTING") == 4
    assert "seat.reserve" in alice.ok("audit", "--show", show, "--seat", "1A")
    assert show in alice.ok("shows", "--available")
