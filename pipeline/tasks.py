"""Celery's doors to the pipeline: primary keys in, three lines each, safe to run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from pipeline import execution, orchestration, sweeping, turns
from students.database import read_clock


@shared_task
def run_step(run_id: str) -> None:
    turns.execute_next(UUID(run_id), time_out=(SoftTimeLimitExceeded,))


@shared_task
def advance(project_id: str) -> None:
    orchestration.advance(UUID(project_id))


@shared_task
def sweep() -> None:
    sweeping.sweep(read_clock())
    execution.clear_abandoned(timezone.now())
