"""A flipped bit in one broker's files: found, never served, filled again by the others."""

import json
import pathlib
import re
import signal
import struct
import subprocess
import time
import urllib.request

import pytest
import running_cluster
from history import disk_log

SETTINGS = {
    "raft": {"wal_file_bytes": 1 << 20, "checkpoint_bytes": 1 << 20},
    "retention": {"check_ms": 400},
    "disk": {"reserve_bytes": 1 << 20},
}
APPEND = 2
RECORD = struct.Struct(">4sBBHQQQQ16siIII")


@pytest.fixture(scope="module")
def damaged_cluster(binary, tmp_path_factory):
    yield from running_cluster.serve(binary, tmp_path_factory.mktemp("damage"), broker_settings=SETTINGS)


def lines(count, start=0):
    return [f"record {number} {'x' * 200}" for number in range(start, start + count)]


def produce(cluster, topic, records):
    cluster.marquee("produce", topic, stdin="".join(line + "\n" for line in records).encode())


def consume(cluster, topic, count):
    """In the order of their numbers: records without a key may be stored in any."""
    read = cluster.marquee("consume", topic, "--max", str(count)).stdout.decode().splitlines()
    return sorted(read, key=lambda line: int(line.split()[1]))


def log_command(cluster, what, entry, *more):
    command = [str(cluster.layout.binary), "log", what, entry["data_dir"], *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def flip(path, position):
    with open(path, "r+b") as file:
        file.seek(position)
        octet = file.read(1)[0]
        file.seek(position)
        file.write(bytes([octet ^ 4]))


def make_topic(cluster, name):
    cluster.marquee("topic", "create", name, "--partitions", "1")
    return cluster.api("GET", f"/topics/{name}")["topic"]["topic_id"]


def segments(entry, topic_id):
    return sorted(pathlib.Path(entry["data_dir"], "data", topic_id, "0").glob("*.segment"))


def wait_until(what, holds, timeout_s=30):
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def metric(entry, name):
    with urllib.request.urlopen(entry["http"] + "/metrics", timeout=5) as answer:
        found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.MULTILINE)
    return float(found[1]) if found else None


def restart_and_wait_until_whole(cluster, entry):
    cluster.control.restart(entry["name"])
    fresh = next(one for one in cluster.processes("broker") if one["name"] == entry["name"])
    wait_until("in doubt for ever", lambda: metric(fresh, "marquee_raft_groups_in_doubt") == 0)
    return fresh


def test_damage_in_a_segment_is_found_and_filled_again(damaged_cluster):
    cluster = damaged_cluster
    topic_id = make_topic(cluster, "at-rest")
    records = lines(1500)
    produce(cluster, "at-rest", records)
    leader = cluster.leader_of("at-rest")
    victim = next(entry for entry in cluster.processes("broker") if entry["broker_id"] != leader)
    # A graceful stop moves everything into segments.
    cluster.control.restart(victim["name"])
    cluster.kill(next(one for one in cluster.processes("broker") if one["name"] == victim["name"]))
    sound = log_command(cluster, "verify", victim)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    path = segments(victim, topic_id)[-1]
    position = path.stat().st_size // 2
    flip(path, position)
    found = log_command(cluster, "verify", victim, "--json")
    assert found.returncode == 1, found.stdout
    told = [one for one in json.loads(found.stdout)["findings"] if one["weight"] == "damage"]
    assert told[0]["file"] == str(path) and told[0]["position"] <= position
    assert log_command(cluster, "dump", victim, "--partition", "at-rest/0").returncode == 0

    more = lines(50, 1500)
    produce(cluster, "at-rest", more)
    victim = restart_and_wait_until_whole(cluster, victim)
    assert "damage was found and cut off" in cluster.log_of(victim)
    assert str(path) in cluster.log_of(victim)
    assert metric(victim, "marquee_storage_damaged_logs_total") >= 1
    # The refilled replica alone with one other serves everything.
    cluster.kill(cluster.broker_of(cluster.leader_of("at-rest")))
    assert consume(cluster, "at-rest", 1550) == records + more
    cluster.revive()


