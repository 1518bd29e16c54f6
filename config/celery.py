"""The Celery app, its queues and the schedule that must exist."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

PROBE_SECONDS = 10  # videos.cdn_health counts on it
QUEUES = ("default", "text", "image", "speech", "clip", "render", "analytics")

app = Celery("microlearning")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

SCHEDULE: dict[str, tuple[str, int]] = {  # name → (task, seconds)
    "pipeline-sweep": ("pipeline.tasks.sweep", 60),
    "quiz-partitions": ("quizzes.tasks.ensure_partitions", 86_400),
    "outgoing": ("videos.tasks.send_outgoing", 20),
    "cdn-health": ("videos.tasks.probe_cdns", PROBE_SECONDS),
    "video-figures": ("videos.tasks.fold_figures", 300),
    "video-popularity": ("videos.tasks.refresh_popularity", 3600),
    "film-difficulty": ("quizzes.tasks.fold_surprises", 3600),
    "best-topics": ("feed.tasks.refresh_best_topics", 86_400),
    "question-times": ("quizzes.tasks.measure_questions", 86_400),
    "memory-check": ("quizzes.tasks.check_memories", 86_400),
    "learner-badges": ("quizzes.tasks.award_badges", 86_400),
    "memory-fit": ("quizzes.tasks.fit_memory", 86_400),
    "analytics-delivery": ("analytics.tasks.deliver", 60),
    "erasures": ("students.tasks.continue_erasures", 300),
    "retention": ("students.tasks.enforce_retention", 86_400),
    "scheduled-publishing": ("studio.tasks.publish_due", 60),
    "brief-batches": ("studio.tasks.run_batches", 60),
}


@worker_process_init.connect
def _close_inherited_sockets(**_: Any) -> None:
    """Forked children must not share connections with their parent."""
    from django.core.cache import caches  # noqa: PLC0415 - settings are ready only now
    from django.db import connections  # noqa: PLC0415

    for connection in connections.all():
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    for cache in caches.all():
        cache.close()


@beat_init.connect
def _declare_schedule(**_: Any) -> None:
    """Entries that must exist; operators may retime them in the database, so they are never overwritten."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask  # noqa: PLC0415

    for name, (task, seconds) in SCHEDULE.items():
        interval, _created = IntervalSchedule.objects.get_or_create(
            every=seconds, period=IntervalSchedule.SECONDS
        )
        PeriodicTask.objects.get_or_create(
            name=name,
            # What a worker that was away has missed is not made up for: each looks at all there is to do.
            defaults={"task": task, "interval": interval, "expire_seconds": max(seconds, 60)},
        )
