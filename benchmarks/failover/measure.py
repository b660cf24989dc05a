"""How long producers wait when the leader dies, hangs or is cut off, and after a restart of all. See README.md."""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
for _folder in (HERE.parent / "peers", ROOT / "tests" / "system", ROOT / "scripts"):
    sys.path.insert(1, str(_folder))

import loads  # noqa: E402
import network_cluster  # noqa: E402
import probe  # noqa: E402
import rows as peer_rows  # noqa: E402
import steady_load  # noqa: E402
from peer_builds import build, cache_folder, clean_up_on_signals, first_line, machine, say, words_of  # noqa: E402
from systems import SYSTEMS  # noqa: E402
from systems.node import NodeFailure  # noqa: E402

CONTESTANTS = ("marquee", "kafka-fsync", "nats-fsync", "rabbitmq", "etcd")
HOLD_S = {"kill": 1.0, "stop": 3.0, "cut": 3.0}  # at least; until the clients are served again
FAULTS = ("kill", "stop", "cut")
RESTARTS = ("restart", "crash")
# A start for each: nodes with addresses of their own, which cuts need, and nodes full of records.
STARTS = (("kill", "stop"), ("cut",), RESTARTS)
TOPIC = "gap"
SETTLE_S = 2.0
STRAGGLERS_S = 0.05  # an acknowledgement that was under way when the fault began
RECORD_BYTES = loads.RECORD_BYTES
FILL_S = 20


def main():
    options = parse()
    if options.list:
        print("faults: " + ", ".join((*FAULTS, *RESTARTS)))
        print("systems: marquee-http, " + ", ".join(CONTESTANTS))
        return 0
    clean_up_on_signals()
    chosen = words_of(options.only)
    faults = [fault for fault in (*FAULTS, *RESTARTS) if fault in chosen] or [*FAULTS, *RESTARTS]
    known = (*FAULTS, *RESTARTS, "marquee-http", *CONTESTANTS)
    unknown = [word for word in chosen if word not in known]
    if unknown:
        sys.exit(f"--only: there is no {', '.join(unknown)}; see --list")
    names = [name for name in ("marquee-http", *CONTESTANTS) if name in chosen] or ["marquee-http", *CONTESTANTS]
    measurement = Failover(options, faults)
    try:
        measurement.measure(names)
    finally:
        measurement.report()  # of what is there, when it is interrupted
    return 0


def parse():
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("--list", action="store_true", help="what can be chosen; starts nothing")
    parser.add_argument("--only", action="append", default=[], metavar="FAULT,SYSTEM")
    parser.add_argument("--trials", type=int, default=10, help="of kill, stop and cut")
    parser.add_argument("--restarts", type=int, default=3, help="of all nodes, in order and by kill -9")
    parser.add_argument("--fill-gib", type=float, default=2.5, help="records on each node before the restarts")
    parser.add_argument("--home", type=pathlib.Path, default=cache_folder(), help="the peers' programs")
    parser.add_argument("--json", type=pathlib.Path, default=pathlib.Path("failover.json"))
    return parser.parse_args()


class Failover:
    """One system after the other, each started anew for each of STARTS."""

    def __init__(self, options, faults):
        self.options = options
        self.faults = faults
        self.rows = []

    def report(self):
        show(self.rows, self.options)
        document = {"machine": machine(), "fill_gib": self.options.fill_gib, "rows": self.rows}
        self.options.json.write_text(json.dumps(document, indent=1))

    def measure(self, names):
        systems = {"marquee"} if any(name.startswith("marquee") for name in names) else set()
        build(systems, {"native_load", "kafka_probe"})
        for name in names:
            say(name)
            if name == "marquee-http":
                self.rows += [self.gaps(fault) for fault in FAULTS if fault in self.faults]
                continue
            contestant = peer_rows.CONTESTANTS[name]
            for start in STARTS:
                chosen = [fault for fault in start if fault in self.faults]
                if chosen:
                    self.on_one_start(contestant, chosen)

    def on_one_start(self, contestant, faults):
        """The rows of these faults; those that could not be measured say why."""
        self.options.home.mkdir(parents=True, exist_ok=True)
        act = self.restart_often if faults[0] in RESTARTS else self.strike_often
        rows = [{"system": contestant.name, "fault": fault, "gaps_ms": []} for fault in faults]
        self.rows += rows
        if problem := why_not(faults):
            for row in rows:
                row["failed"] = problem
            return
        folder = tempfile.TemporaryDirectory(prefix="failover-", dir=self.options.home)
        with folder as work, network_for(faults) as network:
            system = SYSTEMS[contestant.system](self.options.home, work)
            try:
                system.install()
                system.start(contestant.setting, network)
                system.create(TOPIC, 1, contestant.durable)
                if faults[0] in RESTARTS:
                    self.fill(contestant, system)
                with probing(contestant, system) as sent:
                    for row in rows:
                        act(system, sent, row["fault"], row["gaps_ms"])
            except Exception as problem:  # the others are measured all the same
                say(f"  {contestant.name}: {problem}")
                for row in rows:
                    row["failed"] = first_line(problem)
            finally:
                system.stop()

    def strike_often(self, system, sent, fault, gaps_ms):
        for _ in range(self.options.trials):
            time.sleep(SETTLE_S)
            gaps_ms.append(round(strike(system, sent, fault), 1))
            say(f"  {fault}: {gaps_ms[-1]:.0f} ms")

    def restart_often(self, system, sent, how, gaps_ms):
        for _ in range(self.options.restarts):
            time.sleep(SETTLE_S)
            gaps_ms.append(round(restart(system, sent, how), 1))
            say(f"  {how}: {gaps_ms[-1]:.0f} ms")

    def fill(self, contestant, system):
        """As many bytes of records as asked for; each node holds them all."""
        wanted, there = self.options.fill_gib * 2**30, 0
        options = peer_rows.BEST.get(contestant.name, peer_rows.BATCHES)
        while there < wanted:
            report = loads.run(loads.command(contestant, system, "produce", TOPIC, options, FILL_S, 0), FILL_S)
            more = report.get("records_ever", report["records"]) * RECORD_BYTES
            if more == 0:
                raise NodeFailure(f"{system.name} took no records: {report['errors']}")
            there += more
            say(f"  filled {there / 2**30:.2f} GiB")

    def gaps(self, fault):
        """Marquee over HTTP, by benchmarks/gaps: its rows but the first take a fifth of the trials."""
        trials = self.options.trials * (1 if fault == "kill" else 5)
        row = {"system": "marquee-http", "fault": fault, "gaps_ms": []}
        if problem := why_not([fault]):
            return {**row, "failed": problem}
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            words = [str(ROOT / "benchmarks" / "gaps" / "run"), "--trials", str(trials)]
            words += ["--only", f"{fault}:leader", "--json", file.name]
            made = subprocess.run(words, capture_output=True, text=True, timeout=120 + 20 * trials, check=False)
            if made.returncode != 0:
                row["failed"] = " ".join(made.stderr.split())[-200:]
            else:
                row["gaps_ms"] = json.loads(pathlib.Path(file.name).read_text())[0]["produce_ms"]
        return row


