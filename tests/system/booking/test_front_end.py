"""What a front end answers to requests of the wrong form, and how it behaves at its limits: nothing of it reaches the log."""

import http.client
import json
import signal
import socket
import threading
import time

import pytest

from booking.booking_cluster import at_once, go_on, pause, wait_until

COMMANDS = [
    ("POST", "/v1/sessions"),
    ("DELETE", "/v1/sessions/s-1"),
    ("POST", "/v1/shows"),
    ("PATCH", "/v1/shows/S1"),
    ("DELETE", "/v1/shows/S1"),
    ("POST", "/v1/shows/S1/reserve"),
    ("POST", "/v1/shows/S1/cancel"),
    ("POST", "/v1/shows/S1/holds"),
    ("PATCH", "/v1/holds/H-1"),
    ("DELETE", "/v1/holds/H-1"),
    ("POST", "/v1/holds/H-1/confirm"),
    ("POST", "/v1/reserve"),
    ("DELETE", "/v1/bookings/B-1"),
    ("POST", "/v1/bookings/B-1/exchange"),
    ("POST", "/v1/shows/S1/waitlist"),
    ("DELETE", "/v1/shows/S1/waitlist"),
    ("POST", "/v1/shows/S1/queue"),
    ("POST", "/v1/shows/S1/block"),
    ("POST", "/v1/shows/S1/unblock"),
    ("POST", "/v1/locks/hall/acquire"),
    ("POST", "/v1/locks/hall/renew"),
    ("POST", "/v1/locks/hall/append"),
    ("POST", "/v1/locks/hall/release"),
    ("POST", "/v1/locks/hall/break"),
    ("PUT", "/v1/admin/config/hold_ms"),
]
OTHERS = [
    ("POST", "/v1/sessions/s-1/keepalive"),
    ("POST", "/v1/admin/replicas/r1/replace"),
    ("POST", "/v1/admin/replicas/r1/snapshot"),
    ("POST", "/v1/admin/fault"),
]
CLIENT = {"X-Client-Id": "form", "X-Session-Id": "s-1", "X-Client-Seq": "1", "Content-Type": "application/json"}


