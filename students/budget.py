"""Enough for today: how long a child has learned, and how long is enough (06, 4.4). Pure.

The figures are the server's own: a report counts with no more than its film or a minute's thought can take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

MINUTES: Mapping[str, int] = {"5-7": 10, "8-10": 15, "11-13": 20, "14-17": 25}
FEWEST_MINUTES, MOST_MINUTES = 5, 45
LONGEST_ANSWER = 60.0  # seconds; a phone put aside is no learning


@dataclass(frozen=True)
class Study:
    """Seconds of learning on one learning day; older days are forgotten."""

    on: date | None = None
    seconds: float = 0.0

    def seconds_on(self, day: date) -> float:
        return self.seconds if self.on == day else 0.0


def minutes_allowed(age_group: str, chosen: int | None) -> int:
    """What guardian or staff have chosen, else the age group's."""
    return MINUTES[age_group] if chosen is None else chosen


def add_study(study: Study, *, on: date, seconds: float) -> Study:
    """After `seconds` more on the learning day `on`. A day before the one that is counted changes nothing."""
    if study.on is not None and on < study.on:
        return study
    return Study(on, study.seconds_on(on) + max(seconds, 0.0))


def watch_seconds(reported: float, *, duration: float) -> float:
    """A playback counts with its film's length at most."""
    return min(max(reported, 0.0), duration)


def answer_seconds(response_time_ms: int) -> float:
    return min(response_time_ms / 1000, LONGEST_ANSWER)


def is_enough(study: Study, *, today: date, minutes: int) -> bool:
    return study.seconds_on(today) >= minutes * 60
