"""docs/metrics.md, made from what the processes of a running cluster say of themselves.

    python3 tests/system/seeing/metrics_reference.py STATE_DIR > docs/metrics.md
"""

import json
import pathlib
import re
import sys
import textwrap
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

ROLES = {
    "load_balancer": "Load balancer",
    "write_manager": "Write manager",
    "read_manager": "Read manager",
    "broker": "Broker",
    "booking_front_end": "Booking front end",
    "booking_replica": "Booking replica",
    "booking_supervisor": "Booking supervisor",
}
PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "metrics.md"
EVERYWHERE = "Every process"
HEADER = """# Metrics

Every process serves `GET /metrics` (Prometheus text format). Names are `marquee_<component>_<what>_<unit>`; counters
end in `_total`; `_us` are microseconds, `_ms` milliseconds. Histograms have `_bucket`, `_sum` and `_count`. There is
no series per topic, partition or client: sums, and maxima where the worst one counts.

This list is made from running processes: `python3 tests/system/seeing/metrics_reference.py STATE_DIR`.
A test fails when it is not in step.
"""


def scrape(address):
    with urllib.request.urlopen(address + "/metrics", timeout=10) as response:
        return response.read().decode()


def families(text):
    """name -> (type, help, samples); a counter has its whole name."""
    found = {}
    for family in text_string_to_metric_families(text):
        name = family.name + ("_total" if family.type == "counter" else "")
        found[name] = (family.type, family.documentation, family.samples)
    return found


def gather(entries):
    """By section: name -> (type, help). Of the roles that the cluster has: the page is made from one with booking."""
    by_role = {}
    for entry in entries:
        if entry["role"] in ROLES:
            known = by_role.setdefault(entry["role"], {})
            for name, (kind, text, _) in families(scrape(entry["http"])).items():
                known[name] = (kind, text)
    common = set.intersection(*(set(known) for known in by_role.values()))
    sections = {EVERYWHERE: {name: by_role["broker"][name] for name in common}}
    for role, title in ROLES.items():
        if role in by_role:
            sections[title] = {name: value for name, value in by_role[role].items() if name not in common}
    return sections


def items_of(metrics):
    """A list item for each, as it stands in the page."""
    return [
        textwrap.fill(f"- `{name}` ({kind}): {text}", 118, subsequent_indent="  ", break_long_words=False)
        for name, (kind, text) in sorted(metrics.items())
    ]


def to_markdown(sections):
    lines = [HEADER]
    for title, metrics in sections.items():
        lines += [f"## {title}", "", *items_of(metrics), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def compare(entries):
    """Asserts that the page lists what these processes tell, section by section, and nothing else."""
    documented = PAGE.read_text()
    for title, metrics in gather(entries).items():
        part = documented.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        assert part, f"docs/metrics.md has no section '{title}'"
        listed = set(re.findall(r"^- `([a-z0-9_]+)`", part, re.MULTILINE))
        missing = [item for item in items_of(metrics) if item + "\n" not in part + "\n"]
        assert not missing, "docs/metrics.md lacks, or says otherwise:\n" + "\n".join(missing)
        assert not listed - set(metrics), f"docs/metrics.md names what is not there: {listed - set(metrics)}"


if __name__ == "__main__":
    cluster = json.loads((pathlib.Path(sys.argv[1]) / "cluster.json").read_text())
    print(to_markdown(gather(cluster["processes"])), end="")