class Asker:
    """Raw requests over one connection."""

    def __init__(self, where):
        self.where = where
        self.connection = http.client.HTTPConnection(where, timeout=20)

    def ask(self, method, path, body=b"", without=(), **headers):
        sent = {**CLIENT, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if "s-1" in path:
            sent.pop("X-Session-Id")
        sent = {name: value for name, value in sent.items() if name not in without and value is not None}
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.will_close:
            self.connection.close()
        return answer.status, json.loads(text), answer.headers


@pytest.fixture
def asker(booking):
    """Afterwards the log has nothing but what front ends write by themselves."""
    commands = booking.topic("cmd")
    list(commands.read_new())
    made = Asker(booking.front_ends()[0])
    yield made
    made.connection.close()
    left = [record.value for record in commands.read_new() if json.loads(record.value)["client_id"] == "form"]
    assert not left


def refused(answer, status, code=None):
    found, body, _ = answer
    assert found == status, body
    assert body["status"] == "failure" and body["outcome"] == "definite" and body["message"], body
    assert code is None or body["code"] == code, body


@pytest.mark.parametrize("method, path", COMMANDS)
def test_a_command_of_the_wrong_form_is_refused(asker, method, path):
    for body in (b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"a":1,"a":2}', b'{"nonsense":1}', b"{}{}", b"[" * 5000):
        refused(asker.ask(method, path, body), 400, "BAD_REQUEST")
    refused(asker.ask(method, path + "?nonsense=1"), 400, "BAD_REQUEST")
    refused(asker.ask(method, path, b"{}", without=["X-Client-Id"]), 401, "UNAUTHENTICATED")
    refused(asker.ask(method, path, b"{}", without=["X-Client-Seq"]), 400, "BAD_REQUEST")
    refused(asker.ask(method, path, b"{}", Idempotency_Key="k"), 400, "BAD_REQUEST")
    refused(asker.ask(method, path, b"{}", Content_Type="text/plain"), 415)
    refused(asker.ask(method, path, b'{"x":"' + b"y" * 70_000 + b'"}'), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("method, path", OTHERS)
def test_other_requests_of_the_wrong_form_are_refused(asker, method, path):
    client = {"X_Client_Id": "admin"} if "admin" in path else {}
    for body in (b"{", b"[]", b"\xff\xfe", b'{"nonsense":1}'):
        refused(asker.ask(method, path, body, **client), 400, "BAD_REQUEST")
    refused(asker.ask(method, path + "?nonsense=1", **client), 400, "BAD_REQUEST")
    refused(asker.ask(method, path, b"{}", without=["X-Client-Id"]), 401, "UNAUTHENTICATED")


def test_ids_and_keys_of_the_wrong_form_are_refused(asker):
    def reserve(**headers):
        return asker.ask("POST", "/v1/shows/S1/reserve", b'{"seats":["1A"]}', **headers)

    for client in ("", "_fe-1", "x" * 256, "a\x01b", "\xff"):
        refused(reserve(X_Client_Id=client), 400, "BAD_REQUEST")
    for seq in ("0", "-1", "1.5", "x", str(2**53), "9" * 30):
        refused(reserve(X_Client_Seq=seq), 400, "BAD_REQUEST")
    for lock in ("hall", "hall:", "hall:x", ":1"):
        refused(reserve(X_Lock=lock), 400, "BAD_REQUEST")
    refused(reserve(X_Ack_Below="-1"), 400, "BAD_REQUEST")
    refused(asker.ask("POST", "/v1/shows/no%20show/reserve", b'{"seats":["1A"]}'), 400, "BAD_REQUEST")
    refused(asker.ask("POST", "/v1/shows/S1/reserve", b'{"seats":["1A"],"show_id":"S1"}'), 400, "BAD_REQUEST")
    refused(asker.ask("DELETE", "/v1/holds/H-1?seats=1A", b'{"seats":["1B"]}'), 400, "BAD_REQUEST")
    refused(asker.ask("POST", "/v1/locks/hall/acquire", b"{}", without=["X-Session-Id"]), 400, "BAD_REQUEST")
    for wait in ("-1", "30001", "x"):
        refused(asker.ask("POST", f"/v1/locks/hall/acquire?wait_ms={wait}", b"{}"), 400, "BAD_REQUEST")
    seats = json.dumps({"seats": ["1A"] * 100_000}).encode()
    refused(asker.ask("POST", "/v1/shows/S1/reserve", seats), 413, "PAYLOAD_TOO_LARGE")


def test_unknown_paths_and_methods_are_told_apart(asker):
    refused(asker.ask("POST", "/v1/nothing", b"{}"), 404)
    status, _, headers = asker.ask("PUT", "/v1/shows/S1/reserve", b"{}")
    assert status == 405 and "POST" in headers["Allow"]


def test_only_administrators_reach_the_replicas(asker):
    refused(asker.ask("POST", "/v1/admin/replicas/r1/replace"), 403, "NOT_ADMIN")
    refused(asker.ask("POST", "/v1/admin/replicas/r1/snapshot"), 403, "NOT_ADMIN")
    refused(asker.ask("POST", "/v1/admin/fault", b'{"replica":"r1","mode":"slow","count":1}'), 403, "NOT_ADMIN")
    refused(asker.ask("POST", "/v1/admin/replicas/r9/replace", X_Client_Id="admin"), 404, "NOT_FOUND")
    refused(asker.ask("POST", "/v1/admin/fault", b'{"replica":"r1","mode":"x"}', X_Client_Id="admin"), 400)
    status, body, _ = asker.ask("POST", "/v1/admin/replicas/r1/snapshot", X_Client_Id="admin")
    assert status == 202, body


def test_half_requests_hold_nobody_up(booking):
    host, port = booking.front_ends()[0].rsplit(":", 1)
    half = []
    try:
        for _ in range(100):
            one = socket.create_connection((host, int(port)), timeout=5)
            one.sendall(b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nX-Client-Id: half\r\nContent-Length: 100\r\n\r\n{")
            half.append(one)
        client = booking.client(front_ends=booking.front_ends()[:1])
        client.open_session()
        assert client.session
    finally:
        for one in half:
            one.close()


def test_equal_requests_are_equal_payloads_at_every_front_end(booking):
    show, client = booking.new_show(), booking.client()
    key = ("seq", client.next_seq())
    first, second = booking.front_ends()
    path = f"/v1/shows/{show}/reserve"
    answer = client.ask("POST", path, {"seats": ["1A"], "expected_version": 1}, key, front_end=first)
    assert answer.code == "RESERVED", answer
    again = client.ask("POST", path, {"expected_version": 1, "seats": ["1A"]}, key, front_end=second)
    assert again.code == "RESERVED" and again.headers["idempotency-replayed"] == "true", again
    assert again.body == answer.body and again.headers["x-offset"] == answer.headers["x-offset"]


def test_an_answer_says_where_its_time_went(booking):
    answer = booking.client().open_session()
    assert "produce;dur=" in answer.headers["server-timing"] and "vote;dur=" in answer.headers["server-timing"]


def test_keep_alives_of_many_sessions_are_few_records(booking):
    clients = booking.clients(40)
    at_once(lambda one: one.open_session(), [(one,) for one in clients])
    commands = booking.topic("cmd")
    list(commands.read_new())
    begin = time.monotonic()
    answers = at_once(lambda one: one.keepalive(), [(one,) for one in clients])
    took_s = time.monotonic() - begin
    assert all(one.status == 200 and one["state"] == "ACTIVE" for one in answers), answers
    touches = [one for one in commands.read_new() if json.loads(one.value)["type"] == "session.touch"]
    assert len(touches) <= 2 * (2 + took_s / 0.25), f"{len(touches)} in {took_s:.1f} s"
    for one in clients:
        one.close_session()


def test_a_keep_alive_tells_what_happened_to_the_session(booking):
    holder, waiter = booking.clients(2)
    for one in (holder, waiter):
        one.open_session()
    lock = f"told-{time.monotonic_ns()}"
    token = holder.acquire(lock)["token"]
    assert waiter.acquire(lock, wait_ms=0).code == "WAITING"
    told = threading.Thread(target=lambda: setattr(waiter, "told", waiter.keepalive(wait=True)))
    told.start()
    holder.command("POST", f"/v1/locks/{lock}/release", {"token": token}, expect="RELEASED")
    told.join(20)
    assert [one["type"] for one in waiter.told["events"]] == ["lock.granted"], waiter.told
    for one in (holder, waiter):
        one.close_session()


def test_a_front_end_that_is_stopped_answers_who_waits_and_comes_back(booking):
    entry = booking.front_end(2)
    holder, waiter = booking.client(), booking.client(front_ends=booking.front_ends()[1:])
    for one in (holder, waiter):
        one.open_session()
    lock = f"stop-{time.monotonic_ns()}"
    holder.acquire(lock)
    answers = []
    asked = threading.Thread(target=lambda: answers.append(waiter.acquire(lock, wait_ms=30_000)))
    asked.start()
    wait_until(lambda: booking.admin.read(f"/v1/locks/{lock}")["waiters"], 20, "the waiter is in the queue")
    booking.cluster.kill(entry, signal.SIGTERM)
    asked.join(20)
    assert answers and answers[0].code == "WAITING", answers
    booking.start_again(entry)
    wait_until(lambda: booking._is_ready(entry), 60, "the front end is ready again")
    assert waiter.acquire(lock, wait_ms=0).code == "WAITING"
    for one in (holder, waiter):
        one.close_session()


def test_without_a_majority_of_replicas_the_outcome_is_unknown_and_told_later(booking):
    show, client = booking.new_show(), booking.client()
    paused = [booking.replica(one) for one in ("r1", "r2", "r3")]
    for one in paused:
        pause(one)
    try:
        key = ("seq", client.next_seq())
        path = f"/v1/shows/{show}/reserve"
        answer = client.ask("POST", path, {"seats": ["1A"]}, key)
        assert (answer.status, answer.code, answer["outcome"]) == (504, "TIMEOUT", "unknown"), answer
    finally:
        for one in paused:
            go_on(one)
    assert client.command("POST", path, {"seats": ["1A"]}, key).code == "RESERVED"
