"""What is configured, reachable and missing, each with what to do next. Nothing is changed or paid."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.db import DatabaseError, connection
from django.utils import timezone
from redis import Redis, RedisError

from config import health
from config.celery import app
from pipeline import circuit, providers
from quizzes.partitions import years_ahead
from videos.cdn_health import ill_cdns
from videos.models import LearningVideo
from videos.outgoing import describe_waiting

FREE_BYTES = 2_000_000_000


class Writes(Protocol):
    """A command's standard output."""

    def write(self, line: str) -> None: ...


@dataclass(frozen=True)
class Finding:
    """`state` is ok, note (works, could be better) or wrong (exit 1)."""

    part: str
    state: str
    says: str
    next_step: str = ""


MARKS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


def write_findings(found: Sequence[Finding], out: Writes, *, as_json: bool) -> bool:
    """The findings as lines or as one object; returns whether nothing is wrong."""
    is_well = all(one.state != "wrong" for one in found)
    if as_json:
        out.write(json.dumps({"is_well": is_well, "findings": [asdict(one) for one in found]}))
        return is_well
    for one in found:
        out.write(f"{MARKS[one.state]} {one.part:18} {one.says}")
        if one.next_step:
            out.write(f"{'':25}→ {one.next_step}")
    return is_well


def examine() -> list[Finding]:
    found: list[Finding] = []
    for look in LOOKS:
        try:
            found += look()
        except (DatabaseError, RedisError, OSError) as error:
            part = look.__name__.removeprefix("look_at_")
            found.append(Finding(part, "wrong", type(error).__name__, "Mend what is named above first."))
    return found


def look_at_settings() -> Iterator[Finding]:
    problems = [
        one
        for one in run_checks(include_deployment_checks=not settings.DEVELOPMENT)
        if one.level >= WARNING and not one.is_silenced()
    ]
    for one in problems:
        yield Finding("settings", "wrong", f"{one.id}: {one.msg}", one.hint or "")
    if not problems:
        kind = "development" if settings.DEVELOPMENT else "production"
        yield Finding("settings", "ok", f"{kind}, version {settings.VERSION}")


def look_at_services() -> Iterator[Finding]:
    """Database (with its migrations), cache, broker, storage, as the readiness probe asks them."""
    steps = {
        "database": "Check DATABASE_URL, then manage.py migrate_safely.",
        "cache": "Check REDIS_URL. Without it everything works, only slower.",
        "broker": "Check BROKER_URL. Without it nothing is made or published.",
        "storage": "Check S3_… or the rights of MEDIA_ROOT; see docs/runbooks/storage.md.",
    }
    _, report = health.examine(health.CHECKS)
    for name, part in report["parts"].items():
        if part["status"] == "ok":
            yield Finding(name, "ok", f"answers in {1000 * part['seconds']:.0f} ms")
        elif part["status"] == "slow":
            yield Finding(name, "note", "answers, but takes longer than a second", steps[name])
        else:
            yield Finding(name, "wrong", part.get("error") or part["status"], steps[name])


def look_at_workers() -> Iterator[Finding]:
    """Which queues have a worker. Asked by message, so a broker that is away leaves it open."""
    try:
        answers: dict[str, Any] = app.control.inspect(timeout=1.0).active_queues() or {}
    except Exception as error:  # noqa: BLE001 - any broker's own errors
        yield Finding("workers", "wrong", type(error).__name__, "The broker does not answer.")
        return
    served = {queue["name"] for queues in answers.values() for queue in queues}
    from config.celery import QUEUES  # noqa: PLC0415 - beside its use

    idle = [queue for queue in QUEUES if queue not in served]
    if idle:
        step = f"celery -A config.celery worker -Q {','.join(idle)}"
        yield Finding("workers", "wrong", f"Nobody works for: {', '.join(idle)}.", step)
    else:
        yield Finding("workers", "ok", f"{len(answers)} workers, every queue is served")


def look_at_providers() -> Iterator[Finding]:
    now = timezone.now()
    for alias in providers.aliases():
        backend = settings.PIPELINE_PROVIDERS[alias]["BACKEND"].rpartition(".")[0].rpartition(".")[2]
        opening = circuit.find_opening(alias, now=now)
        if opening is None:
            yield Finding(f"provider {alias}", "ok", backend)
        else:
            step = f"Put it right, then manage.py circuits --close {alias}"
            yield Finding(f"provider {alias}", "wrong", f"{backend}: {opening.message}", step)


def look_at_delivery() -> Iterator[Finding]:
    ill = ill_cdns()
    order = ", ".join(settings.CDN_ORDER)
    if ill:
        yield Finding("delivery", "wrong", f"{order}; ill: {', '.join(sorted(ill))}", "docs/runbooks/cdn.md")
    else:
        yield Finding("delivery", "ok", order)
    for row in describe_waiting():
        if row["last_error"]:
            says = f"{row['kind']} of {row['subject'][:8]}… since {row['since']}: {row['last_error']}"
            yield Finding("outgoing", "wrong", says, "docs/runbooks/outbox.md")


def look_at_data() -> Iterator[Finding]:
    ahead = years_ahead(timezone.now())
    if ahead < 1:
        yield Finding(
            "partitions", "wrong", "Next year's answers have no table.", "manage.py ensure_partitions"
        )
    else:
        yield Finding("partitions", "ok", f"{ahead} years ahead")
    films = LearningVideo.objects.published().count()
    step = "" if films else "Make and publish one in the studio, or manage.py load_demo."
    yield Finding("films", "ok" if films else "note", f"{films} published", step)
    with connection.cursor() as cursor:
        cursor.execute("SHOW timezone")
        zone = cursor.fetchone()[0]
        cursor.execute("SELECT current_setting('max_connections')::int, current_setting('server_version')")
        most, version = cursor.fetchone()
    yield Finding("database server", "ok", f"PostgreSQL {version}, max_connections {most}, zone {zone}")


def look_at_machine() -> Iterator[Finding]:
    settings.WORK_DIR.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.WORK_DIR).free
    says = f"{free / 1e9:.1f} GB free for running steps"
    if free < FREE_BYTES:
        yield Finding("disk", "wrong", says, f"Free some space where {settings.WORK_DIR} lies.")
    else:
        yield Finding("disk", "ok", says)
    same = settings.REDIS_URL == settings.BROKER_URL and not settings.DEVELOPMENT
    if same:
        client = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
        policy = dict(client.config_get("maxmemory-policy")).get("maxmemory-policy", "")
        client.close()
        if str(policy).startswith("allkeys"):
            step = "Give the broker an instance of its own, or set maxmemory-policy volatile-lru."
            yield Finding("redis", "wrong", "A full cache would evict messages.", step)


LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    look_at_settings,
    look_at_services,
    look_at_workers,
    look_at_providers,
    look_at_delivery,
    look_at_data,
    look_at_machine,
)
