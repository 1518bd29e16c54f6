"""How long a child is here at a time: one event when a sitting has ended, in buckets (08, section 6).

A session of a device lives for weeks; a sitting is a stretch of it without a long pause. An app that is used
refreshes its token every ten minutes, so a refresh after a pause says when the sitting before has ended.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from analytics.tracking import SittingEnded, track
from students.models import Session

PAUSE = timedelta(minutes=30)  # three refreshes that did not come
BUCKETS = (5, 15, 30, 60)  # minutes, upper ends; the last bucket has none


def note_refresh(session: Session, *, last_use: datetime, now: datetime) -> None:
    """In the transaction of a refresh. After a pause the sitting before is told, and a new one begins."""
    if now - last_use <= PAUSE:
        return
    _tell(session, until=last_use, now=now)
    Session.objects.filter(pk=session.pk).update(sitting_began_at=now)


def note_sign_out(session: Session, *, last_use: datetime, now: datetime) -> None:
    """In the transaction of a sign-out, which ends the present sitting."""
    _tell(session, until=now if now - last_use <= PAUSE else last_use, now=now)


def _tell(session: Session, *, until: datetime, now: datetime) -> None:
    began = session.sitting_began_at or session.created_at
    track(
        SittingEnded(student_id=session.student_id, at=now, seconds_bucket=bucket_of(until - began)),
        third_party=session.student.shares_analytics,
    )


def bucket_of(length: timedelta) -> str:
    """`"5-15 min"`: which bucket a length falls into."""
    low = 0
    for high in BUCKETS:
        if length < timedelta(minutes=high):
            return f"{low}-{high} min"
        low = high
    return f"over {low} min"
