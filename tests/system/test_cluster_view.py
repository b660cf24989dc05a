"""GET /cluster: who there is and how much goes through."""

import time


def wait_for(look, seconds=20):
    end = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.2)
    return seen


def test_every_process_is_listed_with_what_it_knows(cluster):
    def all_listed():
        listed = {entry["name"]: entry for entry in cluster.api("GET", "/cluster")["processes"]}
        ours = {entry["name"] for entry in cluster.processes() if entry["role"] != "postgres"}
        told = all(entry["metadata_version"] != 0 for name, entry in listed.items() if name in ours)
        return {name: listed[name] for name in ours} if ours <= set(listed) and told else None

    listed = wait_for(all_listed)
    roles = {entry["role"] for entry in listed.values()}
    assert {"load_balancer", "write_manager", "read_manager", "broker"} <= roles
    for entry in listed.values():
        assert entry["http"].startswith("http://127.0.0.1:") and entry["version"]
        if entry["role"] == "load_balancer":
            assert entry["http"] == cluster.url and entry["state"] == "alive"
        elif entry["role"] == "broker" and entry["state"] == "alive":
            assert entry["metadata_version"] >= 1 and entry["kafka"]


def test_records_larger_than_what_is_read_at_once_are_counted_as_one(cluster):
    topic = "rates-of-large-records"
    producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
    consumer = cluster.api("POST", "/consumer/register", {"topic": topic})["consumer_id"]
    for _ in range(5):
        body = {"topic": topic, "producer_id": producer, "message": "x" * 1_000_000}
        cluster.api("POST", "/producer/produce", body)
    body = {"topic": topic, "consumer_id": consumer, "max": 5, "wait_ms": 5000}
    received = 0
    while received < 5:
        messages = cluster.api("POST", "/consumer/consume", body)["messages"]
        assert messages
        received += len(messages)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert (cluster.api("GET", "/cluster")["rates"]["consumed_per_s"] or 0) < 1000
        time.sleep(0.5)
    assert all(broker["state"] == "alive" for broker in cluster.api("GET", "/brokers")["brokers"] if broker["last_seen_ms"])


def test_rates_follow_what_is_produced_and_consumed(cluster):
    topic = "rates"
    producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
    consumer = cluster.api("POST", "/consumer/register", {"topic": topic})["consumer_id"]

    def busy():
        batch = [{"message": "x"}] * 100
        cluster.api("POST", "/producer/produce", {"topic": topic, "producer_id": producer, "messages": batch})
        cluster.api("POST", "/consumer/consume", {"topic": topic, "consumer_id": consumer, "max": 100})
        rates = cluster.api("GET", "/cluster")["rates"]
        return min(rates["produced_per_s"] or 0, rates["consumed_per_s"] or 0) > 10

    wait_for(busy)
