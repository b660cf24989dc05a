"""durability=relaxed with real processes: machines that lose power are staged by kill -9, a write-ahead log that loses
what was not synced, and another boot id."""

import pathlib
import struct
import subprocess
import time
import urllib.request

import pytest
import running_cluster
from cluster import api, configuration
from cluster.failure import ClusterFailure

FILE_HEADER = struct.Struct(">4sHBBQQQQ")
RECORD_HEADER = struct.Struct(">4sBBHQQQQ16siIII")
FIRST_RECORD = 4096
APPEND = 2


class Machines:
    """The brokers of a cluster, each on a machine of its own."""

    def __init__(self, cluster, boot_ids):
        self.cluster = cluster
        self.boot_ids = boot_ids
        self.boots = 0

    def brokers(self):
        return self.cluster.processes("broker")

    def kill(self, *entries):
        for entry in entries:
            if self.cluster.is_alive(entry):
                self.cluster.kill(entry)

    def lose_power(self, *entries):
        """Gives the number of appends that the machines have lost."""
        self.kill(*entries)
        self.boots += 1
        lost = 0
        for entry in entries:
            lost += forget_what_was_not_synced(pathlib.Path(entry["data_dir"]))
            (self.boot_ids / entry["name"]).write_text(f"boot {self.boots}\n")
        return lost

    def start(self, *entries):
        for entry in entries:
            self.cluster.control.restart(entry["name"])

    def recover(self, partition, *more):
        cluster = self.cluster
        command = [str(cluster.layout.binary), "raft", "recover", "--partition", partition, *more]
        command += ["--load-balancer", cluster.url, "--state-dir", str(cluster.layout.state_dir)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def machines(binary, tmp_path_factory):
    boot_ids = tmp_path_factory.mktemp("boot_ids")
    plain = configuration._tables

    def with_boot_id(layout, process, postgres_url):
        tables = plain(layout, process, postgres_url)
        if process.role == "broker":
            file = boot_ids / process.name
            if not file.exists():
                file.write_text("boot 0\n")
            tables[""]["boot_id_file"] = str(file)
        return tables

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(configuration, "_tables", with_boot_id)
        for cluster in running_cluster.serve(binary, tmp_path_factory.mktemp("relaxed")):
            yield Machines(cluster, boot_ids)


def records_of(path):
    """(position, LSN, durable mark, type, span) of what the file holds from its newest life, and its generation."""
    data = path.read_bytes()
    magic, _, _, _, generation, _, _, mark = FILE_HEADER.unpack_from(data)
    found = []
    position = FIRST_RECORD
    while magic == b"MWLF" and position + RECORD_HEADER.size <= len(data):
        head = RECORD_HEADER.unpack_from(data, position)
        if head[0] != b"MWAL" or head[4] != generation or head[7] != position:
            break
        found.append((position, head[5], max(mark, head[6]), head[2], head[11]))
        position += head[11]
    return generation if magic == b"MWLF" else 0, found


def forget_what_was_not_synced(data_dir):
    """Takes the appends away that no later record calls synced. Everything else is synced before it is answered."""
    path, (_, records) = max(((file, records_of(file)) for file in (data_dir / "wal").glob("*.wal")), key=lambda f: f[1][0])
    synced = max((record[2] for record in records), default=0)
    lost = []
    while records and records[-1][1] > synced and records[-1][3] == APPEND:
        lost.append(records.pop())
    with path.open("r+b") as file:
        for position, _, _, _, span in lost:
            file.seek(position)
            file.write(bytes(span))
    return len(lost)


def metric(entry, name):
    text = urllib.request.urlopen(entry["http"] + "/metrics", timeout=10).read().decode()
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def wait_until(holds, patience_s=30):
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


def in_doubt(entry):
    return metric(entry, "marquee_raft_groups_in_doubt")


def make_topic(cluster, name):
    cluster.api("POST", "/topics", {"name": name, "partitions": 1, "config": {"durability": "relaxed"}})
    cluster.leader_of(name)
    return cluster.api("POST", "/producer/register", {"topic": name})["producer_id"]


def produce(cluster, topic, producer, numbers):
    for number in numbers:
        body = {"topic": topic, "producer_id": producer, "message": str(number), "sequence": number}
        answer = cluster.api("POST", "/producer/produce", body)
        assert answer["durability"] == "relaxed"


def numbers_in(cluster, topic):
    return [int(message["message"]) for message in api.read_all(cluster.url, topic)]


def test_killing_every_broker_loses_nothing_and_leaves_no_doubt(machines):
    cluster = machines.cluster
    producer = make_topic(cluster, "relaxed-killed")
    produce(cluster, "relaxed-killed", producer, range(100))
    machines.kill(*machines.brokers())
    machines.start(*machines.brokers())
    cluster.leader_of("relaxed-killed")
    assert numbers_in(cluster, "relaxed-killed") == list(range(100))
    assert [in_doubt(entry) for entry in machines.brokers()] == [0, 0, 0]


def test_loss_of_power_at_one_machine_loses_nothing(machines):
    cluster = machines.cluster
    topic = "relaxed-one-machine"
    producer = make_topic(cluster, topic)
    produce(cluster, topic, producer, range(150))
    victim = cluster.broker_of(cluster.leader_of(topic))
    lost = machines.lose_power(victim)
    wait_until(lambda: leader_now(cluster, topic) not in (None, victim["broker_id"]))
    produce(cluster, topic, producer, range(150, 200))
    machines.start(victim)
    wait_until(lambda: in_doubt(victim) == 0)
    assert lost > 0, "a machine that loses nothing proves nothing"
    assert "the machine went down without a clean stop" in cluster.log_of(victim)
    # The others go: what is there afterwards came from the one that had lost it.
    others = [entry for entry in machines.brokers() if entry["name"] != victim["name"]]
    machines.kill(others[0])
    wait_until(lambda: leader_now(cluster, topic) not in (None, others[0]["broker_id"]))
    assert numbers_in(cluster, topic) == list(range(200))
    machines.start(others[0])


def leader_now(cluster, topic):
    try:
        return cluster.api("GET", f"/topics/{topic}")["topic"]["partitions"][0]["leader"]
    except ClusterFailure:
        return None


def test_loss_of_power_everywhere_waits_for_all_voters_and_loses_only_the_last_moment(machines):
    cluster = machines.cluster
    topic = "relaxed-everywhere"
    producer = make_topic(cluster, topic)
    produce(cluster, topic, producer, range(100))
    time.sleep(0.3)  # more than flush.ms: these are synced, and what follows says so
    produce(cluster, topic, producer, range(100, 150))
    first, second, third = machines.brokers()
    machines.lose_power(first, second, third)
    machines.start(first, second)
    told = machines.recover(f"{topic}/0")
    assert told.returncode == 1, told
    assert told.stderr.count(": in doubt") == 2, told
    assert "knows a leader" not in told.stderr
    assert "--accept-loss" in told.stderr
    machines.start(third)
    cluster.leader_of(topic)
    for entry in machines.brokers():
        wait_until(lambda entry=entry: in_doubt(entry) == 0)
    read = numbers_in(cluster, topic)
    assert read == list(range(len(read)))
    assert 100 <= len(read) <= 150
    told = machines.recover(f"{topic}/0")
    assert told.returncode == 0 and "nothing to do" in told.stdout


def test_an_operator_who_accepts_the_loss_gets_the_partition_back_without_the_third_voter(machines):
    cluster = machines.cluster
    topic = "relaxed-recovered"
    producer = make_topic(cluster, topic)
    produce(cluster, topic, producer, range(50))
    time.sleep(0.3)  # more than flush.ms: these are synced, and what follows says so
    produce(cluster, topic, producer, range(50, 60))
    first, second, third = machines.brokers()
    machines.lose_power(first, second)
    machines.kill(third)
    machines.start(first, second)
    told = machines.recover(f"{topic}/0", "--accept-loss")
    assert told.returncode == 4, told
    assert told.stderr.count("loss accepted") == 2, told
    wait_until(lambda: leader_now(cluster, topic) in (first["broker_id"], second["broker_id"]))
    produce(cluster, topic, producer, range(100, 110))
    read = numbers_in(cluster, topic)
    assert read[-10:] == list(range(100, 110))
    assert read[:-10] == list(range(len(read) - 10)) and 50 <= len(read) - 10 <= 60
    machines.start(third)
    # The relaxed topics of the other tests wait for all voters still: they are here now.
    for entry in machines.brokers():
        wait_until(lambda entry=entry: in_doubt(entry) == 0)
    assert machines.recover("no-such-topic/0", "--accept-loss").returncode == 5
    assert machines.recover("nonsense").returncode == 2
