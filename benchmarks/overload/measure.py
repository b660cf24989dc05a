"""Measures a local cluster of its own under more load than it can take; see `run` beside this file."""

import argparse
import contextlib
import json
import os
import pathlib
import resource
import select
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from cluster import api, arguments
from cluster.cluster import Cluster
from cluster.layout import Layout

BUILD = arguments.ROOT / "build" / "release"
PRODUCERS = 32
IDLE = 5000
SLOW = 500


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=3, help="of each measurement; medians are printed")
    parser.add_argument("--seconds", type=int, default=6, help="of each run")
    parser.add_argument("--connections", type=int, default=1000, help="that the load may use at once")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="marquee-benchmark-") as temporary:
        state_dir = pathlib.Path(temporary)
        state_dir.chmod(0o755)
        layout = Layout(arguments.ROOT, state_dir, 18000, BUILD / "cli" / "marquee")
        cluster = Cluster(layout, say=lambda text: None)
        try:
            cluster.start()
            measure(cluster, layout, options)
        finally:
            cluster.stop()


def measure(cluster, layout, options):
    cores = sorted(os.sched_getaffinity(0))
    pin(cluster, {cores[0]})
    os.sched_setaffinity(0, set(cores[1:]) or {cores[0]})
    print(f"the cluster on core {cores[0]}, the load on {cores[1:] or cores[:1]}; 1 KiB, RF 3, durable", flush=True)
    api.call(layout.load_balancer_url, "POST", "/topics", {"name": "bench", "partitions": 1})
    load = Load(layout, options)
    load.run(1000)
    peak = find_peak(load)
    print(f"\npeak: {peak:.0f} records/s stored in time with {options.connections} connections", flush=True)
    before = resident(cluster)
    runs = [load.run(2 * peak) for _ in range(options.trials)]
    goodput = statistics.median(one["stored_per_s"] for one in runs)
    print(f"asked for {2 * peak:.0f}/s: {goodput:.0f} records/s stored in time, {goodput / peak:.2f} of the peak")
    for one in runs:
        print("   ", json.dumps(one))
    print("resident memory (MiB), before and after the overload")
    for name, after in resident(cluster).items():
        print(f"  {name:<10} {before[name]:6.1f} {after:6.1f}")
    print_bystanders(layout, options)


def pin(cluster, cores):
    for entry in cluster.known():
        children = pathlib.Path(f"/proc/{entry['pid']}/task/{entry['pid']}/children").read_text().split()
        for pid in [entry["pid"], *map(int, children)]:
            for thread in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(thread), cores)


def resident(cluster):
    found = {}
    for entry in cluster.known():
        if entry["role"] != "postgres":
            status = pathlib.Path(f"/proc/{entry['pid']}/status").read_text()
            found[entry["name"]] = int(status.partition("VmRSS:")[2].split()[0]) / 1024
    return found


class Load:
    def __init__(self, layout, options):
        self.layout, self.options = layout, options

    def run(self, rate):
        """The figures that open_loop_producer prints; with producers of its own."""
        ids = ",".join(self.register() for _ in range(PRODUCERS))
        address = self.layout.load_balancer_url.removeprefix("http://")
        made = subprocess.run(
            [str(BUILD / "benchmarks" / "open_loop_producer"), address, "bench", ids, f"{rate:.0f}",
             str(self.options.seconds), str(self.options.connections)],
            capture_output=True,
            text=True,
            check=True,
            timeout=self.options.seconds + 60,
        )
        return json.loads(made.stdout)

    def register(self):
        return api.call(self.layout.load_balancer_url, "POST", "/producer/register", {"topic": "bench"})["producer_id"]


def find_peak(load):
    """The most that was stored in time, at rates that grow until they do not help."""
    best, rate, worse = 0.0, 2000.0, 0
    while worse < 2 and rate < 100_000:
        one = load.run(rate)
        print(f"  asked for {rate:6.0f}/s: {one['stored_per_s']:6.0f}/s stored in time, p99 {one['stored_p99_ms']:.0f} ms",
              flush=True)
        worse = worse + 1 if one["stored_per_s"] < best * 1.02 else 0
        best, rate = max(best, one["stored_per_s"]), rate * 1.25
    return best


def print_bystanders(layout, options):
    """64 busy connections alone, and beside idle and slow ones; runs take turns."""
    alone, beside = [], []
    for _ in range(options.trials):
        alone.append(busy(layout, options.seconds))
        with bystanders(layout):
            beside.append(busy(layout, options.seconds))
    one, other = statistics.median(alone), statistics.median(beside)
    print(f"\n64 busy connections: {one:.0f} records/s; beside {IDLE} idle and {SLOW} slow ones: {other:.0f}, "
          f"{other / one:.2f} of it", flush=True)


def busy(layout, seconds):
    made = subprocess.run(
        [str(layout.binary), "bench", "produce", "--topic", "bench", "--connections", "64", "--seconds", str(seconds),
         "--json", "--load-balancer", layout.load_balancer_url],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)["records_per_s"]


@contextlib.contextmanager
def bystanders(layout):
    host, _, port = layout.load_balancer_url.removeprefix("http://").partition(":")
    opened = []
    stop = threading.Event()
    try:
        for number in range(IDLE + SLOW):
            opened.append(socket.create_connection((host, int(port)), timeout=10))
        trickle = threading.Thread(target=send_slowly, args=(opened[IDLE:], stop))
        trickle.start()
        yield
        closed = select.poll()
        for each in opened[:IDLE]:
            closed.register(each, select.POLLIN)
        broken = len(closed.poll(0))
        print(f"    {broken} of {IDLE} idle connections were closed meanwhile", flush=True)
    finally:
        stop.set()
        trickle.join()
        for each in opened:
            each.close()


def send_slowly(connections, stop):
    """A byte of a request on each, every second."""
    text = b"POST /producer/produce HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\n"
    for place in range(len(text)):
        for each in connections:
            with contextlib.suppress(OSError):
                each.send(text[place : place + 1])
        if stop.wait(1):
            return


if __name__ == "__main__":
    main()
