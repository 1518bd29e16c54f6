"""How long what is kept (08, section 5): the table, which the public notice shows, and its enforcement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from students.models import Erasure, RefreshToken, SecurityEvent, Session, Student

YEAR = timedelta(days=365)
ROWS_KEPT = YEAR  # answers, memory, playbacks, after last use
INACTIVE_AFTER = YEAR
WARNED_BEFORE = timedelta(days=30)
ERASED_WITHIN = timedelta(days=30)  # of the request
ENDED_SESSIONS_KEPT = timedelta(days=30)
SECURITY_EVENTS_KEPT = timedelta(days=30)
CONSENTS_KEPT = YEAR  # after the account, without evidence
BATCH = 5000


@dataclass(frozen=True)
class Rule:
    """One line of the table: in words that a parent reads. `enforced_by` names the code, or who does it."""

    data: str
    kept: str
    then: str
    enforced_by: str


TABLE: tuple[Rule, ...] = (
    Rule(
        "An account that nobody uses",
        "12 months (the app says so a month before)",
        "erased with everything in it",
        "students.retention.find_inactive",
    ),
    Rule(
        "Answers, what is remembered, what was watched", "12 months after the last use", "erased", "sections"
    ),
    Rule("Sessions of devices", "30 days after their end", "deleted", "students.keeping"),
    Rule(
        "Security events (failed sign-ins and the like, without a name)",
        "30 days",
        "deleted",
        "students.keeping",
    ),
    Rule("Logs of requests (without a name)", "14 days", "deleted", "the operator's log store"),
    Rule("Counters against misuse; pages of the feed", "at most an hour; 5 minutes", "expire", "the cache"),
    Rule(
        "Events for our own figures, under an id that changes every month",
        "12 months; the key of a month 13 months",
        "deleted",
        "analytics.delivery.expire",
    ),
    Rule("Events on their way", "until delivered, at most 7 days", "deleted", "analytics.delivery.expire"),
    Rule("Consent", "as long as the account, then 12 months without evidence", "deleted", "students.keeping"),
    Rule("Backups", "35 days", "deleted; an erased child stays erased when one is restored", "the operator"),
)


def delete_old(*querysets: models.QuerySet[Any]) -> dict[str, int]:
    """Delete in batches, each its own transaction; table → rows removed."""
    removed: dict[str, int] = {}
    for queryset in querysets:
        table = queryset.model._meta.db_table  # noqa: SLF001 - Django's documented way
        removed[table] = sum(_batches(queryset))
    return removed


def _batches(queryset: models.QuerySet[Any]) -> Iterator[int]:
    manager = queryset.model._default_manager  # noqa: SLF001
    while keys := list(queryset.values_list("pk", flat=True)[:BATCH]):
        yield manager.filter(pk__in=keys).delete()[0]


def find_inactive(now: datetime) -> models.QuerySet[Student]:
    """Accounts that nobody has used for a year."""
    return Student.objects.active().filter(last_active__lt=now - INACTIVE_AFTER).order_by("last_active")


def kept_until(student: Student) -> datetime:
    """When an account is erased if nobody uses it any more."""
    return student.last_active + INACTIVE_AFTER


def expire_own(now: datetime) -> Mapping[str, int]:
    """Rows of this app that have had their time."""
    ended = now - ENDED_SESSIONS_KEPT
    old_sessions = Session.objects.filter(models.Q(revoked_at__lt=ended) | models.Q(expires_at__lt=ended))
    removed = delete_old(
        RefreshToken.objects.filter(expires_at__lt=ended),
        old_sessions,
        SecurityEvent.objects.filter(at__lt=now - SECURITY_EVENTS_KEPT),
    )
    former = Erasure.objects.filter(finished_at__lt=now - CONSENTS_KEPT).exclude(consents=[])
    return removed | {"student_erasures": former.update(consents=[])}
