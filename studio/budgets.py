"""What a project may cost: its cap raised or lowered by the editor-in-chief, and what its work took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import DecimalField, F, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from pipeline.models import Charge, ContentProject, ProjectEvent, StepRun
from studio import policy
from studio.auditing import record
from studio.models import Creator, Viewing

MOST = Decimal(1000)  # US dollars; a film costs cents
SHORTEST_REASON = 10


class CapRefused(policy.Refused):
    """The cap is as it was. `code` is stable, `message` says what to do."""


def cap_of(project: ContentProject) -> Decimal:
    """The project's own cap, else the platform's for any project."""
    return project.budget_cap if project.budget_cap is not None else settings.PIPELINE_BUDGETS["project"]


def read_cap(text: str) -> Decimal:
    """US dollars as people write them. Raises CapRefused."""
    try:
        cap = Decimal(text.strip().removeprefix("$").replace(",", "."))
    except InvalidOperation as error:
        raise CapRefused("cap-unreadable", "Write the cap in US dollars, such as 2.50.") from error
    if not cap.is_finite() or not 0 <= cap <= MOST:
        raise CapRefused("cap-out-of-range", f"A cap lies between 0 and {MOST} US dollars.")
    return cap.quantize(Decimal("0.0001"))


def set_cap(project_id: UUID, *, actor: Creator, cap: Decimal, was: Decimal, reason: str) -> ContentProject:
    """Another cap from the next paid run on; `was` is the one that the person saw. Raises CapRefused.

    A cap below what is spent stops further paid runs and takes nothing back. Setting the present one
    changes nothing.
    """
    reason = reason.strip()
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        refusal = policy.refusal(actor, "set_budget", project)
        if refusal is not None:
            raise CapRefused(refusal.code, refusal.message)
        present = cap_of(project)
        if present == cap:
            return project
        if present != was:
            raise CapRefused("cap-changed", f"Somebody has set the cap to ${present:.2f} meanwhile.")
        if len(reason) < SHORTEST_REASON:
            raise CapRefused("reason-required", f"Say why, in {SHORTEST_REASON} characters or more.")
        project.budget_cap, project.updated_at = cap, timezone.now()
        project.save(update_fields=["budget_cap", "updated_at"])
        record(
            actor=actor,
            verb="set_budget",
            project=project,
            before={"cap": f"{present:.4f}"},
            after={"cap": f"{cap:.4f}"},
            reason=reason,
        )
    return project


# --------------------------------------------------------------------------- what it took


@dataclass(frozen=True)
class Attempt:
    """One paid or reserved attempt of a run. `cost` None: not known yet, what is reserved stands for it."""

    step: str
    part: str
    scene: int | None
    number: int
    provider: str
    cost: Decimal | None
    reserved: Decimal
    seconds: float | None
    is_failed: bool
    at: datetime

    @property
    def counted(self) -> Decimal:
        return self.reserved if self.cost is None else self.cost

    @property
    def is_unknown(self) -> bool:
        return self.cost is None and self.reserved == 0


def read_attempts(project: ContentProject) -> list[Attempt]:
    """Every line of the project's ledger, in order; one query. An attempt that was repeated has failed."""
    rows = (
        Charge.objects.filter(project=project)
        .select_related("run")
        .defer("run__inputs", "run__output", "run__files", "run__made")
        .order_by("created_at", "pk")
    )
    return [_attempt(charge) for charge in rows]


def _attempt(charge: Charge) -> Attempt:
    # Where the film was deleted in its time, what it cost stays, of a run that nobody knows any more.
    run = charge.run or StepRun(step="", attempt=charge.attempt)
    is_last = charge.attempt == run.attempt
    took = run.finished_at - run.started_at if is_last and run.finished_at and run.started_at else None
    return Attempt(
        step=run.step,
        part=run.part,
        scene=run.scene,
        number=charge.attempt,
        provider=charge.provider,
        cost=charge.cost,
        reserved=charge.reserved,
        seconds=took.total_seconds() if took is not None else None,
        is_failed=not is_last or run.status == "failed",
        at=charge.created_at,
    )


def sum_estimates(projects: Sequence[UUID]) -> dict[UUID, Decimal]:
    """What each project's work was to cost, all its beginnings together; one query."""
    rows = (
        ProjectEvent.objects.filter(project__in=projects, details__has_key="estimate")
        .order_by()
        .annotate(estimate=Cast(KT("details__estimate"), DecimalField(max_digits=12, decimal_places=6)))
        .values("project")
        .annotate(total=Sum("estimate"))
    )
    return {row["project"]: row["total"] for row in rows}


@dataclass(frozen=True)
class Reviewing:
    """A person's time on the page of a film that is not theirs, while it was visible."""

    name: str
    seconds: int


def read_reviewing(project: ContentProject) -> list[Reviewing]:
    """One query; the longest first."""
    rows = (
        Viewing.objects.filter(project=project)
        .exclude(person=project.creator_id)
        .values("person__display_name", "person__email")
        .annotate(total=Sum("seconds_spent"))
        .order_by("-total")
    )
    return [Reviewing(row["person__display_name"] or row["person__email"], row["total"]) for row in rows]


def sum_reviewing(projects: QuerySet[ContentProject], *, since: datetime) -> int:
    """Seconds that people spent on films of others since then; one query."""
    rows = Viewing.objects.filter(project__in=projects.order_by().values("pk"), updated_at__gte=since)
    return int(rows.exclude(person=F("project__creator")).aggregate(total=Sum("seconds_spent"))["total"] or 0)
