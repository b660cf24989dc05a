"""How long producers wait when the leader dies or hangs, and after a restart of all. See README.md of this folder."""

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
import probe  # noqa: E402
import rows as peer_rows  # noqa: E402
import steady_load  # noqa: E402
from peer_builds import build, cache_folder, first_line, machine, say  # noqa: E402
from systems import SYSTEMS  # noqa: E402
from systems.node import NodeFailure  # noqa: E402

CONTESTANTS = ("marquee", "kafka-fsync", "nats-fsync", "rabbitmq", "etcd")
HOLD_S = {"kill": 1.0, "stop": 3.0}  # at least; until the clients are served again
FAULTS = ("kill", "stop")
RESTARTS = ("restart", "crash")
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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    words = [word for given in options.only for word in given.split(",") if word]
    faults = [fault for fault in (*FAULTS, *RESTARTS) if fault in words] or [*FAULTS, *RESTARTS]
    known = (*FAULTS, *RESTARTS, "marquee-http", *CONTESTANTS)
    unknown = [word for word in words if word not in known]
    if unknown:
        sys.exit(f"--only: there is no {', '.join(unknown)}; see --list")
    names = [name for name in ("marquee-http", *CONTESTANTS) if name in words] or ["marquee-http", *CONTESTANTS]
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
    parser.add_argument("--trials", type=int, default=10, help="of kill and stop")
    parser.add_argument("--restarts", type=int, default=3, help="of all nodes, in order and by kill -9")
    parser.add_argument("--fill-gib", type=float, default=2.5, help="records on each node before the restarts")
    parser.add_argument("--home", type=pathlib.Path, default=cache_folder(), help="the peers' programs")
    parser.add_argument("--json", type=pathlib.Path, default=pathlib.Path("failover.json"))
    return parser.parse_args()


class Failover:
    """One system after the other; each is started once for the faults and once for the restarts."""

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
            for faults, act in ((FAULTS, self.strike_often), (RESTARTS, self.restart_often)):
                chosen = [fault for fault in faults if fault in self.faults]
                if chosen:
                    self.on_one_start(contestant, chosen, act)

    def on_one_start(self, contestant, faults, act):
        """The rows of these faults; those that could not be measured say why."""
        self.options.home.mkdir(parents=True, exist_ok=True)
        rows = [{"system": contestant.name, "fault": fault, "gaps_ms": []} for fault in faults]
        self.rows += rows
        with tempfile.TemporaryDirectory(prefix="failover-", dir=self.options.home) as work:
            system = SYSTEMS[contestant.system](self.options.home, work)
            try:
                system.install()
                system.start(contestant.setting)
                system.create("gap", 1, contestant.durable)
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
            report = loads.run(loads.command(contestant, system, "produce", "gap", options, FILL_S, 0), FILL_S)
            more = report.get("records_ever", report["records"]) * RECORD_BYTES
            if more == 0:
                raise NodeFailure(f"{system.name} took no records: {report['errors']}")
            there += more
            say(f"  filled {there / 2**30:.2f} GiB")

    def gaps(self, fault):
        """Marquee over HTTP, by benchmarks/gaps: its rows but the first take a fifth of the trials."""
        trials = self.options.trials * (1 if fault == "kill" else 5)
        row = {"system": "marquee-http", "fault": fault, "gaps_ms": []}
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
    sent = probe.Probe(probe.command(contestant, system, loads.programs(), "gap"))
    try:
        sent.wait_for_one_after(0)
        yield sent
    finally:
        sent.finish()


def strike(system, sent, fault):
    """The longest time without an acknowledgement, in ms, from the fault until all is ready again."""
    node = leader(system)
    began = time.time()
    if fault == "kill":
        node.kill()
    else:
        node.send(signal.SIGSTOP)
    try:
        time.sleep(HOLD_S[fault])
        # A fault that ends before the others have taken over would measure the end of the fault.
        sent.wait_for_one_after(began + STRAGGLERS_S)
    finally:
        if fault == "kill":
            node.start()
        else:
            node.send(signal.SIGCONT)
    system.wait_until_ready()
    sent.wait_for_one_after(time.time())
    return steady_load.longest_gap_ms(list(sent.acknowledged), began, time.time())


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
        found = system.leader("gap")
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