def test_damage_in_the_write_ahead_log_is_told_from_a_torn_tail(damaged_cluster):
    cluster = damaged_cluster
    make_topic(cluster, "logged")
    records = lines(40)
    for line in records:
        produce(cluster, "logged", [line])
    leader = cluster.leader_of("logged")
    victim = next(entry for entry in cluster.processes("broker") if entry["broker_id"] != leader)
    cluster.kill(victim)
    dumped = log_command(cluster, "dump", victim, "--partition", "logged/0", "--json")
    appends = [json.loads(line) for line in dumped.stdout.splitlines()]
    appends = [one for one in appends if one.get("record_type") == "append" and one["entry"]["type"] == "data"]
    assert len(appends) >= 5, dumped.stdout + dumped.stderr
    middle = appends[len(appends) // 2]
    flip(middle["file"], middle["position"] + RECORD.size + 100)
    found = log_command(cluster, "verify", victim)
    assert found.returncode == 1 and f"{middle['file']} byte {middle['position']}" in found.stdout, found.stdout
    victim = restart_and_wait_until_whole(cluster, victim)
    log = cluster.log_of(victim)
    assert f"byte {middle['position']}" in log and "damage was found and cut off" in log
    cluster.kill(cluster.broker_of(cluster.leader_of("logged")))
    assert consume(cluster, "logged", 40) == records
    cluster.revive()


def test_damage_that_reading_meets_is_never_served(damaged_cluster):
    cluster = damaged_cluster
    topic_id = make_topic(cluster, "running")
    records = lines(3000)
    produce(cluster, "running", records)
    leader = cluster.broker_of(cluster.leader_of("running"))
    # Entries leave memory only at a checkpoint: after a start they are read from the disk.
    cluster.control.restart(leader["name"])
    cluster.leader_of("running")
    for entry in cluster.processes("broker"):
        if entry["broker_id"] != leader["broker_id"]:
            cluster.control.restart(entry["name"])
    leader = cluster.broker_of(cluster.leader_of("running"))
    path = segments(leader, topic_id)[0]
    flip(path, path.stat().st_size // 2)
    assert consume(cluster, "running", 3000) == records, "the others serve it"
    # It stood aside; once it is whole again it may lead again.
    wait_until("it goes on", lambda: f"replica of {topic_id}/0 stops serving" in cluster.log_of(leader))
    wait_until("no line says it", lambda: f"the log of {topic_id}/0 is opened anew" in cluster.log_of(leader))
    # Without a restart: its log is opened anew, and the new leader sends the rest.
    wait_until("in doubt for ever", lambda: metric(leader, "marquee_raft_groups_in_doubt") == 0)
    assert metric(leader, "marquee_raft_groups_fenced") == 0
    assert cluster.is_alive(leader)
    more = lines(50, 3000)
    produce(cluster, "running", more)
    cluster.kill(cluster.broker_of(cluster.leader_of("running")))
    assert consume(cluster, "running", 3050) == records + more, "what was filled again is what was lost"
    cluster.revive()


def start_again(cluster, entry, settings):
    """The broker, stopped gracefully and started with these settings beside the cluster's."""
    cluster.layout.settings_of[entry["name"]] = settings
    cluster.kill(cluster.broker_of(entry["broker_id"]), signal.SIGTERM)
    cluster.control.restart(entry["name"])
    return cluster.broker_of(entry["broker_id"])


def stored_entries(entry, topic_id):
    """Of a broker that does not run: index -> digest of each committed entry of the topic's one partition."""
    replica = next(one for one in disk_log.replicas(entry["data_dir"]) if one.topic_id == topic_id)
    return {one.index: one.digest for one in replica.entries() if one.index <= replica.segments_end}


def test_damage_where_nobody_reads_is_found_by_the_scrub_and_filled_again(damaged_cluster):
    cluster = damaged_cluster
    cluster.api("POST", "/topics", {"name": "cold", "partitions": 1, "config": {"segment.bytes": 65536}})
    topic_id = cluster.api("GET", "/topics/cold")["topic"]["topic_id"]
    records = lines(1000)
    leader = cluster.leader_of("cold")
    follower = next(entry for entry in cluster.processes("broker") if entry["broker_id"] != leader)
    produce(cluster, "cold", records)
    wait_until("no segment ends", lambda: len(segments(follower, topic_id)) > 1)
    victim = start_again(cluster, follower, {"scrub": {"bytes_per_second": 64 << 20, "interval_ms": 200}})
    wait_until("nothing is scrubbed", lambda: metric(victim, "marquee_storage_scrub_passes_total") >= 1)
    assert metric(victim, "marquee_storage_scrub_damages_total") == 0
    cold = segments(victim, topic_id)[0]
    flip(cold, cold.stat().st_size // 2)
    wait_until("nobody finds it", lambda: metric(victim, "marquee_storage_scrub_damages_total") == 1)
    wait_until("no line says it", lambda: f"the log of {topic_id}/0 is opened anew" in cluster.log_of(victim))
    assert f"{cold} is damaged" in cluster.log_of(victim)
    wait_until("in doubt for ever", lambda: metric(victim, "marquee_raft_groups_in_doubt") == 0)
    assert metric(victim, "marquee_raft_groups_fenced") == 0
    before = metric(victim, "marquee_storage_scrub_passes_total")
    wait_until("it scrubs no more", lambda: metric(victim, "marquee_storage_scrub_passes_total") > before + 1)
    assert metric(victim, "marquee_storage_scrub_damages_total") == 1, "what was sent again is sound"
    # What was stopped gracefully has everything in segments.
    for entry in cluster.processes("broker"):
        cluster.kill(entry, signal.SIGTERM)
    stored = [stored_entries(entry, topic_id) for entry in cluster.processes("broker")]
    cluster.layout.settings_of.clear()
    cluster.revive()
    shared = min(max(each) for each in stored)
    assert shared >= 2 and stored[0], stored
    wanted = {index: digest for index, digest in stored[0].items() if index <= shared}
    assert len(wanted) == shared
    for each in stored[1:]:
        assert {index: digest for index, digest in each.items() if index <= shared} == wanted
    assert consume(cluster, "cold", 1000) == records


def test_a_running_brokers_folder_is_left_alone(damaged_cluster):
    entry = damaged_cluster.processes("broker")[0]
    refused = log_command(damaged_cluster, "verify", entry)
    assert refused.returncode == 1 and "stop it first" in refused.stderr
