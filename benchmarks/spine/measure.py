"""Measures a local cluster of its own; see `run` beside this file."""

import argparse
import os
import pathlib
import subprocess
import tempfile
import time

import disk_probe
from cluster import api, arguments
from cluster.cluster import Cluster
from cluster.layout import Layout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5, help="of each produce run")
    parser.add_argument("--state-dir", help="kept; default: a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="marquee-benchmark-") as temporary:
        state_dir = pathlib.Path(options.state_dir or temporary)
        state_dir.chmod(0o755)
        binary = os.environ.get("MARQUEE_BINARY") or arguments.ROOT / "build" / "release" / "cli" / "marquee"
        layout = Layout(arguments.ROOT, state_dir, 18000, pathlib.Path(binary).resolve())
        cluster = Cluster(layout, say=lambda text: None)
        try:
            cluster.start()
            print(f"{os.cpu_count()} cores; all processes, PostgreSQL and the load share them", flush=True)
            api.call(layout.load_balancer_url, "POST", "/topics", {"name": "bench", "partitions": 1})
            time.sleep(3)
            print_memory(cluster)
            print_disk(state_dir)
            print_produce(layout, options.seconds)
        finally:
            cluster.stop()


def print_memory(cluster):
    """The share (PSS) counts a page that n processes have in common as 1/n in each: together what is really used. The
    program's and its libraries' code, which all processes share, is resident in every one."""
    print("\nmemory, idle, one topic of one partition (MiB)\n             share  resident")
    totals = [0.0, 0.0]
    for entry in cluster.known():
        if entry["role"] == "postgres":
            continue
        lines = pathlib.Path(f"/proc/{entry['pid']}/smaps_rollup").read_text().splitlines()
        found = {line.split()[0]: int(line.split()[1]) / 1024 for line in lines[1:]}
        used = [found["Pss:"], found["Rss:"]]
        totals = [total + each for total, each in zip(totals, used)]
        print(f"  {entry['name']:<10} {used[0]:5.1f}  {used[1]:8.1f}")
    print(f"  {'together':<10} {totals[0]:5.1f}  {totals[1]:8.1f}")


def print_disk(state_dir):
    times = disk_probe.sync_times(state_dir)
    print(f"\nfdatasync of 4 KiB: p50 {times['p50']:.3f} ms, p99 {times['p99']:.3f} ms")


def print_produce(layout, seconds):
    print(f"\nproduce over HTTP, 1 KiB, one record a request, RF 3, durable, {seconds} s each", flush=True)
    for connections in (1, 16, 64):
        made = subprocess.run(
            [str(layout.binary), "bench", "produce", "--topic", "bench", "--connections", str(connections),
             "--size", "1024", "--seconds", str(seconds), "--load-balancer", layout.load_balancer_url],
            capture_output=True,
            text=True,
            check=False,
        )
        print(f"  connections {connections}:")
        for line in (made.stdout + made.stderr).strip().splitlines():
            print(f"    {line}", flush=True)


if __name__ == "__main__":
    main()
