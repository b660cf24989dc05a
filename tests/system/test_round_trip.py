"""What goes in comes out: the command line tool, curl and kcat, each as a producer and as a consumer."""

import base64
import collections
import json
import os
import subprocess

from cluster import api


def lines_by_key(lines, field):
    found = collections.defaultdict(list)
    for line in lines:
        found[line.split()[field - 1]].append(line)
    return found


def sample_lines(count=3000):
    return [f"2026-01-01 10:00:{n % 60:02d} install package-{n % 37} number-{n}".encode() for n in range(count)]


def test_marquee_consume_prints_exactly_the_lines_that_were_produced_in_order_per_key(cluster):
    cluster.marquee("topic", "create", "round-trip-cli", "--partitions", "4")
    lines = sample_lines()
    cluster.marquee("produce", "round-trip-cli", "--key-field", "4", stdin=b"\n".join(lines) + b"\n")
    printed = cluster.marquee("consume", "round-trip-cli", "--from", "earliest").stdout.splitlines()
    assert sorted(printed) == sorted(lines)
    assert lines_by_key(printed, 4) == lines_by_key(lines, 4)


def test_produce_reports_its_rate_as_plain_lines_in_a_pipe(cluster):
    made = cluster.marquee("produce", "round-trip-progress", stdin=b"one\ntwo\n")
    report = (made.stdout + made.stderr).decode()
    assert "2 records" in report
    assert "records/s" in report and "MB/s" in report and "p99" in report
    assert "\r" not in report and "\x1b" not in report


def test_a_file_of_any_bytes_comes_out_identical(cluster, tmp_path):
    content = os.urandom(700_000) + b"\x00\r\n\xff"
    (tmp_path / "photo.png").write_bytes(content)
    cluster.marquee("produce", "round-trip-file", "--file", str(tmp_path / "photo.png"))
    assert cluster.marquee("consume", "round-trip-file", "--from", "earliest", "--raw").stdout == content


def test_a_file_over_the_limit_is_refused_with_the_limit(cluster, tmp_path):
    (tmp_path / "large").write_bytes(os.urandom(1_048_577))
    refused = cluster.marquee("produce", "round-trip-large", "--file", str(tmp_path / "large"), check=False)
    assert refused.returncode != 0
    assert b"1048576" in refused.stderr or b"1 MiB" in refused.stderr


def curl(*arguments):
    made = subprocess.run(["curl", "-sS", "--max-time", "30", *arguments], capture_output=True, check=True)
    return json.loads(made.stdout)


def post(url, body):
    return curl("-X", "POST", url, "-H", "Content-Type: application/json", "-d", json.dumps(body))


def test_curl_produces_and_consumes_through_the_load_balancer(cluster):
    producer = post(f"{cluster.url}/producer/register", {"topic": "round-trip-curl"})["producer_id"]
    wanted = ["first", "zweite \u00fc", ""]
    for number, text in enumerate(wanted):
        body = {"topic": "round-trip-curl", "producer_id": producer, "message": text, "key": "k", "sequence": number}
        first = post(f"{cluster.url}/producer/produce", body)
        again = post(f"{cluster.url}/producer/produce", body)
        assert first["status"] == "success" and first["offset"] == number
        assert again["duplicate"] is True and again["offset"] == number
    raw = base64.b64encode(b"\x00\xff").decode()
    post(
        f"{cluster.url}/producer/produce",
        {"topic": "round-trip-curl", "producer_id": producer, "message_base64": raw, "partition": 0},
    )
    consumer = post(f"{cluster.url}/consumer/register", {"topic": "round-trip-curl"})["consumer_id"]
    answer = post(
        f"{cluster.url}/consumer/consume",
        {"topic": "round-trip-curl", "consumer_id": consumer, "max": 10, "wait_ms": 5000},
    )
    assert [message.get("message") for message in answer["messages"][:3]] == wanted
    assert answer["messages"][3]["message_base64"] == raw
    assert answer["message"] == "first" and answer["key"] == "k" and answer["offset"] == 0


