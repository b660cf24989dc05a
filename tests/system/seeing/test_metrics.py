"""GET /metrics of every process: well-formed, named by the rules, and listed in docs/metrics.md."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import metrics_reference  # noqa: E402

UNITS = ("_bytes", "_us", "_ms", "_records", "_entries")
SERIES_MOST = 800


def use(cluster):
    """A record through everything, so that nothing is missing for want of use."""
    topic = "metrics-of-use"
    producer = cluster.api("POST", "/producer/register", {"topic": topic})["producer_id"]
    consumer = cluster.api("POST", "/consumer/register", {"topic": topic})["consumer_id"]
    cluster.api("POST", "/producer/produce", {"topic": topic, "producer_id": producer, "message": "m"})
    body = {"topic": topic, "consumer_id": consumer, "max": 1, "wait_ms": 5000}
    assert len(cluster.api("POST", "/consumer/consume", body)["messages"]) == 1


def check_family(name, kind, text, samples):
    assert re.fullmatch(r"marquee_[a-z0-9]+(_[a-z0-9]+)+", name), name
    assert len(text.split()) >= 2, f"{name}: its help says nothing: {text!r}"
    assert kind in ("counter", "gauge", "histogram"), (name, kind)
    assert (kind == "counter") == name.endswith("_total"), (name, kind)
    if kind == "histogram":
        assert name.endswith(UNITS) or name.endswith("per_request"), f"{name}: no unit"
        check_buckets(name, samples)
    for sample in samples:
        assert not {"topic", "partition", "topic_id", "consumer", "producer"} & set(sample.labels), sample
        assert sample.value >= 0 or kind == "gauge", sample


def check_buckets(name, samples):
    series = {}
    for sample in samples:
        if sample.name.endswith("_bucket"):
            labels = {k: v for k, v in sample.labels.items() if k != "le"}
            series.setdefault(str(sorted(labels.items())), []).append(sample)
    for buckets in series.values():
        values = [bucket.value for bucket in buckets]
        assert values == sorted(values) and buckets[-1].labels["le"] == "+Inf", name


def test_every_process_tells_metrics_that_follow_the_rules(cluster):
    use(cluster)
    for entry in cluster.processes():
        if entry["role"] == "postgres":
            continue
        text = metrics_reference.scrape(entry["http"])
        found = metrics_reference.families(text)
        for name, (kind, help_text, samples) in found.items():
            check_family(name, kind, help_text, samples)
            assert text.count(f"# HELP {name} ") == 1 and text.count(f"# TYPE {name} ") == 1, name
        assert sum(len(samples) for _, _, samples in found.values()) < SERIES_MOST
        assert found["marquee_process_resident_bytes"][2][0].value > 1e6
        assert found["marquee_build_info"][2][0].labels["version"]


def test_the_documented_list_is_in_step(cluster):
    use(cluster)
    metrics_reference.compare(cluster.processes())
