"""Every process is stopped with SIGTERM and started again, one after the other, under load: no client sees an error.

Clients of the HTTP API go through two load balancers, as they have to when one is restarted.
"""

import os
import signal
import threading
import time

import pytest
import toolchains
from driver_session import DriverSession, payload, record

import running_cluster
import steady_load
from cluster.failure import ClusterFailure

NATIVE = "librdkafka-2.0.2"
NATIVE_RECORDS = 1_000
NATIVE_PER_SECOND = 100


@pytest.fixture(scope="module")
def cluster(binary, tmp_path_factory):
    yield from running_cluster.serve(binary, tmp_path_factory.mktemp("rolling"), load_balancers=2)


@pytest.fixture
def native(tmp_path):
    """Starts driver processes of a Kafka client; skips by name where it cannot be had."""
    command, reason = toolchains.prepare_all()[NATIVE]
    if command is None:
        pytest.skip(f"{NATIVE}: {reason}")
    started = []

    def start(role):
        started.append(DriverSession(NATIVE, command, tmp_path / f"{role}.log"))
        return started[-1]

    yield start
    for session in started:
        session.stop()


def restart_each(cluster, roles):
    """SIGTERM, and the start again as soon as the process has ended; {name: ms until it had ended}."""
    took = {}
    for entry in cluster.processes():
        if entry["role"] not in roles:
            continue
        began = time.monotonic()
        cluster.kill(entry, signal.SIGTERM)
        took[entry["name"]] = round((time.monotonic() - began) * 1000)
        cluster.revive()
        time.sleep(0.2)  # load between two restarts
    print("stopped within ms:", took)
    return took


def report(title, calls):
    times = [call.took_ms for call in calls]
    print(
        f"{title}: {len(times)} calls, p50 {steady_load.percentile(times, 0.5):.1f} ms, "
        f"p99 {steady_load.percentile(times, 0.99):.1f} ms, longest {max(times):.1f} ms"
    )


def test_no_client_of_the_http_api_sees_an_error(cluster):
    cluster.api("POST", "/topics", {"name": "rolling", "partitions": 6})
    producer = steady_load.Producer(cluster, "rolling")
    consumer = steady_load.Consumer(cluster, "rolling", producer)
    time.sleep(1)
    calm = len(producer.calls)
    restart_each(cluster, ["broker", "write_manager", "read_manager", "load_balancer"])
    producer.finish()
    consumer.finish()
    report("produce before", producer.calls[:calm])
    report("produce during", producer.calls[calm:])
    report("consume", consumer.calls)
    steady_load.check_delivery(producer, consumer)
    assert producer.errors() == []
    assert consumer.errors() == []
    assert consumer.delivered_again() == 0


def test_no_kafka_client_sees_an_error(cluster, native):
    cluster.api("POST", "/topics", {"name": "rolling-native", "partitions": 6})
    to = {"brokers": ",".join(cluster.kafka_addresses()), "topic": "rolling-native"}
    producer, consumer = native("producer"), native("consumer")
    records = [record(b"%d" % n, partition=n % 6) for n in range(NATIVE_RECORDS)]
    places = [{"partition": n, "at": "earliest"} for n in range(6)]
    consumer.start(do="consume", **to, partitions=places, count=NATIVE_RECORDS, timeout_ms=60_000)
    producer.start(do="produce", **to, records=records, idempotent=True, pace_per_s=NATIVE_PER_SECOND)
    time.sleep(1)
    restart_each(cluster, ["broker"])
    told = list(producer.lines())
    read = list(consumer.lines())
    assert [line for line in told if "error" in line] == []
    assert sorted(line["n"] for line in told) == list(range(NATIVE_RECORDS))
    assert [line for line in read if "consumer_error" in line] == []
    assert sorted(int(payload(line["value"])) for line in read if "value" in line) == list(range(NATIVE_RECORDS))


def poll_of_an_idle_topic(cluster, topic, wait_ms):
    """A long poll under way; what it is answered can be asked with `result` of what this gives."""
    cluster.api("POST", "/topics", {"name": topic, "partitions": 2})
    consumer = cluster.api("POST", "/consumer/register", {"topic": topic})["consumer_id"]
    body = {"topic": topic, "consumer_id": consumer, "wait_ms": wait_ms, "poll": 1}
    cluster.api("POST", "/consumer/consume", {**body, "wait_ms": 0})
    answers = []

    def run():
        began = time.monotonic()
        try:
            answer = cluster.api("POST", "/consumer/consume", {**body, "poll": 2})
        except ClusterFailure as failure:
            answer = {"messages": str(failure)}
        answers.append((answer, time.monotonic() - began))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    time.sleep(0.5)  # under way

    def result():
        thread.join(timeout=30)
        return answers[0]

    return result


def test_a_long_poll_is_answered_when_its_read_manager_stops(cluster):
    result = poll_of_an_idle_topic(cluster, "idle-behind-a-manager", wait_ms=20_000)
    for entry in cluster.processes("read_manager"):  # one of them owns the consumer
        cluster.kill(entry, signal.SIGTERM)
        cluster.revive()
    answer, took_s = result()
    assert answer["messages"] == [] and took_s < 10


def test_a_long_poll_is_answered_when_its_load_balancer_stops(cluster):
    result = poll_of_an_idle_topic(cluster, "idle-behind-a-load-balancer", wait_ms=20_000)
    cluster.kill(cluster.processes("load_balancer")[0], signal.SIGTERM)
    answer, took_s = result()
    cluster.revive()
    assert answer["messages"] == [] and took_s < 5


def test_a_long_poll_goes_on_when_brokers_stop(cluster):
    result = poll_of_an_idle_topic(cluster, "idle-behind-brokers", wait_ms=3_000)
    for entry in cluster.processes("broker")[:2]:
        cluster.kill(entry, signal.SIGTERM)
        cluster.revive()
    answer, took_s = result()
    assert answer["messages"] == [] and took_s > 2.5


def test_a_second_sigterm_ends_a_process_at_once(cluster):
    """Its requests in flight are those of a poll that a frozen read manager does not answer."""
    balancer = cluster.processes("load_balancer")[0]
    poll_of_an_idle_topic(cluster, "idle-behind-the-frozen", wait_ms=20_000)
    with cluster.frozen(*cluster.processes("read_manager")):
        os.kill(balancer["pid"], signal.SIGTERM)
        time.sleep(0.3)
        began = time.monotonic()
        cluster.kill(balancer, signal.SIGTERM)
        assert time.monotonic() - began < 0.3
    cluster.revive()
