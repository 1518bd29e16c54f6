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
DRAFTS_KEPT = timedelta(days=90)  # after they were put away; with everything that was made for them
FILMS_KEPT = YEAR  # after they were taken offline
PAYLOADS_KEPT = timedelta(days=30)  # what was wrong with a vendor's answer, and answers nobody took
USAGE_KEPT = 2 * YEAR
BATCH = 5000
MONTH_DAYS = 365 / 12


def say_period(period: timedelta) -> str:
    """As the notice says it: "90 days", "12 months"."""
    months = period.days / MONTH_DAYS
    return f"{months:.0f} months" if months >= 12 and months.is_integer() else f"{period.days} days"


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
        f"{say_period(INACTIVE_AFTER)} (the app says so a month before)",
        "erased with everything in it",
        "students.retention.find_inactive",
    ),
    Rule(
        "Answers, what is remembered, what was watched",
        f"{say_period(ROWS_KEPT)} after the last use",
        "erased",
        "sections",
    ),
    Rule(
        "Sessions of devices",
        f"{say_period(ENDED_SESSIONS_KEPT)} after their end",
        "deleted",
        "students.keeping",
    ),
    Rule(
        "Security events (failed sign-ins and the like, without a name)",
        say_period(SECURITY_EVENTS_KEPT),
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
    Rule(
        "Consent",
        f"as long as the account, then {say_period(CONSENTS_KEPT)} without evidence",
        "deleted",
        "students.keeping",
    ),
    Rule(
        "Drafts of films that were put away, and lists of ideas, with everything made for them",
        say_period(DRAFTS_KEPT),
        "deleted",
        "studio.purging",
    ),
    Rule(
        "Films that were taken offline, with their former versions",
        say_period(FILMS_KEPT),
        "deleted, when no child's answers refer to them any more",
        "studio.purging",
    ),
    Rule(
        "What was wrong with an answer of a company that helps to make films",
        say_period(PAYLOADS_KEPT),
        "deleted",
        "pipeline.keeping",
    ),
    Rule("What making films has cost", say_period(USAGE_KEPT), "deleted", "pipeline.keeping"),
    Rule("Files with everything we keep, made for you", "not at all", "handed over at once", "no copy"),
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
