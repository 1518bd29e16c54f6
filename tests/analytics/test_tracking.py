"""The one door for what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from analytics.models import Event
from analytics.tracking import QuizAnswered, VideoView, track

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def view(student: UUID, video: UUID) -> VideoView:
    return VideoView(student_id=student, at=NOW, video_id=video, duration_seconds=61.5, completed=True)


def test_an_event_is_one_undelivered_row_with_its_listed_fields() -> None:
    student, video = uuid4(), uuid4()
    track(view(student, video))
    row = Event.objects.get()
    assert (row.event_type, row.subject, row.created_at, row.delivered_at) == (
        "video_view",
        student,
        NOW,
        None,
    )
    assert row.properties == {"video_id": str(video), "duration_seconds": 61.5, "completed": True}


def test_an_answer_is_tracked_without_what_was_asked() -> None:
    video = uuid4()
    track(
        QuizAnswered(
            student_id=uuid4(),
            at=NOW,
            video_id=video,
            question_index=2,
            correct=False,
            response_time_ms=2100,
            mode="recall",
        )
    )
    assert Event.objects.get().properties == {
        "video_id": str(video),
        "question_index": 2,
        "correct": False,
        "response_time_ms": 2100,
        "mode": "recall",
    }


def test_an_event_goes_with_the_transaction_that_caused_it() -> None:
    with transaction.atomic():
        track(view(uuid4(), uuid4()))
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_what_is_not_listed_cannot_be_tracked() -> None:
    @dataclass(frozen=True)
    class UsernameSeen:
        username: str

    with pytest.raises(TypeError, match="UsernameSeen"):
        track(UsernameSeen("otter"))  # type: ignore[arg-type]
    assert not Event.objects.exists()
