"""
What /metrics says keeps the rules of Prometheus, is documented, and is all that the examples ask for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from gateway.cli.metrics_page import page
from gateway.core.alerts import AlertFacts
from gateway.core.delivery import State
from gateway.core.model import Kind, Lane, NodeId
from gateway.observe import Metrics
from tests.kit.clock import START
from tests.kit.source_tree import ROOT

MONITORING = ROOT / "docs" / "monitoring"
G22 = NodeId("G22")
NO_BASE_UNITS = ("milliseconds", "minutes", "hours", "days", "kilobytes", "megabytes", "percent")


def spoken() -> str:
    """What a node says once everything has happened to it."""
    metrics = Metrics()
    metrics.accepted(Kind.DOCUMENT, 1000)
    metrics.refused("TRUC-301")
    metrics.sent(G22, Lane.NORMAL, 1000)
    metrics.taken(G22, Lane.NORMAL, 1000)
    metrics.failed(G22, Lane.NORMAL, "TRUC-501")
    metrics.standing({("link:G22", State.QUEUED): 2})
    metrics.links({G22: True})
    metrics.facts(
        AlertFacts(links={G22: True}, oldest={G22: START}, certificates={"seal": START}, disk_free=0.5), START
    )
    metrics.answered("GET", "/v1/ready", 200, 0.01)
    return generate_latest(metrics.registry).decode()


def test_every_metric_keeps_the_rules() -> None:
    """The rules of `promtool check metrics`, as far as they can be broken here."""
    families = list(text_string_to_metric_families(spoken()))
    assert len(families) > 15
    for family in families:
        if family.name.endswith("_created"):
            continue
        assert family.name.startswith("truc_")
        assert re.fullmatch(r"[a-z][a-z0-9_]*", family.name)
        assert family.documentation
        assert family.type in ("counter", "gauge", "histogram")
        assert not family.name.endswith(NO_BASE_UNITS)
        for sample in family.samples:
            assert family.type != "counter" or sample.name.endswith(("_total", "_created"))
            assert family.type != "gauge" or not sample.name.endswith(("_total", "_count", "_sum", "_bucket"))
            assert all(re.fullmatch(r"[a-z][a-z0-9_]*", label) for label in sample.labels)


def test_every_metric_is_documented() -> None:
    described = {line.name for line in Metrics().described}
    for family in text_string_to_metric_families(spoken()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert name in described or name.endswith("_created")
    told = page()
    assert all(f"`{name}`" in told for name in described)


def names_in(expression: str) -> set[str]:
    """The metrics that an expression of PromQL names."""
    found = set(re.findall(r"\btruc_[a-z0-9_]+", expression))
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in found}


def expressions(of: Any) -> Iterator[str]:
    """Every `expr` and `query` in a tree."""
    if isinstance(of, dict):
        for key, value in of.items():
            if key in ("expr", "query") and isinstance(value, str):
                yield value
            yield from expressions(value)
    elif isinstance(of, list):
        for each in of:
            yield from expressions(each)


@pytest.mark.parametrize("file", ["rules.yml", "grafana.json", "prometheus.yml"])
def test_example_names_only_metrics_that_there_are(file: str) -> None:
    text = (MONITORING / file).read_text("utf-8")
    tree = json.loads(text) if file.endswith(".json") else yaml.safe_load(text)
    named = {name for expression in expressions(tree) for name in names_in(expression)}
    assert named or file == "prometheus.yml"
    assert named <= {line.name for line in Metrics().described}


def test_rules_have_what_prometheus_wants() -> None:
    tree = yaml.safe_load((MONITORING / "rules.yml").read_text("utf-8"))
    rules = [rule for group in tree["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"]


def test_panels_of_the_dashboard_lie_beside_each_other() -> None:
    panels = json.loads((MONITORING / "grafana.json").read_text("utf-8"))["panels"]
    places = {(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels}
    assert len(places) == len(panels) == len({p["id"] for p in panels})
