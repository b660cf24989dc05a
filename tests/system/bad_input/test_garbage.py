"""Garbage on each of the three ports: a clear error or a closed connection, bounded memory, and the process lives."""

import pathlib
import random
import socket
import struct
import time
import uuid

import pytest

PORTS = ["load_balancer/http", "write_manager/http", "read_manager/http", "broker/http", "broker/kafka", "broker/raft"]


def address_of(cluster, port):
    role, kind = port.split("/")
    entry = cluster.processes(role)[0]
    host, _, number = entry[kind].removeprefix("http://").partition(":")
    return entry, (host, int(number))


def resident_bytes(entry):
    for line in pathlib.Path(f"/proc/{entry['pid']}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def send(address, data, wait_s=2.0, half_close=True):
    """Sends and reads until the other side closes; what came, or None if it kept the connection. With `half_close` the
    other side sees the end of what was sent; an HTTP server takes that for a client that went away."""
    with socket.create_connection(address, timeout=5) as connection:
        connection.settimeout(wait_s)
        received = b""
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except TimeoutError:
            return None
        except OSError:
            pass
        return received


@pytest.mark.parametrize("port", PORTS)
def test_random_bytes_close_the_connection_and_the_process_lives(cluster, port):
    entry, address = address_of(cluster, port)
    generator = random.Random(7)
    before = resident_bytes(entry)
    for size in [1, 3, 4, 5, 17, 64, 1000, 50_000]:
        for _ in range(4):
            send(address, generator.randbytes(size))
    assert cluster.is_alive(entry)
    assert resident_bytes(entry) - before < 64 << 20


@pytest.mark.parametrize("port", ["broker/kafka", "broker/raft"])
@pytest.mark.parametrize("length", [2**31 - 1, -1, -(2**31), 0, 2_000_000_000])
def test_a_length_out_of_bounds_closes_the_connection_without_allocating_it(cluster, port, length):
    entry, address = address_of(cluster, port)
    before = resident_bytes(entry)
    assert send(address, struct.pack(">i", length) + b"x" * 100) is not None, "the connection stayed open"
    assert cluster.is_alive(entry)
    assert resident_bytes(entry) - before < 64 << 20


@pytest.mark.parametrize("port", PORTS)
def test_half_requests_that_never_end_do_not_stop_others(cluster, port):
    entry, address = address_of(cluster, port)
    halves = []
    for _ in range(50):
        connection = socket.create_connection(address, timeout=5)
        is_http = port.endswith("http")
        connection.sendall(b"POST /topics HTTP/1.1\r\nContent-Le" if is_http else struct.pack(">i", 200) + b"\0\3\0")
        halves.append(connection)
    assert cluster.marquee("produce", "bad-input-others", stdin=b"still works\n").returncode == 0
    for connection in halves:
        connection.close()
    assert cluster.is_alive(entry)


def metadata_request():
    body = struct.pack(">hhih", 3, 1, 7, 4) + b"test" + struct.pack(">i", -1)
    return struct.pack(">i", len(body)) + body


def test_cut_and_flipped_kafka_requests_leave_the_broker_alive(cluster):
    entry, address = address_of(cluster, "broker/kafka")
    whole = metadata_request()
    for length in range(len(whole)):
        send(address, whole[:length], wait_s=1.0)
    for bit in range(len(whole) * 8):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << (bit % 8)
        send(address, bytes(damaged), wait_s=1.0)
    assert cluster.is_alive(entry)
    assert send(address, whole)[8:], "a whole request is still answered"


@pytest.mark.parametrize(
    "body, status",
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"topic":7}', 400),
        (b'{"topic":"t","surprise":1}', 400),
        (b'{"topic":"t","topic":"t"}', 400),
        (b"[" * 100_000, 400),
        (b"x" * (9 << 20), 413),
    ],
    ids=["cut", "no object", "wrong type", "unknown field", "duplicate key", "deep", "too large"],
)
def test_bad_json_gets_an_error_that_names_its_component(cluster, body, status):
    _, address = address_of(cluster, "load_balancer/http")
    head = f"POST /producer/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    answer = send(address, head.encode() + b"Connection: close\r\n\r\n" + body, wait_s=10, half_close=False)
    assert answer and answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert b'"component"' in answer and b'"status":"failure"' in answer


def crc32c(data):
    crc = 0xFFFFFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def raft_hello(payload):
    """One frame of the hello between brokers (raft/transport/frame.h)."""
    head = struct.pack(">HBBII", 0x4D46, 1, 0, len(payload), crc32c(payload))
    return head + struct.pack(">I", crc32c(head)) + payload


def introduction(cluster_id):
    """The first thing a broker says on a Raft connection (raft/transport/hello.h): here broker 2 of some cluster."""
    return struct.pack(">IHHQ16siqq", 0x4D514831, 1, 1, 0, cluster_id, 2, 77, 1) + b"n" * 32


@pytest.mark.parametrize("secret_is_wrong", [False, True], ids=["other cluster", "wrong secret"])
def test_a_raft_peer_of_another_cluster_is_refused(cluster, secret_is_wrong):
    ours, address = address_of(cluster, "broker/raft")
    log_before = len(cluster.log_of(ours))
    own_id = uuid.UUID(cluster.api("GET", "/cluster")["cluster_id"]).bytes
    first = raft_hello(introduction(own_id if secret_is_wrong else uuid.uuid4().bytes))
    # "welcome", and a proof that is no HMAC of anything with the cluster's secret.
    second = raft_hello(struct.pack(">IB", 0x4D515631, 0) + b"p" * 32)
    assert send(address, first + second, wait_s=5.0) is not None, "the connection of a stranger stayed open"
    expected = "it does not know the cluster secret" if secret_is_wrong else "it belongs to another cluster"
    end = time.monotonic() + 5
    while expected not in (said := cluster.log_of(ours)[log_before:]) and time.monotonic() < end:
        time.sleep(0.05)
    assert said.count(expected) == 1, said
    assert cluster.is_alive(ours)
