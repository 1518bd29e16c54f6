"""Celery's promises: late acknowledgement, known queues and tasks, a schedule that operators may retime."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django_celery_beat.models import PeriodicTask
from kombu import Connection
from kombu.utils.imports import symbol_by_name
from pytest_django import Settings

from config import checks
from config.celery import QUEUES, SCHEDULE, _close_inherited_sockets, _declare_schedule, app
from pipeline.steps import STEPS


def test_a_task_survives_its_worker_and_waits_for_a_free_one() -> None:
    conf = app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost) == (True, True)
    assert (conf.worker_prefetch_multiplier, conf.task_ignore_result) == (1, True)
    assert conf.task_track_started is False
    assert (conf.task_serializer, conf.accept_content) == ("json", ["json"])


def test_every_step_works_in_a_known_queue_and_within_the_brokers_patience() -> None:
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    for step in STEPS:
        assert step.queue in QUEUES, step.name
        limits = step.limits
        assert limits.soft < limits.hard < limits.lease < visibility, step.name
    assert checks.check_celery(None) == []


def test_a_worker_asks_for_a_broker_that_is_away_every_three_seconds_at_least(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real connection to a socket that nobody serves; only the waiting itself is skipped."""
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if sum(waited) > 600:  # ten minutes without a broker
            raise KeyboardInterrupt

    monkeypatch.setattr("kombu.utils.functional.sleep", wait)
    kind = symbol_by_name(app.conf.worker_consumer)
    consumer = kind.__new__(kind)  # what needs no pool and no event loop
    consumer.app, consumer.first_connection_attempt, consumer.broker_connection_retry_attempt = app, False, 0
    attempts: list[float] = []
    broker = Connection(f"redis+socket://{tmp_path}/nobody.sock")
    monkeypatch.setattr(
        broker,
        "_connection_factory",
        _counted(broker._connection_factory, lambda: attempts.append(sum(waited))),
    )
    with pytest.raises(KeyboardInterrupt):
        consumer.ensure_connected(broker)
    assert attempts[-1] >= 590
    assert max(after - before for before, after in pairwise(attempts)) <= 3


def _counted(connect: Callable[[], Any], count: Callable[[], None]) -> Callable[[], Any]:
    def connect_and_count() -> Any:
        count()
        return connect()

    return connect_and_count


def test_settings_that_would_lose_tasks_are_refused(settings: Settings) -> None:
    settings.CELERY_TASK_ACKS_LATE = False
    assert [message.id for message in checks.check_celery(None)] == ["config.E003"]


def test_a_lease_longer_than_the_brokers_patience_is_refused(settings: Settings) -> None:
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 30}
    assert {message.id for message in checks.check_celery(None)} == {"config.E004"}
    assert len(checks.check_celery(None)) == len(STEPS)


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    for task, _ in SCHEDULE.values():
        assert task in app.tasks


@pytest.mark.django_db
def test_the_schedule_is_declared_once_and_never_over_an_operators_time() -> None:
    _declare_schedule()
    assert set(SCHEDULE) <= set(PeriodicTask.objects.values_list("name", flat=True))
    sweep = PeriodicTask.objects.get(name="pipeline-sweep")
    assert (sweep.task, sweep.interval.every, sweep.interval.period) == (
        "pipeline.tasks.sweep",
        60,
        "seconds",
    )
    other = PeriodicTask.objects.exclude(interval=sweep.interval).filter(interval__isnull=False)[0].interval
    PeriodicTask.objects.filter(pk=sweep.pk).update(interval=other, enabled=False)
    count = PeriodicTask.objects.count()
    _declare_schedule()
    sweep.refresh_from_db()
    assert (sweep.interval, sweep.enabled, PeriodicTask.objects.count()) == (other, False, count)


@pytest.mark.django_db(transaction=True)
def test_a_forked_child_opens_connections_of_its_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        before = cursor.fetchone()
    connection.close()
    for cache in caches.all(initialized_only=False):
        cache.set("a", 1)
    _close_inherited_sockets()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() != before
    assert [cache.get("a") for cache in caches.all()] == [1, 1]
