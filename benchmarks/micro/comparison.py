"""What Google Benchmark measured, as multiples of the calibration beside it, against a baseline. Pure."""

import dataclasses

CALIBRATION = "calibration"
# Beyond these a difference is more than noise.
SLOWER = 1.25
FASTER = 1 / SLOWER


def smallest_times(report):
    """{benchmark: ns of CPU} out of Google Benchmark's JSON. The smallest of all repetitions: whatever else the
    machine does only adds to them."""
    times = {}
    for run in report["benchmarks"]:
        if run.get("run_type") != "iteration" or run.get("error_occurred"):
            continue
        name = run["run_name"].partition("/iterations:")[0]
        nanoseconds = run["cpu_time"] * {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[run["time_unit"]]
        times[name] = min(times.get(name, nanoseconds), nanoseconds)
    return times


def failures(report):
    return sorted({run["run_name"] for run in report["benchmarks"] if run.get("error_occurred")})


def relative(times):
    """{benchmark: multiple of the calibration}. A faster machine has the same ones."""
    unit = times[CALIBRATION]
    return {name: time / unit for name, time in times.items() if name != CALIBRATION}


@dataclasses.dataclass(frozen=True)
class row:
    name: str
    nanoseconds: float
    ratio: float | None  # to the baseline; None: the baseline does not have it

    @property
    def verdict(self):
        if self.ratio is None:
            return "new"
        return "SLOWER" if self.ratio > SLOWER else "faster" if self.ratio < FASTER else ""


def compare(times, baseline):
    """`baseline`: {benchmark: multiple of the calibration}. Sorted by name, with numbers as numbers."""
    measured = sorted(relative(times).items(), key=lambda one: natural(one[0]))
    return [row(name, times[name], value / baseline[name] if name in baseline else None) for name, value in measured]


def natural(name):
    return [(int(part), "") if part.isdigit() else (0, part) for part in name.split("/")]


def not_measured(times, baseline):
    """Of the baseline: a benchmark that is gone could hide what it would tell."""
    return sorted(set(baseline) - set(times))


def merge(first, second):
    """The better of two measurements, each by its own calibration, as times of the first."""
    unit = first[CALIBRATION] / second[CALIBRATION]
    better = {name: min(time, second[name] * unit) if name in second else time for name, time in first.items()}
    return better | {CALIBRATION: first[CALIBRATION]}


def table(rows):
    width = max(len(one.name) for one in rows)
    lines = [f"{'benchmark':{width}} {'ns':>14} {'ratio':>6}"]
    for one in rows:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        lines.append(f"{one.name:{width}} {one.nanoseconds:14,.1f} {ratio:>6} {one.verdict}".rstrip())
    return "\n".join(lines)