def test_kcat_reads_what_was_produced_over_http(cluster):
    lines = sample_lines(500)
    cluster.marquee("produce", "round-trip-kcat", "--key-field", "4", stdin=b"\n".join(lines) + b"\n")
    for broker in range(len(cluster.kafka_addresses())):
        printed = cluster.kcat("-t", "round-trip-kcat", "-C", "-e", "-q", "-f", "%k %s\\n", broker=broker).splitlines()
        wanted = [line.split()[3] + b" " + line for line in lines]
        # Several connections produce at once: the order is that of each key.
        assert sorted(printed) == sorted(wanted)
        for key in {line.split()[0] for line in wanted}:
            assert [line for line in printed if line.split()[0] == key] == [l for l in wanted if l.split()[0] == key]


def test_what_kcat_writes_is_read_over_http(cluster):
    cluster.marquee("topic", "create", "round-trip-from-kcat", "--partitions", "2")
    lines = [f"key-{n % 5}:value {n}".encode() for n in range(200)]
    cluster.kcat("-t", "round-trip-from-kcat", "-P", "-K", ":", stdin=b"\n".join(lines) + b"\n")
    read = collections.defaultdict(list)
    for message in api.read_all(cluster.url, "round-trip-from-kcat"):
        read[message["key"]].append(message["message"])
    assert read == {f"key-{k}": [f"value {n}" for n in range(k, 200, 5)] for k in range(5)}


def test_a_message_is_consumed_one_at_a_time_in_turn_over_partitions(cluster):
    cluster.api("POST", "/topics", {"name": "round-trip-turns", "partitions": 3})
    producer = cluster.api("POST", "/producer/register", {"topic": "round-trip-turns"})["producer_id"]
    for number in range(9):
        cluster.api(
            "POST",
            "/producer/produce",
            {"topic": "round-trip-turns", "producer_id": producer, "message": str(number), "partition": number % 3},
        )
    consumer = cluster.api("POST", "/consumer/register", {"topic": "round-trip-turns"})["consumer_id"]
    seen = []
    for _ in range(9):
        body = {"topic": "round-trip-turns", "consumer_id": consumer, "wait_ms": 2000}
        answer = cluster.api("POST", "/consumer/consume", body)
        seen.append(answer["partition"])
    assert sorted(seen[:3]) == sorted(seen[3:6]) == sorted(seen[6:]) == [0, 1, 2]


def test_topic_commands(cluster):
    cluster.marquee("topic", "create", "round-trip-topic", "--partitions", "2")
    assert b"round-trip-topic" in cluster.marquee("topic", "list").stdout
    described = cluster.marquee("topic", "describe", "round-trip-topic", "--json").stdout
    topic = json.loads(described)
    topic = topic.get("topic", topic)
    assert len(topic["partitions"]) == 2 and all(len(p["replicas"]) == 3 for p in topic["partitions"])
    assert cluster.marquee("topic", "create", "round-trip-topic", check=False).returncode != 0
    cluster.marquee("topic", "delete", "round-trip-topic")
    assert b"round-trip-topic" not in cluster.marquee("topic", "list").stdout
    assert cluster.marquee("topic", "describe", "round-trip-topic", check=False).returncode != 0


def test_marquee_cluster_names_processes_partitions_leaders_terms_and_high_watermarks(cluster):
    cluster.marquee("produce", "round-trip-overview", stdin=b"a\nb\nc\n")
    printed = cluster.marquee("cluster").stdout.decode()
    for entry in cluster.processes():
        if entry["role"] not in ("postgres", "load_balancer"):
            assert entry["name"] in printed
    overview = json.loads(cluster.marquee("cluster", "--json").stdout)
    topic = next(t for t in overview["topics"] if t["name"] == "round-trip-overview")
    partition = topic["partitions"][0]
    assert partition["high_watermark"] == 3 and partition["term"] >= 1 and partition["leader"] is not None
