"""A child with a row in every table that may hold one: what export, erasure and dumps are checked with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.utils import timezone
from rest_framework.test import APIClient

from analytics import delivery
from quizzes.models import LearnerState, QuizResponse, TopicMemory
from students import accounts, consents, guardians, tokens
from students.models import Achievement, Student
from students.notice import NOTICE_VERSION
from tests.clients import PASSWORD, bearer, make_video
from tests.quizzes.learners import make_concept


@dataclass(frozen=True)
class Child:
    student: Student
    client: APIClient
    access: str
    refresh: str
    recovery_code: str
    guardian_code: str

    @property
    def traces(self) -> tuple[str, ...]:
        """Whatever would say that this child was here."""
        return (
            str(self.student.pk),
            self.student.pk.hex,
            self.student.username,
            self.access,
            self.refresh,
            tokens.digest_of(self.refresh),
            self.recovery_code,
            self.guardian_code,
        )


def live(username: str = "curious-lynx-4711") -> Child:
    """Register, sign in, watch, answer, wish, decide and be counted, through the doors that a child uses."""
    made = accounts.register(
        username=username, password=PASSWORD, age_group="8-10", time_zone="Europe/Berlin"
    )
    student = made.student
    code = guardians.issue_code(student)
    pair = tokens.open_session(tokens.STUDENTS, student, now=timezone.now())
    client = bearer(pair.access)
    consents.decide(
        student,
        consents.THIRD_PARTY_ANALYTICS,
        granted=True,
        version=NOTICE_VERSION,
        by_guardian=True,
        now=timezone.now(),
    )
    assert APIClient().post("/api/student/token", {"username": username, "password": "no"}).status_code == 401
    video = make_video(concept=make_concept())
    assert client.get("/api/student/feed/me").status_code == 200
    watch = {
        "watch_id": str(uuid4()),
        "video_id": str(video.pk),
        "seconds_watched": 60,
        "completed": True,
        "furthest_second": 60,
        "started_at": (timezone.now() - timedelta(minutes=2)).isoformat(),
    }
    assert client.post("/api/student/watches", watch).status_code == 201
    for index in range(2):
        answer = {
            "response_id": str(uuid4()),
            "video_id": str(video.pk),
            "question_index": index,
            "user_answer": True,
            "response_time_ms": 2500,
            "mode": "watch",
        }
        assert client.post("/api/student/quiz-response", answer).status_code == 201
    assert client.get("/api/student/progress/me").status_code == 200
    delivery.deliver(timezone.now())
    view = watch | {"watch_id": str(uuid4())}
    assert client.post("/api/student/watches", view).status_code == 201
    wish = {"feedback_id": str(uuid4()), "video_id": str(video.pk), "kind": "more"}
    assert client.post("/api/student/feedback", wish).status_code in {200, 201}
    report = {"report_id": str(uuid4()), "video_id": str(video.pk), "kind": "wrong"}
    assert client.post("/api/student/reports", report).status_code in {200, 201}
    Achievement.objects.get_or_create(
        student=student, code="first-film", defaults={"unlocked_at": timezone.now()}
    )
    assert QuizResponse.objects.filter(student=student).count() == 2
    assert LearnerState.objects.filter(student=student).count() == 1
    assert TopicMemory.objects.filter(student=student).count() == 1
    student.refresh_from_db()
    return Child(student, client, pair.access, pair.refresh, made.recovery_code, code)
