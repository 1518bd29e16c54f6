"""How hard a film turned out to be, and how long its questions take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from quizzes.difficulty import fold_surprises, move_difficulty
from quizzes.models import QuizResponse, Surprise
from quizzes.tasks import measure_questions
from quizzes.timing import measure_questions as measure
from tests.quizzes.learners import answer_all, make_concept, make_film, make_student

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def test_a_film_that_is_understood_less_than_expected_gets_harder() -> None:
    assert move_difficulty(None, author=4, count=0, surprises=[-0.5]) == pytest.approx(4.8)
    assert move_difficulty(4.8, author=4, count=20, surprises=[0.5]) == pytest.approx(4.4)


@pytest.mark.parametrize(
    ("author", "surprises", "end"), [(4, [-1.0] * 50, 6.0), (4, [1.0] * 50, 2.0), (10, [-1.0] * 50, 10.0)]
)
def test_the_estimate_stays_within_two_levels_of_the_author(
    author: int, surprises: list[float], end: float
) -> None:
    assert move_difficulty(None, author=author, count=0, surprises=surprises) == end


def test_a_film_whose_author_named_no_level_gets_none() -> None:
    assert move_difficulty(None, author=None, count=0, surprises=[0.4]) is None


@pytest.mark.django_db
def test_first_films_leave_their_surprise_once_and_it_is_folded_once() -> None:
    film = make_film(make_concept(), now=NOW)
    for is_right in (True, False, False):
        answer_all(make_student(), film, now=NOW, is_right=is_right)
    values = list(Surprise.objects.values_list("value", flat=True))
    assert [value > 0 for value in values] == [True, False, False]
    assert fold_surprises() == 1
    assert fold_surprises() == 0
    film.refresh_from_db()
    assert film.surprise_count == 3
    assert film.surprise_sum == pytest.approx(sum(values))
    assert film.estimated_difficulty == pytest.approx(
        move_difficulty(None, author=4, count=0, surprises=values)
    )
    assert 4 < (film.estimated_difficulty or 0) <= 6
    assert not Surprise.objects.exists()


@pytest.mark.django_db
def test_neither_a_recall_card_nor_a_quiz_tapped_through_is_a_surprise() -> None:
    film, student = make_film(make_concept(), now=NOW), make_student()
    answer_all(student, film, now=NOW, response_time_ms=400)
    assert not Surprise.objects.exists()
    answer_all(student, film, now=NOW + timedelta(days=3), mode="recall")
    assert not Surprise.objects.exists()


@pytest.mark.django_db
def test_the_median_time_of_each_question_is_that_of_a_month_of_read_answers() -> None:
    film = make_film(make_concept(), now=NOW)
    for milliseconds in (2000, 3000, 7000, 500):
        answer_all(make_student(), film, now=NOW, response_time_ms=milliseconds)
    answer_all(make_student(), film, now=NOW - timedelta(days=40), response_time_ms=60_000)
    assert measure(NOW) == 1
    assert measure(NOW) == 0
    film.refresh_from_db()
    assert film.median_times_ms == {"0": 3000, "1": 3000, "2": 3000}


@pytest.mark.django_db
def test_without_answers_nothing_is_measured() -> None:
    assert not QuizResponse.objects.exists()
    assert measure_questions() == 0
