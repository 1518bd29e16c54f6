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

from django.db import connection

from pipeline.execution import execute
from pipeline.models import StepRun
from students.database import read_clock

TRIES = 8  # others may take the same run at the same moment; each try spreads them a little further
NEXT = """
SELECT r.id FROM step_runs r
JOIN content_projects p ON p.id = r.project_id AND p.status = 'generating'
LEFT JOIN queue_turns t ON t.queue = r.queue AND t.creator_id = p.creator_id
WHERE r.queue = %s AND r.step = %s AND r.status IN ('queued', 'running', 'waiting')
  AND (r.status IN ('queued', 'waiting') AND (r.not_before IS NULL OR r.not_before <= %s)
       OR r.status = 'running' AND r.lease_until < %s)
ORDER BY t.served_at NULLS FIRST, r.created_at, r.id LIMIT %s
"""


def choose(run_id: UUID, *, now: datetime, among: int = 1) -> UUID | None:
    """The run to do now for whoever heard the bell of `run_id`; None where nothing of its kind is due.

    `among` more than one: any of so many that come next, for who has found others at the first.
    """
    rung = StepRun.objects.filter(pk=run_id).values_list("queue", "step").first()
    if rung is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [*rung, now, now, among])
        rows = cursor.fetchall()
    return random.choice(rows)[0] if rows else None  # noqa: S311 - no secret


def execute_next(run_id: UUID, *, time_out: tuple[type[BaseException], ...] = ()) -> bool:
    """Answer a bell: do the run whose turn it is. Returns whether this call worked on one."""
    for number in range(TRIES):
        chosen = choose(run_id, now=read_clock(), among=2**number)
        if chosen is None:
            return False
        if execute(chosen, time_out=time_out):
            return True
    return execute(run_id, time_out=time_out)
