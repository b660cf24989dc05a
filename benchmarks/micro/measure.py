"""Runs the micro-benchmarks and shows them beside the baseline."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

import comparison

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAM = os.environ.get("MARQUEE_MICRO_BENCHMARKS", ROOT / "build/release/benchmarks/micro_benchmarks")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=".", metavar="REGEX", help="benchmarks whose names match")
    parser.add_argument("--repeats", type=int, default=7, help="the smallest of so many times counts")
    parser.add_argument("--seconds", type=float, default=0.1, help="at least so long each time")
    parser.add_argument("--baseline", type=pathlib.Path, default=HERE / "baseline.json")
    parser.add_argument("--save", action="store_true", help="make this run the baseline")
    return parser.parse_args()


def run(pattern, options):
    command = [
        str(PROGRAM),
        f"--benchmark_filter=^{comparison.CALIBRATION}$|{pattern}",
        f"--benchmark_repetitions={options.repeats}",
        f"--benchmark_min_time={options.seconds}",
        # So that a busy minute does not hit all repetitions of one benchmark and none of the others.
        "--benchmark_enable_random_interleaving=true",
        "--benchmark_format=json",
    ]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
    if failed := comparison.failures(report):
        sys.exit(f"micro_benchmarks: these do not work: {', '.join(failed)}")
    return comparison.smallest_times(report)


def pattern_of(rows):
    return "^(" + "|".join(re.escape(one.name) for one in rows) + ")(/iterations:.*)?$"


def load(path, wanted):
    """The part of the baseline that this run is to be compared with."""
    if not path.exists():
        return {}
    stored = json.loads(path.read_text())["relative"]
    return {name: value for name, value in stored.items() if re.search(wanted, name)}


def save(path, times):
    document = {
        "unit": f"multiples of '{comparison.CALIBRATION}', which took {times[comparison.CALIBRATION]:.0f} ns",
        "relative": {name: float(f"{value:.4g}") for name, value in sorted(comparison.relative(times).items())},
    }
    path.write_text(json.dumps(document, indent=2) + "\n")
    print(f"written to {path}")


def main():
    options = arguments()
    baseline = load(options.baseline, options.only)
    times = run(options.only, options)
    rows = comparison.compare(times, baseline)
    if suspects := [one for one in rows if one.verdict == "SLOWER"]:
        print(f"{len(suspects)} look slower and are measured once more", file=sys.stderr)
        times = comparison.merge(times, run(pattern_of(suspects), options))
        rows = comparison.compare(times, baseline)
    print(comparison.table(rows))
    for name in comparison.not_measured(times, baseline):
        print(f"{name}: in the baseline, not measured")
    if options.save:
        save(options.baseline, times)
        return 0
    slower = [one.name for one in rows if one.verdict == "SLOWER"]
    print(f"{len(slower)} slower than {comparison.SLOWER} x the baseline" + (": " + ", ".join(slower) if slower else ""))
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
