"""Who somebody is to a sink: another id for each sink and month, that only we can tie to a student (08, P2).

The key of a month is made of a secret of the environment and a random part in the database. Neither
alone is enough, and the random part is deleted after 13 months: then nobody can tie an id to a child.
"""

from __future__ import annotations

import hmac
import os
from datetime import date, datetime
from uuid import UUID

from django.conf import settings

from analytics.models import SinkKey

DATABASE, VENDOR = "database", "amplitude"
MONTHS_KEPT = 13


def month_of(moment: datetime) -> date:
    return moment.date().replace(day=1)


def sink_id(sink: str, subject: UUID, *, at: datetime) -> str:
    """The id of `subject` in a sink in the month of `at`; makes the month's key where there is none."""
    key, _ = SinkKey.objects.get_or_create(sink=sink, month=month_of(at), defaults={"salt": os.urandom(32)})
    return _id_by(key, subject)


def known_ids(sink: str, subject: UUID) -> list[str]:
    """Every id that `subject` had in a sink in the months whose keys are still there."""
    return [_id_by(key, subject) for key in SinkKey.objects.filter(sink=sink).order_by("month")]


def _id_by(key: SinkKey, subject: UUID) -> str:
    message = f"{key.sink}\n{key.month.isoformat()}\n".encode() + bytes(key.salt)
    month_key = hmac.digest(settings.ANALYTICS_KEY.encode(), message, "sha256")
    return hmac.new(month_key, subject.bytes, "sha256").hexdigest()


def first_month_kept(now: datetime) -> date:
    """Keys of earlier months go."""
    months = now.year * 12 + now.month - 1 - MONTHS_KEPT
    return date(months // 12, months % 12 + 1, 1)
