"""The checker of the invariants finds what it must find: in a log with honest answers nothing, and each planted lie."""

import base64
import copy
import hashlib
import json
import pathlib
import random
import sys
import time

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "booking"))

from booking import ledgers  # noqa: E402
from booking.answer_rules import STATUS  # noqa: E402
from booking.call_history import Call  # noqa: E402
from booking.indexed_model import IndexedModel  # noqa: E402
from booking.invariants_over_log import LogJudge  # noqa: E402
from booking.topic_reader import Record  # noqa: E402
from booking_log import BookingLog  # noqa: E402
from random_log import RandomLog  # noqa: E402

MS = 1_000_000
REPLICAS = ("r1", "r2", "r3", "r4")


class Told:
    """A log of the model, and what honest clients, replicas and front ends have seen of it."""

    def __init__(self):
        self.log = BookingLog()
        self.calls = []
        self.votes = []
        self.events = []

    def send(self, kind, client="alice", body=None, **envelope):
        """Each call begins when the one before has ended."""
        envelope.setdefault("seq", len(self.log.records) + 1)
        reply = self.log.send(kind, client, body, **envelope)
        own = self.log.results[-1]["replies"][0]
        start = len(self.log.records) * 10 * MS
        self.calls.append(answer_of(own, client, ("seq", envelope["seq"]), start, start + 5 * MS))
        self.vote()
        return reply

    def vote(self):
        offset, result = len(self.log.records) - 1, self.log.results[-1]
        digest = hashlib.md5(f"state {offset}".encode()).hexdigest()
        for reply in result["replies"]:
            reply_hash = hashlib.md5(json.dumps(reply).encode()).hexdigest()
            for replica in REPLICAS:
                about = {"replica": replica, "at_offset": offset, "digest": digest, "reply_hash": reply_hash}
                self.votes.append({**reply, **about})
        if result["events"]:
            self.events.append({"v": 1, "offset": offset, "time_ms": result["time_ms"], "events": result["events"]})

    def read(self, path, told):
        """At the newest offset, by a client that knows of every answer."""
        start = len(self.log.records) * 10 * MS + 6 * MS
        call = Call("alice", "GET", path, "fe", start, end=start + MS, status=200, body=json.dumps(told).encode())
        call.headers = {"x-offset": str(len(self.log.records) - 1)}
        self.calls.append(call)

    def records(self):
        return [Record(0, r["offset"], r["timestamp_ms"], base64.b64decode(r["value_b64"])) for r in self.log.records]

    def call_of(self, code):
        return next(call for call in self.calls if call.code == code)

    def problems(self):
        judge = LogJudge()
        judge.take(self.calls, self.records())
        judge.votes([json.dumps(vote) for vote in self.votes])
        judge.told_events([json.dumps(told) for told in self.events])
        return judge.problems


def answer_of(reply, client, key, start, end):
    ok = reply["status"] == "OK"
    outcome = {"status": "success" if ok else "failure", "code": reply["code"], "outcome": "done" if ok else "definite"}
    body = {**reply["body"], **outcome, "offset": reply["offset"]}
    headers = {"x-offset": str(reply["offset"]), "idempotency-replayed": str(reply["replayed"]).lower()}
    if "show_version" in reply:
        headers["etag"] = f'"{reply["show_version"]}"'
    status = STATUS[reply["code"]]
    return Call(client, "POST", "/v1/x", "fe", start, key, None, end, status, headers, json.dumps(body, sort_keys=True).encode())


