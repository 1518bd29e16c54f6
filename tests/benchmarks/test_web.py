"""The table of what answers cost: a gate that is missed, or was not measured, is not passed over."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.db import connection

from benchmarks.web.gates import GATES, failures, show
from benchmarks.web.tables import measure_partitions

GOOD = {name: goal for name, (_, goal, _) in GATES.items()}


def test_what_reaches_every_goal_fails_nowhere_and_says_so() -> None:
    out = io.StringIO()
    show(GOOD, out)
    assert failures(GOOD) == []
    assert [line.split()[-1] for line in out.getvalue().splitlines()] == ["goal"] * len(GATES)


@pytest.mark.parametrize("name", [name for name, (gate, _, _) in GATES.items() if gate is not None])
def test_a_figure_beyond_its_gate_or_missing_fails(name: str) -> None:
    gate, _, more = GATES[name]
    assert gate is not None
    worse = gate - 0.01 if more else gate + 0.01
    assert failures(GOOD | {name: worse}) == [name]
    assert failures(GOOD | {name: gate}) == []
    assert failures({key: value for key, value in GOOD.items() if key != name}) == [name]


def test_every_gate_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs" / "performance.md").read_text()
    assert [name for name in GATES if f"`{name}`" not in page] == []


@pytest.mark.django_db(transaction=True)
def test_a_learners_year_reads_one_table_and_a_year_leaves_whole() -> None:
    """The benchmark's own tables, small: what it measures is what it says, and nothing stays behind."""
    found = measure_partitions(20_000)
    assert found["partitions_of_a_year"] == 1
    assert {name for name, value in found.items() if value > 0} == set(found)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'bench\\_%%'")
        assert cursor.fetchone()[0] == 0
