"""The results of a suite: what results.json holds, and the medians that tables and plots show. Pure."""

import dataclasses
import statistics


def summary(runs):
    """One case's medians over its runs; None if none of them came to an end."""
    done = [run for run in runs if "load" in run]
    if not done:
        return None
    loads, costs = [run["load"] for run in done], [run["cost"] for run in done]
    rates = sorted(load["records_per_second"] for load in loads)
    errors = {}
    for load in loads:
        for reason, count in load["errors"].items():
            errors[reason] = errors.get(reason, 0) + count
    return {
        "runs": len(done),
        "records_per_second": statistics.median(rates),
        "slowest_and_fastest": [rates[0], rates[-1]],
        "megabytes_per_second": statistics.median(load["megabytes_per_second"] for load in loads),
        "latency_ms": {
            name: statistics.median(load["latency_ms"][name] for load in loads) for name in loads[0]["latency_ms"]
        },
        "errors": errors,
        "cpu_seconds_per_million": median_of_roles([cost["cpu_seconds_per_million"] for cost in costs]),
        "cpu_seconds_per_million_together": median([cost["cpu_seconds_per_million_together"] for cost in costs]),
        "client_cpu_share": statistics.median(load["client_cpu_seconds"] / load["seconds"] for load in loads),
        "written_bytes_per_byte": median([cost["written_bytes_per_byte"] for cost in costs]),
        "fsyncs_per_record": median([cost["fsyncs_per_record"] for cost in costs]),
        "memory_mib": round(statistics.median(sum(run["memory_mib"].values()) for run in done), 1),
    }


def median(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def median_of_roles(values):
    known = [value for value in values if value is not None]
    return {role: median([value.get(role) for value in known]) for role in (known[0] if known else {})}


def document(machine, options, idle, runs, series):
    """`runs`: {case: [run, ...]}, in the order of measuring."""
    cases = [
        {"name": case.name, "parameters": dataclasses.asdict(case), "summary": summary(made), "runs": made}
        for case, made in runs.items()
        if made
    ]
    measured = {case for case, made in runs.items() if made}
    return {
        "machine": machine,
        "options": options,
        "idle_memory_mib": idle,
        "cases": cases,
        "series": [
            {"key": one.key, "title": one.title, "axis": one.axis, "cases": [case.name for case in one.cases]}
            for one in series
            if measured.issuperset(one.cases)
        ],
    }
