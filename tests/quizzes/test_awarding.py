"""Badges that no answer brought, found daily."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from quizzes.awarding import award_missing
from quizzes.models import LearnerState, TopicMemory
from quizzes.tasks import award_badges
from students.models import Achievement, OutageDay, Student
from tests.quizzes.learners import answer_all, make_concept, make_film, make_student, make_watch

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def learner(**fields: Any) -> Student:
    return make_student(**{"last_active": NOW - timedelta(days=1)} | fields)


def codes(student: Student) -> set[str]:
    return set(Achievement.objects.filter(student=student).values_list("code", flat=True))


def test_a_film_finished_after_the_last_answer_is_found_once() -> None:
    student = learner(total_videos_watched=10)
    assert award_missing(NOW) == 2
    assert codes(student) == {"first_film", "films_10"}
    assert Student.objects.get(pk=student.pk).progress_version == 1
    assert award_missing(NOW + timedelta(hours=1)) == 0
    assert Student.objects.get(pk=student.pk).progress_version == 1


def test_a_day_that_counts_since_an_outage_was_written_down_brings_its_badge() -> None:
    student, film = learner(), make_film(make_concept(), now=NOW)
    for day in (4, 3, 1):
        at = NOW - timedelta(days=day)
        make_watch(student, film, at=at)
        answer_all(student, film, now=at)
    award_missing(NOW)
    assert "streak_3" not in codes(student)
    OutageDay.objects.create(day=(NOW - timedelta(days=2)).date())
    assert award_missing(NOW) == 1
    assert "streak_3" in codes(student)


def test_what_is_mastered_by_now_brings_its_badges() -> None:
    student, topic = learner(), make_concept("Space")
    concept = make_concept(topic=topic)
    make_film(concept, now=NOW)
    TopicMemory.objects.create(
        student=student,
        concept=concept,
        known=0.97,
        stability=400,
        difficulty=5,
        reviewed_at=NOW,
        due_at=NOW,
        passes=3,
        net_correct=9,
        first_pass_on=NOW.date() - timedelta(days=20),
        last_pass_on=NOW.date(),
    )
    award_missing(NOW)
    assert codes(student) == {"concepts_1", "topics_1"}


def test_counters_of_the_learner_are_read() -> None:
    student = learner()
    LearnerState.objects.create(
        student=student, ability=4.4, counters={"quizzes": 12, "perfect_quizzes": 10, "topics": list("abcde")}
    )
    award_missing(NOW)
    assert codes(student) == {"first_quiz", "perfect_quiz_1", "perfect_quiz_10", "explorer_5"}


def test_nothing_is_taken_back_and_resting_or_closed_accounts_are_left_alone() -> None:
    student = learner()
    Achievement.objects.create(student=student, code="films_1000", unlocked_at=NOW)
    resting = learner(total_videos_watched=10, last_active=NOW - timedelta(days=30))
    closed = learner(total_videos_watched=10, is_active=False)
    assert award_missing(NOW) == 0
    assert codes(student) == {"films_1000"}
    assert codes(resting) == codes(closed) == set()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_award_once() -> None:
    for _ in range(5):
        learner(total_videos_watched=10)

    def run(_: int) -> int:
        try:
            return award_missing(NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(run, range(2))) == 10
    assert Achievement.objects.count() == 10


def test_beat_asks_for_it() -> None:
    Student.objects.filter(pk=make_student(total_videos_watched=1).pk).update(last_active=datetime.now(UTC))
    award_badges()
    assert Achievement.objects.get().code == "first_film"
