"""Stored memories are what their stored cards give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from quizzes.answering import note_watch
from quizzes.checking import check_memories
from quizzes.models import TopicMemory
from quizzes.tasks import check_memories as task
from tests.quizzes.learners import answer, answer_all, make_concept, make_film, make_student, make_watch

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_random_histories_are_explained_by_their_cards() -> None:
    random = Random(5)
    for _ in range(12):
        student, film = make_student(), make_film(make_concept(), now=NOW)
        at = NOW - timedelta(days=100)
        for card in range(random.randint(1, 5)):
            at += timedelta(days=random.random() * 15, hours=3)
            mode = random.choice(["watch", "recall"]) if card else "watch"
            for index in random.sample(range(3), random.randint(1, 3)):
                at += timedelta(seconds=random.randint(2, 40))
                answer(student, film, index, now=at, mode=mode, is_right=random.random() < 0.7)
            if random.random() < 0.5:
                at += timedelta(minutes=2)
                note_watch(student.id, make_watch(student, film, at=at), now=at + timedelta(minutes=1))
    check = check_memories(NOW)
    assert (check.checked, check.skipped, check.differences) == (12, 0, ())


def test_a_memory_that_was_changed_is_reported_and_left_as_it_is() -> None:
    student, film = make_student(), make_film(make_concept(), now=NOW)
    answer_all(student, film, now=NOW - timedelta(days=1))
    TopicMemory.objects.update(known=0.123)
    (difference,) = check_memories(NOW).differences
    assert (difference.student_id, difference.concept_id) == (student.id, film.concept_id)
    assert difference.stored[0] == 0.123
    assert difference.expected[0] > 0.9
    assert TopicMemory.objects.get().known == 0.123
    assert task() == 1


def test_a_film_without_answers_cannot_be_checked() -> None:
    student, film = make_student(), make_film(make_concept(), now=NOW)
    note_watch(student.id, make_watch(student, film, at=NOW), now=NOW)
    check = check_memories(NOW + timedelta(days=1))
    assert (check.checked, check.skipped) == (0, 1)
