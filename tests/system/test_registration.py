"""Who may say what about brokers."""


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
