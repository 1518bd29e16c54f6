"""The streak after an activity on a local date (06, 4.2). Pure and lazy: no task resets anything.

`students.streak_trail` keeps the days of the last week as well, so that late answers find their day.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

DAY_STARTS = timedelta(hours=4)  # a learning day changes at 04:00, so a late evening stays one day
DAYS_PER_FREEZE = 7
MOST_FREEZES = 2
REPAIR_DAYS = timedelta(days=2)
REPAIR_EVERY = timedelta(days=30)
LATE_DAYS = timedelta(days=7)  # an offline answer counts for its own day up to this late
SATURDAY = 5


@dataclass(frozen=True)
class Streak:
    """`days` counted in a row up to `last_on`; `lost` is what a break took while it can be repaired."""

    days: int = 0
    longest: int = 0
    last_on: date | None = None
    freezes: int = 0
    earned_on: date | None = None  # the last free freeze
    repair_until: date | None = None
    repaired_on: date | None = None
    lost: int = 0
    moved_on: date | None = None  # a change of zone whose first gap of one day is still forgiven


def learning_day(moment: datetime) -> date:
    """The local date of an aware `moment` in the learner's zone, changing at 04:00 on the wall clock."""
    return (moment.replace(tzinfo=None) - DAY_STARTS).date()


def excused_days(
    since: date | None, today: date, *, outages: Collection[date] = (), weekends_off: bool = False
) -> frozenset[date]:
    """The days up to `today` that ask for nothing: the platform was down, or a school's weekend is free.

    `since` is the trail's; they begin two weeks before it, so that late answers are judged by them too.
    """
    free = set(outages)
    if weekends_off and since is not None:
        first = min(since, today) - 2 * LATE_DAYS
        days = (first + timedelta(days=count) for count in range((today - first).days + 1))
        free |= {day for day in days if day.weekday() >= SATURDAY}
    return frozenset(free)


def record_day(streak: Streak, on: date, *, excused: Collection[date] = ()) -> Streak:
    """The streak after `on` has counted. More on the same day adds nothing; `last_on` never moves back.

    `excused` are days that ask for nothing (`excused_days`).
    """
    if streak.last_on is None:
        return _earn(replace(streak, days=1, longest=max(streak.longest, 1), last_on=on))
    if on <= streak.last_on:
        return streak
    missed = _missed(streak.last_on, on, excused)
    needed = _needed(streak, on, excused)
    if needed > streak.freezes or not streak.days:
        broken = as_of(streak, on, excused=excused)
        return replace(broken, days=1, longest=max(streak.longest, 1), last_on=on)
    days = streak.days + 1
    return _earn(
        replace(
            streak,
            days=days,
            longest=max(streak.longest, days),
            last_on=on,
            freezes=streak.freezes - needed,
            moved_on=None if missed and not needed else streak.moved_on,
        )
    )


def record_move(streak: Streak, on: date) -> Streak:
    """After a change of zone on `on`: the first gap of one day from now on is forgiven."""
    return replace(streak, moved_on=on)


def as_of(streak: Streak, today: date, *, excused: Collection[date] = ()) -> Streak:
    """What a reader sees on `today`: a broken streak has no days, and for two days a way back."""
    if streak.last_on is not None and streak.days and _needed(streak, today, excused) > streak.freezes:
        broken_on = _day_of_break(streak, excused)
        streak = replace(streak, days=0, freezes=0, lost=streak.days, repair_until=broken_on + REPAIR_DAYS)
    if streak.repair_until is not None and today > streak.repair_until:
        streak = replace(streak, lost=0, repair_until=None)
    return streak


def repair(streak: Streak, on: date, *, excused: Collection[date] = ()) -> Streak:
    """Three recall cards on `on` restore a streak that broke within two days, once in 30 days.

    Unchanged where there is nothing to repair. Call it beside `record_day`, before it.
    """
    seen = as_of(streak, on, excused=excused)
    if not seen.lost or (seen.repaired_on is not None and on - seen.repaired_on < REPAIR_EVERY):
        return streak
    days = seen.lost + seen.days
    last_on = seen.last_on if seen.days else on - timedelta(days=1)  # then `on` itself can still count
    return replace(
        seen,
        days=days,
        longest=max(seen.longest, days),
        last_on=last_on,
        repaired_on=on,
        repair_until=None,
        lost=0,
    )


def freezes_left(streak: Streak, today: date, *, excused: Collection[date] = ()) -> int:
    """What a reader sees: freezes that missed days have not used up yet."""
    seen = as_of(streak, today, excused=excused)
    if seen.last_on is None or not seen.days:
        return seen.freezes
    return seen.freezes - _needed(seen, today, excused)


def is_at_risk(streak: Streak, today: date, *, excused: Collection[date] = ()) -> bool:
    """Today does not count yet, and no freeze would save it. For the progress page, never for a message."""
    seen = as_of(streak, today, excused=excused)
    if not seen.days or seen.last_on == today or today in excused:
        return False
    return as_of(seen, today + timedelta(days=1), excused=excused).days == 0


def _needed(streak: Streak, on: date, excused: Collection[date]) -> int:
    """Freezes that the gap before `on` takes: its missed days, unless a move forgives the only one."""
    missed = _missed(streak.last_on, on, excused) if streak.last_on else 0
    return 0 if missed == 1 and streak.moved_on is not None else missed


def _missed(last_on: date, on: date, excused: Collection[date]) -> int:
    """Whole days between the two that should have counted."""
    gap = (on - last_on).days - 1
    return max(gap - sum(last_on < day < on for day in set(excused)), 0)


def _day_of_break(streak: Streak, excused: Collection[date]) -> date:
    """The first day on which the missed days are more than the freezes; of a streak that is broken."""
    day = (streak.last_on or date.min) + timedelta(days=1)
    while _needed(streak, day, excused) <= streak.freezes:
        day += timedelta(days=1)
    return day


def _earn(streak: Streak) -> Streak:
    """One free freeze for each seven counted days, at most two."""
    if streak.days == 0 or streak.days % DAYS_PER_FREEZE or streak.freezes >= MOST_FREEZES:
        return streak
    return replace(streak, freezes=streak.freezes + 1, earned_on=streak.last_on)
