"""Tables of series, as rows of text, for Markdown and HTML alike. Pure."""

import cases as plans

COLUMNS = (
    "records/s",
    "MB/s",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "max ms",
    "errors",
    "CPU s/million",
    "of it brokers",
    "managers",
    "balancer",
    "load's CPU",
    "written/byte",
    "fsyncs/record",
    "memory MiB",
)
MEANINGS = {
    "CPU s/million": "CPU seconds of the whole cluster, with PostgreSQL, for a million records",
    "load's CPU": "cores that the load program used: near 1 it may be what limits",
    "written/byte": "bytes that all brokers wrote for each byte of a value: replicas, log and segments",
    "fsyncs/record": "of all brokers' logs",
    "memory MiB": "of all processes at the end, shared pages counted once",
    "errors": "in all runs, with warm-up; what fails has no latency",
}


def header(series):
    return [axis_title(series["axis"]), *COLUMNS]


def axis_title(axis):
    return {"record_bytes": "record", "in_flight": "in flight", "replication": "replicas"}.get(axis, axis or "case")


def axis_text(axis, parameters):
    value = parameters.get(axis)
    if axis == "record_bytes":
        return plans.size_text(value)
    if axis == "replication":
        return f"{value}, {parameters['durability']}"
    if axis == "keys":
        return str(value) if value else "none"
    if axis == "":
        return parameters["fault"]
    return f"{value:,}" if isinstance(value, int) else str(value)


def rows(series, found):
    """`found`: {name: case of results.json}."""
    return [row(series["axis"], found[name]) for name in series["cases"]]


def failures(series, found):
    """Sentences about cases that did not come to an end."""
    said = []
    for name in series["cases"]:
        said += [f"{name} failed: {run['failure']}" for run in found[name]["runs"] if "failure" in run]
    return said


def row(axis, case):
    first = axis_text(axis, case["parameters"])
    shown = case["summary"]
    if shown is None:
        return [first, "failed", *[""] * (len(COLUMNS) - 1)]
    latency, cpu = shown["latency_ms"], shown["cpu_seconds_per_million"]
    managers = [cpu[role] for role in ("write_manager", "read_manager") if cpu.get(role) is not None]
    return [
        first,
        rate_text(shown),
        number(shown["megabytes_per_second"]),
        *[number(latency[name]) for name in ("p50", "p99", "p99_9", "max")],
        errors_text(shown["errors"]),
        number(shown["cpu_seconds_per_million_together"]),
        number(cpu.get("broker")),
        number(sum(managers) if managers else None),
        number(cpu.get("load_balancer")),
        number(shown["client_cpu_share"]),
        number(shown["written_bytes_per_byte"]),
        number(shown["fsyncs_per_record"]),
        number(shown["memory_mib"]),
    ]


def rate_text(shown):
    text = f"{shown['records_per_second']:,.0f}"
    if shown["runs"] > 1:
        slowest, fastest = shown["slowest_and_fastest"]
        text += f" ({slowest:,.0f} to {fastest:,.0f})"
    return text


def errors_text(errors):
    return "; ".join(f"{count:,} x {reason}" for reason, count in errors.items()) or "0"


def number(value):
    """Three digits that mean something."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def markdown(made):
    lines = ["# Throughput", "", *machine_lines(made), ""]
    found = {case["name"]: case for case in made["cases"]}
    for series in made["series"]:
        lines += [f"## {series['title']}", ""]
        lines += ["| " + " | ".join(header(series)) + " |", "|" + "---|" * (len(COLUMNS) + 1)]
        lines += ["| " + " | ".join(cells) + " |" for cells in rows(series, found)] + [""]
        lines += [f"- {text}" for text in failures(series, found)]
    lines += [f"- {name}: {meaning}" for name, meaning in MEANINGS.items()]
    return "\n".join(lines) + "\n"


def machine_lines(made):
    machine, options = made["machine"], made["options"]
    rounds = f"{options['repeats']} rounds, medians" if options["repeats"] > 1 else "one run each"
    idle = sum(memory for name, memory in made["idle_memory_mib"].items() if name != "postgres")
    return [
        f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gib']} GiB, Linux {machine['kernel']}; "
        f"cluster, PostgreSQL and load share them.",
        f"Disk: {machine['file_system']}, fdatasync of 4 KiB {machine['fdatasync_ms']['p50']} ms "
        f"(p99 {machine['fdatasync_ms']['p99']} ms). Commit {machine['commit']}, {machine['started']}.",
        f"{options['seconds']:g} s a case after {options['warm_up_seconds']:g} s of warm-up, {rounds}; "
        f"1 KiB, 3 replicas, durable, 1 partition where nothing else is said.",
        f"Load average before the start: {machine['load_average_at_start']}. "
        f"Idle cluster without PostgreSQL: {idle:.0f} MiB.",
    ]
