"""Is the process alive, and is it ready? For probes, not for people (09, section 6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import OperationalError
from redis import Redis, RedisError

LIMIT = 1.0  # seconds a part may take
KEPT = 2.0  # seconds an answer is kept, so that probes cost nothing

_pool = ThreadPoolExecutor(4, thread_name_prefix="health")
_kept: tuple[float, int, dict[str, Any]] | None = None


class NotReady(Exception):
    """A part does not answer as it should; the message says what, without addresses."""


class Probes:
    """Probes ask by address, not by name: no host and no session counts. Their answers are observed and
    have the headers of all others, and the route by which they are named and kept out of the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = PROBES.get(request.path)
        if view is None:
            return self._get_response(request)
        request.resolver_match = resolve(request.path_info)
        return view(request)


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process answers. No dependency: a slow database must not restart every process at once."""
    return JsonResponse({"status": "ok", "version": settings.VERSION})


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Database, cache, broker and storage, with the time each took. Only the database makes it a 503:
    without the others the API is slower or poorer, but right."""
    global _kept  # noqa: PLW0603 - one answer a process, for two seconds
    if _kept is None or time.monotonic() - _kept[0] > KEPT:
        status, report = examine(CHECKS)
        _kept = (time.monotonic(), status, report)
    return JsonResponse(_kept[2], status=_kept[1])


def examine(checks: Mapping[str, Callable[[], None]]) -> tuple[int, dict[str, Any]]:
    """Run all checks at once, each for at most a second: (status, report)."""
    began = time.monotonic()
    running = {name: _pool.submit(_timed, check) for name, check in checks.items()}
    parts = {name: _report(future, began) for name, future in running.items()}
    is_ready = parts["database"]["status"] == "ok"
    status = "ok" if all(part["status"] == "ok" for part in parts.values()) else "degraded"
    return (200 if is_ready else 503), {"status": status if is_ready else "down", "parts": parts}


def _timed(check: Callable[[], None]) -> float:
    began = time.monotonic()
    try:
        check()
    finally:
        connection.close()  # of this thread: back to the pool
    return time.monotonic() - began


def _report(future: Future[float], began: float) -> dict[str, Any]:
    try:
        return {"status": "ok", "seconds": round(future.result(max(began + LIMIT - time.monotonic(), 0)), 4)}
    except TookTooLong:
        return {"status": "slow", "seconds": LIMIT}
    except (NotReady, DatabaseError, RedisError, OperationalError, OSError) as error:
        return {"status": "down", "seconds": None, "error": type(error).__name__}


def check_database() -> None:
    """It answers, and every migration is applied."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReady("There are migrations to apply.")


def check_cache() -> None:
    """Asked directly: Django's cache hides its failures."""
    client = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=LIMIT, socket_timeout=LIMIT)
    try:
        client.ping()
    finally:
        client.close()


def check_broker() -> None:
    with Connection(
        settings.BROKER_URL,
        connect_timeout=LIMIT,
        transport_options={"socket_connect_timeout": LIMIT, "socket_timeout": LIMIT},
    ) as broker:
        broker.ensure_connection(max_retries=1, timeout=int(LIMIT))


def check_storage() -> None:
    """A look-up of a name that does not exist proves that the storage answers."""
    for name in ("default", "published"):
        storages[name].exists("health")


CHECKS: Mapping[str, Callable[[], None]] = {
    "database": check_database,
    "cache": check_cache,
    "broker": check_broker,
    "storage": check_storage,
}


PROBES: Mapping[str, Callable[[HttpRequest], HttpResponse]] = {"/health/live": live, "/health/ready": ready}
