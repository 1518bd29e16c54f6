"""The topics a learner gains most from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from feed.best_topics import Supply, choose_topics, refresh_best_topics
from quizzes.models import LearnerState
from students.models import Student
from tests.quizzes.learners import answer_all, make_concept, make_film, make_student

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def test_interest_and_gain_decide_and_what_is_known_wholly_is_left_out() -> None:
    supply = {topic: Supply(10, 4.0, 0.7) for topic in (ONE, TWO, THREE)}
    found = choose_topics(supply, ability=4.4, interest={str(TWO): (3, 3)}, known={THREE: 10})
    assert found == [TWO, ONE]
    assert choose_topics(supply, ability=4.4, interest={}, known={ONE: 5})[-1] == ONE


def test_what_is_far_too_hard_comes_after_what_fits() -> None:
    supply = {ONE: Supply(10, 9.0, 0.7), TWO: Supply(10, 4.0, 0.7)}
    assert choose_topics(supply, ability=3.0, interest={}, known={}) == [TWO, ONE]


def test_there_are_eight_at_most() -> None:
    supply = {UUID(int=number): Supply(5, 4.0, 0.7) for number in range(20)}
    assert len(choose_topics(supply, ability=4.4, interest={}, known={})) == 8


@pytest.mark.django_db
def test_they_are_stored_for_those_who_were_here_lately_and_only_for_their_age() -> None:
    space, sea = make_concept("Space"), make_concept("Sea")
    films = [make_film(make_concept(topic=space), now=NOW) for _ in range(3)]
    make_film(make_concept(topic=sea), now=NOW, age_groups=[14, 15, 16, 17])
    here, away = make_student(), make_student()
    for student in (here, away):
        answer_all(student, films[0], now=NOW)
    Student.objects.filter(pk=here.pk).update(last_active=NOW)
    Student.objects.filter(pk=away.pk).update(last_active=NOW - timedelta(days=9))
    assert refresh_best_topics(NOW) == 1
    assert LearnerState.objects.get(student=here).best_topics == [space.id]
    assert LearnerState.objects.get(student=away).best_topics == []
    assert refresh_best_topics(NOW) == 1
