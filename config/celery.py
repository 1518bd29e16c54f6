"""The Celery app, its queues and the schedule that must exist."""

from __future__ import annotations

import os
import time
from typing import Any

from celery import Celery
from celery.signals import (
    beat_init,
    before_task_publish,
    task_failure,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_ready,
)

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
    "certificates": ("config.tasks.probe_certificates", 21_600),
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
    "film-reports": ("studio.tasks.follow_reports", 60),
    "brief-batches": ("studio.tasks.run_batches", 60),
    "studio-digests": ("studio.tasks.send_digests", 900),
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


# --------------------------------------------------------------------------- sight (09, section 7)


@worker_init.connect
def _empty_counts(**_: Any) -> None:
    from config.exposition import empty_folder  # noqa: PLC0415 - settings are ready only now

    empty_folder()


@worker_ready.connect
def _serve_metrics(**_: Any) -> None:
    from config.exposition import serve  # noqa: PLC0415

    serve()


@beat_init.connect
def _serve_gauges(**_: Any) -> None:
    from config.exposition import serve  # noqa: PLC0415

    serve(with_database=True)


@before_task_publish.connect
def _carry_request(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """A message names the request that sent it, so that a film's lines in the log begin with the click."""
    from analytics.threads import request_id  # noqa: PLC0415
    from config import tracing  # noqa: PLC0415

    if headers is not None:
        headers |= {"request_id": request_id.get()} | tracing.headers()


_begun: dict[str, Any] = {}  # of this child's one task: when, and its span


@task_prerun.connect
def _begin_task(task: Any = None, task_id: str = "", args: Any = (), **_: Any) -> None:
    from analytics.threads import request_id, run_id  # noqa: PLC0415
    from config import tracing  # noqa: PLC0415

    request_id.set(str(getattr(task.request, "request_id", "") or ""))
    run_id.set(str(args[0]) if args else task_id)
    carrier = {"traceparent": str(getattr(task.request, "traceparent", "") or "")}
    opened = tracing.task_span(task.name, carrier if carrier["traceparent"] else {})
    opened.__enter__()
    _begun[task_id] = (time.perf_counter(), opened)


@task_postrun.connect
def _end_task(task: Any = None, task_id: str = "", **_: Any) -> None:
    from analytics import metrics  # noqa: PLC0415
    from analytics.threads import request_id, run_id  # noqa: PLC0415

    began, opened = _begun.pop(task_id, (None, None))
    if began is not None:
        opened.__exit__(None, None, None)
        metrics.task_seconds.labels(task.name).observe(time.perf_counter() - began)
    request_id.set("")
    run_id.set("")


@task_failure.connect
def _count_failure(sender: Any = None, **_: Any) -> None:
    from analytics import metrics  # noqa: PLC0415

    metrics.task_failures_total.labels(sender.name).inc()
