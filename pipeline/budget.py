"""Caps on money: reserved at the claim, replaced by the real figure at the end (05, section 3).

Three caps: per project, per creator and day, per provider and day (UTC). What is free is never
stopped. A reservation whose attempt died stays: it may have been billed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from pipeline.models import Charge, ContentProject, ProjectEvent, StepRun

MOST_REPAIRS = 3
LOCK_KEY = 7_203_002  # pg_advisory_xact_lock: reservations are compared with the caps one at a time


class BudgetSpent(Exception):
    """A cap would be passed. The message names it and what to do."""

    code = "budget:spent"


def spent(charges: QuerySet[Charge]) -> Decimal:
    """US dollars: the real cost where known, else what was reserved."""
    total = charges.aggregate(total=Sum(Coalesce("cost", "reserved")))["total"]
    return Decimal(total or 0)


def reserve(run: StepRun, *, token: UUID, provider: str, worst_case: Decimal | None, now: datetime) -> None:
    """Reserve the worst case of one attempt, inside the transaction of its claim. Raises BudgetSpent.

    An unknown price (None) reserves nothing, yet the attempt gets its line in the ledger: the caps cannot
    hold back what has no price, but nobody shall think that nothing was asked for.

    A claim that polls a vendor's job pays nothing new: the reservation of the claim that began the
    job becomes its own, so that the end replaces it.
    """
    if run.vendor_job_id:
        begun = Charge.objects.filter(run=run, cost__isnull=True).order_by("-created_at").first()
        if begun is not None:
            Charge.objects.filter(pk=begun.pk).update(token=token)
            return
    if worst_case is not None and worst_case <= 0:
        return
    if worst_case is not None:
        _hold_caps(run.project, provider=provider, worst_case=worst_case, now=now)
    Charge.objects.create(
        run=run,
        project=run.project,
        creator_id=run.project.creator_id,
        token=token,
        attempt=run.attempt,
        provider=provider,
        reserved=worst_case or Decimal(0),
        created_at=now,
    )


def _hold_caps(project: ContentProject, *, provider: str, worst_case: Decimal, now: datetime) -> None:
    """Compare with the three caps, one claim at a time. Raises BudgetSpent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    caps: list[tuple[str, Decimal, QuerySet[Charge]]] = [
        (
            "this project",
            project.budget_cap if project.budget_cap is not None else settings.PIPELINE_BUDGETS["project"],
            Charge.objects.filter(project=project),
        ),
        (
            "this creator today",
            settings.PIPELINE_BUDGETS["creator_day"],
            Charge.objects.filter(creator_id=project.creator_id, created_at__gte=day),
        ),
        (
            f"the provider {provider} today",
            settings.PIPELINE_BUDGETS["provider_day"],
            Charge.objects.filter(provider=provider, created_at__gte=day),
        ),
    ]
    for name, cap, charges in caps:
        already = spent(charges)
        if already + worst_case > cap:
            raise BudgetSpent(
                f"The cap for {name} is ${cap:.2f}; ${already:.2f} is spent or reserved and this step may"
                f" cost ${worst_case:.2f}. Raise the cap, or wait until tomorrow (UTC) for a daily one,"
                " then retry."
            )


def find_repair_stop(run: StepRun) -> str:
    """Why a paid but unusable answer is not asked for anew by itself; "" if it may be.

    A film gets three such repairs from one person's go to the next, and never spends more than twice what
    was estimated at that go. Unknown prices are not held back by money.
    """
    begun = ProjectEvent.objects.filter(project=run.project_id, to_status=ContentProject.Status.GENERATING)
    event = begun.exclude(from_status=ContentProject.Status.GENERATING).order_by("-id").first()
    if event is None:
        return ""
    charges = Charge.objects.filter(project=run.project_id, created_at__gte=event.created_at)
    paid = charges.filter(usage__requests__gt=0)
    used = paid.filter(run__status=StepRun.Status.SUCCEEDED).values("run").distinct().count()
    if paid.count() - used > MOST_REPAIRS:  # this answer is among those that were of no use
        return f"This film has been repaired {MOST_REPAIRS} times by itself. Look at it, then retry."
    estimate = event.details.get("estimate")
    if estimate is not None and spent(charges) > 2 * Decimal(estimate):
        return (
            f"This film was estimated at ${Decimal(estimate):.2f} and has come to ${spent(charges):.2f};"
            " repairs by itself end at twice the estimate. Look at it, then retry."
        )
    return ""


def note_job(run: StepRun, *, token: UUID, job_id: str) -> None:
    """A vendor's job is known by now, and every attempt at this run asked for it under the same key: what
    earlier attempts reserved or were estimated at was this very job, and costs nothing of its own."""
    same = Charge.objects.filter(run=run).exclude(token=token)
    unsure = same.filter(Q(cost__isnull=True, usage={}) | Q(usage__estimated=True))
    unsure.update(cost=0, usage={"requests": 0, "same_job": job_id})


def settle(run: StepRun, *, token: UUID, provider: str, cost: Decimal | None, usage: dict[str, Any]) -> None:
    """Write what an attempt really cost; also for a result that came too late to be used.

    An unknown price (None) leaves the reservation standing. A cost that nobody reserved is kept all the
    same, and so is a call without a known price.
    """
    found = Charge.objects.filter(token=token).update(cost=cost, usage=usage)
    if not found and (cost or (cost is None and usage.get("requests"))):
        Charge.objects.create(
            run=run,
            project=run.project,
            creator_id=run.project.creator_id,
            token=token,
            attempt=run.attempt,
            provider=provider,
            reserved=cost or Decimal(0),
            cost=cost,
            usage=usage,
        )
