"""The studio's figures: how long people wait, how often the first film is right, what a minute costs.

Every function takes the projects of a person's scope and makes one query or two; times are hours, money is
US dollars. What has no data is None, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate

from pipeline.models import Charge, ContentProject, ProjectEvent, StepRun
from studio.models import Review

Status = ContentProject.Status
type Projects = QuerySet[ContentProject]


@dataclass(frozen=True)
class Verdict:
    """One verdict: when, how long the film had waited, and whether it was the project's first."""

    day: date
    hours: float
    is_approval: bool
    is_first: bool


def read_verdicts(projects: Projects, *, since: datetime) -> list[Verdict]:
    """One query."""
    entered = (
        ProjectEvent.objects.filter(
            project=OuterRef("project"), to_status=Status.IN_REVIEW, created_at__lte=OuterRef("created_at")
        )
        .exclude(from_status=Status.IN_REVIEW)
        .order_by("-id")
    )
    earlier = (
        Review.objects.filter(project=OuterRef("project"), created_at__lt=OuterRef("created_at"))
        .order_by()
        .values("project")
        .annotate(count=Count("pk"))
    )
    rows = (
        Review.objects.filter(project__in=_keys(projects), created_at__gte=since)
        .annotate(
            entered=Subquery(entered.values("created_at")[:1]),
            earlier=Subquery(earlier.values("count")[:1]),
        )
        .values_list("created_at", "entered", "verdict", "earlier")
    )
    return [
        Verdict(
            day=made.date(),
            hours=(made - entry).total_seconds() / 3600 if entry is not None else 0.0,
            is_approval=verdict == Review.Verdict.APPROVED,
            is_first=not before,
        )
        for made, entry, verdict, before in rows
    ]


def _keys(projects: Projects) -> Any:
    return projects.order_by().values("pk")


def median_hours(verdicts: Iterable[Verdict]) -> float | None:
    hours = [verdict.hours for verdict in verdicts]
    return median(hours) if hours else None


def first_pass(verdicts: Iterable[Verdict]) -> float | None:
    """Of the projects' first verdicts, the share (0-1) that was an approval."""
    first = [verdict.is_approval for verdict in verdicts if verdict.is_first]
    return sum(first) / len(first) if first else None


@dataclass(frozen=True)
class Day:
    day: date
    finished: int
    published: int


def read_throughput(projects: Projects, *, today: date, days: int) -> list[Day]:
    """Films finished and films published on each of the last days; one query."""
    since = today - timedelta(days=days - 1)
    counts = {
        (row["day"], row["to_status"]): row["count"]
        for row in ProjectEvent.objects.filter(
            project__in=_keys(projects),
            to_status__in=[Status.IN_REVIEW, Status.PUBLISHED],
            created_at__date__gte=since,
        )
        .exclude(from_status=F("to_status"))
        .annotate(day=TruncDate("created_at"))
        .order_by()
        .values("day", "to_status")
        .annotate(count=Count("project", distinct=True))
    }
    return [
        Day(day, counts.get((day, Status.IN_REVIEW), 0), counts.get((day, Status.PUBLISHED), 0))
        for day in (since + timedelta(days=number) for number in range(days))
    ]


def count_published(projects: Projects, *, since: datetime) -> int:
    """Projects of which a film went out since then."""
    events = ProjectEvent.objects.filter(
        project__in=_keys(projects), to_status=Status.PUBLISHED, created_at__gte=since
    )
    return events.values("project").distinct().count()


def sum_charges(charges: QuerySet[Charge]) -> Decimal:
    """What was paid, and what is reserved where the price is not known yet."""
    return Decimal(charges.aggregate(total=Sum(Coalesce("cost", "reserved")))["total"] or 0)


def spend_by_step(projects: Projects, *, since: datetime) -> list[tuple[str, Decimal]]:
    """(step, US dollars), the dearest first; one query."""
    rows = (
        Charge.objects.filter(project__in=_keys(projects), created_at__gte=since)
        .order_by()
        .values("run__step")
        .annotate(total=Sum(Coalesce("cost", "reserved")))
    )
    return sorted(((row["run__step"], Decimal(row["total"])) for row in rows), key=lambda row: -row[1])


def cost_per_minute(projects: Projects) -> Decimal | None:
    """All that published projects have cost, over the minutes of their films; None without a film."""
    out = projects.filter(status=Status.PUBLISHED, published_video__isnull=False)
    seconds = out.aggregate(total=Sum("published_video__duration_seconds"))["total"]
    if not seconds:
        return None
    return sum_charges(Charge.objects.filter(project__in=_keys(out))) * 60 / Decimal(seconds)


@dataclass(frozen=True)
class CheckRun:
    project: Any
    title: str
    status: str
    when: datetime | None


def read_check_runs(projects: Projects, *, limit: int = 30) -> list[CheckRun]:
    """The newest runs of the checks, oldest of them first; one query."""
    runs = (
        StepRun.objects.filter(project__in=_keys(projects), step="qa")
        .order_by("-id")
        .values_list("project", "project__title", "project__concept_prompt", "status", "finished_at")[:limit]
    )
    found = [CheckRun(key, title or concept, status, when) for key, title, concept, status, when in runs]
    return found[::-1]
