"""From the documents of the load clients to medians, ratios and a verdict. Pure: nothing is started or read here."""

import dataclasses
import statistics

# Each figure: title, decimals.
FIGURES = {
    "records_per_second": ("records/s", 0),
    "p50_ms": ("p50 ms", 2),
    "p99_ms": ("p99 ms", 2),
    "cpu_seconds_per_million": ("server CPU s / million", 1),
    "client_cpu_seconds_per_million": ("client CPU s / million", 1),
    "memory_mib": ("memory MiB", 0),
    "errors": ("errors", 0),
}


class BadReport(Exception):
    """A load client printed something else than its report."""


def from_report(report, server_cpu_seconds, memory_mib):
    """The figures of one run. CPU counts from the client's first record, warm-up too, so it is set against all."""
    try:
        records = report["records"]
        latency = report["latency_ms"]
        ever = max(report.get("records_ever", records), records)
        return {
            "records_per_second": report["records_per_second"],
            "p50_ms": latency["p50"],
            "p99_ms": latency["p99"],
            "cpu_seconds_per_million": per_million(server_cpu_seconds, ever),
            "client_cpu_seconds_per_million": per_million(report["client_cpu_seconds"], records),
            "memory_mib": memory_mib,
            "errors": sum(report["errors"].values()),
        }
    except (KeyError, TypeError, AttributeError) as problem:
        raise BadReport(f"the report lacks or garbles {problem}") from problem


def per_million(seconds, records):
    """None where nothing was done that it could be divided by."""
    return seconds * 1e6 / records if records else None


def medians(runs):
    """One figure for each, of those runs that have it; errors add up."""
    found = {}
    for name in FIGURES:
        values = [run[name] for run in runs if run.get(name) is not None]
        if values:
            found[name] = sum(values) if name == "errors" else statistics.median(values)
    return found


@dataclasses.dataclass
class Verdict:
    goal: str
    value: float | None  # what was measured, in the goal's terms
    state: str  # "met", "missed" or "not measured"


def judge(goal, results, fsync_ms):
    """`results` are medians by contestant."""
    title = FIGURES[goal.figure][0]
    own = results.get(goal.own, {}).get(goal.figure)
    other = results.get(goal.against, {}).get(goal.figure) if goal.against else 1.0
    limit = goal.at_least if goal.at_least is not None else goal.at_most
    sign = ">=" if goal.at_least is not None else "<="
    text = f"{title} of {goal.own} {sign} {limit:g}"
    text += f" x {goal.against}" if goal.against else ""
    text += f" + {goal.plus_fsyncs} fsyncs" if goal.plus_fsyncs else ""
    if own is None or not other:
        return Verdict(text, None, "not measured")
    value = max(own - goal.plus_fsyncs * fsync_ms, 0.0) / other
    met = value >= limit if goal.at_least is not None else value <= limit
    return Verdict(text, value, "met" if met else "missed")


def table(row, results, failures):
    """Markdown. The ratio is Marquee's rate over the peer's: above 1 Marquee is faster."""
    shown = [name for name in FIGURES if any(name in one for one in results.values())]
    header = ["", *(FIGURES[name][0] for name in shown), "Marquee / it"]
    lines = [f"### {row.name}: {row.says}", ""]
    if results:
        lines += ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    for name in row.contestants:
        if name in results:
            cells = [name, *(_cell(results[name], figure) for figure in shown), _ratio(row, name, results)]
            lines.append("| " + " | ".join(cells) + " |")
    lines += ["", *(f"- {name} has no figures: {reason}" for name, reason in failures.items())]
    return "\n".join(lines).rstrip()


def _cell(result, figure):
    return f"{result[figure]:,.{FIGURES[figure][1]}f}" if figure in result else ""


def _ratio(row, name, results):
    """Durable is compared with durable, as the goals do it."""
    ours = [one for one in row.contestants if one.startswith("marquee")]
    if name in ours or not ours:
        return ""
    own = next((goal.own for goal in row.goals if goal.against == name), ours[0])
    mine, theirs = (results.get(one, {}).get("records_per_second") for one in (own, name))
    return f"{mine / theirs:.2f}" if mine and theirs else ""


def verdict_lines(row, results, fsync_ms):
    lines = []
    for goal in row.goals:
        verdict = judge(goal, results, fsync_ms)
        value = "" if verdict.value is None else f" ({verdict.value:.3g})"
        lines.append(f"- {verdict.state}{value}: {verdict.goal}")
    return "\n".join(lines)
