"""Celery tasks: what the clock publishes and pauses, and the briefs it turns into projects."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from studio import batches, notifying, publishing, reports


@shared_task(name="studio.tasks.publish_due")
def publish_due() -> int:
    return publishing.publish_due(timezone.now())


@shared_task(name="studio.tasks.follow_reports")
def follow_reports() -> int:
    return reports.follow_reports(timezone.now())


@shared_task(name="studio.tasks.run_batches")
def run_batches() -> int:
    return batches.run_due(timezone.now())


@shared_task(name="studio.tasks.send_digests")
def send_digests() -> int:
    return notifying.send_digests()
