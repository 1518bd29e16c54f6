"""A streak that does not mind in which order days arrive (06, 4.2). Pure.

A phone that was away sends Tuesday's answers before Monday's, or Monday's after Wednesday's. So the marks
of the last week are kept, and the streak is what they add up to, one after the other, from the state before
them. What is older than a week is folded into that state: nothing so late counts any more.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from students.streaks import LATE_DAYS, Streak, record_day, record_move, repair

KEPT = LATE_DAYS + timedelta(days=2)  # travel moves "today" by one at most


class Mark(StrEnum):
    """What a day can hold, in the order in which it is counted."""

    RECALLED = "recalled"  # three recall cards: they repair
    COUNTED = "counted"
    MOVED = "moved"  # the zone was changed


ORDER = {mark: place for place, mark in enumerate(Mark)}


@dataclass(frozen=True)
class Trail:
    """The state before the last week, and that week's marks by day."""

    base: Streak = field(default_factory=Streak)
    marks: tuple[tuple[date, Mark], ...] = ()

    @property
    def since(self) -> date | None:
        """The first day that still plays a part: excused days are needed from here on."""
        return self.base.last_on or (self.marks[0][0] if self.marks else None)

    def streak(self, excused: Collection[date] = ()) -> Streak:
        """What base and marks add up to."""
        streak = self.base
        for on, mark in self.marks:
            streak = _fold(streak, on, mark, excused)
        return streak


def add_mark(trail: Trail, mark: Mark, on: date, *, today: date, excused: Collection[date] = ()) -> Trail:
    """The trail with one more mark; unchanged where it has it, or where the day is more than a week back."""
    if today - on > LATE_DAYS or (on, mark) in trail.marks:
        return trail
    marks = sorted({*trail.marks, (on, mark)}, key=lambda entry: (entry[0], ORDER[entry[1]]))
    base = trail.base
    while marks and max(marks[-1][0], today) - marks[0][0] > KEPT:
        base = _fold(base, *marks.pop(0), excused)
    return replace(trail, base=base, marks=tuple(marks))


def drop_move(trail: Trail, on: date) -> Trail:
    """Without the change of zone of this day: it was taken back."""
    return replace(trail, marks=tuple(entry for entry in trail.marks if entry != (on, Mark.MOVED)))


def _fold(streak: Streak, on: date, mark: Mark, excused: Collection[date]) -> Streak:
    if mark is Mark.RECALLED:
        return repair(streak, on, excused=excused)
    if mark is Mark.MOVED:
        return record_move(streak, on)
    return record_day(streak, on, excused=excused)


# --------------------------------------------------------------------------- as it is kept


def trail_to_json(trail: Trail) -> dict[str, Any]:
    base = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in vars(trail.base).items()
        if value
    }
    return {"base": base, "marks": [[on.isoformat(), mark.value] for on, mark in trail.marks]}


def trail_from_json(kept: dict[str, Any] | None, *, days: int, longest: int, last_on: date | None) -> Trail:
    """The trail as kept; where none is yet, one that begins with the plain columns."""
    if kept is None:
        return Trail(Streak(days=days, longest=longest, last_on=last_on))
    base: dict[str, Any] = {
        entry.name: date.fromisoformat(value) if isinstance(value, str) else value
        for entry in fields(Streak)
        if (value := kept["base"].get(entry.name)) is not None
    }
    return Trail(Streak(**base), tuple((date.fromisoformat(on), Mark(mark)) for on, mark in kept["marks"]))
