"""The plan of publication: what goes out when, which days are empty, which films stand in each other's way.

Pure but for `read_slots` and `read_waiting`, which read the rows of a person's scope.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django.db.models import Q

from pipeline.models import ContentProject
from studio import policy
from studio.subjects import with_topic

Status = ContentProject.Status
TOO_CLOSE = timedelta(hours=1)  # two films of one topic
LONG_GAP = 3  # days in a row without a film that are worth a word
USUAL_HOUR = time(9)
MOST_WAITING = 50


@dataclass(frozen=True)
class Slot:
    """A film at its moment (aware): out already, or scheduled."""

    key: UUID
    title: str
    topic: str
    at: datetime
    is_out: bool


@dataclass(frozen=True)
class Gap:
    """Days in a row, both ends included, on which nothing goes out."""

    begin: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.begin).days + 1


@dataclass(frozen=True)
class Day:
    date: date
    is_in_month: bool
    slots: Sequence[Slot]


def read_slots(user: Any, *, begin: datetime, end: datetime) -> list[Slot]:
    """What the person may see between two moments, in order; one query.

    A published film stands at the moment of its video; one whose time has passed and that is not out stays
    where it was to be.
    """
    within = Q(status=Status.SCHEDULED, publish_at__gte=begin, publish_at__lt=end) | Q(
        published_video__published_at__gte=begin, published_video__published_at__lt=end
    )
    rows = with_topic(policy.scope(user).filter(within)).select_related("published_video")
    slots = []
    for project in rows.defer("ai_generated_script", "source_notes", "qa_results"):
        video = project.published_video
        if project.status == Status.SCHEDULED and project.publish_at and begin <= project.publish_at < end:
            slots.append(_slot(project, project.publish_at, is_out=False))
        if video is not None and video.published_at and begin <= video.published_at < end:
            slots.append(_slot(project, video.published_at, is_out=True))
    return sorted(slots, key=lambda slot: (slot.at, slot.title))


def _slot(project: Any, at: datetime, *, is_out: bool) -> Slot:
    return Slot(project.pk, project.title or project.concept_prompt, project.topic_name, at, is_out)


def read_waiting(user: Any) -> list[ContentProject]:
    """Approved films without a date, the longest waiting first; one query."""
    rows = policy.scope(user).filter(status=Status.APPROVED).only("title", "concept_prompt", "approved_at")
    return list(rows.order_by("approved_at", "pk")[:MOST_WAITING])


# --------------------------------------------------------------------------- rules


def find_conflicts(slots: Sequence[Slot]) -> dict[UUID, str]:
    """Of each scheduled film with another of its topic less than an hour away, that other's title."""
    found: dict[UUID, str] = {}
    ordered = sorted(slots, key=lambda slot: slot.at)
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if other.at - one.at >= TOO_CLOSE:
                break
            if one.topic and one.topic == other.topic and one.key != other.key:
                if not one.is_out:
                    found.setdefault(one.key, other.title)
                if not other.is_out:
                    found.setdefault(other.key, one.title)
    return found


def find_gaps(busy: Sequence[date], *, begin: date, end: date) -> list[Gap]:
    """Stretches of `LONG_GAP` days and more without a film from `begin` to `end`, both included."""
    days = {day for day in busy if begin <= day <= end}
    gaps: list[Gap] = []
    since = begin
    for day in [*sorted(days), end + timedelta(days=1)]:
        if (day - since).days >= LONG_GAP:
            gaps.append(Gap(since, day - timedelta(days=1)))
        since = day + timedelta(days=1)
    return gaps


def lay_out(month: date, slots: Sequence[Slot], zone: tzinfo) -> list[Day]:
    """The whole weeks, from Monday, that hold a month; each day with its films, as the zone counts days."""
    by_day: dict[date, list[Slot]] = {}
    for slot in slots:
        by_day.setdefault(slot.at.astimezone(zone).date(), []).append(slot)
    days = calendar.Calendar().itermonthdates(month.year, month.month)
    return [Day(day, day.month == month.month, by_day.get(day, [])) for day in days]


def bounds_of(month: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The moments at which the laid out weeks of a month begin and end."""
    days = list(calendar.Calendar().itermonthdates(month.year, month.month))
    return (
        datetime.combine(days[0], time(), zone),
        datetime.combine(days[-1] + timedelta(days=1), time(), zone),
    )


def move_to_day(at: datetime, day: date, zone: tzinfo) -> datetime:
    """The same time of day in `zone` on another day, whatever the clocks did between them."""
    return datetime.combine(day, at.astimezone(zone).time(), zone)


def next_free_day(busy: Sequence[date], *, after: date) -> date:
    """The first day after `after` without a film."""
    taken, day = set(busy), after + timedelta(days=1)
    while day in taken:
        day += timedelta(days=1)
    return day
