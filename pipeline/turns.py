"""Whose turn it is at a queue: of all creators whose work waits there, the one served longest ago.

A message only rings the bell; which run it means is no promise. Whoever hears it takes, among the due runs of
that queue and step, one of the creator whose last turn was the longest ago. A thousand films of one person
therefore hold nobody up: with n creators waiting, each n-th free worker is theirs. There are as many bells as
runs, so the run that was rung for is served by a later bell.

Runs of one step only, because a message carries the time limits of its step.
"""

from __future__ import annotations

import random
from datetime import datetime
from uuid import UUID

from django.db.models import F, FilteredRelation, Q

from pipeline.claiming import claimable
from pipeline.execution import execute
from pipeline.models import ContentProject, StepRun
from pipeline.orchestration import UNFINISHED
from students.database import read_clock

TRIES = 8  # others may take the same run at the same moment; each try spreads them a little further


def choose(run_id: UUID, *, now: datetime, among: int = 1) -> UUID | None:
    """The run to do now for whoever heard the bell of `run_id`; None where nothing of its kind is due.

    `among` more than one: any of so many that come next, for who has found others at the first.
    """
    rung = StepRun.objects.filter(pk=run_id).values("queue", "step").first()
    if rung is None:
        return None
    turn = FilteredRelation(
        "project__creator__queue_turns", condition=Q(project__creator__queue_turns__queue=rung["queue"])
    )
    due = StepRun.objects.annotate(turn=turn).filter(
        claimable(now), **rung, status__in=UNFINISHED, project__status=ContentProject.Status.GENERATING
    )
    order = F("turn__served_at").asc(nulls_first=True)
    keys = list(due.order_by(order, "created_at", "pk").values_list("pk", flat=True)[:among])
    return random.choice(keys) if keys else None  # noqa: S311 - no secret


def execute_next(run_id: UUID, *, time_out: tuple[type[BaseException], ...] = ()) -> bool:
    """Answer a bell: do the run whose turn it is. Returns whether this call worked on one."""
    for number in range(TRIES):
        chosen = choose(run_id, now=read_clock(), among=2**number)
        if chosen is None:
            return False
        if execute(chosen, time_out=time_out):
            return True
    return execute(run_id, time_out=time_out)
