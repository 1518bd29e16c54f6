"""What the database does for a page: indexes only, and no old answers on the way of any request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from benchmarks.feed import world
from feed.candidates import NEWEST, STATEMENTS
from students.models import AGE_GROUPS, Student, ages_of
from tests.clients import student_client
from tests.quizzes.learners import answer_all, capture, make_concept, make_film, make_student, statements
from videos.models import LearningVideo

pytestmark = pytest.mark.django_db
SIZE = world.Size(films=16_000, students=400)


@pytest.fixture
def catalogue() -> Iterator[None]:
    """Sixteen thousand films, and readers with many ideas learned; the statistics of a kept database."""
    values = {
        "films": SIZE.films,
        "concepts": SIZE.concepts,
        "topics": SIZE.topics,
        "per_topic": SIZE.concepts // SIZE.topics,
        "readers": 40,
        "reader_concepts": world.READER_CONCEPTS,
        "answers": world.ANSWERS_EACH,
        "questions": json.dumps(world.QUESTIONS),
        "low": 1,
        "high": SIZE.students + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(world.FUNCTIONS)
        for _, statement, _ in world.STATEMENTS:
            cursor.execute(statement.format(**values))
        cursor.execute("ANALYZE")
        yield


def scans(plan: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(kind of scan, table, index) of every scan of a plan."""
    if "Scan" in plan["Node Type"]:
        yield plan["Node Type"], plan.get("Relation Name", ""), plan.get("Index Name", "")
    for part in plan.get("Plans", ()):
        yield from scans(part)


def explain(statement: str, values: dict[str, Any]) -> set[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        (found,) = cursor.fetchone()
    plans = json.loads(found) if isinstance(found, str) else found
    return set(scans(plans[0]["Plan"]))


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("group", AGE_GROUPS)
def test_the_candidates_are_found_by_indexes_whatever_the_age(group: str) -> None:
    student = Student.objects.filter(age_group=group, pk__lte=world.student_id(40)).order_by("pk")[0]
    values = {"student": student.pk, "soon": timezone.now() + timedelta(days=1)}
    found = explain(STATEMENTS[group], values)
    indexes = {index for _, _, index in found if index}
    assert {
        "idx_topic_memories_due",
        "idx_videos_concept_popularity",
        "idx_videos_subject_popularity",
        f"idx_videos_popular_{group.replace('-', '_')}",
    } <= indexes
    assert "idx_videos_age_groups" not in indexes  # it would read a quarter of the catalogue
    whole = {table for kind, table, _ in found if kind == "Seq Scan"}
    assert not whole & {"learning_videos", "topic_memories", "video_watches", "quiz_responses", "students"}


@pytest.mark.usefixtures("catalogue")
def test_the_newest_films_are_found_by_their_index() -> None:
    found = explain(NEWEST, {"ages": ages_of("8-10"), "limit": 100})
    assert {index for _, _, index in found} == {"idx_videos_newest"}


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def body(film: LearningVideo, index: int, mode: str) -> dict[str, Any]:
    return {
        "response_id": str(uuid4()),
        "video_id": str(film.pk),
        "question_index": index,
        "user_answer": index % 2 == 0,
        "response_time_ms": 2500,
        "mode": mode,
    }


def test_no_request_reads_old_answers(now: datetime) -> None:
    student = make_student()
    client = student_client(student)
    films = [make_film(make_concept(topic=make_concept()), now=now) for _ in range(12)]
    for film in films[:3]:
        answer_all(student, film, now=now - timedelta(days=12))
    watch = {
        "watch_id": str(uuid4()),
        "video_id": str(films[4].pk),
        "seconds_watched": 60.0,
        "furthest_second": 60.0,
        "completed": True,
        "started_at": (now - timedelta(minutes=2)).isoformat(),
    }
    with capture() as captured:
        client.get("/api/student/feed/me")
        client.post("/api/student/watches", watch)
        for index in range(3):
            assert (
                client.post("/api/student/quiz-response", body(films[0], index, "recall")).status_code == 201
            )
            assert (
                client.post("/api/student/quiz-response", body(films[4], index, "watch")).status_code == 201
            )
        opinion = {"feedback_id": str(uuid4()), "video_id": str(films[5].pk), "kind": "more"}
        client.post("/api/student/feedback", opinion)
        client.get("/api/student/feed/me")
        client.get("/api/student/offline/me")
        client.get(f"/api/videos/{films[0].pk}")
        client.post("/api/student/quiz-responses", [body(films[6], 0, "watch")])
        progress = client.get("/api/student/progress/me")
        client.get("/api/student/progress/me")
        client.get("/api/videos/topics")
        client.get("/api/student/me")
    assert progress.json()["quiz_accuracy"] is not None
    reads = [
        sql
        for sql in statements(captured)
        if re.search(r"\b(FROM|JOIN)\s+\"?quiz_responses\b", sql, re.IGNORECASE)
    ]
    assert len(statements(captured)) > 40
    assert reads == []
