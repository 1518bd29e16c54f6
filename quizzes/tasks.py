"""Celery's doors to this app: three lines each."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from quizzes import partitions


@shared_task
def ensure_partitions() -> None:
    partitions.ensure_partitions(timezone.now())
