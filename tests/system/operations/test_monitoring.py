"""The Grafana dashboard and the Prometheus rules of docs/operations/: they can be read, name only metrics that there
are, and lead to pages that there are."""

import json
import re
import urllib.request

import pytest
import yaml

import promql
import running_cluster
from markdown_page import anchors_of

FOLDER = running_cluster.ROOT / "docs" / "operations"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [(rule["alert"], rule["expr"]) for rule in RULES] + [
    (panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]
]


def test_every_expression_parses(tmp_path):
    problems = {name: promql.problem_with(text) for name, text in EXPRESSIONS if promql.problem_with(text)}
    assert not problems
    assert not promql.promtool_says([text for _, text in EXPRESSIONS], tmp_path)


@pytest.mark.parametrize("broken", ["sum(rate(a[5m])", 'a{b="c"', "a ) > 1", "rate(a[5 minutes])", "1 2", "a > @"])
def test_broken_expressions_are_found(broken):
    assert promql.problem_with(broken) is not None


def test_only_metrics_that_running_processes_have_are_named(cluster):
    known = set()
    for process in cluster.processes():
        if process.get("http"):
            with urllib.request.urlopen(process["http"] + "/metrics", timeout=10) as answer:
                known |= set(re.findall(r"^# TYPE (\S+) ", answer.read().decode(), re.MULTILINE))
    missing = {(name, metric) for name, text in EXPRESSIONS for metric in promql.metrics_of(text) if metric not in known}
    assert not missing, missing


def test_every_alert_says_what_it_means_and_what_to_do():
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        notes = rule["annotations"]
        assert rule["labels"]["severity"] in ("warning", "critical"), rule["alert"]
        assert notes["summary"] and notes["meaning"] and notes["do"], rule["alert"]
        page, _, anchor = notes["runbook_url"].partition("#")
        assert anchor in anchors_of(running_cluster.ROOT / page), f"{rule['alert']}: {notes['runbook_url']}"


def test_the_dashboard_can_be_imported():
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    assert [one["type"] for one in DASHBOARD["templating"]["list"]] == ["datasource"]
    for panel in PANELS:
        assert panel["title"] and panel["description"] and panel["targets"], panel["id"]
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]


def test_the_runbook_names_only_alerts_that_there_are():
    named = set(re.findall(r"`(Marquee[A-Z]\w+)`", (FOLDER / "runbook.md").read_text()))
    assert named <= {rule["alert"] for rule in RULES}, named - {rule["alert"] for rule in RULES}
