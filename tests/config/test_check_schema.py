"""`manage.py check_schema` names what is missing, each kind of thing on its own."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config.schema_contract import CONTRACT, find_differences, read_statements

pytestmark = pytest.mark.django_db


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def constraint_of(table: str, kind: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint"
            " JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)"
            " WHERE conrelid = %s::regclass AND contype = %s AND attname = %s",
            [table, kind, column],
        )
        row = cursor.fetchone()
    assert row is not None
    return str(row[0])


def test_the_migrated_database_is_what_the_specification_writes() -> None:
    assert find_differences() == []
    out = StringIO()
    call_command("check_schema", stdout=out)
    assert out.getvalue().startswith("OK")


def test_checking_leaves_nothing_behind() -> None:
    find_differences()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'schema_contract'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == ('"$user", public',)


def test_the_contract_holds_every_table_index_and_partition_of_the_specification() -> None:
    heads = [" ".join(statement.split()[:3]) for statement in read_statements(CONTRACT.read_text())]
    assert heads == [
        "CREATE TABLE creators",
        "CREATE TABLE students",
        "CREATE TABLE learning_videos",
        "CREATE TABLE quiz_responses",
        "CREATE TABLE content_projects",
        "CREATE INDEX idx_students_age_group",
        "CREATE INDEX idx_videos_topic_age",
        "CREATE INDEX idx_quiz_responses_student_time",
        "CREATE INDEX idx_videos_popularity",
        "CREATE TABLE quiz_responses_2025",
    ]


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (
            "ALTER TABLE content_projects RENAME TO projects",
            "content_projects: the table is missing.",
        ),
        (
            "ALTER TABLE students DROP COLUMN streak_count",
            "students.streak_count: the column is missing.",
        ),
        (
            "ALTER TABLE students RENAME COLUMN learning_preferences TO preferences",
            "students.learning_preferences: the column is missing.",
        ),
        (
            "ALTER TABLE students ALTER username TYPE varchar(60)",
            "students.username: the type is character varying(60), not character varying(50).",
        ),
        (
            "ALTER TABLE learning_videos ALTER published_at TYPE date",
            "learning_videos.published_at: the type is date, not timestamp with time zone.",
        ),
        (
            "ALTER TABLE learning_videos ALTER popularity_score TYPE real",
            "learning_videos.popularity_score: the type is real, not double precision.",
        ),
        (
            "ALTER TABLE learning_videos ALTER topic DROP NOT NULL",
            "learning_videos.topic: NOT NULL is missing.",
        ),
        (
            "ALTER TABLE content_projects ALTER status SET DEFAULT 'draft'",
            "content_projects.status: the default is 'draft', not 'generating'.",
        ),
        (
            "ALTER TABLE students ALTER streak_count DROP DEFAULT",
            "students.streak_count: the default is missing, not 0.",
        ),
        (
            "ALTER TABLE quiz_responses ALTER created_at SET DEFAULT statement_timestamp()",
            "quiz_responses.created_at: the default is statement_timestamp(), not now().",
        ),
        (
            "ALTER TABLE students ALTER id DROP DEFAULT",
            "students.id: the default is missing, not gen_random_uuid().",
        ),
        (
            "ALTER TABLE quiz_responses ALTER is_correct DROP EXPRESSION",
            "quiz_responses.is_correct: is not generated.",
        ),
        (
            (
                "ALTER TABLE quiz_responses DROP COLUMN is_correct,"
                " ADD COLUMN is_correct boolean GENERATED ALWAYS AS (user_answer <> correct_answer) STORED"
            ),
            (
                "quiz_responses.is_correct: the expression is (user_answer <> correct_answer),"
                " not (user_answer = correct_answer)."
            ),
        ),
        (
            "ALTER TABLE quiz_responses DROP CONSTRAINT quiz_responses_pkey",
            "quiz_responses: the primary key (id, created_at) is missing.",
        ),
        (
            "ALTER TABLE students DROP CONSTRAINT students_username_key",
            None,
        ),
        (
            "ALTER TABLE learning_videos DROP CONSTRAINT difficulty_level_is_between_1_and_10",
            "learning_videos: the check (((difficulty_level >= 1) AND (difficulty_level <= 10))) is missing.",
        ),
        (
            "DROP INDEX idx_students_age_group",
            "students: the index idx_students_age_group on btree (age_group) is missing.",
        ),
        (
            "ALTER INDEX idx_videos_topic_age RENAME TO idx_other",
            "learning_videos: the index idx_videos_topic_age on btree (topic, age_groups) is missing.",
        ),
        (
            "ALTER TABLE quiz_responses DETACH PARTITION quiz_responses_2025",
            "quiz_responses: the partition quiz_responses_2025 is missing.",
        ),
        (
            "ALTER TABLE students ADD COLUMN nickname text NOT NULL",
            "students.nickname: not in the contract and required, so it must have a default.",
        ),
    ],
)
def test_each_difference_is_named(change: str, difference: str | None) -> None:
    if difference is None:
        name = constraint_of("students", "u", "username")
        change = f"ALTER TABLE students DROP CONSTRAINT {name}"
        difference = "students: the unique constraint (username) is missing."
    run(change)
    assert difference in find_differences()
    with pytest.raises(CommandError) as refusal:
        call_command("check_schema", stdout=StringIO())
    assert difference in str(refusal.value).splitlines()


@pytest.mark.parametrize(
    ("definition", "difference"),
    [
        ("(popularity_score)", "btree (popularity_score), not on btree (popularity_score DESC)."),
        (
            "(popularity_score DESC, id)",
            "btree (popularity_score DESC, id), not on btree (popularity_score DESC).",
        ),
        (
            "(popularity_score DESC) WHERE status = 'published'",
            (
                "btree (popularity_score DESC) WHERE ((status)::text = 'published'::text),"
                " not on btree (popularity_score DESC)."
            ),
        ),
    ],
)
def test_an_index_of_other_columns_or_direction_is_named(definition: str, difference: str) -> None:
    run(
        "DROP INDEX idx_videos_popularity",
        f"CREATE INDEX idx_videos_popularity ON learning_videos {definition}",
    )
    assert find_differences() == [f"learning_videos: the index idx_videos_popularity is on {difference}"]


@pytest.mark.parametrize(
    ("table", "column", "target"),
    [
        ("quiz_responses", "student_id", "students(id)"),
        ("quiz_responses", "video_id", "learning_videos(id)"),
        ("content_projects", "creator_id", "creators(id)"),
        ("content_projects", "published_video_id", "learning_videos(id)"),
    ],
)
def test_a_missing_foreign_key_is_named(table: str, column: str, target: str) -> None:
    run(f"ALTER TABLE {table} DROP CONSTRAINT {constraint_of(table, 'f', column)}")
    assert find_differences() == [f"{table}: the foreign key ({column} → {target}) is missing."]


def test_a_partition_with_other_bounds_is_named() -> None:
    run(
        "DROP TABLE quiz_responses_2025",
        "CREATE TABLE quiz_responses_2025 PARTITION OF quiz_responses"
        " FOR VALUES FROM ('2024-12-31 15:00:00+00') TO ('2025-12-31 15:00:00+00')",
    )
    assert find_differences() == [
        (
            "quiz_responses: the partition quiz_responses_2025 holds"
            " FOR VALUES FROM ('2024-12-31 15:00:00') TO ('2025-12-31 15:00:00'),"
            " not FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')."
        )
    ]


def test_a_table_that_is_not_partitioned_is_named() -> None:
    run(
        "ALTER TABLE quiz_responses RENAME TO old_responses",
        "CREATE TABLE quiz_responses (LIKE old_responses)",
    )
    assert "quiz_responses: partitioned by nothing, not by RANGE (created_at)." in find_differences()


def test_more_is_welcome() -> None:
    run(
        "ALTER TABLE students ADD COLUMN nickname text, ADD COLUMN stars int NOT NULL DEFAULT 0",
        "CREATE INDEX idx_extra ON students (created_at)",
        "ALTER TABLE students ADD CONSTRAINT extra CHECK (total_videos_watched >= 0)",
        "CREATE TABLE extra (id int)",
    )
    assert find_differences() == []