@pytest.fixture
def told():
    """Bookings, a refusal, a retry, a lock that changes hands, a hold that expires, reads."""
    made = Told()
    show = {"show_id": "S1", "movie": "Dune", "hall": "1", "rows": 3, "cols": 3, "starts_at_ms": 4_000_000_000_000}
    made.send("show.add", "admin", show)
    made.send("seat.reserve", "alice", {"show_id": "S1", "seats": ["1A", "1B"]}, seq=50)
    made.send("seat.reserve", "bob", {"show_id": "S1", "seats": ["1A"]})
    retried = made.send("seat.reserve", "alice", {"show_id": "S1", "seats": ["1A", "1B"]}, seq=50)
    assert retried["replayed"]
    made.calls[-1].start = made.calls[1].end  # it asked again at once, and the answer is of its first record
    made.send("seat.hold", "bob", {"show_id": "S1", "seats": ["2A"], "ttl_ms": 1000})
    sessions = {name: made.send("session.open", name, {})["session_id"] for name in ("alice", "bob", "cleo")}
    lock = {"name": "hall-1", "ttl_ms": 60_000}
    token = made.send("lock.acquire", "alice", lock, session_id=sessions["alice"])["token"]
    made.send("lock.acquire", "bob", lock, session_id=sessions["bob"])
    made.send("lock.acquire", "cleo", lock, session_id=sessions["cleo"])
    write = {"name": "hall-1", "token": token, "target": "notes", "data_b64": "QQ=="}
    made.send("lock.append", "alice", write, session_id=sessions["alice"])
    made.send("lock.release", "alice", {"name": "hall-1", "token": token}, session_id=sessions["alice"])
    made.log.wait(1000)
    made.vote()
    seats = [{"id": f"{row}{column}", "state": "BOOKED" if (row, column) in ((1, "A"), (1, "B")) else "AVAILABLE",
              "mine": (row, column) in ((1, "A"), (1, "B"))} for row in (1, 2, 3) for column in "ABC"]  # fmt: skip
    made.read("/v1/shows/S1/seats?consistency=linearizable", {"show_version": 4, "seats": seats})
    made.send("seat.cancel", "alice", {"show_id": "S1", "seats": ["1A"]})
    return made


def test_honest_answers_violate_nothing(told):
    assert told.problems() == []


def found(told, invariant, text=""):
    problems = told.problems()
    assert any(one.startswith(invariant) and text in one for one in problems), problems


def change_body(call, **fields):
    call.body = json.dumps({**call.json, **fields}, sort_keys=True).encode()


def test_a_booking_that_the_log_does_not_hold_is_found(told):
    lost = copy.deepcopy(told.call_of("RESERVED"))
    lost.client = "mallory"
    told.calls.append(lost)
    found(told, "I4", "mallory")


def test_an_answer_beyond_the_end_of_the_log_is_found(told):
    lost = copy.deepcopy(told.call_of("RESERVED"))
    lost.headers["x-offset"] = "1000"
    lost.key = ("seq", 5000)
    told.calls.append(lost)
    found(told, "I4", "1000")


def test_a_seat_that_two_were_promised_is_found(told):
    refused = told.call_of("SEAT_TAKEN")
    twin = told.call_of("RESERVED").json
    refused.status, refused.headers["etag"] = 201, '"2"'
    refused.body = json.dumps({**twin, "offset": refused.offset, "booking_id": f"B-{refused.offset}"}).encode()
    found(told, "I6", "RESERVED")


def test_a_retry_that_is_answered_otherwise_is_found(told):
    retried = next(call for call in told.calls if call.replayed)
    change_body(retried, note="changed")
    found(told, "I3")


def test_a_second_success_of_one_command_is_found(told):
    again = copy.deepcopy(told.call_of("RESERVED"))
    again.headers["x-offset"] = "3"
    told.calls.append(again)
    found(told, "I3", "succeeded")


def test_a_wrong_field_of_an_answer_is_found(told):
    change_body(told.call_of("SEAT_TAKEN"), conflicts=[{"seat": "1B", "state": "BOOKED"}])
    found(told, "I6", "1B")


def test_a_wrong_status_and_a_wrong_version_are_found(told):
    told.call_of("SEAT_TAKEN").status = 404
    told.call_of("RESERVED").headers["etag"] = '"9"'
    found(told, "I6", "404")
    found(told, "I6", "version")


def test_an_order_against_real_time_is_found(told):
    late = told.call_of("SHOW_ADDED")
    late.start, late.end = (len(told.log.records) + 1) * 10 * MS, (len(told.log.records) + 2) * 10 * MS
    found(told, "I5", "admin")


def test_a_read_of_the_past_is_found(told):
    read = next(call for call in told.calls if call.method == "GET")
    read.headers["x-offset"] = "3"
    found(told, "I5", "read at 3")


def test_a_read_that_shows_another_state_is_found(told):
    read = next(call for call in told.calls if call.method == "GET")
    seats = read.json["seats"]
    seats[8]["state"] = "BOOKED"
    change_body(read, seats=seats)
    found(told, "I6", "3C")


def test_a_digest_that_differs_is_found(told):
    told.votes[20]["digest"] = "0" * 32
    found(told, "I7")
    judge = LogJudge()
    judge.digests(7, {"r1": "aa", "r2": "aa", "r3": "ab", "r4": "aa"})
    assert judge.problems


def test_a_vote_that_differs_is_found_unless_it_was_planted(told):
    told.votes[5]["reply_hash"] = "0" * 32
    found(told, "I7", told.votes[5]["replica"])
    judge = LogJudge()
    judge.take(told.calls, told.records())
    judge.votes([json.dumps(vote) for vote in told.votes], wrong={told.votes[5]["replica"]})
    assert judge.problems == []


