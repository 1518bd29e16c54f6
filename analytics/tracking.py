"""`track(event)`: the one door for "what happened".

A row is written in the caller's transaction, so an event exists exactly when its cause does; sinks
deliver it later. Only the classes below can be tracked, and only with their fields: nothing else
about a child can slip into an event (08, P2 and P4).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from analytics.models import Event


@dataclass(frozen=True, kw_only=True)
class VideoView:
    """A playback as the app reported it."""

    event_type: ClassVar[str] = "video_view"
    student_id: UUID
    at: datetime
    video_id: UUID
    duration_seconds: float
    completed: bool


@dataclass(frozen=True, kw_only=True)
class QuizAnswered:
    """One stored answer."""

    event_type: ClassVar[str] = "quiz_response"
    student_id: UUID
    at: datetime
    video_id: UUID
    question_index: int
    correct: bool
    response_time_ms: int
    mode: str


@dataclass(frozen=True, kw_only=True)
class SittingEnded:
    """A child has been here and left; how long, in a bucket only."""

    event_type: ClassVar[str] = "session"
    student_id: UUID
    at: datetime
    seconds_bucket: str


type Trackable = VideoView | QuizAnswered | SittingEnded

TRACKABLE: tuple[type[Trackable], ...] = (VideoView, QuizAnswered, SittingEnded)


def track(event: Trackable, *, third_party: bool = False) -> Event:
    """Write the outbox row. TypeError for anything that is not on the list.

    `third_party`: the student's consent to a vendor is current. The caller reads it; this app knows neither.
    """
    row = describe(event)
    row.third_party = third_party
    row.save(force_insert=True)
    return row


def describe(event: Trackable) -> Event:
    """The outbox row, for a statement of the caller's own to write. TypeError as from `track`."""
    if type(event) not in TRACKABLE:
        raise TypeError(f"{type(event).__name__} is not an event that may be tracked.")
    properties: dict[str, Any] = asdict(event)
    subject, at = properties.pop("student_id"), properties.pop("at")
    if "video_id" in properties:
        properties["video_id"] = str(properties["video_id"])
    return Event(event_type=event.event_type, subject=subject, properties=properties, created_at=at)
