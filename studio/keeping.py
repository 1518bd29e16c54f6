"""What this app keeps for its time only: sessions of the creator API, and projects that nobody wants.

It keeps nothing about students.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q

from students.models import Student
from students.retention import ENDED_SESSIONS_KEPT, delete_old
from students.sections import Rows, Section
from studio import purging
from studio.models import CreatorRefreshToken, CreatorSession


def export(student: Student) -> Mapping[str, Rows]:
    return {}


def erase(student: Student) -> Mapping[str, int]:
    return {}


def expire(now: datetime) -> Mapping[str, int]:
    ended = now - ENDED_SESSIONS_KEPT
    sessions = delete_old(
        CreatorRefreshToken.objects.filter(expires_at__lt=ended),
        CreatorSession.objects.filter(Q(revoked_at__lt=ended) | Q(expires_at__lt=ended)),
    )
    return {**sessions, **purging.purge_due(now)}


SECTION = Section("studio", (), export, erase, expire)