def test_four_equal_votes_for_a_wrong_answer_are_found(told):
    about = [vote for vote in told.votes if vote["code"] == "SEAT_TAKEN"]
    for vote in about:
        vote.update(code="RESERVED", status="OK")
    found(told, "I6", "voted")


def test_a_hole_in_the_log_is_found(told):
    del told.log.records[5]
    found(told, "I4", "follows")


def test_a_second_event_and_a_false_event_are_found(told):
    told.events.append(told.events[1])
    found(told, "I3", "twice")
    told.events[1] = {**told.events[1], "events": []}
    found(told, "I6", "events")


def test_a_false_claim_about_what_is_unknown_is_found(told):
    body = json.dumps({"status": "failure", "code": "NO_QUORUM", "outcome": "definite"}).encode()
    told.calls.append(Call("bob", "POST", "/v1/x", "fe", 1, ("seq", 999), None, 2, 503, {}, body))
    found(told, "I6", "503")


LIES = {
    "I1": lambda result: result["events"].append({"type": "seat.booked", "show_id": "S1", "show_version": 3, "seats": ["1A"]}),
    "I2": lambda result: result["events"].append({"type": "show.updated", "show_id": "S1", "show_version": 9}),
    "I9": lambda result: result["events"].append({"type": "lock.granted", "name": "x", "token": 1, "session_id": "s-1"}),
    "I11": lambda result: result.update(time_ms=result["time_ms"] + 7),
}


@pytest.mark.parametrize("invariant", LIES)
def test_a_model_that_breaks_an_invariant_is_found(told, invariant, monkeypatch):
    honest = IndexedModel.apply

    def lying(self, offset, timestamp_ms, value, kind):
        result = honest(self, offset, timestamp_ms, value, kind)
        if offset == 12:
            LIES[invariant](result)
        return result

    monkeypatch.setattr(IndexedModel, "apply", lying)
    found(told, invariant)


def test_a_grant_out_of_turn_is_found(told, monkeypatch):
    honest = IndexedModel.apply

    def lying(self, offset, timestamp_ms, value, kind):
        result = honest(self, offset, timestamp_ms, value, kind)
        for event in result["events"]:
            if event["type"] == "lock.granted" and event["token"] == 2:
                event["session_id"] = "s-7"
        return result

    monkeypatch.setattr(IndexedModel, "apply", lying)
    found(told, "I10")


def test_what_only_an_owner_may_do_is_found(told, monkeypatch):
    honest = IndexedModel.apply

    def lying(self, offset, timestamp_ms, value, kind):
        result = honest(self, offset, timestamp_ms, value, kind)
        if result["replies"] and result["replies"][0]["code"] == "NOT_OWNER":
            result["replies"][0] = {**result["replies"][0], "status": "OK", "code": "CANCELLED"}
        return result

    told.send("booking.cancel", "bob", {"booking_id": "B-1"})
    monkeypatch.setattr(IndexedModel, "apply", lying)
    found(told, "I12", "bob")


@pytest.mark.parametrize("seed", range(1, 7))
def test_the_indexed_model_answers_as_the_model(seed):
    log = RandomLog(seed)
    log.make(1000)
    indexed = IndexedModel()
    for record, result in zip(log.records, log.results):
        value = base64.b64decode(record["value_b64"])
        kind = (ledgers.decoded(value) or {}).get("type")
        assert indexed.apply(record["offset"], record["timestamp_ms"], value, kind) == result, record["offset"]


def test_the_judge_keeps_up_with_three_thousand_records():
    """A record costs much the same, however many came before: 100,000 of them are a matter of two minutes."""
    told, choose = Told(), random.Random(3)
    told.log = BookingLog(IndexedModel())
    for n in range(60):
        show = {"show_id": f"S{n}", "movie": "Dune", "hall": "1", "rows": 25, "cols": 7, "starts_at_ms": 4 * 10**12}
        told.send("show.add", "admin", show)
    for n in range(3_000):
        told.log.timestamp += 3
        show, seat = f"S{choose.randrange(60)}", f"{choose.randint(1, 25)}{choose.choice('ABCDEFG')}"
        kind = choose.choice(("seat.reserve", "seat.reserve", "seat.cancel"))
        told.send(kind, f"c{n % 50}", {"show_id": show, "seats": [seat]})
    began = time.process_time()
    assert told.problems() == []
    spent = time.process_time() - began
    assert spent < 15, f"{spent:.1f} s of processor time for {len(told.log.records)} records"
