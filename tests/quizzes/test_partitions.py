"""The traps of yearly partitions (09, 2.2), each met on a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from quizzes.models import QuizResponse
from quizzes.partitions import (
    FIRST_YEAR,
    YEARS_AHEAD,
    ensure_partitions,
    existing_years,
    wanted_years,
    years_ahead,
)
from tests.quizzes.learners import make_concept, make_film, make_student

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def store(at: datetime, **fields: object) -> QuizResponse:
    student, film = make_student(), make_film(make_concept(), now=NOW)
    return QuizResponse.objects.create(
        student=student,
        video=film,
        question_index=0,
        user_answer=True,
        correct_answer=True,
        response_time_ms=3000,
        created_at=at,
        **fields,
    )


def partition_of(row: QuizResponse) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM quiz_responses WHERE id = %s", [row.id])
        found = cursor.fetchone()
    assert found is not None
    return str(found[0])


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values) or None)


def bounds() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT child.relname, pg_get_expr(child.relpartbound, child.oid) FROM pg_inherits"
            " JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = 'quiz_responses'::regclass"
        )
        return dict(cursor.fetchall())


def test_migrations_make_every_year_from_the_specified_one_to_three_ahead() -> None:
    assert existing_years() == wanted_years(timezone.now())
    assert existing_years()[0] == FIRST_YEAR == 2025
    assert years_ahead(timezone.now()) == YEARS_AHEAD


def test_making_them_again_makes_nothing() -> None:
    assert ensure_partitions(timezone.now()) == []


def test_later_years_are_made_before_they_are_needed() -> None:
    present = timezone.now()
    later = present.replace(year=present.year + 2, day=1)
    made = ensure_partitions(later)
    assert made == [present.year + YEARS_AHEAD + 1, present.year + YEARS_AHEAD + 2]
    assert years_ahead(later) == YEARS_AHEAD
    row = store(datetime(made[-1], 12, 31, 23, 59, 59, tzinfo=UTC))
    assert partition_of(row) == f"quiz_responses_{made[-1]}"


def test_a_new_partition_has_the_parents_index_checks_and_generated_column() -> None:
    year = timezone.now().year + YEARS_AHEAD + 1
    ensure_partitions(timezone.now().replace(year=year - YEARS_AHEAD, day=1))
    row = store(datetime(year, 6, 1, tzinfo=UTC))
    assert QuizResponse.objects.get(id=row.id).is_correct is True
    with pytest.raises(IntegrityError, match="response_time_is_not_negative"), transaction.atomic():
        run(f"UPDATE quiz_responses_{year} SET response_time_ms = -1")  # noqa: S608 - a number
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_indexes WHERE tablename = %s AND indexdef LIKE %s",
            [f"quiz_responses_{year}", "%(student_id, created_at)%"],
        )
        assert cursor.fetchone() == (1,)


def test_there_is_no_default_partition_and_a_missing_year_is_an_error() -> None:
    assert "DEFAULT" not in bounds().values()
    with pytest.raises(IntegrityError, match="no partition"), transaction.atomic():
        store(datetime(FIRST_YEAR - 1, 12, 31, tzinfo=UTC))
    assert not QuizResponse.objects.exists()


def test_bounds_begin_at_midnight_utc_whatever_zone_the_session_has() -> None:
    later = timezone.now().replace(year=timezone.now().year + 1, day=1)
    run("SET LOCAL TimeZone = 'Asia/Tokyo'")
    (year,) = ensure_partitions(later)
    run("SET LOCAL TimeZone = 'UTC'")
    assert bounds()[f"quiz_responses_{year}"] == (
        f"FOR VALUES FROM ('{year}-01-01 00:00:00+00') TO ('{year + 1}-01-01 00:00:00+00')"
    )


@pytest.mark.parametrize(
    ("at", "partition"),
    [
        (datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), "quiz_responses_2025"),
        (datetime(2026, 1, 1, tzinfo=UTC), "quiz_responses_2026"),
        (datetime.fromisoformat("2026-01-01T08:59:59+09:00"), "quiz_responses_2025"),
    ],
)
def test_new_year_is_that_of_utc(at: datetime, partition: str) -> None:
    assert partition_of(store(at)) == partition


def test_the_default_time_is_an_instant_whatever_zone_the_session_has() -> None:
    row = store(NOW)
    run("SET LOCAL TimeZone = 'America/Chicago'")
    run(
        "INSERT INTO quiz_responses (student_id, video_id, question_index, user_answer, correct_answer,"
        " response_time_ms) VALUES (%s, %s, 1, true, false, 2000)",
        row.student_id,
        row.video_id,
    )
    run("SET LOCAL TimeZone = 'UTC'")
    plain = QuizResponse.objects.get(question_index=1)
    assert abs(plain.created_at - timezone.now()) < timedelta(minutes=5)
    assert plain.is_correct is False


def test_the_composite_key_is_no_promise_of_a_unique_id() -> None:
    """Why the ledger exists: PostgreSQL itself takes the same id with another time."""
    row = store(NOW)
    store(NOW + timedelta(seconds=1), id=row.id)
    assert QuizResponse.objects.filter(id=row.id).count() == 2


def explain(queryset: object) -> str:
    return str(queryset.explain(analyze=True))  # type: ignore[attr-defined] # any QuerySet


def test_a_look_up_with_its_time_touches_one_partition() -> None:
    plan = explain(QuizResponse.objects.filter(id=uuid4(), created_at=NOW))
    assert "quiz_responses_2026" in plan
    assert [year for year in existing_years() if f"quiz_responses_{year}" in plan] == [2026]


def test_both_bounds_keep_a_read_within_its_years() -> None:
    rows = QuizResponse.objects.filter(created_at__gte=NOW, created_at__lt=NOW + timedelta(days=1))
    plan = explain(rows)
    assert [year for year in existing_years() if f"quiz_responses_{year}" in plan] == [2026]
    open_ended = explain(QuizResponse.objects.filter(created_at__gte=NOW))
    assert len([year for year in existing_years() if f"quiz_responses_{year}" in open_ended]) > 1
