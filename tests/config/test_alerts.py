"""Dashboards, alerts and the table of metrics speak of metrics that exist; every alert has its page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from analytics import metrics
from config.gauges import DatabaseCollector
from config.process_gauges import ProcessCollector

ROOT = Path(__file__).parents[2]
OBSERVABILITY = ROOT / "deploy" / "observability"
PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total"}
WORDS = {"sum", "rate", "increase", "topk", "max", "absent", "histogram_quantile", "by", "or", "le"}
SUFFIXES = ("_bucket", "_count", "_sum")
pytestmark = pytest.mark.django_db


def own_metrics() -> dict[str, tuple[str, ...]]:
    """Name → labels of everything that we count ourselves."""
    assert metrics.http_request_seconds is not None  # they are registered when the module is read
    found: dict[str, tuple[str, ...]] = {}
    collectors: set[Any] = set(REGISTRY._collector_to_names)
    for collector in collectors:
        if hasattr(collector, "_labelnames"):
            name = collector._name + ("_total" if collector._type == "counter" else "")
            found[name] = collector._labelnames
    return found


def gauges() -> dict[str, tuple[str, ...]]:
    families = [*DatabaseCollector().collect(), *ProcessCollector().collect()]
    return {
        family.name + ("_total" if family.type == "counter" else ""): tuple(
            getattr(family, "_labelnames", ())
        )
        for family in families
    }


def names_in(expression: str) -> set[str]:
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)', " ", expression)
    found = set(re.findall(r"[a-z_]{3,}", bare)) - WORDS
    return {_without_suffix(name) for name in found}


def _without_suffix(name: str) -> str:
    for suffix in SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((OBSERVABILITY / "alerts.yaml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for path in sorted((OBSERVABILITY / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"]


def test_every_metric_that_a_dashboard_or_an_alert_names_exists() -> None:
    known = own_metrics() | gauges()
    wrong = {
        where: names_in(expression) - set(known) - PROCESS
        for where, expression in expressions()
        if names_in(expression) - set(known) - PROCESS
    }
    assert wrong == {}
    assert sum(1 for _ in expressions()) > 50


def test_every_label_they_group_by_is_one_of_its_metric() -> None:
    known = own_metrics() | gauges()
    for where, expression in expressions():
        grouped = {
            label.strip() for found in re.findall(r"by \(([^)]*)\)", expression) for label in found.split(",")
        }
        labels = {label for name in names_in(expression) for label in known.get(name, ())}
        assert grouped - {"le"} <= labels, where


def test_every_metric_is_on_a_dashboard_and_in_the_table() -> None:
    shown = {name for _, expression in expressions() for name in names_in(expression)}
    table = set(
        re.findall(
            r"`([a-z_]+)`", (ROOT / "docs" / "observability.md").read_text().partition("## Metrics")[2]
        )
    )
    for name in set(own_metrics()) | set(gauges()):
        assert name in shown, name
        assert name in table, name


def test_every_alert_has_a_page_that_says_what_to_do() -> None:
    pages = {rule["annotations"]["runbook"] for rule in rules()}
    for page in pages:
        assert len((ROOT / page).read_text().splitlines()) >= 5, page
    assert {rule["labels"]["severity"] for rule in rules()} == {"page", "ticket"}
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)


def test_no_label_can_hold_a_person_or_grow_without_end() -> None:
    allowed = {
        *("route", "method", "status_class", "status", "result", "cdn", "age_group", "completed", "correct"),
        *("mode", "step", "actor", "provider", "task", "queue", "outbox", "alias", "limit", "version"),
        *("kind", "purpose", "filter", "verdict", "cache", "host"),
    }
    for name, labels in (own_metrics() | gauges()).items():
        assert set(labels) <= allowed, name
