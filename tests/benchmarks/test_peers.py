"""What benchmarks/peers makes of the reports of load clients; what it says when nothing is installed."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = ROOT / "benchmarks" / "peers"
sys.path[:0] = [str(PEERS), str(PEERS.parent / "failover")]

import figures  # noqa: E402
import loads  # noqa: E402
import probe  # noqa: E402
import rows  # noqa: E402
from systems import SYSTEMS  # noqa: E402
from systems.node import Node, NodeFailure, family  # noqa: E402
from systems.system import Missing, install_once  # noqa: E402

REPORT = {
    "operation": "produce", "records": 2000, "requests": 2000, "errors": {"late": 3, "refused": 1}, "seconds": 2,
    "records_per_second": 1000.0, "megabytes_per_second": 1.0,
    "latency_ms": {"p50": 0.5, "p90": 0.9, "p99": 4.0, "p99_9": 8.0, "max": 9.0},
    "timeline": [], "client_cpu_seconds": 0.1,
}  # fmt: skip


def goal(**changes):
    return rows.Goal(**{"figure": "records_per_second", "against": "kafka", **changes})


class Figures(unittest.TestCase):
    def test_a_report_gives_latency_cpu_for_each_million_and_all_errors(self):
        found = figures.from_report(REPORT, server_cpu_seconds=0.4, memory_mib=100)
        self.assertEqual(found["p99_ms"], 4.0)
        self.assertAlmostEqual(found["cpu_seconds_per_million"], 200)
        self.assertAlmostEqual(found["client_cpu_seconds_per_million"], 50)
        self.assertEqual(found["errors"], 4)

    def test_cpu_is_set_against_the_records_of_the_warm_up_too(self):
        found = figures.from_report({**REPORT, "records_ever": 4000}, server_cpu_seconds=0.4, memory_mib=100)
        self.assertAlmostEqual(found["cpu_seconds_per_million"], 100)

    def test_a_run_without_records_has_no_cpu_per_record(self):
        found = figures.from_report({**REPORT, "records": 0}, server_cpu_seconds=0.4, memory_mib=100)
        self.assertIsNone(found["cpu_seconds_per_million"])

    def test_a_report_that_lacks_something_is_refused(self):
        for broken in ({}, {**REPORT, "latency_ms": {}}, {**REPORT, "errors": None}):
            with self.assertRaises(figures.BadReport):
                figures.from_report(broken, 1, 1)

    def test_medians_are_of_the_runs_that_have_a_figure_and_errors_add_up(self):
        runs = [{"p99_ms": 1.0, "errors": 1}, {"p99_ms": 9.0, "errors": 0}, {"p99_ms": 2.0, "errors": 2}]
        runs.append({"p99_ms": None})
        self.assertEqual(figures.medians(runs), {"p99_ms": 2.0, "errors": 3})


class Verdicts(unittest.TestCase):
    def judge(self, wanted, own, other, fsync_ms=0.0):
        results = {"marquee": {wanted.figure: own}, "kafka": {wanted.figure: other}}
        return figures.judge(wanted, results, fsync_ms)

    def test_a_rate_is_ours_over_theirs(self):
        verdict = self.judge(goal(at_least=1.5), 3000, 1000)
        self.assertEqual((verdict.value, verdict.state), (3.0, "met"))
        self.assertEqual(self.judge(goal(at_least=1.5), 1400, 1000).state, "missed")

    def test_a_latency_is_bounded_from_above_with_the_syncs_it_may_cost(self):
        wanted = goal(figure="p99_ms", at_most=3.0, plus_fsyncs=2)
        self.assertEqual(self.judge(wanted, 7.0, 2.0, fsync_ms=0.5).state, "met")
        self.assertEqual(self.judge(wanted, 7.1, 2.0, fsync_ms=0.5).state, "missed")

    def test_without_a_peer_the_figure_itself_is_bounded(self):
        wanted = goal(figure="memory_mib", against="", at_most=150)
        self.assertEqual(figures.judge(wanted, {"marquee": {"memory_mib": 120}}, 0).state, "met")

    def test_what_has_no_figure_is_not_measured(self):
        some = {"records_per_second": 1}
        for results in ({}, {"marquee": {}}, {"marquee": some}, {"kafka": some}):
            self.assertEqual(figures.judge(goal(at_least=1.0), results, 0).state, "not measured")

    def test_the_table_has_a_line_for_each_and_says_why_one_has_none(self):
        row = rows.Row("r", "says", "produce", ("marquee", "kafka", "nats"), {}, (goal(at_least=1.5),))
        results = {"marquee": {"records_per_second": 3000.0}, "kafka": {"records_per_second": 1000.0}}
        lines = figures.table(row, results, {"nats": "go is not installed"}).splitlines()
        self.assertIn("| marquee | 3,000 |  |", lines)
        self.assertIn("| kafka | 1,000 | 3.00 |", lines)
        self.assertIn("- nats has no figures: go is not installed", lines)
        self.assertEqual(figures.verdict_lines(row, results, 0), "- met (3): records/s of marquee >= 1.5 x kafka")


    def test_a_ratio_compares_durable_with_durable(self):
        contestants = ("marquee", "marquee-relaxed", "kafka")
        row = rows.Row("r", "says", "produce", contestants, {}, (goal(at_least=1.0, own="marquee-relaxed"),))
        rates = {"marquee": 3000.0, "marquee-relaxed": 4000.0, "kafka": 1000.0}
        results = {name: {"records_per_second": rate} for name, rate in rates.items()}
        self.assertIn("| kafka | 1,000 | 4.00 |", figures.table(row, results, {}).splitlines())


class Rows(unittest.TestCase):
    def test_every_row_and_goal_names_contestants_of_known_systems_and_figures(self):
        for row in rows.ROWS:
            for name in row.contestants:
                self.assertIn(rows.CONTESTANTS[name].system, SYSTEMS)
                self.assertIn(rows.CONTESTANTS[name].setting, SYSTEMS[rows.CONTESTANTS[name].system].settings)
            for one in row.goals:
                self.assertIn(one.own, row.contestants)
                self.assertIn(one.figure, figures.FIGURES)
                self.assertTrue(not one.against or one.against in row.contestants)
                self.assertNotEqual(one.at_least is None, one.at_most is None)

    def test_only_takes_rows_and_systems_and_keeps_marquee(self):
        chosen, contestants = rows.choose(["batches", "kafka"])
        self.assertEqual([row.name for row in chosen], ["batches"])
        self.assertEqual(contestants, {"kafka", "kafka-fsync", "marquee", "marquee-relaxed", "marquee-http"})
        with self.assertRaises(ValueError):
            rows.choose(["kafak"])


class Clients(unittest.TestCase):
    def test_what_is_no_report_is_refused_with_what_the_client_said(self):
        for code, output in ((1, "{}"), (0, ""), (0, "[]"), (0, "{")):
            with self.assertRaises(figures.BadReport):
                loads.parse("native_load", code, output, "no such topic")
        with self.assertRaisesRegex(figures.BadReport, "no such topic"):
            loads.parse("native_load", 1, "", "no such topic")
        self.assertEqual(loads.parse("native_load", 0, json.dumps(REPORT), ""), REPORT)


class Servers(unittest.TestCase):
    def test_a_node_ends_with_all_that_it_started(self):
        with tempfile.TemporaryDirectory() as folder:
            script = "setsid sleep 60 & sleep 60 & wait"
            node = Node("shell", ["bash", "-c", script], folder)
            node.start()
            while len(started := node.pids()) < 3:
                node.require_alive()
            node.stop()
            self.assertEqual(sum((family(pid) for pid in started), []), [])

    def test_a_node_that_ended_shows_its_log(self):
        with tempfile.TemporaryDirectory() as folder:
            node = Node("broken", ["bash", "-c", "echo the port is taken; exit 1"], folder)
            node.start()
            node.child.wait()
            with self.assertRaisesRegex(NodeFailure, "the port is taken"):
                node.require_alive()
            node.stop()

    def test_half_an_installation_is_made_again(self):
        with tempfile.TemporaryDirectory() as home:
            folder = pathlib.Path(home) / "peer"

            def fail(place):
                (place / "half").touch()
                raise Missing("the registry hung up")

            with self.assertRaises(Missing):
                install_once(folder, fail)
            self.assertFalse(folder.exists())
            install_once(folder, lambda place: (place / "whole").touch())
            install_once(folder, fail)  # it is there: nothing is done
            self.assertTrue((folder / "whole").exists())


class Probes(unittest.TestCase):
    def test_a_probe_gives_the_first_acknowledgement_after_a_time_and_ends_with_its_input(self):
        script = "echo 1000000000; echo 2500000000; echo 3000000000; cat"
        sent = probe.Probe(["bash", "-c", script])
        self.assertEqual(sent.wait_for_one_after(2.7, patience_s=10), 3.0)
        self.assertEqual(sent.wait_for_one_after(1.0, patience_s=10), 2.5)
        sent.finish()
        self.assertEqual(sent.child.returncode, 0)

    def test_a_probe_that_ended_or_is_silent_says_what_it_said_last(self):
        sent = probe.Probe(["bash", "-c", "echo no leader >&2; exit 3"])
        sent.child.wait()
        with self.assertRaisesRegex(probe.ProbeFailure, "ended with 3"):
            sent.wait_for_one_after(0, patience_s=10)
        sent.finish()
        self.assertEqual(sent.said, "no leader")


class CommandLine(unittest.TestCase):
    def test_lists_what_it_could_do_with_nothing_installed(self):
        with tempfile.TemporaryDirectory() as home:
            nothing = {**os.environ, "MARQUEE_BENCHMARKS": home, "MARQUEE_BINARY": home + "/none"}
            command = [str(PEERS / "run"), "--list", "--home", home]
            made = subprocess.run(command, env=nothing, capture_output=True, text=True, check=False)
            self.assertEqual(made.returncode, 0, made.stderr)
            self.assertEqual(made.stdout.count("not installed"), len(SYSTEMS))
            for row in rows.ROWS:
                self.assertIn(row.name, made.stdout)
            self.assertEqual(os.listdir(home), [])


if __name__ == "__main__":
    unittest.main()
