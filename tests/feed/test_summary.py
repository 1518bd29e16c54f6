"""The week for a guardian: mastered, remembered, next, and no pressure (06, 4.1 and 4.4)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from feed.summary import read_summary
from quizzes.models import TopicMemory
from students.guardians import issue_code
from students.models import Student
from tests.clients import assert_problem, make_student, student_client
from tests.quizzes.learners import capture, make_concept, make_film, statements
from tests.test_kind_words import LISTED
from videos.models import Topic

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SUMMARY = "/api/student/me/summary"


def remember(student: Student, concept: Topic, *, days_ago: int, known: float = 0.96, **fields: Any) -> None:
    at = NOW - timedelta(days=days_ago)
    values = {"stability": 400, "difficulty": 5, "reviewed_at": at, "due_at": at} | fields
    TopicMemory.objects.create(student=student, concept=concept, known=known, **values)


@pytest.fixture
def student() -> Student:
    return make_student(username="brave-otter-17", age_group="8-10")


@pytest.fixture
def space() -> Topic:
    return make_concept("Space")


def test_the_week_names_what_is_mastered_remembered_and_next(student: Student, space: Topic) -> None:
    sun, moon, stars, new = (make_concept(name, topic=space) for name in ("Sun", "Moon", "Stars", "Tides"))
    for concept in (sun, moon, stars, new):
        make_film(concept, now=NOW)
    mastery: dict[str, Any] = {
        "passes": 3,
        "net_correct": 9,
        "first_pass_on": (NOW - timedelta(days=20)).date(),
    }
    remember(student, sun, days_ago=2, last_pass_on=(NOW - timedelta(days=2)).date(), **mastery)
    remember(student, moon, days_ago=6, known=0.8)
    remember(student, stars, days_ago=7, known=0.5)
    assert read_summary(student, now=NOW) == {
        "from": "2026-02-26",
        "to": "2026-03-04",
        "mastered": {"topics": [], "concepts": [{"topic": "Space", "concept": "Sun"}], "count": 1},
        "remembered": {
            "learned_so_far": 3,
            "remembered_now": 2,
            "practised_this_week": 2,
            "recalled_this_week": [{"topic": "Space", "concept": "Sun"}],
        },
        "next": [{"topic": "Space", "reason": "continues"}],
        "sentences": [
            "Ideas practised this week: 2.",
            "Ideas learned so far: 3; remembered today: 2.",
            "Ideas known so well that they stay: 1.",
            "Next could come Space: it goes on from what was begun.",
        ],
    }


def test_a_quiet_week_is_told_without_a_reproach(student: Student, space: Topic) -> None:
    make_film(make_concept(topic=space), now=NOW)
    summary = read_summary(student, now=NOW)
    assert summary["sentences"] == [
        "Ideas practised this week: 0.",
        "Next could come Space: it is open to everybody.",
    ]


def test_the_summary_has_no_rank_no_minutes_and_no_streak(student: Student, space: Topic) -> None:
    make_film(make_concept(topic=space), now=NOW)
    written = json.dumps(read_summary(student, now=NOW)).casefold()
    assert not LISTED.search(written)
    for word in ("rank", "minute", "streak", "percent", "average", "other children", student.username):
        assert word not in written


def test_the_summary_costs_one_statement(student: Student, space: Topic) -> None:
    for _ in range(5):
        concept = make_concept(topic=space)
        make_film(concept, now=NOW)
        remember(student, concept, days_ago=1)
    with capture() as captured:
        read_summary(student, now=NOW)
    assert len(statements(captured)) == 1


def test_only_the_guardian_reads_it_and_reading_changes_nothing(student: Student) -> None:
    code, client = issue_code(student), student_client(student)
    before = Student.objects.values().get(pk=student.pk)
    assert_problem(client.post(SUMMARY, {"guardian_code": "wrong"}), 403, "guardian-code-wrong")
    assert_problem(client.post(SUMMARY, {}), 400, "invalid", field="guardian_code", field_code="required")
    assert_problem(client.get(f"{SUMMARY}?guardian_code={code}"), 405, "method-not-allowed")
    answer = client.post(SUMMARY, {"guardian_code": code})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.json()["to"] == timezone.now().date().isoformat() or timezone.now().hour < 4
    assert set(answer.json()) == {"from", "to", "mastered", "remembered", "next", "sentences"}
    assert Student.objects.values().get(pk=student.pk) == before
    other = student_client(make_student())
    assert_problem(other.post(SUMMARY, {"guardian_code": code}), 403, "guardian-code-wrong")
