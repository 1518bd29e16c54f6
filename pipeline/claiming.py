"""The claim: a guarded update that gives one worker the right to a run until its lease ends.

It counts the attempt, so that a step which kills its worker runs out of attempts like any
other, and reserves what the attempt may cost.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from pipeline import bell, budget, members, spool
from pipeline.circuit import Opening
from pipeline.members import CircuitOpen, Member
from pipeline.models import ContentProject, StepRun
from pipeline.steps import BY_NAME
from pipeline.steps.base import Step
from pipeline.turn_models import Turn

WORKER_LOST = "platform:worker-lost"
LOST_MESSAGE = (
    "This step ended its worker {} times without an answer. Check memory and disk of the workers and"
    " their log; change the scene or the notes if only this film is concerned; then retry."
)
NOBODY = Member("", None)
SPENT_LIMIT = timedelta(hours=24)  # for quota and credentials
SETUP_MESSAGE = (
    "The step cannot be begun ({}). Operations must look at the configured providers and steps; then retry."
)


@dataclass(frozen=True)
class Claim:
    """The right to work on a run until the lease ends, and who works: the provider or its fallback."""

    run: StepRun
    token: UUID
    member: Member = field(default=NOBODY)
    ends_at: float = field(default_factory=time.monotonic)  # when the lease ends, by a clock that never jumps
    has_answer: bool = False  # an earlier claim left one: nobody was chosen to work and nothing reserved


def claimable(now: datetime | Now) -> Q:
    """Runs that may be taken: queued or waiting and due, or running with an expired lease.

    `now` is the database's time (`read_clock`, or `Now()` within the statement).
    """
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    free = Q(status__in=[StepRun.Status.QUEUED, StepRun.Status.WAITING]) & due
    return free | Q(status=StepRun.Status.RUNNING, lease_until__lt=now)


def claim(run_id: UUID, *, now: datetime) -> Claim | None:
    """Take a run, if it may be taken and it is the machine's turn. None: nothing to claim.

    An answer that an earlier worker left in the spool needs no attempt, no money and no provider to be
    settled. While the provider's circuit is open the run waits, and no attempt is counted.
    """
    run = StepRun.objects.select_related("project").filter(claimable(now), pk=run_id).first()
    if run is None or run.project.status != ContentProject.Status.GENERATING:
        return None  # cancelled or withdrawn: the run stays as it is, a retry rings again
    has_answer = spool.is_kept(run)
    if run.attempt >= settings.PIPELINE_ATTEMPTS and not has_answer:
        _end(run, code=WORKER_LOST, message=LOST_MESSAGE.format(run.attempt), now=now)
        return None
    try:
        step = BY_NAME[run.step]
        member = NOBODY if has_answer else members.choose(step.provider_for(run.part), now=now)
        return _take(run, step, member, is_paid=has_answer, now=now)
    except CircuitOpen as error:
        _wait(run, error.opening, now=now)
    except budget.BudgetSpent as error:
        run.refresh_from_db()
        _end(run, code=error.code, message=str(error), now=now)
    except DatabaseError:
        raise
    except Exception as error:
        _end(run, code="platform:unexpected", message=SETUP_MESSAGE.format(type(error).__name__), now=now)
        raise
    return None


def _take(run: StepRun, step: Step, member: Member, *, is_paid: bool, now: datetime) -> Claim | None:
    """The guarded update and the reservation, in one transaction. Raises BudgetSpent."""
    token = uuid4()
    with transaction.atomic():
        # The project first, then its runs; a charge refers to both.
        project = ContentProject.lock(run.project_id)
        if project.status != ContentProject.Status.GENERATING:
            return None
        taken = StepRun.objects.filter(claimable(now), pk=run.pk, attempt=run.attempt).update(
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
        Turn.note(queue=run.queue, creator_id=project.creator_id, at=now)
        if not is_paid:
            budget.reserve(run, token=token, provider=member.name, worst_case=_price(member, run), now=now)
    ends_at = time.monotonic() + step.limits.lease
    return Claim(run, token, member, ends_at=ends_at, has_answer=is_paid)


def _price(member: Member, run: StepRun) -> Decimal | None:
    """The most this job can cost; free where the member names no price, None where nobody knows it."""
    worst_case = getattr(member.provider, "worst_case", None)
    if worst_case is None:
        return Decimal(0)
    cost = worst_case(run.inputs)
    return None if cost is None else Decimal(cost)


def _wait(run: StepRun, opening: Opening, *, now: datetime) -> None:
    """Nobody may call: the run comes back later, and says why; after a day it needs a person."""
    if run.busy_since is not None and now - run.busy_since >= SPENT_LIMIT:
        _end(run, code=opening.code, message=opening.message, now=now)
        return
    StepRun.objects.filter(claimable(now), pk=run.pk, token=run.token, attempt=run.attempt).update(
        status=StepRun.Status.WAITING,
        not_before=now + timedelta(seconds=opening.seconds_left(now)),
        busy_since=run.busy_since or now,
        error_id=opening.code,
        error_message=opening.message,
        token=None,
        lease_until=None,
    )


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
