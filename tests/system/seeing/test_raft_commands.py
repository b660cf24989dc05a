"""`marquee raft` and GET /events against a running cluster."""

import json
import signal
import threading
import time
import urllib.request


def wait_for(look, what, seconds=20):
    end = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < end, f"{what} never came"
        time.sleep(0.05)
    return seen


def make_topic(cluster, name):
    cluster.api("POST", "/topics", {"name": name, "partitions": 1})
    cluster.leader_of(name)
    wait_for(
        lambda: len(status(cluster, name)) == 3 and any(r["role"] == "leader" for r in status(cluster, name)),
        f"three replicas of {name} with a leader",
    )


def raft(cluster, *arguments, check=True):
    return cluster.marquee("raft", *arguments, "--state-dir", str(cluster.layout.state_dir), check=check)


def status(cluster, topic):
    made = raft(cluster, "status", "--partition", f"{topic}/0", "--json", check=False)
    return json.loads(made.stdout)["replicas"] if made.stdout else []


def leader(cluster, topic):
    return json.loads(raft(cluster, "leader", "--partition", f"{topic}/0", "--json").stdout)["leader"]


def status_leader(cluster, topic):
    """Nothing while there is none."""
    leads = [each for each in status(cluster, topic) if each["role"] == "leader"]
    return max(leads, key=lambda each: each["term"])["broker_id"] if leads else None


def http_of(cluster, broker_id):
    return cluster.broker_of(broker_id)["http"].removeprefix("http://")


def test_only_the_leader_stores_and_every_replica_shows_what_is_committed(cluster):
    topic = "raft-store"
    make_topic(cluster, topic)
    leads = leader(cluster, topic)
    follower = next(entry["broker_id"] for entry in cluster.processes("broker") if entry["broker_id"] != leads)
    stored = json.loads(raft(cluster, "store", "hello", "--key", "k", "--partition", f"{topic}/0", "--json").stdout)
    assert stored["offset"] == 0 and stored["broker"] == http_of(cluster, leads)

    refused = raft(
        cluster, "store", "no", "--partition", f"{topic}/0", "--broker", http_of(cluster, follower), check=False
    )
    assert refused.returncode == 1
    assert f"broker {leads} does".encode() in refused.stderr
    assert http_of(cluster, leads).encode() in refused.stderr

    def read_there():
        made = raft(cluster, "retrieve", "--partition", f"{topic}/0", "--broker", str(follower), "--json")
        told = json.loads(made.stdout)
        return told if told["records"] else None

    told = wait_for(read_there, "the record at the follower")
    assert told["role"] == "follower" and told["high_watermark"] == 1
    assert [(r["offset"], r["key"], r["value"]) for r in told["records"]] == [(0, "k", "hello")]


def test_a_broker_with_two_names_is_listed_once(cluster):
    topic = "raft-two-names"
    make_topic(cluster, topic)
    port = int(cluster.processes("broker")[0]["http"].rsplit(":", 1)[1])
    twin = {"host": "localhost", "kafka_port": 1, "raft_port": 1, "http_port": port}
    twins = [cluster.api("POST", "/broker", {**twin, "kafka_port": number})["broker_id"] for number in (1, 2)]
    try:
        assert len({each["broker_id"] for each in status(cluster, topic)}) == len(status(cluster, topic)) == 3
    finally:
        for each in twins:
            cluster.api("DELETE", f"/broker/{each}")


