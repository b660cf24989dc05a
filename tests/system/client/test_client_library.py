"""The client library with faults in both directions and processes killed: every message once, in order."""

import os
import pathlib
import socket
import subprocess
import time

from cluster import api

FAULTS = ["--drop-request-every", "7", "--drop-answer-every", "5"]


def example(cluster, name):
    return str(pathlib.Path(cluster.layout.binary).parent.parent / "examples" / name)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_second_load_balancer(cluster):
    """Another load balancer of the same cluster: the first one's configuration with a port of its own."""
    known = cluster.processes("load_balancer")[0]
    old, new = known["http"].rsplit(":", 1)[1], str(free_port())
    command = [*known["command"], "--set", f"http.port={new}"]
    started = subprocess.Popen(command, cwd=known["cwd"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = known["http"].replace(old, new)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if api.call(url, "GET", "/topics", None, 5)["status"] == "success":
                return started, url
        except Exception:
            time.sleep(0.1)
    started.kill()
    raise AssertionError("the second load balancer does not serve")


def test_every_message_is_stored_once_and_in_order_while_processes_die(cluster):
    cluster.api("POST", "/topics", {"name": "client-faults", "partitions": 1})
    count = 400
    lines = [f"line {number}".encode() for number in range(count)]
    second, url = start_second_load_balancer(cluster)
    try:
        writing = subprocess.Popen(
            [str(cluster.layout.binary), "produce", "client-faults", "--connections", "1", *FAULTS,
             "--load-balancer", url, "--load-balancer", cluster.url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        victims = [
            cluster.processes("write_manager")[0],
            cluster.broker_of(cluster.leader_of("client-faults")),
            None,
        ]
        for part in range(4):
            writing.stdin.write(b"".join(line + b"\n" for line in lines[part * 100 : part * 100 + 100]))
            writing.stdin.flush()
            time.sleep(0.5)
            if part == 2:
                second.kill()
            elif part < 2:
                cluster.kill(victims[part])
        output, _ = writing.communicate(timeout=90)
        assert writing.returncode == 0, output
        assert b"attempts repeated" in output
    finally:
        second.kill()
        second.wait()
    cluster.revive()
    assert [message["message"] for message in api.read_all(cluster.url, "client-faults")] == [
        line.decode() for line in lines
    ]


def test_every_message_is_consumed_once_although_requests_and_answers_are_lost(cluster):
    lines = [f"line {number}".encode() for number in range(5000)]
    cluster.marquee("produce", "client-polls", "--connections", "1", stdin=b"\n".join(lines[:300]))
    for number in range(4):
        cluster.marquee("produce", "client-polls", "--connections", "1", stdin=b"\n".join(lines[300 + number::4][:100]))
    plain = cluster.marquee("consume", "client-polls").stdout
    assert cluster.marquee("consume", "client-polls", *FAULTS).stdout == plain
    assert cluster.marquee("consume", "client-polls", "--drop-answer-every", "2").stdout == plain


def test_the_examples_store_and_print_every_line_once(cluster):
    lines = [f"line {number}" for number in range(1000)]
    urls = f"http://127.0.0.1:1,{cluster.url}"
    stored = subprocess.run(
        [example(cluster, "produce_with_retries"), urls, "client-examples", "new", "0"],
        input="\n".join(lines), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert stored.returncode == 0 and "stored 1000 lines" in stored.stdout, stored
    printed = subprocess.run(
        [example(cluster, "consume_with_polls"), urls, "client-examples", "1000"],
        capture_output=True, text=True, timeout=60, env=dict(os.environ, DROP_ANSWER_EVERY="3"),
    )  # fmt: skip
    assert printed.returncode == 0, printed
    assert printed.stdout.splitlines() == lines
