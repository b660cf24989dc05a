"""Measures the booking application on a local cluster of its own; see README.md."""

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import bookings_table
import disk_probe
import failover
from booking import booking_cluster

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PARTS = ("table", "replay", "failover")
REPLAYED_COMMANDS = 300_000
GOAL_REPLAYED_PER_S = 200_000
BENCH_PATIENCE_S = 1_800
# The defaults: tests have shorter times, with which a replica on a busy machine counts as silent.
FRONT_END_TIMES = {"silence_ms": 3000, "heartbeat_ms": 10_000, "give_up_ms": 10_000}


def main():
    options = parse()
    binary = pathlib.Path(os.environ.get("MARQUEE_BINARY") or ROOT / "build" / "release" / "cli" / "marquee").resolve()
    found = {"cores": os.cpu_count()}
    print(f"{os.cpu_count()} cores; all processes, PostgreSQL and the load share them", flush=True)
    try:
        if "replay" in options.only:
            found["replay"] = replay_rate(binary)
        if set(options.only) & {"table", "failover"}:
            with tempfile.TemporaryDirectory(prefix="marquee-benchmark-") as folder, cluster_in(binary, folder) as booking:
                measure_cluster(binary, folder, booking, options, found)
    finally:
        if options.json:
            options.json.write_text(json.dumps(found, indent=1))


def parse():
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("--only", default=PARTS, type=lambda text: parts_of(parser, text), metavar="PART,PART")
    parser.add_argument("--requests", help="sizes of batches; default: those of the table")
    parser.add_argument("--runs", type=int, default=3, help="of each batch; the median counts")
    parser.add_argument("--trials", type=int, default=20, help="of each failover")
    parser.add_argument("--quick", action="store_true", help="a few small batches, two trials: to see that it works")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    if options.quick:
        options.requests, options.trials = options.requests or "1,10,100", min(options.trials, 2)
    return options


def parts_of(parser, text):
    chosen = text.split(",")
    if unknown := [part for part in chosen if part not in PARTS]:
        parser.error(f"--only: there is no {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return chosen


@contextlib.contextmanager
def cluster_in(binary, folder):
    path = pathlib.Path(folder)
    path.chmod(0o755)
    settings = {f"booking-fe-{n}": {"front_end": FRONT_END_TIMES} for n in (1, 2)}
    serving = booking_cluster.serve(binary, path / "cluster", load_balancers=1, settings_of=settings)
    try:
        yield next(serving)
    finally:
        serving.close()


def measure_cluster(binary, folder, booking, options, found):
    synced = disk_probe.sync_times(pathlib.Path(folder))
    print(f"fdatasync of 4 KiB: p50 {synced['p50']:.3f} ms, p99 {synced['p99']:.3f} ms", flush=True)
    if "table" in options.only:
        requests = options.requests or ",".join(str(n) for n in bookings_table.GOALS_MS)
        modes = {mode: bench(binary, booking, requests, options.runs, mode) for mode in ("3", "N")}
        found["table"] = modes
        print(bookings_table.text_of(modes["3"], modes["N"]), flush=True)
        found["verified"] = verify(binary, booking)
    if "failover" in options.only:
        found["failover"] = failover.measure(booking, options.trials)


def bench(binary, booking, requests, runs, in_flight):
    print(f"\n{in_flight} in flight: batches of {requests}, {runs} runs each", flush=True)
    made = subprocess.run(
        [binary, "booking", "--servers", ",".join(booking.front_ends()), "--client", "admin", "--json", "bench",
         "--requests", requests, "--runs", str(runs), "--inflight", in_flight],
        capture_output=True,
        text=True,
        timeout=BENCH_PATIENCE_S,
        check=False,
    )
    if made.returncode != 0:
        sys.exit(f"marquee booking bench ended with {made.returncode}: {made.stderr}{made.stdout}")
    return json.loads(made.stdout)["rows"]


def verify(binary, booking):
    """The log of all these bookings, replayed through the public API, and its digest beside those of the replicas."""
    made = subprocess.run(
        [binary, "booking", "--servers", ",".join(booking.front_ends()), "--client", "admin", "--load-balancer",
         booking.cluster.url, "--json", "replay", "--verify"],
        capture_output=True,
        text=True,
        timeout=BENCH_PATIENCE_S,
        check=False,
    )
    told = json.loads(made.stdout) if made.stdout else {"error": made.stderr}
    verdicts = ", ".join(f"{one['id']} {one['verdict']}" for one in told.get("replicas", []))
    rate = told.get("commands_per_s", 0)
    print(f"\nits log through the API: {told.get('commands')} commands, {rate:,.0f}/s; digests: {verdicts}", flush=True)
    return told


def replay_rate(binary):
    """Commands a second on one core, from a file."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as log:
        maker = ROOT / "tests" / "booking" / "make_rate_log.py"
        subprocess.run([sys.executable, maker, str(REPLAYED_COMMANDS)], stdout=log, check=True)
        log.seek(0)
        replay = binary.parent.parent / "tests" / "booking" / "booking_replay"
        made = subprocess.run([replay, "--rate", "--quiet"], stdin=log, capture_output=True, text=True, check=True)
    text = (made.stdout + made.stderr).strip()
    print(f"\nreplay of {REPLAYED_COMMANDS:,} commands (goal: {GOAL_REPLAYED_PER_S:,}/s):\n{text}", flush=True)
    return text


if __name__ == "__main__":
    main()
