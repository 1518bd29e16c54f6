"""What this app keeps about a student: the account, sessions, badges, consents, and traces elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.utils import timezone
from redis import Redis

from analytics import delivery, forgetting
from students import lockout, retention, throttles
from students.models import Achievement, Consent, RefreshToken, SecurityEvent, Session, Student
from students.sections import Rows, Section, delete_rows, register_section, rows_of
from students.security import blur_subject

SECRETS = {"password", "recovery_code", "guardian_code"}  # hashes
SCANNED = 1000  # keys of the cache looked at in one round trip


def register_own_sections() -> None:
    """The account last: what the others remove points at it."""
    register_section(Section("account", MODELS, export_account, erase_account, retention.expire_own))
    register_section(Section("analytics", (), export_analytics, erase_analytics, delivery.expire))
    register_section(Section("caches", (), export_nothing, erase_caches))


MODELS: tuple[type[models.Model], ...] = (Student, Session, Achievement, Consent)


def export_account(student: Student) -> Mapping[str, Rows]:
    """Without hashes and tokens. `security_events` are those of this student, found by their HMAC."""
    tokens = RefreshToken.objects.filter(session__student=student)
    return {
        "students": rows_of(Student.objects.filter(pk=student.pk), omit=SECRETS),
        "student_sessions": rows_of(Session.objects.filter(student=student)),
        "student_refresh_tokens": sorted(
            rows_of(tokens, omit={"digest"}), key=lambda row: (row["created_at"], str(row["session_id"]))
        ),
        "student_achievements": rows_of(Achievement.objects.filter(student=student)),
        "student_consents": rows_of(Consent.objects.filter(student=student)),
        "security_events": rows_of(_security_events(student), omit={"subject"}),
    }


def erase_account(student: Student) -> Mapping[str, int]:
    """The row of the student itself goes at the very end (students.privacy)."""
    return delete_rows(
        RefreshToken.objects.filter(session__student=student),
        Session.objects.filter(student=student),
        Achievement.objects.filter(student=student),
        Consent.objects.filter(student=student),
        _security_events(student),
    )


def _security_events(student: Student) -> models.QuerySet[SecurityEvent]:
    """Those of the account, and failed sign-ins with its name from before it was anybody's."""
    subjects = [blur_subject(student.pk), blur_subject(student.username)]
    return SecurityEvent.objects.filter(subject__in=subjects)


def export_analytics(student: Student) -> Mapping[str, Rows]:
    return forgetting.describe_kept(student.pk)


def erase_analytics(student: Student) -> Mapping[str, int]:
    return forgetting.forget(student.pk, now=timezone.now())


def export_nothing(student: Student) -> Mapping[str, Rows]:
    """What the cache holds is a copy of rows, or a counter that ends within the hour."""
    return {}


def erase_caches(student: Student) -> Mapping[str, int]:
    """Pages, orders and counters under the student's id or an HMAC of name or id, whoever keeps them.

    Raises redis.RedisError while the cache is away; the erasure is continued later.
    """
    traces = (
        str(student.pk),
        lockout.blur(student.username),
        lockout.blur(f"guardian:{student.pk}"),
        throttles.blur(student.username),
    )
    removed = 0
    with Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2) as redis:
        for trace in traces:
            for key in redis.scan_iter(match=f"*{trace}*", count=SCANNED):
                removed += int(redis.delete(key))
    return {"cache": removed}
