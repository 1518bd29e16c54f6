"""Several projects at once, for the list's bulk bar and `manage.py projects`: one implementation, two doors.

Each row is done in its own transaction: a row that somebody else moved meanwhile is reported, and the others
go on. There is no bulk verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from pipeline import orchestration
from pipeline.estimates import estimate_missing
from pipeline.models import ContentProject
from studio import policy, publishing
from studio.assigning import AssignmentRefused, reassign
from studio.auditing import audited
from studio.models import Creator

MOST = 100  # rows of one go
LONGEST_PAUSE = 336  # hours between two films
REFUSALS = (
    orchestration.NotPossible,
    publishing.PublicationRefused,
    publishing.CopyFailed,
    AssignmentRefused,
)


@dataclass(frozen=True)
class Wish:
    """What is asked beside the rows; `place` counts the rows that were done before."""

    person: Creator | None = None
    begin: datetime | None = None
    hours: int = 24
    place: int = 0

    @property
    def moment(self) -> datetime | None:
        return self.begin + timedelta(hours=self.hours * self.place) if self.begin is not None else None


@dataclass(frozen=True)
class BulkAct:
    """A verb for several rows. `needs` names what is asked beside them: "person", "when" or ""."""

    verb: str
    title: str
    button: str
    run: Callable[[ContentProject, Creator, Wish], None]
    needs: str = ""
    costs: bool = False


class WishRefused(policy.Refused):
    """What is asked beside the rows is missing or wrong; nothing was changed."""


def _retry(project: ContentProject, user: Creator, wish: Wish) -> None:
    with audited(project.pk, "retry"):
        orchestration.retry(project.pk, actor_id=user.pk)


def _cancel(project: ContentProject, user: Creator, wish: Wish) -> None:
    with audited(project.pk, "cancel"):
        orchestration.cancel(project.pk, actor_id=user.pk)


def _assign(project: ContentProject, user: Creator, wish: Wish) -> None:
    if wish.person is None:
        raise AssignmentRefused("person-missing", "Choose to whom.")
    reassign(project.pk, actor=user, to=wish.person)


def _schedule(project: ContentProject, user: Creator, wish: Wish) -> None:
    publishing.publish(project.pk, actor=user, at=wish.moment)


ACTS: dict[str, BulkAct] = {
    "retry": BulkAct("retry", "Retry", "Retry", _retry, costs=True),
    "cancel": BulkAct("cancel", "Cancel the work", "Cancel the work", _cancel),
    "assign": BulkAct("reassign", "Assign to somebody", "Assign", _assign, needs="person"),
    "schedule": BulkAct("schedule", "Schedule one after the other", "Schedule", _schedule, needs="when"),
}


def read_wish(act: BulkAct, *, person: Creator | None, begin: str, hours: str) -> Wish:
    """What an act needs, from what was written. `begin` is ISO 8601, UTC where it names no offset.

    Raises WishRefused.
    """
    if act.needs == "person":
        if person is None:
            raise WishRefused("person-missing", "Choose to whom.")
        return Wish(person=person)
    if act.needs == "when":
        return _read_times(begin, hours)
    return Wish()


def _read_times(begin: str, hours: str) -> Wish:
    try:
        first = datetime.fromisoformat(begin)
    except ValueError as error:
        raise WishRefused(
            "date-unreadable", "The date cannot be read. Write it as 2030-01-31T09:00."
        ) from error
    first = first if first.tzinfo is not None else first.replace(tzinfo=UTC)
    if first <= timezone.now():
        raise WishRefused("time-passed", "The first date has passed. Choose one to come.")
    if not (hours.isascii() and hours.isdigit() and 1 <= int(hours) <= LONGEST_PAUSE):
        raise WishRefused("hours-out-of-range", f"Between two films lie 1 to {LONGEST_PAUSE} hours.")
    return Wish(begin=first, hours=int(hours))


# --------------------------------------------------------------------------- before


@dataclass(frozen=True)
class Judged:
    """A row before the act: why not ("": it can), and what the act will cost (None: unknown)."""

    key: UUID
    title: str
    why_not: str
    price: Decimal | None


def judge(projects: Sequence[ContentProject], *, act: BulkAct, user: Creator) -> list[Judged]:
    """Which can and which cannot, because; nothing is changed."""
    judged = []
    for project in projects:
        refusal = policy.refusal(user, act.verb, project)
        price: Decimal | None = Decimal(0)
        if refusal is None and act.costs:
            price, _ = estimate_missing(project)
        judged.append(Judged(project.pk, _title(project), refusal.message if refusal else "", price))
    return judged


def sum_prices(judged: Sequence[Judged]) -> Decimal | None:
    """Of the rows that can; None where one of them has no known price."""
    prices = [one.price for one in judged if not one.why_not]
    known = [price for price in prices if price is not None]
    return sum(known, Decimal(0)) if len(known) == len(prices) else None


# --------------------------------------------------------------------------- the act


@dataclass(frozen=True)
class Result:
    """A row after the act; `why_not` is "" where it was done."""

    key: UUID
    title: str
    why_not: str


def carry_out(projects: Sequence[ContentProject], *, act: BulkAct, user: Creator, wish: Wish) -> list[Result]:
    """Do the act row by row, in the order given."""
    results: list[Result] = []
    done = 0
    for project in projects:
        why_not = _try(project, act, user, replace(wish, place=done))
        done += not why_not
        results.append(Result(project.pk, _title(project), why_not))
    return results


def _try(project: ContentProject, act: BulkAct, user: Creator, wish: Wish) -> str:
    refusal = policy.refusal(user, act.verb, project)
    if refusal is not None:
        return refusal.message
    try:
        act.run(project, user, wish)
    except REFUSALS as error:
        message: str = error.message
        return message
    return ""


def _title(project: ContentProject) -> str:
    return project.title or project.concept_prompt


def find_projects(user: Any, keys: Sequence[UUID]) -> list[ContentProject]:
    """Of these keys what the person may see, the longest unchanged first; at most `MOST`."""
    rows = policy.scope(user).select_related("creator", "published_video")
    return list(rows.filter(pk__in=list(keys)[:MOST]).order_by("updated_at"))
