"""sweep: rings again where messages were lost, leases have expired or a worker has died.

It never adds a message for work that one waits for already. Otherwise a site with more work than workers
would ring faster than it is heard: the heap grows without end, and the message that would bring a film
forward waits behind thousands that bring nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from pipeline import bell
from pipeline.claiming import claimable
from pipeline.models import ContentProject, StepRun

QUIET = timedelta(seconds=60)  # a bell that was not answered within this time is rung again
MOST = 500  # bells of a kind in one sweep


def sweep(now: datetime) -> int:
    """Ring for lost messages, expired leases and projects at work; returns the number of bells."""
    unheard = Q(rung_at__isnull=True) | Q(rung_at__lte=now - QUIET)
    runs = StepRun.objects.filter(claimable(now), project__status=ContentProject.Status.GENERATING)
    rung = 0
    for queue, count in runs.order_by("queue").values_list("queue").annotate(Count("pk")):
        rung += _ring_runs(runs.filter(unheard, queue=queue), _missing(count, queue), now=now)
    return rung + _ring_projects(now)


def _missing(count: int, queue: str) -> int:
    """How many bells may be lost: there is work for so many, and so many lie in the queue."""
    return min(max(count - bell.count_waiting(queue), 0), MOST)


def _ring_runs(runs: QuerySet[StepRun], most: int, *, now: datetime) -> int:
    """For those that have waited longest since their bell."""
    with transaction.atomic():
        chosen = list(
            runs.select_for_update(skip_locked=True, of=("self",)).order_by(
                F("rung_at").asc(nulls_first=True), "created_at"
            )[:most]
        )
        for run in chosen:
            bell.ring_run(run)
        StepRun.objects.filter(pk__in=[run.pk for run in chosen]).update(rung_at=now)
    return len(chosen)


def _ring_projects(now: datetime) -> int:
    """A project is advanced even while its runs are at work: the message that was lost may be the
    one that would have begun the next."""
    # One from the future was written by a machine whose clock had jumped.
    is_quiet = Q(updated_at__lte=now - QUIET) | Q(updated_at__gt=now + QUIET)
    at_work = ContentProject.objects.filter(is_quiet, status=ContentProject.Status.GENERATING)
    count = at_work.count()
    most = _missing(count, "default") if count else 0
    for project_id in at_work.order_by("?").values_list("pk", flat=True)[:most]:
        bell.ring_advance(project_id)
    return most
