"""Celery's doors to this app: three lines each."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from students import erasing, privacy


@shared_task
def continue_erasure(erasure_id: str) -> None:
    privacy.continue_erasure(UUID(erasure_id), now=timezone.now())


@shared_task
def continue_erasures() -> int:
    return erasing.continue_all(timezone.now())


@shared_task
def enforce_retention() -> dict[str, int]:
    return erasing.enforce_retention(timezone.now())
