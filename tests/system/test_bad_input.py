"""Garbage on each of the three ports: a clear error or a closed connection, bounded memory, and the process lives."""

import pathlib
import random
import socket
import struct
import time

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


def send(address, data, wait_s=2.0):
    """Sends, half-closes and reads until the other side closes; what came, or None if it kept the connection."""
    with socket.create_connection(address, timeout=5) as connection:
        connection.settimeout(wait_s)
        received = b""
        try:
            connection.sendall(data)
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
    answer = send(address, head.encode() + b"Connection: close\r\n\r\n" + body, wait_s=10)
    assert answer and answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert b'"component"' in answer and b'"status":"failure"' in answer


def test_a_raft_peer_of_another_cluster_is_refused(cluster, binary, tmp_path):
    """Another cluster's broker, told to connect here, is turned away, and says so in one line."""
    import running_cluster

    strangers = running_cluster.serve(binary, tmp_path / "other")
    other = next(strangers)
    try:
        entry = other.processes("broker")[0]
        ours = cluster.processes("broker")[0]
        hello_ours = bytes_of_first_hello(entry)
        _, address = address_of(cluster, "broker/raft")
        answer = send(address, hello_ours, wait_s=3.0)
        assert answer is not None, "the connection of a stranger stayed open"
        time.sleep(0.3)
        assert "refused" in cluster.log_of(ours)
    finally:
        next(strangers, None)


def bytes_of_first_hello(entry):
    """What a broker says first on its Raft port's outgoing connection, replayed as a stranger would."""
    host, _, number = entry["raft"].partition(":")
    with socket.create_connection((host, int(number)), timeout=5) as connection:
        connection.settimeout(1.0)
        try:
            greeting = connection.recv(65536)
        except TimeoutError:
            greeting = b""
    return greeting or b"\0\0\0\x40" + b"stranger" * 8
