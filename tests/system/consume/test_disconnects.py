"""Clients that go away at every stage of a consume without `poll`: nothing is skipped."""

import json
import random
import socket
import struct
import urllib.parse
import urllib.request

from consumers import Consumer, Reader, make_topic

SEED = 20_260_101


def take_overs(cluster):
    """How often a read manager took a consumer from another one, by all of them together."""
    name = "marquee_read_manager_consumers_taken_over_total"
    lines = [line for entry in cluster.processes("read_manager") for line in metrics_of(entry["http"]).splitlines()]
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith(name + " "))


def metrics_of(url):
    with urllib.request.urlopen(url + "/metrics", timeout=10) as answer:
        return answer.read().decode()


def connect(url, small_buffer=True):
    where = urllib.parse.urlsplit(url)
    connection = socket.socket()
    if small_buffer:  # so that an answer does not disappear into buffers as a whole
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect((where.hostname, where.port))
    return connection


def send_consume(connection, consumer, **more):
    body = json.dumps(consumer.body(**more)).encode()
    head = f"POST /consumer/consume HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_answer(connection):
    """Messages of the final answer; interim answers are passed over."""
    data = b""
    while chunk := connection.recv(65536):
        data += chunk
    while data.startswith(b"HTTP/1.1 102"):
        data = data.split(b"\r\n\r\n", 1)[1]
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), data[:500]
    return json.loads(body)["messages"]


def test_nothing_is_skipped_by_a_client_that_disconnects_at_any_stage(cluster):
    count = 400
    make_topic(cluster, "disconnects", 2, [f"{n} " + "x" * 4000 for n in range(count)])
    consumer = Consumer(cluster, "disconnects")
    taken_over_before = take_overs(cluster)
    choose = random.Random(SEED)
    reader = Reader()
    stages = ["close at once", "reset at once", "close in the middle", "reset in the middle", "half", "whole"]
    for attempt in range(150):
        if reader.total() == count:
            break
        stage = choose.choice(stages)
        connection = connect(cluster.url, small_buffer="middle" in stage)
        send_consume(connection, consumer, max=300 if "middle" in stage else 25, wait_ms=1000)
        if "middle" in stage:
            connection.recv(choose.randrange(1, 3000))
        if stage == "half":
            connection.shutdown(socket.SHUT_WR)
        if stage in ("half", "whole"):
            reader.took(read_answer(connection))
        if "reset" in stage:
            reset(connection)
        connection.close()
    assert reader.total() == count, f"seed {SEED}: read {reader.next} in {attempt + 1} attempts"
    # A consumer that is taken over, as from an owner too slow to confirm in time, begins at its committed position.
    taken_over = take_overs(cluster) - taken_over_before
    assert taken_over > 0 or reader.repeated == 0, f"seed {SEED}: {reader.repeated} of {count} came twice"


def test_a_long_poll_of_a_client_that_went_away_holds_nobody_up(cluster):
    make_topic(cluster, "disconnects-long", 1)
    consumer = Consumer(cluster, "disconnects-long")
    for leave in (socket.socket.close, reset):
        connection = connect(cluster.url)
        send_consume(connection, consumer, wait_ms=25_000)
        leave(connection)
        status, _, answer = consumer.consume(wait_ms=0)
        assert (status, answer["messages"]) == (200, [])


def test_a_long_poll_of_a_half_closed_client_is_answered(cluster):
    make_topic(cluster, "disconnects-half", 1)
    consumer = Consumer(cluster, "disconnects-half")
    connection = connect(cluster.url)
    send_consume(connection, consumer, wait_ms=600)
    connection.shutdown(socket.SHUT_WR)
    assert read_answer(connection) == []
