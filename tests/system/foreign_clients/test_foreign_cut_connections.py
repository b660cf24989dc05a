"""Items 2, 15 and 34: a cluster whose brokers advertise an address of their own, behind relays that cut connections."""

import os
import pathlib
import signal
import time

import pytest
import running_cluster
from client_selection import IDEMPOTENT, each, names
from cluster import api
from cluster.cluster import Cluster
from driver_session import record
from relay import ADVERTISED_HOST, Relays
from test_foreign_admin import TELL_PLACES, admin
from test_foreign_failover import Job
from test_foreign_round_trip import produce

API_VERSIONS = 18
# Those that take the new leader from the refusal.
SWITCH = ["java-3.9.1", "java-4.4.0", "franz-go-1.22.2", "librdkafka-2.16.1"]


class AdvertisingCluster(Cluster):
    """Brokers are found at another address than the one they listen on."""

    def _describe(self):
        wanted = super()._describe()
        for process in wanted:
            if process.role == "broker":
                process.command = [*process.command, "--set", f"kafka.advertised_host={ADVERTISED_HOST}"]
        return wanted


@pytest.fixture(scope="module")
def relayed(binary, tmp_path_factory):
    """(cluster, relays); clients are given the brokers' own addresses and are sent to the relays by Metadata."""
    folder = pathlib.Path(tmp_path_factory.mktemp("relayed"))
    layout = running_cluster.Layout(running_cluster.ROOT, folder, running_cluster.free_offset(), binary.resolve())
    running = running_cluster.RunningCluster(layout)
    running.control = AdvertisingCluster(layout, say=lambda text: None)
    brokers = [process for process in layout.processes() if process.role == "broker"]
    others = [port for process in brokers for port in (process.raft_port, process.http_port)]
    relays = Relays([process.kafka_port for process in brokers], others)
    try:
        running.control.start()
        yield running, relays
    finally:
        running.control.stop()
        relays.close()
        running_cluster.remove_database(running.processes(), layout.state_dir)


@each(TELL_PLACES)
def test_item_15_clients_go_to_the_advertised_address_not_to_the_one_they_began_with(driver, relayed):
    cluster, relays = relayed
    brokers = ",".join(cluster.kafka_addresses())
    if "advertised" not in cluster.api("GET", "/topics")["topics"]:
        cluster.api("POST", "/topics", {"name": "advertised"})
    told = admin(driver, brokers, "cluster")
    assert {broker["host"] for broker in told["brokers"]} == {ADVERTISED_HOST}
    before = len(relays.seen)
    produce(driver, brokers, "advertised", [record(b"there", partition=0)])
    assert any(request.api_key == 0 for request in relays.seen[before:])


@each([name for name in names() if name in ("java-4.4.0", "franz-go-1.22.2")])
def test_item_2_a_client_that_asks_for_a_newer_version_first_goes_on(driver, relayed):
    cluster, relays = relayed
    cluster.api("POST", "/topics", {"name": f"newer-{driver.name}"})
    before = len(relays.seen)
    produce(driver, ",".join(cluster.kafka_addresses()), f"newer-{driver.name}", [record(b"m", partition=0)])
    asked = [request.version for request in relays.seen[before:] if request.api_key == API_VERSIONS]
    assert 5 in asked and 4 in asked


def produce_with_cuts(driver, relayed, topic, cuts, **options):
    """(what was reported, what stands in the log) of 200 records, of which some answers were lost."""
    cluster, relays = relayed
    cluster.api("POST", "/topics", {"name": topic})
    brokers = ",".join(cluster.kafka_addresses())
    records = [record(b"%d" % n, partition=0) for n in range(200)]
    cut_before = relays.cut
    relays.cut_answers(cuts)
    told = produce(driver, brokers, topic, records, batch_bytes=1, pace_per_s=400, **options)
    assert relays.cut == cut_before + cuts
    return told, list(api.read_all(cluster.url, topic))


@each(IDEMPOTENT)
def test_item_34_answers_that_are_lost_after_the_append_leave_one_copy_at_the_offset_that_is_reported(driver, relayed, deep):
    told, read = produce_with_cuts(driver, relayed, f"cut-{driver.name}", 30 if deep else 2, idempotent=True)
    assert [message["message"] for message in read] == [str(n) for n in range(200)]
    assert [line["offset"] for line in told] == [message["offset"] for message in read] == list(range(200))


def test_without_idempotence_the_same_cuts_leave_doubles_so_the_test_above_would_see_them(drivers, relayed):
    _, read = produce_with_cuts(drivers.get("librdkafka-2.0.2"), relayed, "cut-without-idempotence", 2)
    assert len(read) > 200


def wait_for_another_leader(cluster, topic, old_leader, patience_s=15):
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if cluster.leader_of(topic) not in (None, old_leader):
            return True
        time.sleep(0.2)
    return False


def test_item_42_producers_of_a_leader_that_stood_still_and_was_deposed_go_on_at_the_new_one(drivers, relayed):
    """The deposed leader answers NOT_LEADER_OR_FOLLOWER, with the new one where the version has a place for it."""
    cluster, relays = relayed
    cluster.api("POST", "/topics", {"name": "deposed"})
    brokers = ",".join(cluster.kafka_addresses())
    old = cluster.broker_of(cluster.leader_of("deposed"))
    options = {"idempotent": True, "pace_per_s": 50, "batch_bytes": 1}
    jobs = {}
    for name in drivers.available(SWITCH):
        records = [record(f"{name} {n}".encode(), partition=0) for n in range(300)]
        job = {"do": "produce", "brokers": brokers, "topic": "deposed", "records": records, **options}
        jobs[name] = Job(drivers.new(name, "deposed"), **job)
    time.sleep(2)
    os.kill(old["pid"], signal.SIGSTOP)
    time.sleep(2.5)
    # Before it goes on: leadership is handed back to it some seconds later.
    deposed = wait_for_another_leader(cluster, "deposed", old["broker_id"])
    os.kill(old["pid"], signal.SIGCONT)
    told = {name: job.finish() for name, job in jobs.items()}
    assert deposed
    read = {message["offset"]: message["message"] for message in api.read_all(cluster.url, "deposed")}
    assert len(read) == 300 * len(jobs)
    for name, lines in told.items():
        assert [line for line in lines if "error" in line] == [], name
        assert {line["n"] for line in lines} == set(range(300))
        assert all(read[line["offset"]] == f"{name} {line['n']}" for line in lines)
