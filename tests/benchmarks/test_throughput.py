"""What benchmarks/throughput computes: plans, costs, medians, tables. Nothing is started."""

import dataclasses
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "throughput"))

import cases  # noqa: E402
import processes  # noqa: E402
import results  # noqa: E402
import tables  # noqa: E402


def a_load(rate, errors=None, p99=2.0):
    latency = {"p50": 1.0, "p90": 1.5, "p99": p99, "p99_9": 3.0, "max": 4.0}
    return {
        "records_per_second": rate,
        "megabytes_per_second": rate / 1000,
        "latency_ms": latency,
        "seconds": 2.0,
        "records_ever": int(rate * 2),
        "errors": errors or {},
        "client_cpu_seconds": 0.5,
        "timeline": [],
    }


def a_run(rate, **more):
    before = {
        "fsyncs": 10,
        "processes": {
            "broker-1": {"role": "broker", "cpu_s": 5.0, "written_bytes": 1000},
            "lb-1": {"role": "load_balancer", "cpu_s": 1.0, "written_bytes": 0},
        },
    }
    after = {
        "fsyncs": 30,
        "processes": {
            "broker-1": {"role": "broker", "cpu_s": 7.0, "written_bytes": 9000},
            "lb-1": {"role": "load_balancer", "cpu_s": 2.0, "written_bytes": 0},
        },
    }
    load = a_load(rate, **more)
    return {
        "load": load,
        "cost": processes.cost(before, after, load, 100),
        "memory_mib": {"broker-1": 20.0},
        "events": [],
    }


class Plans(unittest.TestCase):
    def test_a_case_is_measured_once_however_many_series_show_it(self):
        planned = cases.plan(cases.all_series(), [], False)
        self.assertEqual(len(planned), len(set(planned)))
        self.assertEqual({case for one in cases.all_series() for case in one.cases}, set(planned))

    def test_names_tell_cases_apart(self):
        planned = cases.plan(cases.all_series(), [], True)
        self.assertEqual(len({case.name for case in planned}), len(planned))

    def test_cases_that_share_a_topic_follow_each_other(self):
        planned = [case.topic for case in cases.plan(cases.all_series(), [], False) if not case.fault]
        changes = sum(1 for one, other in zip(planned, planned[1:]) if one != other)
        self.assertEqual(changes + 1, len(set(planned)))

    def test_only_takes_names_of_cases_and_of_series(self):
        series = cases.all_series()
        self.assertEqual(set(cases.plan(series, ["http-produce-size"], False)), set(series[1].cases))
        self.assertTrue(all(case.keys for case in cases.plan(series, ["keys=1000"], False)))
        self.assertEqual(cases.plan(series, ["no such case"], False), [])

    def test_no_request_of_the_matrix_is_larger_than_the_api_takes(self):
        http = [case for case in cases.every_combination() if case.protocol == "http" and case.operation == "produce"]
        self.assertLess(max(case.record_bytes * case.batch for case in http), 8 << 20)
        self.assertEqual({case.batch for case in http}, set(cases.BATCHES))


class Costs(unittest.TestCase):
    def test_costs_are_differences_divided_by_all_records(self):
        cost = a_run(500)["cost"]
        self.assertEqual(cost["cpu_seconds_per_million"], {"broker": 2000.0, "load_balancer": 1000.0})
        self.assertEqual(cost["cpu_seconds_per_million_together"], 3000.0)
        self.assertEqual(cost["fsyncs_per_record"], 0.02)
        self.assertEqual(cost["written_bytes_per_byte"], 0.08)

    def test_without_records_there_is_no_cost_of_one(self):
        cost = a_run(0)["cost"]
        self.assertIsNone(cost["cpu_seconds_per_million"])
        self.assertIsNone(cost["fsyncs_per_record"])

    def test_a_process_that_was_started_again_begins_at_nothing(self):
        old = {"fsyncs": 0, "processes": {"broker-1": {"role": "broker", "cpu_s": 9.0, "written_bytes": 5000}}}
        new = {"fsyncs": 0, "processes": {"broker-1": {"role": "broker", "cpu_s": 1.0, "written_bytes": 800}}}
        cost = processes.cost(old, new, a_load(4), 100)
        self.assertEqual(cost["cpu_seconds"], {"broker-1": 1.0})
        self.assertEqual(cost["written_bytes_per_byte"], 1.0)


class Summaries(unittest.TestCase):
    def test_medians_of_runs_and_the_range(self):
        shown = results.summary([a_run(300), a_run(100), {"failure": "no"}, a_run(200)])
        self.assertEqual(shown["records_per_second"], 200)
        self.assertEqual(shown["slowest_and_fastest"], [100, 300])
        self.assertEqual(tables.rate_text(shown), "200 (100 to 300)")

    def test_errors_of_all_runs_are_shown(self):
        shown = results.summary([a_run(1, errors={"503 A": 2}), a_run(1), a_run(1, errors={"503 A": 1, "B": 1})])
        self.assertEqual(tables.errors_text(shown["errors"]), "3 x 503 A; 1 x B")

    def test_a_case_that_never_ended_has_no_summary_and_says_why(self):
        case = cases.HTTP_PRODUCE
        series = cases.Series("key", "Title", "connections", (case,))
        made = results.document({}, {}, {}, {case: [{"failure": "no leader"}]}, [series])
        found = {one["name"]: one for one in made["cases"]}
        self.assertEqual(tables.rows(made["series"][0], found)[0][:2], ["64", "failed"])
        self.assertIn("no leader", tables.failures(made["series"][0], found)[0])

    def test_a_series_is_shown_when_all_of_it_was_measured(self):
        other = dataclasses.replace(cases.HTTP_PRODUCE, connections=1)
        series = cases.Series("key", "Title", "connections", (cases.HTTP_PRODUCE, other))
        half = results.document({}, {}, {}, {cases.HTTP_PRODUCE: [a_run(1)], other: []}, [series])
        self.assertEqual(half["series"], [])
        self.assertEqual(len(half["cases"]), 1)

    def test_every_row_has_a_cell_for_every_column(self):
        case = {"name": "n", "parameters": dataclasses.asdict(cases.HTTP_PRODUCE), "runs": [a_run(5)]}
        case["summary"] = results.summary(case["runs"])
        self.assertEqual(len(tables.row("connections", case)), len(tables.COLUMNS) + 1)


if __name__ == "__main__":
    unittest.main()
