"""The one write path of answers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from analytics.models import Event
from quizzes.ability import encoding_chance, starting_ability
from quizzes.answering import (
    IdempotencyConflict,
    QuestionNotFound,
    StudentNotActive,
    Submission,
    SubmittedAnswer,
    VideoNotFound,
    note_watch,
    submit_answer,
    submit_answers,
)
from quizzes.grading import Answer, Pace
from quizzes.memory import Memory, Relearned, update_after_recall, update_after_watch
from quizzes.models import LearnerState, QuizResponse, QuizResponseKey, TopicMemory
from students.models import Achievement, Student
from tests.quizzes.learners import (
    answer,
    answer_all,
    capture,
    made,
    make_concept,
    make_film,
    make_student,
    make_watch,
    statements,
)
from videos.models import LearningVideo

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
RIGHT = Answer(True, 3000)
WRONG = Answer(False, 3000)
ENCODING = encoding_chance(starting_ability("8-10").value, difficulty=4)

pytestmark = pytest.mark.django_db


@pytest.fixture
def student() -> Student:
    return make_student()


@pytest.fixture
def film() -> LearningVideo:
    return make_film(make_concept(topic=make_concept("Space")), now=NOW)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def memory_of(student: Student, film: LearningVideo) -> TopicMemory:
    return TopicMemory.objects.get(student=student, concept=film.concept_id)


def as_memory(row: TopicMemory) -> Memory:
    return Memory(row.known, row.stability, row.difficulty, row.reviewed_at, row.reps, row.lapses)


def expected_of(student: Student) -> dict[str, Any]:
    """What the next card of this learner will be opened with."""
    state = LearnerState.objects.get(student=student)
    return {
        "encoding": encoding_chance(state.ability, difficulty=4),
        "pace": Pace(state.typical_ms, state.pace_count),
    }


def counts() -> tuple[int, ...]:
    return tuple(
        model.objects.count() for model in (QuizResponse, QuizResponseKey, TopicMemory, Event, Achievement)
    )


# ------------------------------------------------------------------ what an answer is


def test_an_answer_is_graded_by_the_stored_question(student: Student, film: LearningVideo) -> None:
    submission = answer(student, film, 1, now=NOW, is_right=False)
    assert submission.is_new
    assert submission.result["is_correct"] is False
    assert submission.result["correct_answer"] is False
    assert submission.result["explanation"] == "Because of 1."
    assert submission.result["replay_from_seconds"] == 10.0
    row = QuizResponse.objects.get()
    assert (row.student_id, row.video_id, row.question_index) == (student.id, film.id, 1)
    assert (row.user_answer, row.correct_answer, row.is_correct) == (True, False, False)
    assert (row.response_time_ms, row.mode, row.created_at, row.received_at) == (3000, "watch", NOW, NOW)


def test_an_answer_bumps_the_version_and_is_tracked(student: Student, film: LearningVideo) -> None:
    submission = answer(student, film, 0, now=NOW)
    student.refresh_from_db()
    assert student.progress_version == submission.progress_version == 1
    assert student.last_active >= NOW
    event = Event.objects.get()
    assert (event.event_type, event.subject) == ("quiz_response", student.id)
    assert event.properties["correct"] is True


def test_the_analytics_tell_topic_recall_mastery_streak_and_films(
    student: Student, film: LearningVideo
) -> None:
    make_film(make_concept(topic=film.concept and film.concept.parent), now=NOW)
    Student.objects.filter(pk=student.pk).update(total_videos_watched=4)
    analytics = answer(student, film, 0, now=NOW).result["analytics"]
    known = memory_of(student, film).known
    assert analytics == {
        "topic": "Space",
        "recall_probability": round(known, 4),
        "mastery": round(known / 2, 4),
        "streak": 0,
        "videos_watched": 4,
        "achievements_unlocked": [],
        "enough_for_today": False,
    }


@pytest.mark.parametrize(
    ("answered_at", "stored"),
    [
        (None, NOW),
        (NOW - minutes(3), NOW - minutes(3)),
        (NOW + days(400), NOW),
        (NOW - days(400), NOW - days(30)),
    ],
)
def test_no_phones_clock_asks_for_another_year(
    student: Student, film: LearningVideo, answered_at: datetime | None, stored: datetime
) -> None:
    submit_answer(student.id, made(film, 0, answered_at=answered_at), now=NOW)
    row = QuizResponse.objects.get()
    assert (row.created_at, row.received_at) == (stored, NOW)
    assert QuizResponseKey.objects.get().created_at == stored


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("status", ["draft", "unpublished", "superseded"])
def test_a_film_that_is_not_published_takes_no_answers(
    student: Student, film: LearningVideo, status: str
) -> None:
    LearningVideo.objects.update(status=status)
    with pytest.raises(VideoNotFound):
        answer(student, film, 0, now=NOW)
    assert counts() == (0, 0, 0, 0, 0)
    student.refresh_from_db()
    assert student.progress_version == 0


@pytest.mark.parametrize(
    ("ages", "is_open"),
    [([8, 9, 10], True), ([5, 6, 7], True), ([8, 9], False), ([11, 12, 13], False), ([7, 8, 9, 10], True)],
)
def test_the_age_gate_asks_for_every_age_of_the_own_or_a_younger_group(
    student: Student, film: LearningVideo, ages: list[int], is_open: bool
) -> None:
    LearningVideo.objects.update(age_groups=ages)
    if is_open:
        assert answer(student, film, 0, now=NOW).is_new
    else:
        with pytest.raises(VideoNotFound):
            answer(student, film, 0, now=NOW)
        assert counts() == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("index", [3, 99])
def test_a_question_that_does_not_exist_is_refused(student: Student, film: LearningVideo, index: int) -> None:
    with pytest.raises(QuestionNotFound):
        submit_answer(student.id, SubmittedAnswer(uuid4(), film.id, index, True, 3000, "watch"), now=NOW)
    assert counts() == (0, 0, 0, 0, 0)


def test_an_unknown_film_and_a_closed_account_are_refused(student: Student, film: LearningVideo) -> None:
    with pytest.raises(VideoNotFound):
        submit_answer(student.id, SubmittedAnswer(uuid4(), uuid4(), 0, True, 3000, "watch"), now=NOW)
    Student.objects.update(is_active=False)
    with pytest.raises(StudentNotActive):
        answer(student, film, 0, now=NOW)
    assert counts() == (0, 0, 0, 0, 0)


# ------------------------------------------------------------------ the same request


def test_a_repeat_gets_the_first_result_and_changes_nothing(student: Student, film: LearningVideo) -> None:
    body = made(film, 0)
    first = submit_answer(student.id, body, now=NOW, follow=lambda _: {"video": "x"})
    before, memory = counts(), memory_of(student, film)
    LearningVideo.objects.update(status="unpublished")
    again = submit_answer(student.id, body, now=NOW + days(3))
    assert (again.is_new, again.progress_version) == (False, 1)
    assert again.result == first.result
    assert first.result["next"] == {"video": "x"}
    assert counts() == before
    assert vars(memory_of(student, film)) | {"_state": None} == vars(memory) | {"_state": None}


def test_a_repeat_is_answered_from_the_row_when_its_result_was_emptied(
    student: Student, film: LearningVideo
) -> None:
    body = made(film, 0, is_right=False)
    submit_answer(student.id, body, now=NOW)
    QuizResponseKey.objects.update(result=None)
    again = submit_answer(student.id, body, now=NOW + days(31))
    assert (again.result["is_correct"], again.result["correct_answer"]) == (False, True)
    assert again.result["analytics"]["recall_probability"] is None


def test_the_same_id_with_another_body_is_a_conflict(student: Student, film: LearningVideo) -> None:
    body = made(film, 0)
    submit_answer(student.id, body, now=NOW)
    before = counts()
    other = SubmittedAnswer(**{**vars(body), "user_answer": not body.user_answer})
    with pytest.raises(IdempotencyConflict):
        submit_answer(student.id, other, now=NOW)
    assert counts() == before


def test_two_students_may_use_the_same_id(student: Student, film: LearningVideo) -> None:
    body = made(film, 0)
    assert submit_answer(student.id, body, now=NOW).is_new
    assert submit_answer(make_student().id, body, now=NOW).is_new


# ------------------------------------------------------------------ one card, one update


def test_a_card_is_one_update_of_the_state_before_it(student: Student, film: LearningVideo) -> None:
    for index, is_right in enumerate((True, False, True)):
        answer(student, film, index, now=NOW + minutes(index), is_right=is_right)
    expected = update_after_watch(None, (RIGHT, WRONG, RIGHT), NOW + minutes(2), encoding=ENCODING)
    assert as_memory(memory_of(student, film)) == expected


def test_the_order_of_a_cards_answers_does_not_matter(film: LearningVideo) -> None:
    students = [make_student(), make_student()]
    for student, order in zip(students, ((0, 1, 2), (2, 0, 1)), strict=True):
        for index in order:
            answer(
                student,
                film,
                index,
                now=NOW + minutes(9),
                answered_at=NOW + minutes(index),
                is_right=index > 0,
            )
    one, two = (as_memory(memory_of(student, film)) for student in students)
    assert one == two


def test_a_question_answered_twice_counts_the_first_time(student: Student, film: LearningVideo) -> None:
    answer(student, film, 0, now=NOW, is_right=False)
    before = as_memory(memory_of(student, film))
    answer(student, film, 0, now=NOW + minutes(1), is_right=True)
    after = as_memory(memory_of(student, film))
    assert (after.known, after.reps) == (before.known, 1)
    assert QuizResponse.objects.count() == 2


def test_after_two_hours_another_card_begins(student: Student, film: LearningVideo) -> None:
    answer(student, film, 0, now=NOW)
    first, expected = as_memory(memory_of(student, film)), expected_of(student)
    answer(student, film, 1, now=NOW + minutes(121))
    row = memory_of(student, film)
    assert row.reps == 2
    assert as_memory(row) == update_after_watch(first, (RIGHT,), NOW + minutes(121), **expected)


def test_a_film_without_a_concept_leaves_no_memory(student: Student) -> None:
    film = make_film(None, now=NOW)
    analytics = answer_all(student, film, now=NOW).result["analytics"]
    assert not TopicMemory.objects.exists()
    assert (analytics["recall_probability"], analytics["mastery"]) == (None, None)


def test_a_forgotten_prerequisite_lowers_what_is_expected(student: Student, film: LearningVideo) -> None:
    assert film.concept is not None
    required = make_concept()
    make_film(required, now=NOW)
    film.concept.requires.add(required)
    answer(student, film, 0, now=NOW)
    expected = update_after_watch(None, (RIGHT,), NOW, encoding=ENCODING / 2)
    assert memory_of(student, film).known == pytest.approx(expected.known)


def test_a_prerequisite_that_nothing_teaches_at_this_age_holds_nobody_back(
    student: Student, film: LearningVideo
) -> None:
    assert film.concept is not None
    older = make_concept()
    make_film(older, now=NOW, age_groups=[14, 15, 16, 17])
    film.concept.requires.add(older, make_concept())
    answer(student, film, 0, now=NOW)
    expected = update_after_watch(None, (RIGHT,), NOW, encoding=ENCODING)
    assert memory_of(student, film).known == pytest.approx(expected.known)


# ------------------------------------------------------------------ recall


@pytest.fixture
def learned(student: Student, film: LearningVideo) -> Memory:
    """The film was seen and its quiz answered ten days ago."""
    make_watch(student, film, at=NOW - days(10))
    answer_all(student, film, now=NOW - days(10) + minutes(1))
    return as_memory(memory_of(student, film))


def test_recall_is_believed_when_nothing_reminded(
    student: Student, film: LearningVideo, learned: Memory
) -> None:
    expected = expected_of(student)
    answer(student, film, 0, now=NOW, mode="recall", is_right=False)
    assert as_memory(memory_of(student, film)) == update_after_recall(learned, (WRONG,), NOW, **expected)
    assert QuizResponse.objects.order_by("created_at").values_list("mode", flat=True).last() == "recall"
    assert memory_of(student, film).lapses == 1


@pytest.mark.parametrize(
    ("seconds", "before", "mode"), [(5, 119, "watch"), (4.9, 5, "recall"), (60, 121, "recall")]
)
@pytest.mark.usefixtures("learned")
def test_recall_is_not_believed_after_the_film(
    student: Student, film: LearningVideo, seconds: float, before: float, mode: str
) -> None:
    other = make_film(film.concept, now=NOW)
    make_watch(student, other, at=NOW - minutes(before), seconds_watched=seconds, completed=False)
    answer(student, film, 0, now=NOW, mode="recall")
    assert QuizResponse.objects.order_by("created_at").values_list("mode", flat=True).last() == mode


def test_recall_of_what_was_never_seen_is_a_watch_card(student: Student, film: LearningVideo) -> None:
    answer(student, film, 0, now=NOW, mode="recall")
    assert QuizResponse.objects.get().mode == "watch"


def test_the_mode_of_a_card_stays_when_its_film_is_played_between_answers(
    student: Student, film: LearningVideo, learned: Memory
) -> None:
    expected = expected_of(student)
    answer(student, film, 0, now=NOW, mode="recall", is_right=False)
    make_watch(student, film, at=NOW + minutes(1))
    answer(student, film, 1, now=NOW + minutes(3), mode="recall")
    assert set(QuizResponse.objects.filter(created_at__gte=NOW).values_list("mode", flat=True)) == {"recall"}
    assert as_memory(memory_of(student, film)) == update_after_recall(
        learned, (WRONG, RIGHT), NOW + minutes(3), relearned=Relearned.VIDEO, **expected
    )


def test_a_recall_card_tapped_through_changes_nothing(
    student: Student, film: LearningVideo, learned: Memory
) -> None:
    answer_all(student, film, now=NOW, mode="recall", response_time_ms=300)
    assert as_memory(memory_of(student, film)) == learned


def test_an_answer_older_than_the_last_evidence_replays_the_concept(
    student: Student, film: LearningVideo, learned: Memory
) -> None:
    expectations = [expected_of(student)]
    answer_all(student, film, now=NOW, mode="recall")
    expectations.append(expected_of(student))
    late = NOW - days(5)
    submit_answer(
        student.id, made(film, 0, answered_at=late, mode="recall", is_right=False), now=NOW + minutes(1)
    )
    between = update_after_recall(learned, (WRONG,), late, **expectations[1])
    expected = update_after_recall(between, (RIGHT,) * 3, NOW, **expectations[0])
    row = memory_of(student, film)
    assert row.known == pytest.approx(expected.known, rel=1e-6)
    assert row.stability == pytest.approx(expected.stability, rel=1e-6)
    assert (row.reps, row.lapses, row.reviewed_at) == (3, 1, NOW)
    assert row.passes == 1


# ------------------------------------------------------------------ films without answers


def test_a_finished_film_is_remembered_before_its_quiz(student: Student, film: LearningVideo) -> None:
    note_watch(student.id, make_watch(student, film, at=NOW), now=NOW + minutes(1))
    assert as_memory(memory_of(student, film)) == update_after_watch(None, (), NOW, encoding=ENCODING)
    answer_all(student, film, now=NOW + minutes(2))
    row = memory_of(student, film)
    assert row.known == pytest.approx(update_after_watch(None, (RIGHT,) * 3, NOW, encoding=ENCODING).known)
    assert row.reps == 1


def test_the_film_after_a_wrong_answer_teaches(
    student: Student, film: LearningVideo, learned: Memory
) -> None:
    expected = expected_of(student)
    answer(student, film, 0, now=NOW, mode="recall", is_right=False)
    note_watch(student.id, make_watch(student, film, at=NOW + minutes(1)), now=NOW + minutes(3))
    assert as_memory(memory_of(student, film)) == update_after_recall(
        learned, (WRONG,), NOW + minutes(1), relearned=Relearned.VIDEO, **expected
    )


def test_a_film_left_early_or_withdrawn_teaches_nothing(student: Student, film: LearningVideo) -> None:
    note_watch(student.id, make_watch(student, film, at=NOW, completed=False), now=NOW)
    LearningVideo.objects.update(status="unpublished")
    note_watch(student.id, make_watch(student, film, at=NOW), now=NOW)
    assert not TopicMemory.objects.exists()


# ------------------------------------------------------------------ the day, and badges


def test_a_film_and_its_quiz_make_a_day(student: Student, film: LearningVideo) -> None:
    make_watch(student, film, at=NOW)
    answer(student, film, 0, now=NOW + minutes(2))
    student.refresh_from_db()
    assert student.streak_count == 0
    answer(student, film, 1, now=NOW + minutes(2))
    assert answer(student, film, 2, now=NOW + minutes(2)).result["analytics"]["streak"] == 1
    student.refresh_from_db()
    assert (student.streak_count, student.longest_streak) == (1, 1)
    assert student.last_streak_on == NOW.date()


def test_the_film_may_be_reported_after_its_quiz(student: Student, film: LearningVideo) -> None:
    answer_all(student, film, now=NOW)
    student.refresh_from_db()
    assert student.streak_count == 0
    note_watch(student.id, make_watch(student, film, at=NOW - minutes(2)), now=NOW + minutes(1))
    student.refresh_from_db()
    assert student.streak_count == 1


def test_a_quiz_tapped_through_makes_no_day(student: Student, film: LearningVideo) -> None:
    make_watch(student, film, at=NOW)
    answer_all(student, film, now=NOW, response_time_ms=500)
    student.refresh_from_db()
    assert student.streak_count == 0


def test_three_recall_cards_make_a_day(student: Student) -> None:
    films = [make_film(make_concept(), now=NOW) for _ in range(3)]
    for film in films:
        answer_all(student, film, now=NOW - days(10))
    for film, streak in zip(films, (0, 0, 1), strict=True):
        result = answer_all(student, film, now=NOW, mode="recall").result
        assert result["analytics"]["streak"] == streak


def test_the_day_is_that_of_the_student(film: LearningVideo) -> None:
    student = make_student(time_zone="Asia/Tokyo")
    at = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)  # half past three in Tokyo: still the second
    make_watch(student, film, at=at)
    answer_all(student, film, now=at)
    student.refresh_from_db()
    assert student.last_streak_on == datetime(2026, 3, 2, tzinfo=UTC).date()


def test_an_answer_eight_days_late_counts_for_no_day(student: Student, film: LearningVideo) -> None:
    make_watch(student, film, at=NOW - days(8))
    answer_all(student, film, now=NOW, answered_at=NOW - days(8))
    student.refresh_from_db()
    assert student.streak_count == 0


def test_badges_are_unlocked_once(student: Student, film: LearningVideo) -> None:
    make_watch(student, film, at=NOW)
    Student.objects.update(total_videos_watched=1)
    first = answer_all(student, film, now=NOW).result["analytics"]["achievements_unlocked"]
    assert first == ["first_film", "first_quiz", "perfect_quiz_1"]
    again = answer_all(student, film, now=NOW + days(8)).result["analytics"]["achievements_unlocked"]
    assert again == ["comeback"]
    assert set(Achievement.objects.values_list("code", flat=True)) == {*first, "comeback"}


def test_a_month_remembered_and_a_mastered_concept_are_badges(student: Student, film: LearningVideo) -> None:
    answer_all(student, film, now=NOW)
    for after in (2, 12, 45):
        last = answer_all(student, film, now=NOW + days(after), mode="recall")
    row = memory_of(student, film)
    assert (row.passes, row.net_correct) == (3, 9)
    assert (row.first_pass_on, row.last_pass_on) == ((NOW + days(2)).date(), (NOW + days(45)).date())
    badges = set(last.result["analytics"]["achievements_unlocked"])
    assert {"remembered_30d_1", "concepts_1", "topics_1"} <= badges


# ------------------------------------------------------------------ many at once


def test_a_batch_answers_each_in_its_place(student: Student, film: LearningVideo) -> None:
    good, bad, other = made(film, 0), made(film, 7), made(film, 1)
    outcomes = submit_answers(student.id, [good, bad, other, good], now=NOW)
    assert [type(outcome) for outcome in outcomes] == [Submission, QuestionNotFound, Submission, Submission]
    news = [outcome.is_new for outcome in outcomes if isinstance(outcome, Submission)]
    assert sorted(news) == [False, True, True]
    assert QuizResponse.objects.count() == QuizResponseKey.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_with_repeated_ids_store_each_answer_once() -> None:
    film = make_film(make_concept(), now=NOW)
    student = make_student()
    bodies = [made(film, index % 3, answered_at=NOW + timedelta(seconds=index)) for index in range(20)]
    outcomes: list[Submission] = []
    failures: list[BaseException] = []

    def post(offset: int) -> None:
        try:
            for place in range(len(bodies)):
                body = bodies[(place + offset) % len(bodies)]
                outcomes.append(submit_answer(student.id, body, now=NOW + minutes(5)))
        except Exception as error:  # noqa: BLE001 - whatever a thread meets is the test's business
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=(offset,)) for offset in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(outcomes) == 320
    assert sum(outcome.is_new for outcome in outcomes) == 20
    results: dict[UUID, list[object]] = {}
    for outcome in outcomes:
        results.setdefault(outcome.response_id, []).append(outcome.result)
    assert all(result == same[0] for same in results.values() for result in same)
    student.refresh_from_db()
    assert student.progress_version == 20
    assert QuizResponse.objects.count() == QuizResponseKey.objects.count() == Event.objects.count() == 20
    assert memory_of(student, film).reps == 1


@pytest.mark.django_db(transaction=True)
def test_batches_in_opposite_orders_do_not_deadlock() -> None:
    film, student = make_film(make_concept(), now=NOW), make_student()
    bodies = [made(film, index % 3) for index in range(30)]
    failures: list[BaseException] = []

    def post(order: list[SubmittedAnswer]) -> None:
        try:
            submit_answers(student.id, order, now=NOW)
        except Exception as error:  # noqa: BLE001 - whatever a thread meets is the test's business
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=(bodies[:: (-1) ** place],)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert QuizResponse.objects.count() == 30


def test_an_answer_costs_few_statements(student: Student, film: LearningVideo, learned: Memory) -> None:
    for index in range(3):
        with capture() as captured:
            answer(student, film, index, now=NOW, mode="recall")
        assert len(statements(captured)) == 3  # ledger, context, everything that is written


# ------------------------------------------------------------------ an offline queue, whatever its order


def state_of(student: Student) -> tuple[object, ...]:
    """All that a queue leaves behind but ids and versions of rows."""
    student.refresh_from_db()
    learner = LearnerState.objects.get(student=student)
    return (
        [
            (str(row.concept_id), as_memory(row), row.passes, row.net_correct, row.due_at, row.before)
            for row in TopicMemory.objects.filter(student=student).order_by("concept_id")
        ],
        (learner.ability, learner.ability_count, learner.typical_ms, learner.counters, learner.interest),
        (learner.recent_topics, learner.shown_today, learner.new_today),
        (student.streak_count, student.longest_streak, student.last_streak_on, student.progress_version),
        sorted(Achievement.objects.filter(student=student).values_list("code", flat=True)),
        sorted(QuizResponse.objects.filter(student=student).values_list("created_at", "mode", "is_correct")),
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_a_queue_changes_nothing(seed: int) -> None:
    random = Random(seed)
    films = [make_film(make_concept(topic=make_concept()), now=NOW) for _ in range(4)]
    entries = []
    for day in range(6):
        for film in random.sample(films, 2):
            at = NOW - days(6 - day) + minutes(random.randint(0, 300))
            mode = random.choice(["watch", "recall"])
            for index in range(3):
                at += timedelta(seconds=random.randint(3, 40))
                entries.append((film, index, at, mode, random.random() < 0.7, uuid4()))
    states = []
    for _ in range(3):
        student = make_student()
        random.shuffle(entries)
        queue = [
            made(film, index, is_right=is_right, answered_at=at, mode=mode, response_id=id_)
            for film, index, at, mode, is_right, id_ in entries
        ]
        outcomes = submit_answers(student.id, queue, now=NOW)
        assert all(isinstance(outcome, Submission) for outcome in outcomes)
        states.append(state_of(student))
    assert states[0] == states[1] == states[2]


def test_the_clock_of_a_queue_is_put_right(film: LearningVideo) -> None:
    student = make_student(created_at=NOW - days(10))
    wild = [NOW + days(900), NOW - days(900), NOW - days(20), None]
    queue = [made(film, place % 3, answered_at=at) for place, at in enumerate(wild)]
    submit_answers(student.id, queue, now=NOW)
    stored = {key.response_id: key.created_at for key in QuizResponseKey.objects.filter(student=student)}
    assert [stored[body.response_id] for body in queue] == [NOW, NOW - days(10), NOW - days(10), NOW]
    assert set(QuizResponse.objects.values_list("received_at", flat=True)) == {NOW}


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_with_a_hundred_repeated_answers_store_a_hundred() -> None:
    films = [make_film(make_concept(), now=NOW) for _ in range(10)]
    student = make_student()
    bodies = [
        made(films[number // 10], number % 3, answered_at=NOW + timedelta(seconds=number))
        for number in range(100)
    ]
    results: dict[UUID, list[tuple[bool, dict[str, Any]]]] = {}
    failures: list[BaseException] = []
    lock = threading.Lock()

    def post(offset: int) -> None:
        try:
            for place in range(100):
                sent = bodies[(place + 7 * offset) % 100]
                outcome = submit_answer(student.id, sent, now=NOW + minutes(30), follow=lambda _: {"n": 1})
                with lock:
                    results.setdefault(sent.response_id, []).append((outcome.is_new, outcome.result))
        except Exception as error:  # noqa: BLE001 - whatever a thread meets is the test's business
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=(offset,)) for offset in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(results) == 100
    for outcomes in results.values():
        assert len(outcomes) == 16
        assert sum(is_new for is_new, _ in outcomes) == 1
        assert all(result == outcomes[0][1] for _, result in outcomes)
    assert QuizResponse.objects.count() == QuizResponseKey.objects.count() == Event.objects.count() == 100
