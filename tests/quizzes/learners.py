"""People and films of the tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.answering import Submission, SubmittedAnswer, submit_answer
from students.models import Student, ages_of
from videos.models import LearningVideo, Topic, Watch

CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def make_student(**fields: Any) -> Student:
    """An account of long ago, so that answers of any day of a test are younger."""
    values = {
        "username": f"otter-{uuid4().hex[:12]}",
        "age_group": "8-10",
        "created_at": datetime(2025, 1, 1, tzinfo=UTC),
    }
    return Student.objects.create(**values | fields)


def make_concept(name: str = "", *, topic: Topic | None = None, **fields: Any) -> Topic:
    name = name or f"concept {uuid4().hex[:8]}"
    return Topic.objects.create(name=name, slug=f"slug-{uuid4().hex}", parent=topic, **fields)


def make_questions(count: int = 3) -> list[dict[str, Any]]:
    """Yes, no, yes, …"""
    return [
        {
            "question": f"Question {index}?",
            "answer": index % 2 == 0,
            "explanation": f"Because of {index}.",
            "scene": index,
            "taught_at_seconds": 10.0 * index,
            "evidence": "A sentence.",
        }
        for index in range(count)
    ]


def make_film(concept: Topic | None = None, *, now: datetime, **fields: Any) -> LearningVideo:
    title = f"film {uuid4().hex[:8]}"
    return LearningVideo.objects.create(
        **{
            "title": title,
            "topic": (concept.parent.name if concept and concept.parent else title),
            "script_content": "A script.",
            "video_url": "films/x/film.mp4",
            "duration_seconds": 60,
            "difficulty_level": 4,
            "age_groups": ages_of("8-10"),
            "quiz_questions": make_questions(),
            "published_at": now,
            "status": "published",
            "concept": concept,
        }
        | fields
    )


def make_watch(student: Student, video: LearningVideo, *, at: datetime, **fields: Any) -> Watch:
    """A film played to its end, as the app reported it."""
    return Watch.objects.create(
        **{
            "student": student,
            "watch_id": uuid4(),
            "video": video,
            "fingerprint": "x",
            "seconds_watched": 60.0,
            "furthest_second": 60.0,
            "completed": True,
            "started_at": at,
            "created_at": at,
        }
        | fields
    )


def right(index: int) -> bool:
    return index % 2 == 0


def answer(
    student: Student | UUID,
    video: LearningVideo,
    index: int,
    *,
    now: datetime,
    is_right: bool = True,
    **fields: Any,
) -> Submission:
    student_id = student if isinstance(student, UUID) else student.id
    return submit_answer(
        student_id, made(video, index, is_right=is_right, **({"answered_at": now} | fields)), now=now
    )


def made(video: LearningVideo, index: int, *, is_right: bool = True, **fields: Any) -> SubmittedAnswer:
    values: dict[str, Any] = {
        "response_id": uuid4(),
        "video_id": video.id,
        "question_index": index,
        "user_answer": right(index) == is_right,
        "response_time_ms": 3000,
        "mode": "watch",
    }
    return SubmittedAnswer(**values | fields)


def answer_all(
    student: Student, video: LearningVideo, *, now: datetime, is_right: bool = True, **fields: Any
) -> Submission:
    """A whole card; the last answer's outcome."""
    for index in range(len(video.quiz_questions)):
        last = answer(student, video, index, now=now, is_right=is_right, **fields)
    return last


def statements(captured: CaptureQueriesContext) -> list[str]:
    """What was sent to the database, without the transaction's own words."""
    return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(CONTROL)]


def capture() -> CaptureQueriesContext:
    return CaptureQueriesContext(connection)
