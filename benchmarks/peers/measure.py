"""Marquee beside other systems: the same work on the same machine in one run. See README.md of this folder."""

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import disk_probe  # noqa: E402
import figures  # noqa: E402
import loads  # noqa: E402
import rows as goal_rows  # noqa: E402
from peer_builds import build, cache_folder, clean_up_on_signals, first_line, machine, say, words_of  # noqa: E402
from systems import SYSTEMS  # noqa: E402
from systems.node import cpu_seconds, resident_mib  # noqa: E402
from systems.system import Missing  # noqa: E402

# A virtual machine compiles what is hot: its first figures are those of another program.
WARM_UP_S = {"kafka": 45}
IDLE_S = 5
PAUSE_S = 1  # after a topic is made: metadata settles


def main():
    options = parse()
    try:
        chosen = goal_rows.choose(words_of(options.only))
    except ValueError as unknown:
        sys.exit(str(unknown))
    made = Measurement(options, *chosen)
    if options.list:
        made.list()
        return 0
    clean_up_on_signals()
    made.install()
    if options.install:
        return 1 if made.missing else 0
    try:
        made.measure()
    finally:
        made.report()  # of what is there, when it is interrupted
    return 0


def parse():
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("--list", action="store_true", help="rows, contestants and what is installed; starts nothing")
    parser.add_argument("--install", action="store_true", help="fetch and build the peers, and nothing else")
    parser.add_argument("--only", action="append", default=[], metavar="ROW,PEER", help="rows, systems, contestants")
    parser.add_argument("--no-marquee", action="store_true", help="the peers alone")
    parser.add_argument("--rounds", type=int, default=5, help="figures are medians of so many")
    parser.add_argument("--seconds", type=float, default=8, help="of each figure")
    parser.add_argument("--warm-up-seconds", type=float, help="load before a start's first figure; default 45 for Java")
    parser.add_argument("--home", type=pathlib.Path, default=cache_folder(), help="the peers' programs")
    parser.add_argument("--work", type=pathlib.Path, help="the servers' data; removed afterwards")
    parser.add_argument("--json", type=pathlib.Path, default=pathlib.Path("results.json"))
    return parser.parse_args()


