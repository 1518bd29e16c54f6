"""What the database and the broker know: queues, outboxes, films, money. Served by beat alone.

Each figure is one bounded statement; all of them are asked at most once in 15 seconds, whoever scrapes. What
cannot be asked is left out, so an absent figure is an alert of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import Redis, RedisError

from config import certificates
from config.backups import newest_dump
from config.celery import QUEUES
from pipeline import circuit, providers
from quizzes.partitions import years_ahead
from videos.cdn_health import ill_cdns

logger = logging.getLogger(__name__)
KEPT_SECONDS = 15.0
SMALLEST_GROUP = 5  # children; a figure about fewer is not shown (08, P4)

QUEUE = """
SELECT queue, count(*),
       coalesce(max(extract(epoch FROM now() - greatest(created_at, coalesce(not_before, created_at)))), 0)
FROM step_runs WHERE status = 'queued' AND (not_before IS NULL OR not_before <= now()) GROUP BY queue
"""
RUNNING = """
SELECT queue, count(*), count(*) FILTER (WHERE lease_until < now())
FROM step_runs WHERE status = 'running' GROUP BY queue
"""
OUTBOXES = """
SELECT 'analytics', coalesce(extract(epoch FROM now() - min(created_at)), 0)
FROM analytics_events WHERE delivered_at IS NULL
UNION ALL
SELECT 'outgoing', coalesce(extract(epoch FROM now() - min(created_at)), 0)
FROM outgoing WHERE done_at IS NULL
"""
PROJECTS = "SELECT status, count(*) FROM content_projects GROUP BY status"
REVIEW = """
SELECT coalesce(extract(epoch FROM now() - min(e.at)), 0) FROM content_projects p
CROSS JOIN LATERAL (SELECT max(created_at) AS at FROM project_events
                    WHERE project_id = p.id AND to_status = 'in_review') e
WHERE p.status = 'in_review'
"""
OVERDUE = """
SELECT coalesce(extract(epoch FROM now() - min(publish_at)), 0)
FROM content_projects WHERE status = 'scheduled' AND publish_at < now()
"""
FILMS = """
SELECT count(*), coalesce(sum(duration_seconds), 0) / 60.0
FROM learning_videos WHERE status = 'published'
"""
COST = """
SELECT provider, coalesce(sum(cost), 0) FROM step_runs
WHERE finished_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AND provider <> ''
GROUP BY provider
"""
PUBLISHED_COST = """
WITH published AS (
    SELECT p.id, v.duration_seconds
    FROM content_projects p JOIN learning_videos v ON v.id = p.published_video_id
    WHERE p.status = 'published' AND v.published_at > now() - interval '30 days'
)
SELECT (SELECT sum(coalesce(c.cost, c.reserved)) FROM charges c JOIN published p ON p.id = c.project_id),
       (SELECT sum(duration_seconds) / 60.0 FROM published)
