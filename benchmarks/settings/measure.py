"""Two clusters of its own, one after the other in each round: the defaults, and the settings that are asked about."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

from cluster import api, arguments
from cluster.cluster import Cluster
from cluster.layout import Layout

BUILD = pathlib.Path(os.environ.get("MARQUEE_BUILD") or arguments.ROOT / "build" / "release").resolve()
TICKS = os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--broker", action="append", default=[], metavar="TABLE.KEY=NUMBER")
    parser.add_argument("--write-manager", action="append", default=[], metavar="TABLE.KEY=NUMBER")
    parser.add_argument("--connections", default="1,16,64,256")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    options = parser.parse_args()
    connections = [int(count) for count in options.connections.split(",")]
    print(f"{os.cpu_count()} cores, shared by all; 1 KiB, one record a request, RF 3, durable, one partition")
    found = {"defaults": {}, "settings": {}}
    for number in range(options.rounds):
        for name, of_brokers, of_managers in (
            ("defaults", {}, {}),
            ("settings", tables(options.broker), tables(options.write_manager)),
        ):
            for count, figures in measure(of_brokers, of_managers, connections, options.seconds):
                found[name].setdefault(count, []).append(figures)
        print(f"round {number + 1} of {options.rounds} is done", flush=True)
    print_medians(found, connections)


def tables(assignments):
    """{"produce": {"joining_bytes": 1}} of "produce.joining_bytes=1"."""
    made = {}
    for assignment in assignments:
        name, value = assignment.split("=", 1)
        table, key = name.rsplit(".", 1)
        made.setdefault(table, {})[key] = int(value)
    return made


def measure(of_brokers, of_managers, connections, seconds):
    with tempfile.TemporaryDirectory(prefix="marquee-benchmark-") as temporary:
        state_dir = pathlib.Path(temporary)
        state_dir.chmod(0o755)
        settings = {"broker_settings": of_brokers, "settings_of": {f"wm-{i}": of_managers for i in (1, 2)}}
        layout = Layout(arguments.ROOT, state_dir, 18000, BUILD / "cli" / "marquee", **settings)
        cluster = Cluster(layout, say=lambda text: None)
        try:
            cluster.start()
            api.call(layout.load_balancer_url, "POST", "/topics", {"name": "bench", "partitions": 1})
            for count in connections:
                yield count, load(cluster, layout, count, seconds)
        finally:
            cluster.stop()


def load(cluster, layout, connections, seconds):
    command = [BUILD / "benchmarks" / "http_load", "produce", "--load-balancer", layout.load_balancer_url]
    command += ["--topic", "bench", "--connections", connections, "--seconds", seconds]
    before = cpu_seconds(cluster)
    told = json.loads(subprocess.run(list(map(str, command)), capture_output=True, check=True, timeout=120).stdout)
    used = cpu_seconds(cluster) - before
    assert not told["errors"], told["errors"]
    return {
        "rate": told["records_per_second"],
        "p50": told["latency_ms"]["p50"],
        "p99": told["latency_ms"]["p99"],
        "cpu_us": 1e6 * used / told["records_ever"],
    }


def cpu_seconds(cluster):
    total = 0
    for entry in cluster.known():
        fields = pathlib.Path(f"/proc/{entry['pid']}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def print_medians(found, connections):
    print("\n| connections | | records/s | p50 ms | p99 ms | CPU us a record |\n|---|---|---|---|---|---|")
    for count in connections:
        for name, rounds in found.items():
            median = {field: statistics.median(one[field] for one in rounds[count]) for field in rounds[count][0]}
            print(
                f"| {count} | {name} | {median['rate']:.0f} | {median['p50']:.2f} | {median['p99']:.1f} "
                f"| {median['cpu_us']:.0f} |"
            )


if __name__ == "__main__":
    main()
