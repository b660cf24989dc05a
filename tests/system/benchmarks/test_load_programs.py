"""The load programs of benchmarks/load: what they count is what is stored, and what goes wrong is in what they print."""

import json
import os
import signal
import subprocess
import time

import pytest

NOWHERE = "http://127.0.0.1:1"
LATE = "not sent in time: every connection was busy"


@pytest.fixture(scope="session")
def programs(binary):
    folder = binary.parent.parent / "benchmarks"
    if not (folder / "http_load").exists():
        pytest.skip("http_load is not beside this executable: build the targets http_load and native_load")
    return folder


class Load:
    """Runs one of the programs with what it needs to find the cluster."""

    def __init__(self, programs, cluster):
        self.programs, self.cluster = programs, cluster

    def command(self, program, operation, *arguments):
        where = ["--load-balancer", self.cluster.url] if operation != "post" else []
        if program == "native_load":
            where = ["--brokers", ",".join(self.cluster.kafka_addresses()), "--linger-ms", "1"]
        return [str(self.programs / program), operation, *where, "--warm-up-seconds", "0", *map(str, arguments)]

    def __call__(self, program, operation, *arguments):
        made = subprocess.run(self.command(program, operation, *arguments), capture_output=True, text=True, timeout=90)
        assert made.returncode == 0, made
        return json.loads(made.stdout)


@pytest.fixture
def load(programs, cluster):
    return Load(programs, cluster)


def create(cluster, name, partitions=2, **more):
    cluster.api("POST", "/topics", {"name": name, "partitions": partitions, **more})
    for partition in range(partitions):
        cluster.leader_of(name, partition)
    # A broker may hear of the topic later than the client whose question it is asked.
    for broker in range(len(cluster.processes("broker"))):
        end = time.monotonic() + 20
        while b", leader " not in cluster.kcat("-L", "-t", name, broker=broker):
            assert time.monotonic() < end, f"a broker does not know {name}"
            time.sleep(0.1)
    return name


def count_stored(cluster, topic):
    described = cluster.api("GET", f"/topics/{topic}")["topic"]["partitions"]
    return sum(partition["high_watermark"] for partition in described)


def read_all(load, program, topic, expected, *arguments):
    """What is read in one pass over the topic, given more and more time."""
    for seconds in (0.7, 4, 15):
        seen = load(program, "consume", "--topic", topic, "--no-rewind", "--seconds", seconds, *arguments)
        if seen["records_ever"] >= expected:
            break
    return seen


def test_http_load_counts_what_is_stored_and_what_is_read(cluster, load):
    topic = create(cluster, "load-http")
    arguments = ["--connections", 8, "--batch", 5, "--keys", 10, "--rate", 200, "--seconds", 0.5]
    made = load("http_load", "produce", "--topic", topic, *arguments)
    # On a slow machine some of the 20 requests may have found no free connection.
    assert set(made["errors"]) <= {LATE}
    assert made["requests_ever"] + made["errors"].get(LATE, 0) == 20
    assert made["records_ever"] == 5 * made["requests_ever"] == count_stored(cluster, topic)
    assert made["records"] <= made["records_ever"] and made["latency_ms"]["max"] >= made["latency_ms"]["p50"] > 0
    wanted = 2 * made["records_ever"]
    seen = read_all(load, "http_load", topic, wanted, "--connections", 2, "--batch", 30, "--wait-ms", 100)
    assert seen["errors"] == {} and seen["records_ever"] == wanted


def test_native_load_counts_what_is_stored_and_what_is_read(cluster, load):
    topic = create(cluster, "load-native")
    made = load("native_load", "produce", "--topic", topic, "--connections", 2, "--rate", 400, "--seconds", 0.5)
    assert made["errors"] == {}
    assert made["records_ever"] == 200 == count_stored(cluster, topic)
    seen = read_all(load, "native_load", topic, 200)
    assert seen["errors"] == {} and seen["records_ever"] == 200


def test_what_is_read_is_compared_with_what_was_acknowledged(cluster, load):
    topic = create(cluster, "load-end-to-end")
    made = load("native_load", "end-to-end", "--topic", topic, "--rate", 100, "--seconds", 0.5)
    assert made["errors"] == {} and made["records_ever"] == 50
    assert made["latency_ms"]["p50"] > 0


@pytest.mark.parametrize(
    "program, operation",
    [
        ("http_load", "produce"),
        ("http_load", "consume"),
        ("native_load", "produce"),
        ("native_load", "consume"),
    ],
)
def test_a_topic_that_does_not_exist_ends_the_program_and_is_not_created(cluster, load, program, operation):
    command = load.command(program, operation, "--topic", "load-nowhere")
    made = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert made.returncode == 1 and made.stdout == ""
    assert made.stderr.startswith(program + ": ") and "topic load-nowhere" in made.stderr
    assert "load-nowhere" not in cluster.api("GET", "/topics")["topics"]


def test_refusals_and_refused_connections_are_counted_by_reason(cluster, load):
    refused = load("http_load", "post", "--url", cluster.url + "/producer/register", "--body", "{}", "--seconds", 0.2)
    assert list(refused["errors"]) == ["400 BAD_REQUEST"] and refused["records_ever"] == 0
    unexpected = load(
        "http_load",
        "post",
        "--url",
        cluster.url + "/producer/register",
        "--body",
        '{"topic":"load-post","x_number":"{n}"}',
        "--expect",
        "consumer_id",
        "--seconds",
        0.2,
    )
    assert list(unexpected["errors"]) == ["201 without consumer_id"]
    unreachable = load("http_load", "post", "--url", NOWHERE, "--rate", 100, "--seconds", 0.2)
    assert set(unreachable["errors"]) - {LATE} == {"cannot connect: Connection refused"}
    assert sum(unreachable["errors"].values()) == 20


@pytest.mark.parametrize("program", ["http_load", "native_load"])
def test_a_killed_broker_is_seen_as_errors_and_every_request_is_accounted_for(cluster, load, program):
    topic = create(cluster, f"load-killed-{program[:4]}", partitions=1, replication_factor=1)
    leader = cluster.broker_of(cluster.leader_of(topic))
    command = load.command(
        program,
        "produce",
        "--topic",
        topic,
        "--connections",
        4,
        "--rate",
        100,
        "--seconds",
        1,
        "--timeout-seconds",
        1,
        "--announce",
    )
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr.readline() == "started\n"
    os.kill(leader["pid"], signal.SIGKILL)
    out, _ = running.communicate(timeout=60)
    made = json.loads(out)
    assert made["errors"]
    assert made["requests_ever"] + sum(made["errors"].values()) == 100
