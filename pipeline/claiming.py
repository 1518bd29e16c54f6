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
from django.db import DatabaseError, transaction
from django.db.models import F, Q

from pipeline import bell, budget, providers, spool
from pipeline.models import ContentProject, StepRun
from pipeline.steps import BY_NAME
from pipeline.steps.base import Step

WORKER_LOST = "platform:worker-lost"
LOST_MESSAGE = (
    "This step ended its worker {} times without an answer. Check memory and disk of the workers and"
    " their log; change the scene or the notes if only this film is concerned; then retry."
)
SETUP_MESSAGE = (
    "The step cannot be begun ({}). Operations must look at the configured providers and steps; then retry."
)


@dataclass(frozen=True)
class Claim:
    """The right to work on a run until the lease ends."""

    run: StepRun
    token: UUID


def claimable(now: datetime) -> Q:
    """Runs that may be taken: queued or waiting and due, or running with an expired lease."""
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    free = Q(status__in=[StepRun.Status.QUEUED, StepRun.Status.WAITING]) & due
    return free | Q(status=StepRun.Status.RUNNING, lease_until__lt=now)


def claim(run_id: UUID, *, now: datetime) -> Claim | None:
    """Take a run, if it may be taken and it is the machine's turn. None: nothing to claim.

    An answer that an earlier worker left in the spool needs no attempt and no money to be settled.
    """
    run = StepRun.objects.select_related("project").filter(claimable(now), pk=run_id).first()
    if run is None or run.project.status != ContentProject.Status.GENERATING:
        return None  # cancelled or withdrawn: the run stays as it is, a retry rings again
    has_answer = spool.is_kept(run)
    if run.attempt >= settings.PIPELINE_ATTEMPTS and not has_answer:
        _end(run, code=WORKER_LOST, message=LOST_MESSAGE.format(run.attempt), now=now)
        return None
    token = uuid4()
    try:
        step = BY_NAME[run.step]
        provider, worst_case = _price(step, run)
        with transaction.atomic():
            # The project first, then its runs; a charge refers to both.
            project = ContentProject.objects.select_for_update().get(pk=run.project_id)
            if project.status != ContentProject.Status.GENERATING:
                return None
            taken = StepRun.objects.filter(claimable(now), pk=run_id, attempt=run.attempt).update(
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
            if not has_answer:
                budget.reserve(run, token=token, provider=provider, worst_case=worst_case, now=now)
    except budget.BudgetSpent as error:
        run.refresh_from_db()
        _end(run, code=error.code, message=str(error), now=now)
        return None
    except DatabaseError:
        raise
    except Exception as error:
        _end(run, code="platform:unexpected", message=SETUP_MESSAGE.format(type(error).__name__), now=now)
        raise
    return Claim(run, token)


def _price(step: Step, run: StepRun) -> tuple[str, Decimal]:
    """The provider's name and the most this job can cost; free where the provider names no price."""
    if not step.provider_kind:
        return "", Decimal(0)
    provider = providers.get(step.provider_kind)
    worst_case = getattr(provider, "worst_case", None)
    name = str(provider.identity().get("provider", step.provider_kind))
    return name, Decimal(worst_case(run.inputs)) if worst_case is not None else Decimal(0)


def _end(run: StepRun, *, code: str, message: str, now: datetime) -> None:
    """Fail a run that nobody works on, if it is still as it was read."""
    ended = StepRun.objects.filter(claimable(now), pk=run.pk, token=run.token, attempt=run.attempt).update(
        status=StepRun.Status.FAILED,
        error_id=code,
        error_message=message,
        finished_at=now,
        token=None,
        lease_until=None,
    )
    if ended:
        bell.ring_advance(run.project_id)
