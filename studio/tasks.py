"""Celery tasks: what the clock publishes."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from studio import publishing


@shared_task(name="studio.tasks.publish_due")
def publish_due() -> int:
    return publishing.publish_due(timezone.now())