@contextlib.contextmanager
def probing(contestant, system):
    sent = probe.Probe(probe.command(contestant, system, loads.programs(), TOPIC))
    try:
        sent.wait_for_one_after(0)
        yield sent
    finally:
        sent.finish()


def why_not(faults):
    """Why they cannot be done on this machine, or None."""
    reason = network_cluster.why_not() if "cut" in faults else None
    return reason and f"not possible here: {reason}"


@contextlib.contextmanager
def network_for(faults):
    """The network that cuts need; None where loopback will do."""
    if "cut" not in faults:
        yield None
        return
    network_cluster.remove_leftovers()
    network = network_cluster.Network()
    try:
        yield network
    finally:
        network.remove()


def strike(system, sent, fault):
    """The longest time without an acknowledgement, in ms, from the fault until all is ready again."""
    node = leader(system)
    began = time.time()
    begin(fault, system, node)
    try:
        time.sleep(HOLD_S[fault])
        # A fault that ends before the others have taken over would measure the end of the fault.
        sent.wait_for_one_after(began + STRAGGLERS_S)
    finally:
        end(fault, system, node)
    if fault == "cut":
        system.wait_until_whole(TOPIC)  # connections come back when TCP repeats itself, which can take as long again
    else:
        system.wait_until_ready()
    sent.wait_for_one_after(time.time())
    gap = steady_load.longest_gap_ms(list(sent.acknowledged), began, time.time())
    if fault == "cut":
        if gap < probe.ATTEMPT_MS / 2:  # silence is noticed by nothing but time
            raise NodeFailure(f"{node.name} did not lead: cut off, it was missed for {gap:.0f} ms only")
        system.rejoin(node)
    return gap


def begin(fault, system, node):
    if fault == "kill":
        node.kill()
    elif fault == "stop":
        node.send(signal.SIGSTOP)
    else:
        system.network.unplug(node.name)


def end(fault, system, node):
    if fault == "kill":
        node.start()
    elif fault == "stop":
        node.send(signal.SIGCONT)
    else:
        system.network.heal()


def restart(system, sent, how):
    """From the start of all processes to the first acknowledgement, in ms."""
    if how == "crash":
        for node in system.nodes:
            node.kill()
        for node in system.nodes:
            node.stop()
    else:
        for node in system.nodes:
            node.terminate()
        for node in system.nodes:
            node.stop()
    began = time.time()
    for node in system.nodes:
        node.start()
    first = sent.wait_for_one_after(began)
    system.wait_until_ready()
    return (first - began) * 1000


def leader(system, patience_s=30.0):
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        found = system.leader(TOPIC)
        if found is not None:
            return found
        time.sleep(0.1)
    raise NodeFailure(f"{system.name} has no leader after {patience_s:.0f} s")


def wanted_trials(row, options):
    return options.restarts if row["fault"] in RESTARTS else options.trials


def show(rows, options):
    print(f"{machine()}; {options.trials} trials, restarts with {options.fill_gib:g} GiB on each node; ms\n")
    print("| fault | system | trials | median | least | most | p99 |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for row in sorted(rows, key=lambda row: (*FAULTS, *RESTARTS).index(row["fault"])):
        gaps = row["gaps_ms"]
        if gaps:
            values = (statistics.median(gaps), min(gaps), max(gaps), steady_load.percentile(gaps, 0.99))
            cells = " | ".join(f"{value:,.0f}" for value in values)
            print(f"| {row['fault']} | {row['system']} | {len(gaps)} | {cells} |")
        if "failed" in row and len(gaps) < wanted_trials(row, options):
            print(f"| {row['fault']} | {row['system']} | {row['failed']} | | | | |")


if __name__ == "__main__":
    sys.exit(main())
