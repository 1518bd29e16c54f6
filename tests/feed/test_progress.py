"""A learner's own progress (06, 4.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from django.core.cache import caches

from feed.progress import progress_body, read_progress
from quizzes.models import TopicMemory
from students.limits import set_limits
from students.models import Achievement, Student
from tests.clients import student_client
from tests.quizzes.learners import (
    answer,
    answer_all,
    capture,
    make_concept,
    make_film,
    make_student,
    statements,
)
from videos.catalogue import KEY as CATALOGUE
from videos.models import LearningVideo, Topic
from videos.watching import WatchReport, record_watch

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def remember(student: Student, concept: Topic, *, known: float = 0.96, stability: float = 400) -> None:
    """A concept as it stands after three good recall cards."""
    TopicMemory.objects.create(
        student=student,
        concept=concept,
        known=known,
        stability=stability,
        difficulty=5,
        reviewed_at=NOW,
        due_at=NOW,
        passes=3,
        first_pass_on=NOW.date() - timedelta(days=20),
        last_pass_on=NOW.date(),
        net_correct=9,
    )


def test_a_newcomer_sees_topics_and_nothing_reached() -> None:
    space = make_concept("Space")
    make_film(make_concept(topic=space), now=NOW)
    progress = read_progress(make_student(), now=NOW)
    assert progress == {
        "topics": [
            {
                "topic": "Space",
                "mastery": 0.0,
                "mastered": False,
                "concepts_total": 1,
                "concepts_mastered": 0,
                "due_for_recall": 0,
            }
        ],
        "topics_mastered": [],
        "current_streak": {"days": 0, "freezes": 0, "at_risk": False},
        "longest_streak": 0,
        "achievements": [],
        "recommended_next_topics": [{"topic": "Space", "reason": "interest"}],
        "quiz_accuracy": None,
        "total_videos_watched": 0,
        "minutes_today": 0.0,
        "enough_for_today": False,
    }


def test_topics_count_what_the_child_can_learn_or_has_learned() -> None:
    student, space = make_student(), make_concept("Space")
    seen, unseen, too_old, withdrawn, kept = (make_concept(topic=space) for _ in range(5))
    for concept in (seen, unseen):
        make_film(concept, now=NOW)
    make_film(too_old, now=NOW, age_groups=[14, 15, 16, 17])
    make_film(withdrawn, now=NOW, status="unpublished")
    make_film(kept, now=NOW, status="unpublished")
    remember(student, seen)
    remember(student, kept, known=0.8)
    (topic,) = read_progress(student, now=NOW)["topics"]
    assert (topic["concepts_total"], topic["concepts_mastered"], topic["due_for_recall"]) == (3, 1, 1)
    assert topic["mastery"] == pytest.approx((0.96 + 0.8) / 3, abs=1e-4)


def test_a_mastered_topic_is_named() -> None:
    student, space = make_student(), make_concept("Space")
    for _ in range(4):
        concept = make_concept(topic=space)
        make_film(concept, now=NOW)
        remember(student, concept)
    progress = read_progress(student, now=NOW)
    assert progress["topics_mastered"] == ["Space"]
    assert progress["recommended_next_topics"] == []


def test_next_topics_are_begun_prepared_or_open_ones_and_never_unready_ones() -> None:
    student = make_student()
    begun, prepared, unready, other = (make_concept(name) for name in ("Begun", "Prepared", "Unready", "A"))
    known, forgotten = make_concept(topic=begun), make_concept(topic=begun)
    for concept in (known, forgotten):
        make_film(concept, now=NOW)
    remember(student, known)
    remember(student, forgotten, known=0.3)
    make_film(make_concept(topic=begun), now=NOW)
    for topic, required in ((prepared, known), (unready, forgotten)):
        concept = make_concept(topic=topic)
        concept.requires.add(required)
        make_film(concept, now=NOW)
    make_film(make_concept(topic=other), now=NOW)
    found = read_progress(student, now=NOW)["recommended_next_topics"]
    assert {one["topic"]: one["reason"] for one in found} == {
        "Begun": "continues",
        "Prepared": "prepares",
        "A": "interest",
    }


def test_next_topics_go_by_the_score_of_their_films_and_by_interest() -> None:
    known: dict[str, Any] = {"impressions": 100_000, "completions": 70_000}  # nothing is left to chance
    topics = {name: make_concept(name) for name in ("Ants", "Bees", "Comets")}
    for name, topic in topics.items():
        difficulty = 10 if name == "Ants" else 4
        make_film(make_concept(topic=topic), now=NOW, difficulty_level=difficulty, **known)

    def names(**preferences: Any) -> list[str]:
        student = make_student(learning_preferences=preferences)
        return [one["topic"] for one in read_progress(student, now=NOW)["recommended_next_topics"]]

    wishes = {str(topics["Bees"].pk): "not_interested", str(topics["Comets"].pk): "interested"}
    assert names()[-1] == "Ants"
    assert names(topics=wishes)[0] == "Comets"
    assert names(topics=dict.fromkeys(wishes, "interested"))[-1] == "Ants"
    assert names(topics=wishes, plain_order=True) == ["Ants", "Bees", "Comets"]  # nothing personal is used


def report(student: Student, film: LearningVideo, *, at: datetime, seconds: float) -> None:
    """A playback as the app reports it, half way through."""
    record_watch(student.pk, WatchReport(uuid4(), film.pk, seconds, 30.0, False, at), now=NOW)


def test_accuracy_and_badges_are_the_students_own() -> None:
    student, film = make_student(total_videos_watched=2), make_film(make_concept(), now=NOW)
    answer_all(student, film, now=NOW)
    answer(student, film, 0, now=NOW, is_right=False)
    other = make_student()
    answer_all(other, film, now=NOW, is_right=False)
    progress = read_progress(Student.objects.get(pk=student.pk), now=NOW)
    assert progress["quiz_accuracy"] == 0.75
    assert progress["total_videos_watched"] == 2
    codes = [badge["code"] for badge in progress["achievements"]]
    assert set(codes) == set(Achievement.objects.filter(student=student).values_list("code", flat=True))
    assert progress["achievements"][0]["unlocked_at"] == "2026-03-02T15:00:00Z"


def test_todays_minutes_are_the_servers_own_figures() -> None:
    student, film = make_student(), make_film(make_concept(), now=NOW)
    report(student, film, at=NOW, seconds=50.0)
    report(student, film, at=NOW, seconds=5000.0)  # no more than the film's 60 s
    report(student, film, at=NOW - timedelta(days=1), seconds=50.0)  # of another day
    answer(student, film, 0, now=NOW, response_time_ms=10_000)
    answer(student, film, 1, now=NOW, response_time_ms=3_000_000)  # put aside: a minute at most
    other = make_student()
    report(other, film, at=NOW, seconds=60.0)
    progress = read_progress(Student.objects.get(pk=student.pk), now=NOW)
    assert progress["minutes_today"] == 3.0
    tomorrow = read_progress(Student.objects.get(pk=student.pk), now=NOW + timedelta(days=1))
    assert tomorrow["minutes_today"] == 0.0


@pytest.mark.parametrize(("age_group", "minutes"), [("5-7", 10), ("8-10", 15), ("11-13", 20), ("14-17", 25)])
def test_a_day_has_enough_when_the_minutes_of_the_age_group_are_used_up(age_group: str, minutes: int) -> None:
    def enough(seconds: float, **fields: Any) -> bool:
        student = make_student(age_group=age_group, studied_on=NOW.date(), studied_seconds=seconds, **fields)
        return bool(read_progress(student, now=NOW)["enough_for_today"])

    assert not enough(minutes * 60 - 1)
    assert enough(minutes * 60)
    assert enough(5 * 60, learning_minutes=5)
    assert not enough(minutes * 60, learning_minutes=45)


def test_an_answer_says_when_it_was_the_last_of_the_day() -> None:
    film = make_film(make_concept(), now=NOW)
    student = make_student(learning_minutes=5, studied_on=NOW.date(), studied_seconds=295.0)
    first = answer(student, film, 0, now=NOW, response_time_ms=4000).result["analytics"]
    second = answer(student, film, 1, now=NOW, response_time_ms=4000).result["analytics"]
    assert (first["enough_for_today"], second["enough_for_today"]) == (False, True)


@pytest.mark.parametrize(("days_ago", "days", "at_risk"), [(0, 4, False), (1, 4, True), (3, 0, False)])
def test_the_streak_is_what_holds_today(days_ago: int, days: int, at_risk: bool) -> None:
    last_on = NOW.date() - timedelta(days=days_ago)
    student = make_student(streak_count=4, longest_streak=9, last_streak_on=last_on)
    progress = read_progress(student, now=NOW)
    assert progress["current_streak"] == {"days": days, "freezes": 0, "at_risk": at_risk}
    assert progress["longest_streak"] == 9


def remember_many(student: Student, count: int) -> None:
    """`count` concepts in 40 topics, each with a film and a memory."""
    topics = [make_concept(f"Topic {number:02}") for number in range(40)]
    concepts = Topic.objects.bulk_create(
        Topic(name=f"Concept {number:04}", slug=f"c-{number}", parent=topics[number % 40])
        for number in range(count)
    )
    film = make_film(concepts[0], now=NOW)
    LearningVideo.objects.bulk_create(
        batch_size=1000,
        objs=(
            LearningVideo(
                title=concept.name,
                topic="Topic",
                subject=concept.parent,
                script_content="-",
                video_url="films/x/film.mp4",
                duration_seconds=60,
                age_groups=film.age_groups,
                quiz_questions=film.quiz_questions,
                status="published",
                published_at=NOW,
                concept=concept,
            )
            for concept in concepts[1:]
        ),
    )
    TopicMemory.objects.bulk_create(
        batch_size=1000,
        objs=(
            TopicMemory(
                student=student,
                concept=concept,
                known=0.96,
                stability=5 + number % 50,
                difficulty=5,
                reviewed_at=NOW - timedelta(days=number % 90),
                due_at=NOW,
            )
            for number, concept in enumerate(concepts)
        ),
    )


def test_progress_costs_three_statements_even_with_four_thousand_memories() -> None:
    few, many = make_student(), make_student()
    for _ in range(6):
        film = make_film(make_concept(topic=make_concept()), now=NOW)
        answer_all(few, film, now=NOW)
    remember_many(many, 4000)
    for student in (few, many):
        with capture() as captured:
            progress = read_progress(student, now=NOW)
        assert len(statements(captured)) == 3
    assert sum(topic["concepts_total"] for topic in progress["topics"]) == 4006
    assert len(msgspec.json.encode(progress)) < 20_000


# --------------------------------------------------------------------------- kept and tagged


def test_progress_is_kept_until_something_changes() -> None:
    student, film = make_student(), make_film(make_concept(), now=NOW)

    def read(now: datetime = NOW) -> tuple[dict[str, Any], int]:
        with capture() as captured:
            body = progress_body(Student.objects.get(pk=student.pk), now=now)
        return msgspec.json.decode(body), len(statements(captured)) - 1  # without the student

    first, cost = read()
    assert cost == 3
    assert read() == (first, 0)
    report(student, film, at=NOW, seconds=50.0)  # half a film: no progress, but a minute
    assert read()[0]["minutes_today"] == 0.8
    answer_all(student, film, now=NOW)
    assert read()[0]["quiz_accuracy"] == 1.0
    assert read()[1] == 0
    assert read(NOW + timedelta(days=1))[0]["minutes_today"] == 0.0
    caches["fast"].set(CATALOGUE, b"another")  # a film was published or withdrawn
    assert read()[1] == 3


def test_progress_is_answered_unchanged_while_nothing_happens() -> None:
    student = make_student()
    client = student_client(student)
    first = client.get("/api/student/progress/me")
    tagged = {"if-none-match": first.headers["ETag"]}
    assert client.get("/api/student/progress/me", headers=tagged).status_code == 304
    set_limits(student, minutes=30)
    assert client.get("/api/student/progress/me", headers=tagged).status_code == 304  # the same figures
    Student.objects.filter(pk=student.pk).update(total_videos_watched=3, progress_version=9)
    assert client.get("/api/student/progress/me", headers=tagged).status_code == 200


def test_a_smaller_budget_is_seen_at_once() -> None:
    student = make_student(studied_on=NOW.date(), studied_seconds=400.0)
    assert not msgspec.json.decode(progress_body(student, now=NOW))["enough_for_today"]
    student = set_limits(student, minutes=5)
    assert msgspec.json.decode(progress_body(student, now=NOW))["enough_for_today"]