"""
STUDY = """
SELECT age_group, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY studied_seconds)
FROM students WHERE studied_on = (now() AT TIME ZONE 'UTC')::date - 1
GROUP BY age_group HAVING count(*) >= %s
"""


class DatabaseCollector(Collector):
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[float, list[Metric]] = (float("-inf"), [])

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            if time.monotonic() - self._kept[0] > KEPT_SECONDS:
                self._kept = (time.monotonic(), list(_ask_all()))
        yield from self._kept[1]

    def describe(self) -> list[Metric]:
        """Nothing is asked when the collector is registered."""
        return []


def _ask_all() -> Iterator[Metric]:
    for ask in SOURCES:
        try:
            yield from ask()
        except (DatabaseError, RedisError, OSError) as error:
            logger.warning("A figure could not be read: %s (%s)", ask.__name__, type(error).__name__)
    if not connection.in_atomic_block:
        connection.close()


def _rows(statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return list(cursor.fetchall())


def _one(name: str, about: str, value: float | None) -> Metric:
    """A figure; None: there is nothing to tell, and the series is absent."""
    return GaugeMetricFamily(name, about, value=None if value is None else float(value))


def _by(name: str, about: str, label: str, pairs: Sequence[tuple[str, Any]]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    for value, figure in pairs:
        family.add_metric([value], float(figure))
    return family


def ask_queues() -> Iterator[Metric]:
    found = {queue: (count, oldest) for queue, count, oldest in _rows(QUEUE)}
    running = {queue: (count, late) for queue, count, late in _rows(RUNNING)}
    depth = [(queue, found.get(queue, (0, 0))[0]) for queue in QUEUES]
    yield _by("queue_depth", "Runs that wait for a worker.", "queue", depth)
    oldest = [(queue, found.get(queue, (0, 0))[1]) for queue in QUEUES]
    yield _by("queue_oldest_seconds", "How long the oldest of them has waited.", "queue", oldest)
    at_work = [(queue, running.get(queue, (0, 0))[0]) for queue in QUEUES]
    yield _by("runs_at_work", "Runs that a worker has.", "queue", at_work)
    late = [(queue, running.get(queue, (0, 0))[1]) for queue in QUEUES]
    yield _by("leases_expired", "Runs whose worker has not been heard of in time.", "queue", late)


def ask_broker() -> Iterator[Metric]:
    if not settings.BROKER_URL.startswith(("redis://", "rediss://", "redis+socket://")):
        return
    client = Redis.from_url(
        settings.BROKER_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db="),
        socket_connect_timeout=1,
        socket_timeout=1,
    )
    try:
        lengths: list[tuple[str, Any]] = [(queue, client.llen(queue)) for queue in QUEUES]
    finally:
        client.close()
    yield _by("broker_messages", "Messages that no worker has taken.", "queue", lengths)


def ask_outboxes() -> Iterator[Metric]:
    yield _by(
        "outbox_oldest_seconds", "Age of the oldest row that is not delivered.", "outbox", _rows(OUTBOXES)
    )


def ask_content() -> Iterator[Metric]:
    yield _by("projects", "Projects by whose turn it is.", "status", _rows(PROJECTS))
    yield _one("review_oldest_seconds", "How long the oldest film waits for a verdict.", _rows(REVIEW)[0][0])
    yield _one("publish_overdue_seconds", "How long a scheduled film is late.", _rows(OVERDUE)[0][0])
    ((films, minutes),) = _rows(FILMS)
    yield _one("videos_published", "Films that children can see.", films)
    yield _one("video_minutes_published", "Their length in minutes.", minutes)


def ask_money() -> Iterator[Metric]:
    yield _by("provider_cost_today_dollars", "Spent since midnight UTC.", "provider", _rows(COST))
    limits = [(name, amount) for name, amount in settings.PIPELINE_BUDGETS.items()]
    yield _by("provider_budget_dollars", "The limits on spending.", "limit", limits)
    ((cost, minutes),) = _rows(PUBLISHED_COST)
    about = "Paid to providers for what was published in 30 days, a minute of film."
    yield _one("cost_per_published_minute", about, float(cost or 0) / float(minutes) if minutes else None)


def ask_circuits() -> Iterator[Metric]:
    now = timezone.now()
    found = [(alias, circuit.find_opening(alias, now=now) is not None) for alias in providers.aliases()]
    yield _by("provider_circuit_open", "1 where a provider may not be called.", "alias", found)


def ask_engagement() -> Iterator[Metric]:
    rows = _rows(STUDY, [SMALLEST_GROUP])
    about = "Median of the time children learned yesterday, in seconds."
    yield _by("learning_day_seconds", about, "age_group", [(group, median) for group, _, median in rows])
    yield _by(
        "learners_yesterday",
        "Children who learned.",
        "age_group",
        [(group, count) for group, count, _ in rows],
    )


def ask_platform() -> Iterator[Metric]:
    yield _one(
        "quiz_partitions_ahead",
        "Years of answers that have their table already.",
        years_ahead(timezone.now()),
    )
    ill = ill_cdns()
    yield _by(
        "cdn_ill",
        "1 where a CDN does not answer.",
        "cdn",
        [(name, name in ill) for name in settings.CDN_ORDER],
    )
    ends = sorted(certificates.days_left().items())
    yield _by("certificate_days", "Days until the certificate of a public name ends.", "host", ends)
    newest = newest_dump(settings.BACKUP_DIR) if settings.BACKUP_DIR is not None else None
    age = time.time() - newest.stat().st_mtime if newest is not None else None
    yield _one("backup_age_seconds", "Age of the newest backup.", age)
    yield _by("build_info", "Always 1.", "version", [(settings.VERSION, 1)])


SOURCES: tuple[Callable[[], Iterator[Metric]], ...] = (
    ask_queues,
    ask_broker,
    ask_outboxes,
    ask_content,
    ask_money,
    ask_circuits,
    ask_engagement,
    ask_platform,
)
