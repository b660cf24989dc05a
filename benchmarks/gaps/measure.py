"""How long clients of the HTTP API wait when a process dies, hangs or is cut off. See README.md of this folder."""

import argparse
import contextlib
import json
import os
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
for folder in ("tests/system/faults", "tests/system", "scripts"):
    sys.path.insert(0, str(ROOT / folder))

import faults  # noqa: E402
import native_load  # noqa: E402
import network_cluster  # noqa: E402
import running_cluster  # noqa: E402
import steady_load  # noqa: E402

# (fault, target, share of --trials)
ROWS = [("kill", "leader", 1.0)]
ROWS += [(fault, "leader", 0.2) for fault in ("stop", "cut", "deaf", "mute")]
ROWS += [(fault, target, 0.2) for target in ("write_manager", "read_manager", "load_balancer") for fault in ("kill", "stop", "cut")]
ROWS += [("kill", "controller", 0.2), ("stop", "follower", 0.2)]
NATIVE_ROWS = [(fault, target, 0.2) for target in ("leader", "follower") for fault in ("kill", "stop", "cut")]
HOLD_S = {"kill": 1.0, "stop": 3.0, "cut": 3.0, "deaf": 4.0, "mute": 4.0}
SETTLE_S = 1.5  # until replicas and managers are where they were


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=50, help="of the first row; the others take a fifth of them")
    parser.add_argument("--quick", action="store_true", help="five trials of the first row, one of the others")
    parser.add_argument("--only", metavar="FAULT:TARGET", help="one row")
    parser.add_argument("--client", choices=["http", "native"], default="http", help="native: librdkafka, without managers")
    parser.add_argument("--json", type=pathlib.Path, help="writes every gap there")
    options = parser.parse_args()
    trials = 5 if options.quick else options.trials
    binary = os.environ.get("MARQUEE_BINARY") or ROOT / "build" / "release" / "cli" / "marquee"
    rows = []
    with tempfile.TemporaryDirectory(prefix="marquee-gaps-") as state_dir:
        pathlib.Path(state_dir).chmod(0o755)
        with cluster_in(binary, state_dir) as (cluster, has_network):
            print(f"{os.cpu_count()} cores; cluster, PostgreSQL and clients share them; gaps in ms")
            print(f"{'fault':<6}{'target':<15}{'trials':>7}{'produce p50':>13}{'p99':>7}{'consume p50':>13}{'p99':>7}  errors")
            for fault, target, share in NATIVE_ROWS if options.client == "native" else ROWS:
                if options.only and options.only != f"{fault}:{target}":
                    continue
                if fault in faults.NEED_NETWORK and not has_network:
                    continue
                measured = measure_native if options.client == "native" else measure
                rows.append(measured(cluster, fault, target, max(1, round(trials * share))))
                show(rows[-1])
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


@contextlib.contextmanager
def cluster_in(binary, state_dir):
    """The cluster, and whether its network can be cut."""
    reason = network_cluster.why_not()
    if reason:
        print(f"no rows with cuts: {reason}")
    serve = running_cluster.serve if reason else network_cluster.serve
    with contextlib.contextmanager(serve)(binary, state_dir, load_balancers=2) as cluster:
        yield cluster, reason is None


def measure(cluster, fault, target, trials):
    load = faults.start_load(cluster, f"gap-{fault}-{target}".replace("_", "-"), target=target)
    row = {"fault": fault, "target": target, "produce_ms": [], "consume_ms": [], "errors": 0}
    for _ in range(trials):
        time.sleep(SETTLE_S)
        gap = faults.strike(cluster, load, fault, target, HOLD_S[fault])
        row["produce_ms"].append(round(gap.produce, 1))
        row["consume_ms"].append(round(gap.consume, 1))
        row["errors"] += len(gap.errors)
    load.finish()  # nothing lost, nothing doubled
    return row


def measure_native(cluster, fault, target, trials):
    """Each trial has clients of its own: a native producer is told in advance what it sends."""
    row = {"client": native_load.CLIENT, "fault": fault, "target": target, "produce_ms": [], "consume_ms": [], "errors": 0}
    with tempfile.TemporaryDirectory(prefix="marquee-native-") as logs:
        for trial in range(trials):
            load = native_load.Load(cluster, f"native-{fault}-{target}-{trial}", logs, seconds=HOLD_S[fault] + 4)
            load.wait_until_flowing()
            gap = faults.strike(cluster, load, fault, target, HOLD_S[fault])
            load.finish()
            row["produce_ms"].append(round(gap.produce, 1))
            row["consume_ms"].append(round(gap.consume, 1))
            row["errors"] += len(gap.errors)
    return row


def show(row):
    produce, consume = row["produce_ms"], row["consume_ms"]
    figures = [steady_load.percentile(values, share) for values in (produce, consume) for share in (0.5, 0.99)]
    print(
        f"{row['fault']:<6}{row['target']:<15}{len(produce):>7}{figures[0]:>13.0f}{figures[1]:>7.0f}"
        f"{figures[2]:>13.0f}{figures[3]:>7.0f}  {row['errors']}",
        flush=True,
    )


if __name__ == "__main__":
    main()
