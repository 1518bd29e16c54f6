"""The claim: a guarded update that gives one worker the right to a run until its lease ends.

It counts the attempt, so that a step which kills its worker runs out of attempts like any
other, and reserves what the attempt may cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from pipeline import bell, budget, providers
from pipeline.models import ContentProject, StepRun
from pipeline.steps import BY_NAME
from pipeline.steps.base import Step

WORKER_LOST = "platform:worker-lost"


@dataclass(frozen=True)
class Claim:
    """The right to work on a run until the lease ends."""

    run: StepRun
    token: UUID


def claim(run_id: UUID, *, now: datetime) -> Claim | None:
    """Take a run: queued or waiting and due, or running with an expired lease. None: nothing to claim."""
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    free = Q(status__in=[StepRun.Status.QUEUED, StepRun.Status.WAITING]) & due
    lost = Q(status=StepRun.Status.RUNNING, lease_until__lt=now)
    run = StepRun.objects.select_related("project").filter(free | lost, pk=run_id).first()
    if run is None:
        return None
    if run.project.status != ContentProject.Status.GENERATING:
        return None  # cancelled or withdrawn: the run stays as it is, a retry rings again
    if run.attempt >= settings.PIPELINE_ATTEMPTS:
        _fail_lost(run, now=now)
        return None
    step, token = BY_NAME[run.step], uuid4()
    provider, worst_case = _price(step, run)
    try:
        with transaction.atomic():
            taken = StepRun.objects.filter(free | lost, pk=run_id, attempt=run.attempt).update(
                status=StepRun.Status.RUNNING,
                token=token,
                lease_until=now + timedelta(seconds=step.limits.lease),
                attempt=F("attempt") + 1,
                started_at=now,
                finished_at=None,
                progress=0,
            )
            if taken != 1:
                return None
            run.refresh_from_db()
            budget.reserve(run, token=token, provider=provider, worst_case=worst_case, now=now)
    except budget.BudgetSpent as error:
        StepRun.objects.filter(free | lost, pk=run_id).update(
            status=StepRun.Status.FAILED,
            error_id=error.code,
            error_message=str(error),
            finished_at=now,
            token=None,
            lease_until=None,
        )
        bell.ring_advance(run.project_id)
        return None
    return Claim(run, token)


def _price(step: Step, run: StepRun) -> tuple[str, Decimal]:
    """The provider's name and the most this job can cost; free where the provider names no price."""
    if not step.provider_kind:
        return "", Decimal(0)
    provider = providers.get(step.provider_kind)
    worst_case = getattr(provider, "worst_case", None)
    name = str(provider.identity().get("provider", step.provider_kind))
    return name, Decimal(worst_case(run.inputs)) if worst_case is not None else Decimal(0)


def _fail_lost(run: StepRun, *, now: datetime) -> None:
    """The attempts are spent by workers that never came back."""
    StepRun.objects.filter(pk=run.pk, status=run.status, token=run.token).update(
        status=StepRun.Status.FAILED,
        error_id=WORKER_LOST,
        error_message=(
            f"This step ended its worker {run.attempt} times without an answer. Check memory and disk of"
            " the workers and their log; change the scene or the notes if only this film is concerned;"
            " then retry."
        ),
        finished_at=now,
        token=None,
        lease_until=None,
    )
    bell.ring_advance(run.project_id)
