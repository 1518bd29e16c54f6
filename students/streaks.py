"""The streak after an activity on a local date (06, 4.2). Pure and lazy: no task resets anything."""

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


@dataclass(frozen=True)
class Streak:
    """`days` counted in a row up to `last_on`; `lost` is what a break took while it can be repaired."""

    days: int = 0
    longest: int = 0
    last_on: date | None = None
    freezes: int = 0
    earned_on: date | None = None
    repair_until: date | None = None
    repaired_on: date | None = None
    lost: int = 0


def learning_day(moment: datetime) -> date:
    """The local date of an aware `moment` in the learner's zone, changing at 04:00 on the wall clock."""
    return (moment.replace(tzinfo=None) - DAY_STARTS).date()


def record_day(streak: Streak, on: date, *, excused: Collection[date] = ()) -> Streak:
    """The streak after `on` has counted. More on the same day adds nothing; `last_on` never moves back.

    `excused` are days that ask for nothing: outages, free weekends, the day lost to a new time zone.
    """
    if streak.last_on is None:
        return _earn(replace(streak, days=1, longest=max(streak.longest, 1), last_on=on))
    if on <= streak.last_on:
        return streak
    missed = _missed(streak.last_on, on, excused)
    if missed > streak.freezes:
        broken = as_of(streak, on, excused=excused)
        return replace(broken, days=1, longest=max(streak.longest, 1), last_on=on)
    days = streak.days + 1
    return _earn(
        replace(
            streak,
            days=days,
            longest=max(streak.longest, days),
            last_on=on,
            freezes=streak.freezes - missed,
        )
    )


def as_of(streak: Streak, today: date, *, excused: Collection[date] = ()) -> Streak:
    """What a reader sees on `today`: a broken streak has no days, and for two days a way back."""
    if streak.last_on is not None and streak.days:
        missed = _missed(streak.last_on, today, excused)
        if missed > streak.freezes:
            broken_on = _day_of_break(streak.last_on, streak.freezes, excused)
            streak = replace(
                streak, days=0, freezes=0, lost=streak.days, repair_until=broken_on + REPAIR_DAYS
            )
    if streak.repair_until is not None and today > streak.repair_until:
        streak = replace(streak, lost=0, repair_until=None)
    return streak


def repair(streak: Streak, on: date, *, excused: Collection[date] = ()) -> Streak:
    """Three recall cards on `on` restore a streak that broke within two days, once in 30 days.

    Unchanged where there is nothing to repair. Call it beside `record_day`, in either order.
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


def is_at_risk(streak: Streak, today: date, *, excused: Collection[date] = ()) -> bool:
    """Today does not count yet, and no freeze would save it. For the progress page, never for a message."""
    seen = as_of(streak, today, excused=excused)
    return bool(seen.days) and seen.last_on != today and today not in excused and not seen.freezes


def _missed(last_on: date, on: date, excused: Collection[date]) -> int:
    """Whole days between the two that should have counted."""
    gap = (on - last_on).days - 1
    return gap - sum(last_on < day < on for day in set(excused))


def _day_of_break(last_on: date, freezes: int, excused: Collection[date]) -> date:
    """The first day on which the missed days are more than the freezes."""
    day = last_on + timedelta(days=1)
    while _missed(last_on, day, excused) <= freezes:
        day += timedelta(days=1)
    return day


def _earn(streak: Streak) -> Streak:
    """One free freeze for each seven counted days, at most two."""
    if streak.days == 0 or streak.days % DAYS_PER_FREEZE or streak.freezes >= MOST_FREEZES:
        return streak
    return replace(streak, freezes=streak.freezes + 1, earned_on=streak.last_on)
