"""What benchmarks/micro makes of Google Benchmark's report. Nothing is measured."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "micro"))

import comparison  # noqa: E402


def a_report(*times, machine=1.0):
    """Each repetition is a {benchmark: ns}; on a machine that needs `machine` times as long for everything."""
    return {
        "benchmarks": [
            {"run_name": name, "run_type": "iteration", "cpu_time": time * machine, "time_unit": "ns"}
            for repetition in times
            for name, time in repetition.items()
        ]
    }


USUAL = {"calibration": 100.0, "json/parse": 50.0, "crc32c/1024": 10.0}
BASELINE = comparison.relative(USUAL)


def verdicts(report):
    return {row.name: row.verdict for row in comparison.compare(comparison.smallest_times(report), BASELINE)}


class Comparison(unittest.TestCase):
    def test_a_planted_slowdown_is_found_and_nothing_else(self):
        self.assertEqual(verdicts(a_report(USUAL | {"json/parse": 70.0})), {"json/parse": "SLOWER", "crc32c/1024": ""})

    def test_a_slowdown_is_found_on_a_machine_that_is_faster_by_more_than_that(self):
        self.assertEqual(verdicts(a_report(USUAL | {"json/parse": 70.0}, machine=0.5))["json/parse"], "SLOWER")

    def test_a_slower_machine_is_no_slowdown(self):
        self.assertEqual(set(verdicts(a_report(USUAL, machine=3.0)).values()), {""})

    def test_a_busy_repetition_is_no_slowdown(self):
        busy = {name: time * 4 for name, time in USUAL.items() if name != "calibration"}
        self.assertEqual(set(verdicts(a_report(USUAL | busy, USUAL)).values()), {""})

    def test_what_became_faster_and_what_is_new_are_told(self):
        report = a_report(USUAL | {"json/parse": 20.0, "routing": 5.0})
        self.assertEqual(verdicts(report), {"json/parse": "faster", "crc32c/1024": "", "routing": "new"})

    def test_a_benchmark_that_is_gone_is_told(self):
        self.assertEqual(comparison.not_measured({"calibration": 1, "json/parse": 1}, BASELINE), ["crc32c/1024"])

    def test_a_second_measurement_counts_by_its_own_calibration(self):
        first = USUAL | {"json/parse": 70.0}
        merged = comparison.merge(first, {"calibration": 200.0, "json/parse": 100.0})
        self.assertEqual(merged, first | {"json/parse": 50.0})

    def test_units_and_fixed_iterations_make_no_difference(self):
        report = a_report(USUAL)
        report["benchmarks"].append(
            {"run_name": "log/1/iterations:2000", "run_type": "iteration", "cpu_time": 3.0, "time_unit": "us"}
        )
        self.assertEqual(comparison.smallest_times(report)["log/1"], 3000.0)

    def test_averages_are_not_taken_for_measurements(self):
        report = a_report(USUAL)
        report["benchmarks"].append(
            {"run_name": "json/parse", "run_type": "aggregate", "cpu_time": 1.0, "time_unit": "ns"}
        )
        self.assertEqual(comparison.smallest_times(report)["json/parse"], 50.0)

    def test_a_benchmark_that_fails_is_no_figure(self):
        report = a_report(USUAL)
        report["benchmarks"].append({"run_name": "http/parse", "run_type": "iteration", "error_occurred": True})
        self.assertEqual(comparison.failures(report), ["http/parse"])
        self.assertNotIn("http/parse", comparison.smallest_times(report))

    def test_the_table_marks_what_is_slower(self):
        rows = comparison.compare(comparison.smallest_times(a_report(USUAL | {"json/parse": 70.0})), BASELINE)
        marked = [line for line in comparison.table(rows).splitlines() if line.endswith("SLOWER")]
        self.assertEqual([line.split()[0] for line in marked], ["json/parse"])


if __name__ == "__main__":
    unittest.main()
