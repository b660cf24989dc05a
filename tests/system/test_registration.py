"""Who may say what about brokers."""

import subprocess

from cluster import process


def announce(cluster, **fields):
    return cluster.api("POST", "/broker", {"host": "127.0.0.1", "raft_port": 1, **fields})


def test_a_stranger_that_announces_a_broker_does_not_make_it_alive(cluster):
    made = announce(cluster, kafka_port=7, incarnation=77, boot=1)
    described = {broker["broker_id"]: broker for broker in cluster.api("GET", "/brokers")["brokers"]}
    assert described[made["broker_id"]]["state"] != "alive"
    assert described[made["broker_id"]]["last_seen_ms"] is None


def test_a_stranger_cannot_take_the_place_of_a_broker(cluster):
    before = cluster.processes("broker")[0]
    port = int(before["kafka"].rsplit(":", 1)[1])
    told = announce(cluster, kafka_port=port, incarnation=77, boot=999)
    assert told["broker_id"] == before["broker_id"]
    created = cluster.api("POST", "/topics", {"name": "after-the-stranger", "partitions": 3})
    assert not created.get("pending"), "the broker was still counted and its heartbeats believed"
    states = {broker["broker_id"]: broker["state"] for broker in cluster.api("GET", "/brokers")["brokers"]}
    assert states[before["broker_id"]] == "alive"


def test_a_broker_started_from_a_copy_of_a_data_directory_ends_and_says_why(cluster, tmp_path):
    original = cluster.processes("broker")[2]
    cluster.kill(original)
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-a", original["data_dir"], copy], check=True, timeout=60)
    cluster.revive()
    first_port = next(p for p in range(18_000, 19_000) if not any(process.port_is_taken(p + n) for n in range(3)))
    settings = {"data_dir": copy, "http.port": first_port, "kafka.port": first_port + 1, "raft.port": first_port + 2}
    arguments = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    ended = subprocess.run([*original["command"], *arguments], capture_output=True, timeout=30, check=False)
    log = (ended.stdout + ended.stderr).decode(errors="replace")
    assert ended.returncode == 71, log
    assert "the same boot count runs already" in log and f"{copy} is a copy" in log, log
    original = cluster.processes("broker")[2]
    assert cluster.is_alive(original)
    described = {broker["broker_id"]: broker for broker in cluster.api("GET", "/brokers")["brokers"]}
    assert described[original["broker_id"]]["state"] == "alive"
    assert described[original["broker_id"]]["http_port"] == int(original["http"].rsplit(":", 1)[1])
