"""Celery's door to this app."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from analytics import delivery


@shared_task
def deliver() -> dict[str, int]:
    return delivery.deliver(timezone.now())
