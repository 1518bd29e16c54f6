"""Which days count, through the one write path of answers (06, 4.2)."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from feed.progress import read_progress
from quizzes.answering import Submission, note_watch, submit_answers
from quizzes.models import TopicMemory
from students.models import OutageDay, Student
from tests.quizzes.learners import answer_all, made, make_concept, make_film, make_student, make_watch
from videos.models import LearningVideo

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday


def noon(day: int) -> datetime:
    return NOON + timedelta(days=day)


@pytest.fixture
def student() -> Student:
    return make_student()


def new_film() -> LearningVideo:
    return make_film(make_concept(), now=NOON - timedelta(days=100))


def learn(student: Student, *days: int, film: LearningVideo | None = None) -> None:
    """A film to its end and its whole quiz, at noon of each day."""
    for day in days:
        shown = film or new_film()
        make_watch(student, shown, at=noon(day))
        answer_all(student, shown, now=noon(day))


def recall(student: Student, day: int, *, cards: int = 3, response_time_ms: int = 3000) -> None:
    """Recall cards of ideas that were learned two weeks before."""
    for _ in range(cards):
        film = new_film()
        assert film.concept is not None
        before = noon(day) - timedelta(days=14)
        TopicMemory.objects.create(
            student=student,
            concept=film.concept,
            known=0.9,
            stability=9,
            difficulty=5,
            reviewed_at=before,
            due_at=before,
        )
        answer_all(student, film, now=noon(day), mode="recall", response_time_ms=response_time_ms)


def streak(student: Student) -> tuple[int, int, date | None]:
    kept = Student.objects.get(pk=student.pk)
    return kept.streak_count, kept.longest_streak, kept.last_streak_on


def shown(student: Student, day: int) -> dict[str, int]:
    progress = read_progress(Student.objects.get(pk=student.pk), now=noon(day))
    found: dict[str, int] = progress["current_streak"]
    return found


def test_a_film_and_its_quiz_count_once_however_many_there_are(student: Student) -> None:
    learn(student, 0, 0, 1)
    assert streak(student) == (2, 2, noon(1).date())


def test_a_quiz_without_its_film_and_a_film_without_its_quiz_do_not_count(student: Student) -> None:
    answer_all(student, new_film(), now=noon(0))
    film = new_film()
    note_watch(student.pk, make_watch(student, film, at=noon(0)), now=noon(0))
    assert streak(student)[0] == 0


def test_nothing_tapped_through_counts(student: Student) -> None:
    film = new_film()
    make_watch(student, film, at=noon(0))
    answer_all(student, film, now=noon(0), response_time_ms=600)
    recall(student, 0, response_time_ms=600)
    assert streak(student)[0] == 0


def test_three_recall_cards_count_and_two_do_not(student: Student) -> None:
    recall(student, 0, cards=2)
    assert streak(student)[0] == 0
    recall(student, 0, cards=1)
    assert streak(student) == (1, 1, noon(0).date())


@pytest.mark.parametrize("seed", range(3))
def test_the_queue_of_a_week_away_counts_every_day_in_any_order(student: Student, seed: int) -> None:
    learn(student, 0)
    answers = []
    for day in range(1, 8):
        film = new_film()
        make_watch(student, film, at=noon(day))
        answers += [made(film, index, answered_at=noon(day)) for index in range(3)]
    random.Random(seed).shuffle(answers)
    outcomes = submit_answers(student.pk, answers, now=noon(7))
    assert all(isinstance(outcome, Submission) and outcome.is_new for outcome in outcomes)
    assert streak(student) == (8, 8, noon(7).date())
    again = submit_answers(student.pk, answers, now=noon(7))
    assert not any(isinstance(outcome, Submission) and outcome.is_new for outcome in again)
    assert streak(student) == (8, 8, noon(7).date())


def test_an_answer_older_than_a_week_no_longer_counts_its_day(student: Student) -> None:
    film = new_film()
    make_watch(student, film, at=noon(0))
    submit_answers(student.pk, [made(film, index, answered_at=noon(0)) for index in range(3)], now=noon(8))
    assert streak(student)[0] == 0


def test_a_week_earns_a_freeze_that_is_used_by_itself_and_outlives_the_next_answers(student: Student) -> None:
    learn(student, *range(7))
    assert shown(student, 6) == {"days": 7, "freezes": 1, "at_risk": False}
    assert shown(student, 8) == {"days": 7, "freezes": 0, "at_risk": True}
    learn(student, 8, 9)
    assert streak(student) == (9, 9, noon(9).date())
    assert shown(student, 9) == {"days": 9, "freezes": 0, "at_risk": False}


def test_three_recall_cards_within_two_days_repair_a_break(student: Student) -> None:
    learn(student, 0, 1, 2)
    assert shown(student, 5)["days"] == 0
    recall(student, 5)
    assert streak(student) == (4, 4, noon(5).date())
    learn(student, 6)
    assert streak(student)[0] == 5


def test_a_repair_comes_once_in_thirty_days(student: Student) -> None:
    learn(student, 0, 1)
    recall(student, 3)
    learn(student, 4)
    recall(student, 6)
    assert streak(student) == (1, 4, noon(6).date())


def test_the_night_belongs_to_the_day_before() -> None:
    student = make_student(time_zone="Asia/Tokyo")
    film = new_film()
    late = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)  # half past three in the morning of Tokyo
    make_watch(student, film, at=late)
    answer_all(student, film, now=late)
    assert streak(student) == (1, 1, date(2026, 3, 2))


def test_outages_and_free_weekends_break_nothing_however_long(student: Student) -> None:
    learn(student, 0)
    OutageDay.objects.bulk_create(OutageDay(day=noon(day).date()) for day in range(1, 25))
    learn(student, 25, 26, 27, 30)
    assert streak(student)[:2] == (1, 4)
    at_school = make_student(weekends_off=True)
    learn(at_school, 0, 1, 2, 3, 4, 7, 8)
    assert streak(at_school)[:2] == (7, 7)


def test_an_outage_written_down_afterwards_mends_what_readers_see_and_what_follows(student: Student) -> None:
    learn(student, 0, 1, 3)
    assert streak(student)[0] == 1
    OutageDay.objects.create(day=noon(2).date())
    assert shown(student, 3)["days"] == 3
    learn(student, 4)
    assert streak(student)[0] == 4


def test_a_badge_of_days_comes_with_the_day_and_is_never_taken_back(student: Student) -> None:
    learn(student, 0, 1, 2)
    codes = set(student.achievements.values_list("code", flat=True))
    assert "streak_3" in codes
    learn(student, 20)
    assert streak(student) == (1, 3, noon(20).date())
    assert codes <= set(student.achievements.values_list("code", flat=True))
    assert student.achievements.filter(code="streak_3").count() == 1