def test_leadership_moves_as_told_and_is_seen_as_it_happens(cluster):
    topic = "raft-moves"
    make_topic(cluster, topic)
    first = leader(cluster, topic)
    others = [entry["broker_id"] for entry in cluster.processes("broker") if entry["broker_id"] != first]
    watched = cluster.marquee_in_background(
        "raft", "status", "--follow", "--json", "--partition", f"{topic}/0",
        "--state-dir", str(cluster.layout.state_dir), stdin=None,
    )  # fmt: skip
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(iter(watched.stdout.readline, b"")), daemon=True)
    reader.start()

    def reached(broker):
        end = time.monotonic() + 3
        while (leads := status_leader(cluster, topic)) != broker and time.monotonic() < end:
            time.sleep(0.05)
        return leads == broker

    try:
        wait_for(lambda: sum(b"follows its events" in line for line in seen) == 3, "all three streams")

        # A target that is too slow for the time of one transfer leaves the leader where it was.
        def transferred():
            raft(cluster, "transfer", "--partition", f"{topic}/0", "--to", str(others[0]), check=False)
            return reached(others[0])

        wait_for(transferred, "the new leader")

        # It does not win before it has what the leader wrote last.
        def elected_by_timeout():
            raft(cluster, "timeout", "--partition", f"{topic}/0", "--broker", str(others[1]), check=False)
            return reached(others[1])

        wait_for(elected_by_timeout, "the leader by timeout")

        def events():
            return [json.loads(line) for line in list(seen) if line.startswith(b"{")]

        def elected(broker):
            return any(e["event"] == "leader_elected" and e["broker_id"] == broker for e in events())

        wait_for(lambda: elected(others[0]) and elected(others[1]), "both elections")
        names = {e["event"] for e in events()}
        assert {"transfer_started", "election_started", "vote_granted", "stepped_down", "leader_followed"} <= names
        assert all(e["partition"] == 0 and e["topic"] == topic for e in events() if "topic_id" in e)
        ids = [e["id"] for e in events() if e["broker_id"] == first]
        assert ids == sorted(set(ids))
    finally:
        watched.send_signal(signal.SIGINT)
        assert watched.wait(timeout=20) == 130


def test_what_cannot_be_done_is_said(cluster):
    topic = "raft-refusals"
    make_topic(cluster, topic)

    def refused_as_leader():  # asked again when leadership moved in between
        arguments = ["timeout", "--partition", f"{topic}/0", "--broker", str(leader(cluster, topic))]
        made = raft(cluster, *arguments, check=False)
        return made.returncode == 1 and b"leads already" in made.stderr

    wait_for(refused_as_leader, "the refusal of the leader")
    # One broker is named: other tests announce brokers that never come, and who cannot be asked may have a replica.
    somebody = http_of(cluster, leader(cluster, topic))
    for code, text, arguments in [
        (5, b"no replica", ["store", "x", "--partition", "raft-nowhere/0", "--broker", somebody]),
        (2, b"topic/number", ["leader", "--partition", "no-number"]),
        (1, b"no voter", ["transfer", "--partition", f"{topic}/0", "--to", "99"]),
        (3, b"", ["store", "x", "--partition", f"{topic}/0", "--broker", "127.0.0.1:1"]),
        (2, b"--secret-file", ["leader", "--partition", f"{topic}/0", "--secret-file", "/nowhere"]),
    ]:
        made = raft(cluster, *arguments, check=False)
        assert made.returncode == code and text in made.stderr, (arguments, made)


def stream(cluster, broker_id, query="", headers=()):
    request = urllib.request.Request(f"http://{http_of(cluster, broker_id)}/events{query}", headers=dict(headers))
    return urllib.request.urlopen(request, timeout=10)


def read_events(response, count):
    """Parsed events: (id, name, data)."""
    found, event = [], {}
    for line in response:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            event[name] = value
        elif "data" in event:
            found.append((int(event.get("id", 0)), event["event"], json.loads(event["data"])))
            event = {}
            if len(found) == count:
                return found
        else:
            event = {}
    return found


def test_a_subscriber_that_comes_back_misses_nothing(cluster):
    topic = "events-resume"
    make_topic(cluster, topic)
    leads = leader(cluster, topic)
    with stream(cluster, leads, f"?topic={topic}&last_event_id=0") as response:
        first = read_events(response, 3)
    with stream(cluster, leads, f"?topic={topic}", {"Last-Event-ID": str(first[0][0])}) as response:
        assert read_events(response, 2) == first[1:]
    with stream(cluster, leads, "", {"Last-Event-ID": "1"}) as response:
        assert read_events(response, 1)[0][1] == "gap"


def test_following_goes_on_when_a_broker_dies_and_returns(cluster):
    victim = cluster.processes("broker")[-1]
    watched = cluster.marquee_in_background(
        "raft", "status", "--follow", "--state-dir", str(cluster.layout.state_dir), stdin=None
    )
    seen = []
    threading.Thread(target=lambda: seen.extend(iter(watched.stdout.readline, b"")), daemon=True).start()
    address = victim["http"].removeprefix("http://").encode()
    try:
        wait_for(lambda: sum(b"follows its events" in line for line in seen) == 3, "all three streams")
        cluster.kill(victim)
        wait_for(lambda: any(b"peer_lost" in line for line in seen), "the loss")
        cluster.revive()
        wait_for(
            lambda: sum(address in line and b"follows its events" in line for line in seen) == 2, "the stream again"
        )
    finally:
        watched.send_signal(signal.SIGINT)
        watched.wait(timeout=20)
