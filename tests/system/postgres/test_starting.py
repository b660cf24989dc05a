"""Processes that start, stop and die while PostgreSQL is away."""

import pathlib
import shutil
import subprocess

from cluster import process
from database import until

MANAGERS = ("wm-1", "wm-2", "rm-1", "rm-2")


def start_again(cluster, name):
    """Without waiting until it is ready."""
    layout_process = next(p for p in cluster.control._describe() if p.name == name)
    process.require_free_ports(layout_process)
    process.start(layout_process)
    entries = cluster.control.known()
    next(entry for entry in entries if entry["name"] == name)["pid"] = layout_process.pid
    cluster.control._write_document(entries)


def is_ready(cluster, name):
    try:
        return cluster.ask("GET", "/ready", url=cluster.http_of(name)).status == 200
    except OSError:
        return False


def test_everything_but_postgresql_is_killed_and_started_and_goes_on_with_what_was_known(outages):
    """Managers begin with their copies; a broker is known with a higher boot count than PostgreSQL has."""
    cluster = outages
    flow = cluster.traffic("restarted")
    flow.finish()
    copies = {name: pathlib.Path(cluster.layout.state_dir / "data" / f"{name}.metadata") for name in MANAGERS}
    version = int(cluster.database.sql("SELECT version FROM metadata_version"))
    until(lambda: all(f'"version":{version}' in path.read_text() for path in copies.values()))
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in copies.values())
    with cluster.database.stopped():
        for entry in cluster.processes():
            if entry["role"] != "postgres":
                cluster.kill(entry)
        for entry in cluster.processes():
            if entry["role"] != "postgres":
                start_again(cluster, entry["name"])
        for name in MANAGERS:
            until(lambda name=name: is_ready(cluster, name))
            assert "begins with the copy of the metadata" in cluster.log_of(cluster.manager(name))
        until(lambda: is_ready(cluster, "lb-1"))
        until(lambda: produced(cluster, flow, with_sequence=True))
        until(lambda: produced(cluster, flow, with_sequence=False))
        body = {"topic": "restarted", "consumer_id": flow.consumer_id, "poll": 1_000_000, "max": 100}
        answer = until(lambda: ok(cluster.ask("POST", "/consumer/consume", {**body, "wait_ms": 2000})))
        assert answer["messages"]
        for name in ("wm-1", "wm-2"):
            until(lambda name=name: cluster.all_brokers_alive(name))
        refused = cluster.ask("POST", "/topics", {"name": "too-early"})
        assert refused.status == 503 and refused.body["code"] == "METADATA_UNAVAILABLE", refused
    cluster.wait_until_creating_works("after-all-started")
    until(lambda: int(cluster.database.sql("SELECT min(boot) FROM brokers")) >= 2)
    until(lambda: len(cluster.controllers()) == 1)


def produced(cluster, flow, with_sequence):
    body = {"topic": "restarted", "producer_id": flow.producer_id, "message": "later"}
    if with_sequence:
        body["sequence"] = 1_000_000
    return ok(cluster.ask("POST", "/producer/produce", body))


def ok(answer):
    return answer.body if answer.status == 200 else None


def test_without_a_copy_a_manager_says_what_it_waits_for_and_becomes_ready_by_itself(outages):
    cluster = outages
    cluster.database.stop()
    try:
        for name in ("wm-2", "rm-2"):
            cluster.kill(cluster.manager(name))
            (cluster.layout.state_dir / "data" / f"{name}.metadata").unlink()
            start_again(cluster, name)
        for name in ("wm-2", "rm-2"):
            until(lambda name=name: answers(cluster, name))
            until(lambda name=name: "waiting for PostgreSQL since 20" in cluster.ask(
                "GET", "/ready", url=cluster.http_of(name)).text)
            said = cluster.ask("GET", "/ready", url=cluster.http_of(name))
            assert said.status == 503, said
            assert cluster.ask("GET", "/health", url=cluster.http_of(name)).status == 200
            assert "waiting for PostgreSQL" in cluster.log_of(cluster.manager(name))
    finally:
        cluster.database.start()
    for name in ("wm-2", "rm-2"):
        until(lambda name=name: is_ready(cluster, name))


def answers(cluster, name):
    try:
        return cluster.ask("GET", "/health", url=cluster.http_of(name)).status == 200
    except OSError:
        return False


def test_an_older_backup_is_restored(outages):
    """What it lacks is neither served under another meaning nor deleted: replicas stay, ids are not given twice."""
    cluster = outages
    cluster.wait_until_every_manager_creates("in-backup")
    database = cluster.database
    database.stop()
    backup = database.data_dir.with_name(database.data_dir.name + "-backup")
    subprocess.run(["cp", "-a", str(database.data_dir), str(backup)], check=True)
    try:
        database.start()
        cluster.wait_until_every_manager_creates("not-in-backup")
        lost = cluster.api("POST", "/producer/register", {"topic": "in-backup"})["producer_id"]
        lost_consumer = cluster.api("POST", "/consumer/register", {"topic": "in-backup"})["consumer_id"]
        cluster.api("POST", "/producer/produce", {"topic": "in-backup", "producer_id": lost, "message": "1"})
        topic_id = cluster.api("GET", "/topics/not-in-backup")["topic"]["topic_id"]
        until(lambda: replica_dirs(cluster, topic_id))
        database.stop()
        shutil.rmtree(database.data_dir)
        backup.rename(database.data_dir)
    finally:
        shutil.rmtree(backup, ignore_errors=True)
    database.start()
    until(lambda: any("an older state was restored" in cluster.log_of(cluster.manager(name)) for name in MANAGERS))
    until(lambda: cluster.ask("GET", "/topics/not-in-backup").status == 404)
    cluster.wait_until_creating_works("after-restore")
    # Brokers keep what nobody told them to delete, and say so.
    brokers = [entry for entry in cluster.processes("broker") if replica_dirs(cluster, topic_id, entry)]
    assert brokers
    for entry in brokers:
        until(lambda entry=entry: quarantined(cluster, entry) > 0)
        assert "neither assigned nor deleted" in cluster.log_of(entry)
    assert replica_dirs(cluster, topic_id)
    # Clients that the backup does not know go on, and nobody else ever gets their ids.
    cluster.api("POST", "/producer/produce", {"topic": "in-backup", "producer_id": lost, "message": "2"})
    body = {"topic": "in-backup", "consumer_id": lost_consumer, "max": 10, "wait_ms": 2000}
    assert [m["message"] for m in cluster.api("POST", "/consumer/consume", body)["messages"]] == ["1", "2"]
    assert cluster.api("POST", "/producer/register", {"topic": "in-backup"})["producer_id"] != lost
    assert cluster.api("POST", "/consumer/register", {"topic": "in-backup"})["consumer_id"] != lost_consumer


def replica_dirs(cluster, topic_id, broker=None):
    entries = [broker] if broker else cluster.processes("broker")
    return [path for entry in entries for path in pathlib.Path(entry["data_dir"]).rglob(topic_id)]


def quarantined(cluster, entry):
    text = cluster.ask("GET", "/metrics", url=entry["http"]).text
    return next(float(line.split()[-1]) for line in text.splitlines()
                if line.startswith("marquee_broker_quarantined_replicas "))


