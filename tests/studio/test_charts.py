"""Charts by the server: what is drawn says what the table says (decision 0025)."""

from __future__ import annotations

import itertools

import pytest

from studio.admin.charts import HEIGHT, LEFT, WIDEST, WIDTH, Series, draw_bars


def test_a_lone_bar_is_a_bar_in_the_middle_of_its_place() -> None:
    [bar] = draw_bars(title="Spent", unit="$", labels=["script"], series=[Series("dollars", [0.6])]).bars
    assert bar.width == WIDEST
    assert bar.x + bar.width / 2 == pytest.approx(LEFT + (WIDTH - LEFT) / 2)
    assert (bar.y + bar.height, bar.title) == (HEIGHT, "script: 1 $, dollars")


@pytest.mark.parametrize("days", [1, 2, 7, 30])
def test_bars_stand_apart_inside_the_drawing_however_many_there_are(days: int) -> None:
    series = [Series("finished", [2.0] * days), Series("published", [1.0] * days, 2)]
    bars = sorted(
        draw_bars(title="Films", unit="films", labels=[str(day) for day in range(days)], series=series).bars,
        key=lambda bar: bar.x,
    )
    assert [bar.tone for bar in bars] == [1, 2] * days
    assert all(one.x + one.width <= other.x + 0.11 for one, other in itertools.pairwise(bars))
    assert bars[0].x >= LEFT
    assert bars[-1].x + bars[-1].width <= WIDTH


def test_what_is_unknown_is_no_bar_and_no_nought() -> None:
    chart = draw_bars(
        title="Waiting", unit="h", labels=["Mon", "Tue"], series=[Series("hours", [None, 1.5])], digits=1
    )
    assert [bar.title for bar in chart.bars] == ["Tue: 1.5 h, hours"]
    assert chart.table == [["Mon", "–"], ["Tue", "1.5"]]
    assert not chart.is_empty
