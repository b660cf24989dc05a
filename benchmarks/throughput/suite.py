"""Measures a local cluster of its own; see `run` beside this file."""

import argparse
import contextlib
import json
import os
import pathlib
import resource
import tempfile
import time

import cases as plans
import machine
import processes
import report
import results
from cluster import arguments
from cluster.cluster import Cluster
from cluster.failure import ClusterFailure
from cluster.layout import Layout
from fault import LeaderKill
from loads import LoadFailure, Loads
from topics import Topics

PORT_OFFSET = 17000
OVERHEAD_S = 3.0  # of a case besides its load, as a first guess


def main():
    options = parse_options()
    series = plans.all_series()
    wanted = plans.plan(series, options.only, options.full)
    if options.list:
        print("\n".join(case.name for case in wanted))
        return
    if not wanted:
        raise SystemExit("run: no case matches; --list shows all")
    build = pathlib.Path(os.environ.get("MARQUEE_BUILD") or arguments.ROOT / "build" / "release").resolve()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="marquee-benchmark-", dir=options.data) as temporary:
        state_dir = pathlib.Path(temporary)
        state_dir.chmod(0o755)
        seen_machine = machine.describe(arguments.ROOT, state_dir)
        cluster = Cluster(
            Layout(arguments.ROOT, state_dir, PORT_OFFSET, build / "cli" / "marquee"), say=lambda text: None
        )
        try:
            cluster.start()
            time.sleep(3)
            idle = processes.memory_mib(cluster)
            suite = Suite(cluster, build / "benchmarks", options)
            made = None
            with contextlib.suppress(KeyboardInterrupt):  # the report then has what was measured so far
                for runs in suite.measure(wanted):
                    made = results.document(seen_machine, suite.described_options(), idle, runs, series)
                    save(options.output / "results.json", made)
        finally:
            cluster.stop()
    if made is None:
        raise SystemExit("run: interrupted before anything was measured")
    report.write(options.output, made)
    print(f"\n{options.output / 'report.html'}, tables.md and results.json are written", flush=True)


def parse_options():
    parser = argparse.ArgumentParser(prog="run")
    parser.add_argument("--list", action="store_true", help="only print the names of the cases")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="TEXT",
        help="cases with this in their name or that of their series; may be given several times",
    )
    parser.add_argument("--full", action="store_true", help="every combination: hours")
    parser.add_argument("--seconds", type=float, default=3, help="measured time of a case")
    parser.add_argument("--warm-up-seconds", type=float, default=1)
    parser.add_argument("--repeats", type=int, default=1, help="rounds over all cases; medians are shown")
    parser.add_argument(
        "--output", type=pathlib.Path, default=arguments.ROOT / "build" / "throughput" / time.strftime("%Y%m%d-%H%M%S")
    )
    parser.add_argument("--data", type=pathlib.Path, help="where the cluster's data lies meanwhile; default: /tmp")
    return parser.parse_args()


def save(path, made):
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(made, indent=1))
    temporary.replace(path)


class Suite:
    def __init__(self, cluster, programs, options):
        self.cluster, self.options = cluster, options
        brokers = ",".join(entry["kafka"] for entry in cluster.known() if entry["role"] == "broker")
        self.loads = Loads(programs, cluster.layout.load_balancer_url, brokers, options)
        self.topics = Topics(cluster.layout.load_balancer_url, self.loads)

    def described_options(self):
        return {name: getattr(self.options, name) for name in ("seconds", "warm_up_seconds", "repeats", "only", "full")}

    def measure(self, wanted):
        """Gives all runs so far after each case."""
        runs = {case: [] for case in wanted}
        todo = [case for _ in range(self.options.repeats) for case in wanted]
        begin = time.monotonic()
        print(f"{len(todo)} cases, about {minutes(sum(map(self.expected_s, todo)))}", flush=True)
        for number, case in enumerate(todo):
            run = self.run(case)
            runs[case].append(run)
            left = todo[number + 1 :]
            self.topics.delete_unneeded(left)
            expected = sum(map(self.expected_s, todo[: number + 1]))
            slower = (time.monotonic() - begin) / expected
            still = minutes(slower * sum(map(self.expected_s, left)))
            print(f"[{number + 1}/{len(todo)}, {still} left] {case.name}: {in_one_line(run)}", flush=True)
            yield runs

    def expected_s(self, case):
        return sum(self.loads.times(case)) + OVERHEAD_S

    def run(self, case):
        try:
            topic = self.topics.get(case)
            kill = None
            if case.fault:
                kill = LeaderKill(self.cluster, self.topics.leader_of(topic), self.loads.times(case)[1])
            processes.wait_until_quiet(self.cluster)
            before = processes.snapshot(self.cluster)
            load = self.loads.run(case, topic, meanwhile=kill and kill.begin)
            if kill:
                kill.wait()
            memory = processes.memory_mib(self.cluster)
            processes.wait_until_quiet(self.cluster)
            after = processes.snapshot(self.cluster)
            if case.operation == "create-topic":
                self.topics.delete_created(topic)
        except (LoadFailure, ClusterFailure, RuntimeError, OSError) as problem:
            return {"failure": str(problem)}
        return {
            "load": load,
            "cost": processes.cost(before, after, load, case.record_bytes if case.operation != "consume" else 0),
            "memory_mib": memory,
            "events": kill.events if kill else [],
        }


def in_one_line(run):
    if "failure" in run:
        return f"FAILED: {run['failure']}"
    load = run["load"]
    text = (
        f"{load['records_per_second']:,.0f}/s, {load['megabytes_per_second']:.1f} MB/s, "
        f"p50 {load['latency_ms']['p50']:.2f} ms, p99 {load['latency_ms']['p99']:.2f} ms"
    )
    errors = sum(load["errors"].values())
    return text + (f", {errors} ERRORS: {', '.join(load['errors'])}" if errors else "")


def minutes(seconds):
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    main()
