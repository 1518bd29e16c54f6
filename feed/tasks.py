"""What beat asks of the feed."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from feed import best_topics


@shared_task
def refresh_best_topics() -> int:
    return best_topics.refresh_best_topics(timezone.now())
