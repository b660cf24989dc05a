"""Configures, builds and runs the tests, and adds up what passed. Called by scripts/test."""

import argparse
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARALLEL = str(os.cpu_count() or 2)
# Programs that start clusters share the machine; more than two at once would only measure its load.
TESTS_AT_ONCE = "2"
# What --long asks of the seeded tests.
DEEP_SEEDS = {"MARQUEE_SIMULATION_SEEDS": "5000", "MARQUEE_CRASH_SEEDS": "1-200"}
DEEP_PROGRAMS = ("tests/simulation/test_simulation", "tests/crash/test_crash")
# A cluster that hangs must not hang the run; every ctest has a limit of its own.
SYSTEM_TESTS_SECONDS = 1800
SYSTEM_TEST_HALVES = {
    "cluster": ["tests/system", "--ignore=tests/system/booking"],
    "booking": ["tests/system/booking"],
}
PREPARATION_SECONDS = 600
PREPARATIONS = ("tests/system/foreign_clients/toolchains.py", "tests/system/booking/web/browser_tools.py")


@dataclass
class tally:
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)  # "name: reason"

    def add(self, report: Path) -> None:
        """Adds one JUnit file. A report that is missing counts as one failure: its runner died."""
        if not report.exists():
            self.failed += 1
            return
        for suite in xml.etree.ElementTree.parse(report).getroot().iter("testsuite"):
            count = lambda name: int(suite.get(name) or 0)
            failed = count("failures") + count("errors")
            self.failed += failed
            self.passed += count("tests") - failed - count("skipped") - count("disabled")
            for case in suite.iter("testcase"):
                for skip in case.iter("skipped"):
                    self.skipped.append(f"{case.get('name')}: {skip.get('message') or 'no reason given'}")

    def show(self) -> None:
        """Skipped tests by name: what this machine could not run must not pass for tested."""
        for one in self.skipped:
            print("skipped", " ".join(one.split()))
        print(f"{len(self.skipped)} skipped")
        print(f"{self.passed} passed, {self.failed} failed")


def run(command: list[str], **options) -> int:
    print("+", " ".join(command), flush=True)
    started = time.monotonic()
    try:
        code = subprocess.run(command, cwd=ROOT, check=False, **options).returncode
    except subprocess.TimeoutExpired as late:
        print(f"  stopped: it did not end within {late.timeout} s", flush=True)
        return 1
    print(f"  {'done' if code == 0 else f'ended with {code}'} after {time.monotonic() - started:.0f} s", flush=True)
    return code


def build(preset: str) -> bool:
    return run(["cmake", "--preset", preset]) == 0 and run(["cmake", "--build", "--preset", preset, "-j", PARALLEL]) == 0


def run_ctest(preset: str, total: tally, selection: list[str]) -> None:
    report = ROOT / "build" / preset / "ctest.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", f"build/{preset}", "--output-on-failure", "-j", TESTS_AT_ONCE]
    code = run([*command, "--no-tests=error", "--output-junit", str(report), *selection])
    before = total.failed
    total.add(report)
    if code != 0 and total.failed == before:
        total.failed += 1


def start_preparing() -> list[subprocess.Popen]:
    """Foreign Kafka clients and the tools of the browser tests are fetched and built once; what cannot be had is skipped
    by name. Mostly waits for the network, so it goes on beside the build."""
    started = []
    for program in PREPARATIONS:
        command = [sys.executable, str(ROOT / program)]
        print("+", " ".join(command), "(beside the build)", flush=True)
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "process_group": 0}
        started.append(subprocess.Popen(command, cwd=ROOT, **options))
    return started


def finish_preparing(preparations: list[subprocess.Popen]) -> None:
    ends_at = time.monotonic() + PREPARATION_SECONDS
    for preparation in preparations:
        try:
            said, _ = preparation.communicate(timeout=max(0, ends_at - time.monotonic()))
            print(said.decode(errors="replace"), end="", flush=True)
        except subprocess.TimeoutExpired:
            os.killpg(preparation.pid, signal.SIGKILL)
            preparation.communicate()
            print(f"{preparation.args[-1]} did not end within {PREPARATION_SECONDS} s", flush=True)


def start_system_tests(preset: str, name: str, selection: list[str]) -> subprocess.Popen:
    """One half of the system tests. Its output goes to a file, so that two halves can be read one after the other."""
    folder = ROOT / "build" / preset
    report = folder / f"pytest-{name}.xml"
    report.unlink(missing_ok=True)
    environment = dict(os.environ, MARQUEE_BINARY=str(folder / "cli" / "marquee"))
    environment["MARQUEE_FOREIGN_CLIENTS_PREPARED"] = "1"
    options = ["-q", "-p", "no:cacheprovider", "--durations=20", f"--junitxml={report}"]
    command = [sys.executable, "-m", "pytest", *options, *selection]
    print("+", " ".join(command), "(beside the other half)", flush=True)
    with open(folder / f"pytest-{name}.txt", "wb") as output:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, process_group=0
        )


def run_system_tests(preset: str, total: tally) -> None:
    """Two halves beside each other: they wait for time-outs and restarts most of the time. Each finds ports of its
    own."""
    started = time.monotonic()
    halves = {name: start_system_tests(preset, name, selection) for name, selection in SYSTEM_TEST_HALVES.items()}
    for name, half in halves.items():
        try:
            code = half.wait(timeout=max(1.0, SYSTEM_TESTS_SECONDS - (time.monotonic() - started)))
        except subprocess.TimeoutExpired:
            print(f"  stopped: {name} did not end within {SYSTEM_TESTS_SECONDS} s", flush=True)
            os.killpg(half.pid, signal.SIGKILL)
            code = half.wait()
        folder = ROOT / "build" / preset
        print((folder / f"pytest-{name}.txt").read_text(errors="replace"), flush=True)
        print(f"  {name}: ended with {code} after {time.monotonic() - started:.0f} s", flush=True)
        before = total.failed
        total.add(folder / f"pytest-{name}.xml")
        if code != 0 and total.failed == before:
            total.failed += 1


def run_deep_tests(total: tally) -> None:
    """The seeded programs once more, with many more seeds, on the release build; each counts as one test."""
    for program in DEEP_PROGRAMS:
        if run([str(ROOT / "build" / "release" / program)], env=dict(os.environ, **DEEP_SEEDS)) == 0:
            total.passed += 1
        else:
            total.failed += 1


def test_preset(preset: str, total: tally, selection: list[str], with_system_tests: bool) -> None:
    preparations = start_preparing() if with_system_tests else []
    built = build(preset)
    if not built:
        print(f"the {preset} build failed; its tests were not run")
        total.failed += 1
    else:
        run_ctest(preset, total, selection)
    finish_preparing(preparations)
    if built and with_system_tests:
        run_system_tests(preset, total)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--quick", action="store_true", help="unit and style tests only")
    which.add_argument("--long", action="store_true", help="release and tsan builds and deep runs, too")
    options = parser.parse_args()

    total = tally()
    if options.quick:
        test_preset("asan", total, ["-L", "unit|style"], with_system_tests=False)
    else:
        test_preset("asan", total, [], with_system_tests=True)
    if options.long:
        test_preset("release", total, [], with_system_tests=True)
        run_deep_tests(total)
        test_preset("tsan", total, ["-LE", "style"], with_system_tests=False)
    total.show()
    return 0 if total.failed == 0 and total.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
