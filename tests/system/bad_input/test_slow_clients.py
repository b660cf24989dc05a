"""Slow clients: 408 for what does not arrive in time, and nobody else waits for them."""

import threading
import time

import pytest

import front_doors
import raw_http
from extra_process import extra_load_balancer
from front_doors import assert_refused, understood

HEADER_SECONDS = 1.0
BODY_SECONDS = 2.0


@pytest.fixture
def impatient(cluster, tmp_path):
    """A load balancer of its own in front of the shared managers, with short time-outs."""
    limits = {"header_timeout_ms": HEADER_SECONDS * 1000, "body_timeout_ms": BODY_SECONDS * 1000}
    limits |= {"idle_timeout_ms": 1000, "max_connections": 300}
    settings = {f"http.{key}": int(value) for key, value in limits.items()}
    way = front_doors.all_of(cluster)["lb-to-writes"]
    with extra_load_balancer(cluster, tmp_path, "lb-impatient", settings) as entry:
        door = front_doors.FrontDoor("impatient", entry, way.role, way.path, way.others)
        wait_until_it_forwards(door)
        yield door


def wait_until_it_forwards(door):
    end = time.monotonic() + 15
    while time.monotonic() < end:
        try:
            if understood(door.exchange(door.request("first")), "first"):
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("the load balancer did not begin to forward")


def test_slow_headers_and_bodies_are_answered_408_also_if_they_keep_dripping(impatient):
    whole = impatient.request("slow")
    body_at = whole.index(b"\r\n\r\n") + 4
    cases = [
        ("nothing after one byte", b"P", b"", HEADER_SECONDS),
        ("half a header", whole[: body_at - 2], b"", HEADER_SECONDS),
        ("a dripping header", whole[:20], b"a" * 200, HEADER_SECONDS),
        ("no body", whole[:body_at], b"", BODY_SECONDS),
        ("a dripping body", whole[:body_at].replace(b"Content-Length: ", b"Content-Length: 99"), b" " * 200, BODY_SECONDS),
        ("dripping chunks", whole[:body_at].replace(b"Content-Length: ", b"Transfer-Encoding: chunked\r\nX-Was: "), b"1\r\n \r\n" * 60, BODY_SECONDS),
    ]
    # All at once; those with the shorter limit are looked at first.
    start = time.monotonic()
    connections = []
    for _, first, drops, _ in cases:
        connections.append(impatient.connect())
        connections[-1].send(first)
        pieces = max(1, len(drops) // 3)
        threading.Thread(target=raw_http.trickle, args=(connections[-1], drops, pieces, 0.05), daemon=True).start()
    for (name, _, _, limit), connection in zip(cases, connections):
        found = assert_refused(connection.read_answer(), 408, "REQUEST_TIMEOUT")
        took = time.monotonic() - start
        assert found["retriable"] is True and found["outcome"] == "definite", name
        assert limit - 0.2 <= took < limit + 5, f"{name}: {took:.2f} s"
        assert connection.read_answer() is None
        connection.close()


def test_an_idle_connection_is_closed_without_an_answer(impatient):
    with impatient.connect() as connection:
        connection.send(impatient.request("one"))
        assert understood(connection.read_answer(), "one")
        assert connection.is_closed_within(5)


def test_two_hundred_slow_clients_keep_nobody_waiting(impatient):
    slow = [impatient.connect() for _ in range(200)]
    for number, connection in enumerate(slow):
        connection.send(impatient.request("slow")[: 20 + number % 100])
    start = time.monotonic()
    for _ in range(20):
        assert understood(impatient.exchange(impatient.request("quick")), "quick")
    assert time.monotonic() - start < 5
    for connection in slow:
        assert_refused(connection.read_answer(), 408, "REQUEST_TIMEOUT")
        connection.close()
    assert understood(impatient.exchange(impatient.request("after")), "after")


def test_over_its_connections_it_answers_503_and_recovers(impatient):
    held = [impatient.connect() for _ in range(300)]
    time.sleep(0.2)
    refused = 0
    for _ in range(20):
        with impatient.connect() as connection:
            connection.send(impatient.request("over"))
            answer = connection.read_answer()
            if answer is not None:
                assert_refused(answer, 503, "TOO_MANY_CONNECTIONS")
                refused += 1
    assert refused > 0, "nobody was told"
    for connection in held:
        connection.close()
    wait_until_it_forwards(impatient)


@pytest.mark.parametrize("seconds, part", [(10, "header section"), (30, "body")])
def test_the_defaults_are_10_seconds_for_the_header_and_30_for_the_body(doors, slow_since_the_beginning, seconds, part):
    """The connections were opened when the first test of this folder began; most of the wait is over by now."""
    for name, connection in slow_since_the_beginning[part].items():
        connection.set_timeout(seconds + 15)
        found = assert_refused(connection.read_answer(), 408, "REQUEST_TIMEOUT")
        assert f"{seconds}000 ms" in found["message"] and part in found["message"], (name, found)
        assert found["component"] == doors[name].component
