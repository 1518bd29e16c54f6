"""The streak (06, 4.2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from students.streaks import Streak, as_of, is_at_risk, learning_day, record_day, repair

MONDAY = date(2026, 3, 2)


def on(offset: int) -> date:
    return MONDAY + timedelta(days=offset)


def counted(*offsets: int, streak: Streak | None = None) -> Streak:
    streak = streak or Streak()
    for offset in offsets:
        streak = record_day(streak, on(offset))
    return streak


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 3, 3, 3, 59, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 3, 4, 0, tzinfo=UTC), date(2026, 3, 3)),
        (datetime(2026, 3, 3, 3, 59, tzinfo=UTC).astimezone(ZoneInfo("Asia/Tokyo")), date(2026, 3, 3)),
        # The night in which the clock goes back: four o'clock on the wall, whatever the hours.
        (datetime(2026, 10, 25, 3, 30, tzinfo=ZoneInfo("Europe/Vienna")), date(2026, 10, 24)),
    ],
)
def test_a_learning_day_changes_at_four_on_the_wall_clock(moment: datetime, expected: date) -> None:
    assert learning_day(moment) == expected


def test_days_in_a_row_are_counted_once_each() -> None:
    streak = counted(0, 0, 1, 1, 2)
    assert (streak.days, streak.longest, streak.last_on) == (3, 3, on(2))


def test_the_last_day_never_moves_back() -> None:
    streak = counted(0, 1)
    assert record_day(streak, on(0)) == streak


def test_a_missed_day_starts_again_and_the_longest_stays() -> None:
    streak = counted(0, 1, 2, 4)
    assert (streak.days, streak.longest) == (1, 3)


def test_seven_counted_days_earn_a_freeze_and_at_most_two_are_kept() -> None:
    assert counted(*range(6)).freezes == 0
    seven = counted(*range(7))
    assert (seven.freezes, seven.earned_on) == (1, on(6))
    assert counted(*range(35)).freezes == 2


def test_freezes_are_used_by_themselves() -> None:
    streak = counted(*range(14))
    assert streak.freezes == 2
    bridged = record_day(streak, on(16))
    assert (bridged.days, bridged.freezes) == (15, 0)


def test_one_freeze_does_not_bridge_two_days() -> None:
    streak = counted(*range(7), 9)
    assert (streak.days, streak.longest, streak.freezes) == (1, 7, 0)


def test_a_reader_sees_a_broken_streak_without_a_task_that_resets_it() -> None:
    streak = counted(0, 1)
    assert as_of(streak, on(2)).days == 2
    assert as_of(streak, on(3)).days == 0
    assert as_of(streak, on(3)).longest == 2


def test_within_two_days_of_a_break_it_can_be_repaired() -> None:
    streak = counted(*range(5))
    seen = as_of(streak, on(6))
    assert (seen.lost, seen.repair_until) == (5, on(8))
    repaired = record_day(repair(streak, on(8)), on(8))
    assert (repaired.days, repaired.longest, repaired.repaired_on) == (6, 6, on(8))


def test_repair_works_after_the_new_streak_has_begun() -> None:
    streak = counted(*range(5), 6)
    assert streak.days == 1
    assert repair(streak, on(6)).days == 6
    assert record_day(repair(streak, on(6)), on(7)).days == 7


def test_repair_comes_too_late_after_two_days_and_once_in_thirty() -> None:
    streak = counted(*range(5))
    assert repair(streak, on(9)) == streak
    once = record_day(repair(streak, on(6)), on(6))
    again = counted(*range(7, 20), streak=once)
    broken = Streak(**{**vars(again), "freezes": 0})
    assert repair(broken, on(21)) == broken
    assert repair(counted(20), on(20)) == counted(20)


def test_excused_days_ask_for_nothing() -> None:
    friday_to_monday = {on(5), on(6)}
    streak = record_day(counted(4), on(7), excused=friday_to_monday)
    assert streak.days == 2
    assert as_of(counted(4), on(7), excused=friday_to_monday).days == 1
    assert as_of(counted(4), on(8), excused=friday_to_monday).days == 0


def test_only_an_uncounted_day_without_a_freeze_is_at_risk() -> None:
    assert is_at_risk(counted(0), on(1))
    assert not is_at_risk(counted(0), on(0))
    assert not is_at_risk(counted(*range(7)), on(7))
    assert not is_at_risk(Streak(), on(0))
    assert not is_at_risk(counted(0), on(2))


@given(st.lists(st.integers(0, 120), max_size=40))
def test_the_order_of_repeats_does_not_matter_and_the_longest_never_shrinks(offsets: list[int]) -> None:
    streak, longest = Streak(), 0
    for offset in sorted(offsets):
        streak = record_day(streak, on(offset))
        assert streak.longest >= max(longest, streak.days)
        assert 0 <= streak.freezes <= 2
        longest = streak.longest
    assert streak == counted(*sorted(set(offsets)))
