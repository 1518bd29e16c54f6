"""Export and erasure (08, P6 and P7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction

from analytics import forgetting
from students.consents import latest_consents
from students.models import Erasure, Student
from students.retention import ERASED_WITHIN
from students.sections import Section, all_sections
from students.security import record_security_event
from students.tokens import end_student_sessions
from students.tombstones import keep_outside, tombstone_of

EXPORT_FORMAT, EXPORT_VERSION = "student-export", 1


# --------------------------------------------------------------------------- export


def build_export(student: Student) -> dict[str, Any]:
    """Everything that is kept about a student, by table; without hashes, tokens and other people."""
    tables: dict[str, Any] = {}
    for section in all_sections():
        tables |= section.export(student)
    return {"format": EXPORT_FORMAT, "version": EXPORT_VERSION, "tables": tables}


def write_export(student: Student) -> bytes:
    """The export as JSON: the same bytes for the same data."""
    written = json.dumps(
        build_export(student), cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False, indent=1
    )
    return written.encode() + b"\n"


# --------------------------------------------------------------------------- erasure


def request_erasure(student: Student, *, by: str, now: datetime) -> Erasure:
    """Disabled and signed out everywhere at once; `continue_erasure` removes the rest. May be repeated."""
    with transaction.atomic():
        Student.objects.filter(pk=student.pk).update(is_active=False)
        end_student_sessions(student, because="erased", now=now)
        erasure, is_new = Erasure.objects.get_or_create(
            tombstone=tombstone_of(student.pk),
            defaults={"student_id": student.pk, "requested_at": now, "requested_by": by},
        )
        if not is_new and erasure.student_id is None:  # a backup has brought the student back
            erasure.student_id, erasure.finished_at, erasure.removed = student.pk, None, {}
            erasure.requested_at, erasure.requested_by = now, by
            erasure.save()
        if is_new:
            record_security_event("erasure-requested", erasure.tombstone)
    return erasure


def erase(student: Student, *, by: str, now: datetime) -> Erasure:
    """Request and finish it. A second call finds nothing to do."""
    return continue_erasure(request_erasure(student, by=by, now=now).pk, now=now)


def continue_erasure(erasure_id: UUID, *, now: datetime) -> Erasure:
    """Do what is left of an erasure, section by section, each in a transaction of its own.

    Whatever ends it, calling it again goes on with the section that was not finished.
    """
    erasure = Erasure.objects.get(pk=erasure_id)
    student = Student.objects.filter(pk=erasure.student_id).first() if erasure.student_id else None
    if student is not None:
        for section in all_sections():
            _erase_section(erasure_id, section, student)
        _finish(erasure_id, student, now=now)
    elif erasure.finished_at is None:
        Erasure.objects.filter(pk=erasure_id).update(student_id=None, finished_at=now)
    return Erasure.objects.get(pk=erasure_id)


def _erase_section(erasure_id: UUID, section: Section, student: Student) -> None:
    with transaction.atomic():
        erasure = Erasure.objects.select_for_update().get(pk=erasure_id)
        if section.name in erasure.removed:
            return
        if not erasure.consents:
            erasure.consents = _summary(student)
        erasure.removed[section.name] = dict(section.erase(student))
        erasure.save(update_fields=["removed", "consents"])
        record_security_event("erased", f"{erasure.tombstone} {section.name}")


def _summary(student: Student) -> list[dict[str, Any]]:
    """Consents as they were, without evidence."""
    return [
        {
            "purpose": row.purpose,
            "granted": row.granted,
            "notice_version": row.notice_version,
            "at": row.at.isoformat(),
        }
        for row in latest_consents(student).values()
        if row is not None
    ]


def _finish(erasure_id: UUID, student: Student, *, now: datetime) -> None:
    student_id = student.pk
    keep_outside(tombstone_of(student_id))
    try:
        with transaction.atomic():
            # Waits for a request that was under way, and takes along what it has written since.
            student.delete()
            forgetting.forget(student_id, now=now)
            Erasure.objects.filter(pk=erasure_id).update(student_id=None, finished_at=now)
    except IntegrityError:  # one more came in between: the next round removes it
        return


def describe_erasure(erasure: Erasure) -> Mapping[str, Any]:
    """The receipt: when it was asked for, by when it is done, what was removed. It names nobody."""
    removed: dict[str, int] = {}
    for counts in erasure.removed.values():
        for table, rows in counts.items():
            removed[table] = removed.get(table, 0) + rows
    return {
        "receipt": erasure.pk,
        "requested_at": erasure.requested_at,
        "promised_by": erasure.requested_at + ERASED_WITHIN,
        "finished_at": erasure.finished_at,
        "removed": dict(sorted(removed.items())),
    }
