"""The one statement that delivers candidates, and its age gate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from feed.candidates import find_candidates
from quizzes.models import TopicMemory
from students.models import AGE_GROUPS, Student, ages_of
from tests.quizzes.learners import (
    answer_all,
    capture,
    make_concept,
    make_film,
    make_student,
    make_watch,
    statements,
)
from videos.models import LearningVideo

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def find(student: Student, *, now: datetime = NOW, age_group: str = "8-10") -> dict[str, bool]:
    """Title → whether it was seen without a memory."""
    choice = find_candidates(student.id, age_group=age_group, soon=now + days(1))
    titles = dict(LearningVideo.objects.values_list("pk", "title"))
    return {titles[candidate.video_id]: candidate.is_seen for candidate in choice.candidates}


def test_published_films_for_every_age_of_the_group_are_candidates() -> None:
    student = make_student()
    films: dict[str, dict[str, Any]] = {
        "exact": {},
        "wider": {"age_groups": [7, 8, 9, 10, 11]},
        "without a concept": {},
        "two of three ages": {"age_groups": [8, 9]},
        "other ages": {"age_groups": [11, 12, 13]},
        "draft": {"status": "draft"},
        "withdrawn": {"status": "unpublished"},
        "replaced": {"status": "superseded"},
    }
    for title, fields in films.items():
        concept = None if title == "without a concept" else make_concept()
        make_film(concept, now=NOW, title=title, **fields)
    assert find(student) == {"exact": False, "wider": False, "without a concept": False}


def test_a_candidate_carries_what_the_ranking_needs() -> None:
    student, topic, before = make_student(), make_concept("Space"), make_concept()
    concept = make_concept(topic=topic)
    concept.requires.add(before)
    answer_all(student, make_film(before, now=NOW, status="published"), now=NOW)
    film = make_film(
        concept, now=NOW, impressions=12, completions=7, difficulty_level=None, duration_seconds=77
    )
    choice = find_candidates(student.id, age_group="8-10", soon=NOW + days(1))
    (candidate,) = [item for item in choice.candidates if item.video_id == film.id]
    assert (candidate.concept_id, candidate.topic_id) == (concept.id, str(topic.id))
    assert (candidate.impressions, candidate.completions, candidate.questions) == (12, 7, 3)
    assert (candidate.duration_seconds, candidate.difficulty) == (77, 5.0)
    assert (candidate.requires, candidate.is_seen) == ((before.id,), False)
    assert choice.memories[before.id].reviewed_at == NOW
    assert choice.concepts[film.id] == concept.id


def test_what_is_known_stays_a_candidate_with_its_memory() -> None:
    student, film = make_student(), make_film(make_concept(), now=NOW, title="due")
    answer_all(student, film, now=NOW - days(20))
    fresh = make_film(make_concept(), now=NOW, title="fresh")
    answer_all(student, fresh, now=NOW)
    TopicMemory.objects.filter(concept=fresh.concept_id).update(due_at=NOW + days(30))
    assert find(student) == {"due": False, "fresh": True}
    memories = find_candidates(student.id, age_group="8-10", soon=NOW + days(1)).memories
    assert set(memories) == {film.concept_id, fresh.concept_id}


def test_a_finished_film_without_an_answer_is_seen() -> None:
    student = make_student()
    make_watch(student, make_film(None, now=NOW, title="finished"), at=NOW)
    make_watch(student, make_film(None, now=NOW, title="left early"), at=NOW, completed=False)
    assert find(student) == {"finished": True, "left early": False}


def test_other_students_decide_nothing() -> None:
    film, other, student = make_film(make_concept(), now=NOW), make_student(), make_student()
    make_watch(other, film, at=NOW)
    answer_all(other, film, now=NOW)
    assert find(student) == {film.title: False}
    assert find_candidates(student.id, age_group="8-10", soon=NOW + days(1)).memories == {}


def test_the_number_of_candidates_is_bounded_and_the_most_popular_are_kept() -> None:
    student = make_student()
    LearningVideo.objects.bulk_create(
        [
            LearningVideo(
                title=f"film {number}",
                topic="t",
                script_content="s",
                video_url="v",
                duration_seconds=60,
                age_groups=ages_of("8-10"),
                quiz_questions=[],
                status="published",
                published_at=NOW,
                popularity_score=number,
            )
            for number in range(120)
        ]
    )
    found = find(student)
    assert len(found) == 80
    assert "film 119" in found
    assert "film 39" not in found


def test_candidates_cost_one_statement() -> None:
    student = make_student()
    for _ in range(5):
        answer_all(student, make_film(make_concept(), now=NOW), now=NOW - days(9))
        make_film(make_concept(), now=NOW)
    with capture() as captured:
        find_candidates(student.id, age_group="8-10", soon=NOW + days(1))
    assert len(statements(captured)) == 1


@pytest.mark.parametrize("seed", range(6))
def test_no_random_catalogue_gets_past_the_age_gate(seed: int) -> None:
    random = Random(seed)
    student = make_student(age_group=random.choice(AGE_GROUPS))
    for _ in range(40):
        film = make_film(
            random.choice([None, make_concept()]),
            now=NOW,
            age_groups=sorted(random.sample(range(5, 18), random.randint(1, 13))),
            status=random.choice(["published", "published", "draft", "unpublished"]),
        )
        if random.random() < 0.4:
            make_watch(student, film, at=NOW - days(2))
        if film.concept and random.random() < 0.4:
            TopicMemory.objects.create(
                student=student,
                concept=film.concept,
                known=0.9,
                stability=3,
                difficulty=5,
                reviewed_at=NOW - days(random.random() * 9),
                due_at=NOW + days(random.random() * 9 - 4),
            )
    for group in AGE_GROUPS:
        allowed = {
            film.pk
            for film in LearningVideo.objects.filter(status="published")
            if set(ages_of(group)) <= set(film.age_groups)
        }
        choice = find_candidates(student.id, age_group=group, soon=NOW + days(1))
        assert {candidate.video_id for candidate in choice.candidates} <= allowed