class Measurement:
    """`rounds` times through all systems, each in turn started, measured in all its rows, and stopped.

    Whatever goes wrong with one system or row is written down with its reason and never stops the others.
    """

    def __init__(self, options, rows, contestants):
        self.options = options
        self.rows = rows
        wanted = [goal_rows.CONTESTANTS[name] for row in rows for name in row.contestants if name in contestants]
        self.contestants = list(dict.fromkeys(wanted))
        if options.no_marquee:
            self.contestants = [one for one in self.contestants if one.system != "marquee"]
        self.missing = {}
        self.runs = []
        self.failures = {}
        self.fsync_ms = 0.0

    def list(self):
        for row in self.rows:
            print(f"{row.name:<16} {row.says}")
            print(f"{'':<16} {', '.join(row.contestants)}")
        print()
        for name, system in SYSTEMS.items():
            there = system(self.options.home, self.options.home).is_installed()
            print(f"{name:<16} {'installed' if there else 'not installed'}")

    def install(self):
        needed = {one.system for one in self.contestants}
        build(needed, {one.client for one in self.contestants})
        for name in sorted(needed):
            system = SYSTEMS[name](self.options.home, self.options.home)
            try:
                say(f"{name}: {'installed' if system.is_installed() else 'installing'}")
                system.install()
                if not system.is_installed():
                    raise Missing("it was not built")
            except Exception as reason:
                self.missing[name] = first_line(reason)
                say(f"{name}: MISSING: {reason}")

    def measure(self):
        starts = list(dict.fromkeys((one.system, one.setting) for one in self.contestants))
        starts = [(name, setting) for name, setting in starts if name not in self.missing]
        with self.work_folder() as work:
            self.fsync_ms = disk_probe.sync_times(work)["p50"]
            for number in range(self.options.rounds):
                # Another one begins each time: none has the quietest disk always.
                first = number % len(starts) if starts else 0
                for name, setting in starts[first:] + starts[:first]:
                    say(f"round {number + 1} of {self.options.rounds}: {name} ({setting})")
                    self.measure_start(number, SYSTEMS[name](self.options.home, work), setting)
                    os.sync()  # what one left to the page cache is not written in the next one's time
                self.write(self.results())

    @contextlib.contextmanager
    def work_folder(self):
        if self.options.work:
            self.options.work.mkdir(parents=True, exist_ok=True)
            yield self.options.work.resolve()
            return
        # Not below /tmp, which may lie in memory.
        self.options.home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="run-", dir=self.options.home) as folder:
            yield pathlib.Path(folder)

    def measure_start(self, number, system, setting):
        """All rows of one start."""
        mine = [
            (row, one)
            for row in self.rows
            for one in self.contestants
            if one.name in row.contestants and (one.system, one.setting) == (system.name, setting)
        ]
        warm = False
        try:
            system.start(setting)
            for row, one in mine:
                if row.operation != "idle" and not warm:
                    warm = self.warm_up(system, one)
                self.measure_row(number, system, row, one)
        except Exception as problem:
            say(f"  {system.name}: {problem}")
            for _, one in mine:
                self.failures.setdefault(one.name, first_line(problem))
        finally:
            system.stop()
            system.clean()

    def warm_up(self, system, contestant):
        """Load that is not measured; False if this contestant's client could not give it."""
        given = self.options.warm_up_seconds
        seconds = WARM_UP_S.get(system.name, 3) if given is None else given
        topic = f"warm-up-{contestant.name}"
        options = {"connections": 1, "in-flight": 64, "linger-ms": 1}
        try:
            if seconds > 0:
                system.create(topic, 1, contestant.durable)
                time.sleep(PAUSE_S)
                loads.run(loads.command(contestant, system, "produce", topic, options, seconds, 0), seconds)
            return True
        except Exception as problem:
            say(f"  no warm-up of {contestant.name}: {problem}")
            return False

    def measure_row(self, number, system, row, contestant):
        topic = f"{row.name}-{contestant.name}"
        try:
            system.create(topic, row.partitions, contestant.durable)
            time.sleep(PAUSE_S)
            found = self.idle(system) if row.operation == "idle" else self.load(system, row, contestant, topic)
        except Exception as problem:
            say(f"  {row.name:<16} {contestant.name:<16} FAILED: {problem}")
            self.failures[row.name, contestant.name] = first_line(problem)
            return
        finally:
            if row.partitions > 1:
                remove(system, topic)
        self.runs.append({"round": number, "row": row.name, "contestant": contestant.name, **found})
        rate = found.get("records_per_second")
        shown = f"{found['memory_mib']:.0f} MiB" if rate is None else f"{rate:,.0f} records/s"
        shown += f", p99 {found['p99_ms']:.2f} ms" if "p99_ms" in found else ""
        shown += f", {found['errors']} ERRORS: {found['error_kinds']}" if found.get("errors") else ""
        say(f"  {row.name:<16} {contestant.name:<16} {shown}")

    def idle(self, system):
        time.sleep(IDLE_S)
        pids = system.pids_without_database() if system.name == "marquee" else system.pids()
        return {"memory_mib": resident_mib(pids)}

    def load(self, system, row, contestant, topic):
        options = row.options_of.get(contestant.name, row.options)
        seconds = self.options.seconds
        if row.operation == "consume":
            fill = goal_rows.BEST.get(contestant.name, options)
            loads.run(loads.command(contestant, system, "produce", topic, fill, seconds, 0), seconds)
        words = loads.command(contestant, system, row.operation, topic, options, seconds, row.warm_up_s)
        pids = system.pids()
        before = cpu_seconds(pids)
        with loads.MemoryWatch(pids) as memory:
            report = loads.run(words, seconds + row.warm_up_s)
        found = figures.from_report(report, cpu_seconds(pids) - before, memory.most)
        if row.operation == "consume":
            del found["p50_ms"], found["p99_ms"]  # nothing is waited for
        return {**found, "timeline": report.get("timeline", []), "error_kinds": report["errors"]}

    def results(self):
        """Medians by row and contestant."""
        found = {}
        for row in self.rows:
            names = {run["contestant"] for run in self.runs if run["row"] == row.name}
            found[row.name] = {name: figures.medians(self.runs_of(row.name, name)) for name in names}
        return found

    def report(self):
        results = self.results()
        rounds = len({run["round"] for run in self.runs})
        print(f"# Marquee and its peers\n\n{machine()}; medians of {rounds} rounds of", end=" ")
        print(f"{self.options.seconds:g} s, records of 1 KiB, three nodes; fdatasync of 4 KiB {self.fsync_ms:.2f} ms\n")
        for name, reason in self.missing.items():
            print(f"**{name} is missing**: {reason}\n")
        for row in self.rows:
            why = self.why(row)
            if results[row.name] or why:
                print(figures.table(row, results[row.name], why) + "\n")
                print(figures.verdict_lines(row, results[row.name], self.fsync_ms) + "\n")
        self.write(results)
        say(f"every figure: {self.options.json}")

    def write(self, results):
        goals = [(row.name, goal) for row in self.rows for goal in row.goals]
        document = {
            "machine": machine(),
            "ended": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "rounds": self.options.rounds,
            "seconds": self.options.seconds,
            "fsync_ms": self.fsync_ms,
            "missing": self.missing,
            "medians": results,
            "goals": [
                {"row": name, **dataclasses.asdict(figures.judge(goal, results[name], self.fsync_ms))}
                for name, goal in goals
            ],
            "runs": self.runs,
        }
        self.options.json.write_text(json.dumps(document, indent=1))

    def runs_of(self, row, contestant):
        return [run for run in self.runs if (run["row"], run["contestant"]) == (row, contestant)]

    def why(self, row):
        """Why a contestant has no figures here."""
        found = {}
        for name in row.contestants:
            if all(name != one.name for one in self.contestants):
                continue
            system = goal_rows.CONTESTANTS[name].system
            reason = self.missing.get(system) or self.failures.get((row.name, name)) or self.failures.get(name)
            if reason:
                found[name] = reason
        return found


def remove(system, topic):
    try:
        system.remove(topic)
    except Exception as problem:
        say(f"  {topic} stays: {problem}")


if __name__ == "__main__":
    sys.exit(main())
