"""The capacity sheet: what is measured times what children do."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config.capacity import HEADROOM, CostMissing, Habits, one_of_each, plan

COSTS = {"cached_cpu_ms": 1.0, "cold_cpu_ms": 10.0, "submit_cpu_ms": 4.0}


def sheet(habits: Habits) -> dict[tuple[str, str], float]:
    return {(line.part, line.unit): line.amount for line in plan(COSTS, habits)}


def test_requests_of_the_busiest_hour_times_their_milliseconds() -> None:
    habits = Habits(children=36_000, active_share=0.5, cards=10, answers=20, peak_share=0.2)
    found = sheet(habits)
    # 18,000 children × 10 cards × 0.2 / 3600 s = 10 a second: kept, uncached, played; 20 answers.
    assert found["requests", "a second"] == pytest.approx(50)
    assert found["web", "processors"] == pytest.approx((10 * 1 + 10 * 10 + 30 * 4) / 1000)
    assert found["web", "pods"] == 2


def test_ten_times_the_children_are_ten_times_the_work() -> None:
    small, large = sheet(Habits(children=100_000)), sheet(Habits(children=1_000_000))
    for key in (("requests", "a second"), ("web", "processors"), ("CDN", "TB a month")):
        assert large[key] == pytest.approx(10 * small[key])
    assert large["database", "connections"] == large["web", "pods"] * 4 + 60


def test_one_processor_and_one_child_by_hand() -> None:
    habits = Habits(children=1, cards=10, answers=20, peak_share=0.2, film_mb=6)
    found = {(line.part, line.unit): line.amount for line in one_of_each(COSTS | {"cpu_seconds": 45}, habits)}
    # A film: 1 ms kept, 10 ms made, a report and two answers of 4 ms = 23 ms.
    assert found["web", "films an hour"] == pytest.approx(3_600_000 / 23)
    assert found["web", "children a day"] == pytest.approx(3_600_000 * HEADROOM / (23 * 10 * 0.2))
    assert found["render", "films an hour"] == 80
    assert found["child", "kB a day"] == pytest.approx(8.0)
    assert found["child", "MB a day"] == 60
    # The sheet for many children and the figure for one processor agree.
    many = Habits(children=1_000_000, active_share=1, cards=10, answers=20, peak_share=0.2)
    needed = {(line.part, line.unit): line.amount for line in plan(COSTS, many)}["web", "processors"]
    assert needed / HEADROOM == pytest.approx(1_000_000 / found["web", "children a day"])


def test_nothing_is_computed_from_what_was_not_measured(tmp_path: Path) -> None:
    with pytest.raises(CostMissing, match="submit_cpu_ms"):
        plan({"cached_cpu_ms": 1.0, "cold_cpu_ms": 10.0}, Habits(children=1))
    with pytest.raises(CommandError, match="make bench"):
        call_command("capacity", measured=tmp_path / "none.json")


def test_the_command_says_from_which_habits_it_computed(tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_text(json.dumps(COSTS))
    out = io.StringIO()
    call_command(
        "capacity", "--measured", str(tmp_path / "feed.json"), "--children", "5000", "--json", stdout=out
    )
    found = json.loads(out.getvalue())
    assert found["habits"]["children"] == 5000
    assert len(found["sheet"]) == 8
    assert {line["part"] for line in found["one_of_each"]} >= {"web", "child"}
