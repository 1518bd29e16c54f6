"""Consent is a record (08, P5): given with the guardian's code, withdrawn by anybody on the child's side."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from analytics import forgetting
from students.models import Consent, Student
from students.notice import NOTICE_VERSION
from students.security import record_security_event

SERVICE = Consent.Purpose.SERVICE
THIRD_PARTY_ANALYTICS = Consent.Purpose.THIRD_PARTY_ANALYTICS


class NoticeOutdated(Exception):
    """Consent to a notice that is not the present one."""

    code = "notice-outdated"


class DeleteInstead(Exception):
    """The service itself ends with the account."""

    code = "delete-instead"


def latest_consents(student: Student) -> dict[str, Consent | None]:
    """Purpose → the row that counts, None where nobody was asked yet."""
    found: dict[str, Consent | None] = dict.fromkeys(Consent.Purpose.values)
    for row in student.consents.order_by("at", "pk"):
        found[row.purpose] = row
    return found


def decide(
    student: Student,
    purpose: Consent.Purpose,
    *,
    granted: bool,
    version: str,
    by_guardian: bool,
    now: datetime,
) -> Consent:
    """Write the decision, and make it hold within the same transaction; repeating it writes nothing.

    The caller has checked the guardian's code (`by_guardian`); consent without it breaks a constraint.
    Raises NoticeOutdated and DeleteInstead, then nothing was written.
    """
    if granted and version != NOTICE_VERSION:
        raise NoticeOutdated(f"The present notice is {NOTICE_VERSION}.")
    if purpose == SERVICE and not granted:
        raise DeleteInstead("Without the service there is no account: delete it.")
    with transaction.atomic():
        Student.objects.select_for_update().get(pk=student.pk)
        last = student.consents.filter(purpose=purpose).order_by("-at", "-pk").first()
        if last is not None and (last.granted, last.notice_version) == (granted, version):
            return last
        method = "guardian-code" if by_guardian else "own-device"
        row = Consent.objects.create(
            student=student,
            purpose=purpose,
            granted=granted,
            notice_version=version,
            given_by="guardian" if by_guardian else "student",
            method=method,
            at=now,
            evidence=f"{method}; notice {version} for age group {student.age_group}; {now.isoformat()}",
        )
        if purpose == THIRD_PARTY_ANALYTICS:
            _apply_to_analytics(student, granted=granted, now=now)
        record_security_event("consent-changed", student.pk)
    return row


def _apply_to_analytics(student: Student, *, granted: bool, now: datetime) -> None:
    Student.objects.filter(pk=student.pk).update(shares_analytics=granted)
    if granted:
        forgetting.allow_vendor(student.pk)
    else:
        forgetting.keep_from_vendor(student.pk, now=now)
