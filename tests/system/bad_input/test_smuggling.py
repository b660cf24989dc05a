"""Requests hidden in requests: whatever the load balancer makes of them, a manager never sees one that nobody sent."""

import threading

import pytest

import raw_http
from front_doors import understood

HIDDEN = b"hidden-in-another"


def hidden_request(door):
    return raw_http.request("POST", door.path, door.body(HIDDEN.decode()))


def wrapped(door, hidden):
    """Ways to hide it: each is a first request that two parsers could end at different places."""
    host = b"POST %s HTTP/1.1\r\nHost: marquee\r\nContent-Type: application/json\r\n" % door.path.encode()
    return {
        "CL.TE": host + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (5 + len(hidden)) + hidden,
        "TE.CL": host + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n%x\r\n" % len(hidden) + hidden + b"\r\n0\r\n\r\n",
        "TE.TE": host + b"Transfer-Encoding: chunked\r\nTransfer-encoding: x\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + hidden,
        "obscured TE": host + b"Transfer-Encoding : chunked\r\nContent-Length: %d\r\n\r\n0\r\n\r\n" % (5 + len(hidden)) + hidden,
        "folded TE": host + b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden,
        "CL.CL": host + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden,
        "length with a plus": host + b"Content-Length: +0\r\n\r\n" + hidden,
        "line feeds": host.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n" + hidden,
        "a NUL": host + b"X: \0\r\nContent-Length: 0\r\n\r\n" + hidden,
        "a chunk that lies": host + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n" + hidden,
        "a chunk size past 2^64": host + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n" + hidden,
    }


WAYS = ["CL.TE", "TE.CL", "TE.TE", "obscured TE", "folded TE", "CL.CL", "length with a plus", "line feeds", "a NUL", "a chunk that lies", "a chunk size past 2^64"]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_hidden_request_is_answered_to_nobody(door, way):
    hidden = hidden_request(door)
    with door.connect() as connection, door.connect() as innocent:
        connection.send(wrapped(door, hidden)[way])
        answers = []
        while (answer := connection.read_answer()) is not None:
            answers.append(answer)
        assert [answer.status for answer in answers] == [400], answers
        for number in range(4):
            innocent.send(door.request(f"innocent-{number}"))
            assert understood(innocent.read_answer(), f"innocent-{number}")


BODIES_OF = {
    "GET": "GET /topics HTTP/1.1\r\nHost: marquee\r\nContent-Length: %d\r\n\r\n",
    "HEAD": "HEAD /topics HTTP/1.1\r\nHost: marquee\r\nContent-Length: %d\r\n\r\n",
    "DELETE": "DELETE /topics/no-such HTTP/1.1\r\nHost: marquee\r\nContent-Length: %d\r\n\r\n",
    "OPTIONS": "OPTIONS /topics HTTP/1.1\r\nHost: marquee\r\nContent-Length: %d\r\n\r\n",
    "CONNECT": "CONNECT /topics HTTP/1.1\r\nHost: marquee\r\nContent-Length: %d\r\n\r\n",
    "UPGRADE": "GET /topics HTTP/1.1\r\nHost: marquee\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: %d\r\n\r\n",
}


@pytest.mark.parametrize("method", BODIES_OF)
def test_the_body_of_any_method_is_a_body_and_not_the_next_request(door, method):
    hidden = hidden_request(door)
    with door.connect() as connection:
        for number in range(3):
            connection.send((BODIES_OF[method] % len(hidden)).encode() + hidden + door.request(f"next-{number}"))
            first = connection.read_answer(to_head=method == "HEAD")
            assert HIDDEN not in first.body
            assert understood(connection.read_answer(), f"next-{number}")


def test_many_clients_at_once_get_their_own_answers(doors):
    problems = []

    def talk(door, client):
        try:
            with door.connect(timeout_s=30) as connection:
                names = [f"client-{client}-{number}" for number in range(30)]
                connection.send(b"".join(door.request(name) for name in names))
                for name in names:
                    answer = connection.read_answer()
                    if not understood(answer, name):
                        problems.append((name, answer))
        except Exception as problem:  # handed to the main thread
            problems.append((client, problem))

    ways = [doors["lb-to-writes"], doors["lb-to-reads"]]
    threads = [threading.Thread(target=talk, args=(ways[n % 2], n)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems[:3]


def test_fields_of_the_hop_and_of_the_cluster_do_not_pass_the_load_balancer(doors):
    fields = [("X-Marquee-Principal", "root"), ("X-Marquee-Secret-Proof", "0" * 64), ("Connection", "close, X-Deadline-Ms"), ("X-Deadline-Ms", "99999999"), ("TE", "trailers"), ("Keep-Alive", "timeout=9"), ("Proxy-Connection", "keep-alive"), ("X-Forwarded-For", "10.0.0.1")]  # fmt: skip
    for name in ("lb-to-writes", "lb-to-reads"):
        door = doors[name]
        with door.connect() as connection:
            connection.send(door.request("hop", fields=fields))
            assert understood(connection.read_answer(), "hop")
        assert understood(door.exchange(door.request("after-hop")), "after-hop")
