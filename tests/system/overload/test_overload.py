"""More than a process takes at once: what is let in is served, what is not learns when to come again."""

import concurrent.futures
import http.client
import json
import pathlib
import resource
import socket
import time

import pytest

from extra_process import extra_load_balancer

WRITES_MOST = 4
JSON = {"Content-Type": "application/json"}


def post(url, path, body, timeout_s=30):
    """Status, header fields and body of one answer."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=timeout_s)
    try:
        connection.request("POST", path, json.dumps(body), JSON)
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())
    finally:
        connection.close()


def wait_until(check, timeout_s=20):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if check():
            return
        time.sleep(0.02)
    raise AssertionError("what the test waits for did not happen in time")


def metric(url, name):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    finally:
        connection.close()
    return next(float(line.split()[-1]) for line in lines if line.startswith(name + " "))


def resident_bytes(entry):
    pages = int(pathlib.Path(f"/proc/{entry['pid']}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.fixture
def narrow(cluster, tmp_path):
    with extra_load_balancer(cluster, tmp_path, "lb-narrow", {"load_balancer.writes_most": WRITES_MOST}) as entry:
        wait_until(lambda: is_ready(entry["http"]))
        yield entry["http"]


def is_ready(url):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def producer_of(cluster, topic):
    cluster.api("POST", "/topics", {"name": topic})
    cluster.leader_of(topic)
    producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
    return lambda sequence: {"topic": topic, "producer_id": producer, "sequence": sequence, "message": f"m{sequence}"}


def test_writes_beyond_the_bound_learn_at_once_when_to_come_again_and_nothing_is_lost(cluster, narrow):
    message = producer_of(cluster, "overload-bound")
    leader = cluster.leader_of("overload-bound")
    followers = [entry for entry in cluster.processes("broker") if entry["broker_id"] != leader]
    with concurrent.futures.ThreadPoolExecutor(WRITES_MOST) as pool:
        with cluster.frozen(*followers):
            held = [pool.submit(post, narrow, "/producer/produce", message(n)) for n in range(WRITES_MOST)]
            wait_until(lambda: metric(narrow, "marquee_load_balancer_writes_under_way") == WRITES_MOST)
            status, fields, refusal = post(narrow, "/producer/produce", message(WRITES_MOST), timeout_s=5)
        assert (status, refusal["code"], refusal["outcome"]) == (503, "OVERLOADED", "definite")
        assert refusal["component"] == "load_balancer/lb-narrow" and refusal["retriable"]
        assert refusal["retry_after_ms"] >= 100 and int(fields["Retry-After"]) * 1000 >= refusal["retry_after_ms"]
        assert [answer.result()[0] for answer in held] == [200] * WRITES_MOST
    status, _, stored = post(narrow, "/producer/produce", message(WRITES_MOST))
    assert status == 200 and "duplicate" not in stored
    assert cluster.api("GET", "/topics/overload-bound")["topic"]["partitions"][0]["high_watermark"] == WRITES_MOST + 1


def test_clients_that_heed_the_advice_all_get_through(cluster, narrow):
    message = producer_of(cluster, "overload-advice")

    def send(sequence):
        for refusals in range(200):
            status, _, answer = post(narrow, "/producer/produce", message(sequence))
            if status == 200:
                return refusals
            assert (status, answer["code"]) == (503, "OVERLOADED"), answer
            time.sleep(answer["retry_after_ms"] / 1000)
        raise AssertionError("refused 200 times")

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        refusals = sum(pool.map(send, range(128)))
    assert refusals > 0, "32 clients at once were never too many for 4 places"
    high_watermark = cluster.api("GET", "/topics/overload-advice")["topic"]["partitions"][0]["high_watermark"]
    assert high_watermark == 128


def test_idle_and_slow_connections_do_not_keep_others_from_being_served(cluster):
    entry = cluster.processes("load_balancer")[0]
    host, _, port = cluster.url.removeprefix("http://").partition(":")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle, slow = min(5000, hard - 1000), 500
    assert idle >= 3000, f"this machine allows {hard} open files"
    message = producer_of(cluster, "overload-idle")
    before = resident_bytes(entry)
    opened = []
    try:
        for _ in range(idle + slow):
            opened.append(socket.create_connection((host, int(port)), timeout=10))
        for connection in opened[idle:]:
            connection.send(b"POST /producer/produce HTTP/1.1\r\nHost: ")
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda n: post(cluster.url, "/producer/produce", message(n)), range(500)))
        assert [status for status, _, _ in answers] == [200] * 500
        opened[0].send(b"GET /health HTTP/1.1\r\nHost: idle\r\n\r\n")
        assert opened[0].recv(64).startswith(b"HTTP/1.1 200"), "an idle connection is served when it speaks"
        held = resident_bytes(entry) - before
        assert held < (idle + slow) * (64 << 10), f"{held // (idle + slow)} bytes a connection"
    finally:
        for connection in opened:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
