"""A large platform made by SQL. At scale 1: 100,000 films, 1,000,000 students, 20,000,000 answers.

Ids are numbers in the clothes of UUIDs, so that indexes are filled in order. Foreign keys are not checked
while it is made: every id is one that was made.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

FILMS, STUDENTS, ANSWERS_EACH = 100_000, 1_000_000, 20
READERS = 2_000  # students who are measured: with many ideas learned, half of them due
READER_CONCEPTS = 200
CONCEPTS_A_TOPIC = 100
BATCH = 50_000  # students a statement
STUDENT_KIND = "d"  # the first digit of an id says what it is of
QUESTIONS = [
    {
        "question": question,
        "answer": answer,
        "explanation": "They carry nectar home and dry it in the hive.",
        "scene": scene,
        "taught_at_seconds": 11.5 * scene,
        "evidence": "Bees make honey from nectar.",
    }
    for scene, (question, answer) in enumerate(
        (("Do bees make honey?", True), ("Is a hive led by a king?", False), ("Do bees dance?", True)), 2
    )
]

FUNCTIONS = """
CREATE OR REPLACE FUNCTION pg_temp.id(kind text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (kind || '0000000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid $$;
CREATE OR REPLACE FUNCTION pg_temp.age_group(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT (ARRAY['5-7', '8-10', '11-13', '14-17'])[1 + n % 4] $$;
CREATE OR REPLACE FUNCTION pg_temp.ages(n bigint) RETURNS int[] LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE n % 4 WHEN 0 THEN ARRAY[5, 6, 7] WHEN 1 THEN ARRAY[8, 9, 10] WHEN 2 THEN ARRAY[11, 12, 13]
   ELSE ARRAY[14, 15, 16, 17] END $$;
-- The concept of a student's card: one for the student's own age, another for every card.
CREATE OR REPLACE FUNCTION pg_temp.concept(s bigint, card bigint, concepts bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT (s * 7919 + card * 104729) % (concepts / 4) * 4 + s % 4 $$;
"""
TOPICS = """
INSERT INTO topics (id, name, slug, is_core, age_groups)
SELECT pg_temp.id('a', n), 'Topic ' || n, 'topic-' || n, true, ARRAY[]::int[]
FROM generate_series(0, {topics} - 1) n
"""
CONCEPTS = """
INSERT INTO topics (id, name, slug, parent_id, is_core, age_groups)
SELECT pg_temp.id('b', n), 'Concept ' || n, 'concept-' || n,
       pg_temp.id('a', LEAST(n / {per_topic}, {topics} - 1)), true, ARRAY[]::int[]
FROM generate_series(0, {concepts} - 1) n
"""
PREREQUISITES = """
INSERT INTO topics_requires (from_topic_id, to_topic_id)
SELECT pg_temp.id('b', n), pg_temp.id('b', n - 4) FROM generate_series(4, {concepts} - 1) n WHERE n % 5 < 3
"""
FILM_ROWS = """
INSERT INTO learning_videos (id, title, topic, topic_id, concept_id, script_content, video_url,
    duration_seconds, difficulty_level, age_groups, quiz_questions, popularity_score, view_count, impressions,
    completions, completion_rate, created_at, published_at, status, film_key)
SELECT pg_temp.id('c', n), 'Film ' || n, 'Topic ' || topic, pg_temp.id('a', topic), pg_temp.id('b', c),
    repeat('Bees make honey from nectar and dry it in the hive. ', 38), 'films/x/film.mp4', 45 + n % 46,
    1 + (c % 4) * 2 + n % 3, pg_temp.ages(c), '{questions}'::jsonb, round((random() * 100)::numeric, 3),
    n % 5000, n % 5000 + 50, (n % 5000) * 7 / 10, 0.7, now() - interval '1 minute' * n,
    now() - interval '1 minute' * n, 'published', md5(n::text)
FROM (SELECT n, n / 2 AS c, LEAST(n / 2 / {per_topic}, {topics} - 1) AS topic
      FROM generate_series(0, {films} - 1) n) made
"""
STUDENT_ROWS = """
INSERT INTO students (id, username, age_group, created_at, last_active, progress_version,
    total_videos_watched, streak_count)
SELECT pg_temp.id('d', s), 'student-' || s, pg_temp.age_group(s), now() - interval '400 days', now(), 20, 7, 0
FROM generate_series({low}, {high} - 1) s
"""
ANSWERS = """
INSERT INTO quiz_responses (id, student_id, video_id, question_index, user_answer, correct_answer,
    response_time_ms, created_at, received_at, mode)
SELECT pg_temp.id('e', s * 32 + a), pg_temp.id('d', s),
    pg_temp.id('c', 2 * pg_temp.concept(s, a / 3, {concepts})), a % 3, (s + a) % 4 > 0, a % 3 <> 1,
    2000 + (s + a) % 4000,
    now() - interval '1 day' * (300 - 14 * (a / 3)) + interval '5 seconds' * (a % 3), now(), 'watch'
FROM generate_series({low}, {high} - 1) s, generate_series(0, {answers} - 1) a
"""
LEDGER = """
INSERT INTO quiz_response_keys (student_id, response_id, fingerprint, quiz_response_id, created_at)
SELECT pg_temp.id('d', s), pg_temp.id('e', s * 32 + a), repeat('0', 64), pg_temp.id('e', s * 32 + a),
    now() - interval '1 day' * (300 - 14 * (a / 3)) + interval '5 seconds' * (a % 3)
FROM generate_series({low}, {high} - 1) s, generate_series(0, {answers} - 1) a
"""
MEMORIES = """
INSERT INTO topic_memories (student_id, concept_id, known, stability, difficulty, reviewed_at, due_at, reps,
    lapses, passes, net_correct)
SELECT pg_temp.id('d', s), pg_temp.id('b', pg_temp.concept(s, card, {concepts})),
    0.5 + (s * 31 + card * 17) % 48 / 100.0, 1 + (s + card) % 30, 3 + (s + card) % 5,
    now() - interval '1 day' * (300 - 14 * card),
    now() - interval '1 day' * (300 - 14 * card - (s + card) % 30), 2, 0, 1, 3
FROM generate_series({low}, {high} - 1) s, generate_series(0, ({answers} - 1) / 3) card
ON CONFLICT DO NOTHING
"""
READER_MEMORIES = """
INSERT INTO topic_memories (student_id, concept_id, known, stability, difficulty, reviewed_at, due_at, reps,
    lapses, passes, net_correct)
SELECT pg_temp.id('d', s), pg_temp.id('b', (s * 13 + k * 3) % ({concepts} / 4) * 4 + s % 4),
    0.5 + (s * 31 + k * 17) % 48 / 100.0, 1 + (s + k) % 30, 3 + (s + k) % 5,
    now() - interval '1 day' * (1 + k % 60), now() + interval '1 day' * (k % 40 - 20), 3, 0, 1, 4
FROM generate_series(1, {readers}) s, generate_series(1, {reader_concepts}) k
ON CONFLICT DO NOTHING
"""
STANDINGS = """
INSERT INTO learner_states (student_id, ability, ability_count, interest, recent_topics, best_topics)
SELECT pg_temp.id('d', s), 2.2 + 2.2 * (s % 4), 12,
    jsonb_build_object(pg_temp.id('a', s % {topics})::text, jsonb_build_array(9, 7)),
    ARRAY[pg_temp.id('a', s % {topics})::text],
    ARRAY(SELECT pg_temp.id('a', (s + 11 * k) % {topics}) FROM generate_series(1, 8) k)
FROM generate_series({low}, {high} - 1) s
"""
PLAYBACKS = """
INSERT INTO video_watches (student_id, watch_id, video_id, fingerprint, seconds_watched, furthest_second,
    completed, started_at, created_at, is_counted)
SELECT pg_temp.id('d', s), pg_temp.id('f', s * 32 + card),
    pg_temp.id('c', 2 * pg_temp.concept(s, card, {concepts})), repeat('0', 64), 60, 60, true,
    now() - interval '1 day' * (300 - 14 * card), now() - interval '1 day' * (300 - 14 * card), true
FROM generate_series({low}, {high} - 1) s, generate_series(0, 1) card
"""
# What is made, the statement, and whether it is sent for one batch of students after the other.
STATEMENTS: tuple[tuple[str, str, bool], ...] = (
    ("topics", TOPICS, False),
    ("concepts", CONCEPTS, False),
    ("prerequisites", PREREQUISITES, False),
    ("films", FILM_ROWS, False),
    ("students", STUDENT_ROWS, True),
    ("answers", ANSWERS, True),
    ("ledger", LEDGER, True),
    ("memories", MEMORIES, True),
    ("memories of the readers", READER_MEMORIES, False),
    ("standings", STANDINGS, True),
    ("playbacks", PLAYBACKS, True),
)


@dataclass(frozen=True)
class Size:
    films: int
    students: int

    @property
    def concepts(self) -> int:
        return self.films // 2

    @property
    def topics(self) -> int:
        return max(8, self.concepts // CONCEPTS_A_TOPIC)


def size_of(scale: float) -> Size:
    """At least what the measured students need."""
    return Size(max(4_000, int(FILMS * scale) // 8 * 8), max(2 * READERS, int(STUDENTS * scale)))


def student_id(number: int) -> UUID:
    """Students are counted from 1."""
    return UUID(f"{STUDENT_KIND}0000000-0000-7000-8000-{number:012x}")


def make(size: Size) -> None:
    """Fill an empty, migrated database."""
    values = {
        "films": size.films,
        "concepts": size.concepts,
        "topics": size.topics,
        "per_topic": max(1, size.concepts // size.topics),
        "readers": READERS,
        "reader_concepts": READER_CONCEPTS,
        "answers": ANSWERS_EACH,
        "questions": json.dumps(QUESTIONS),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(FUNCTIONS)
        for name, statement, is_batched in STATEMENTS:
            began = time.monotonic()
            step = BATCH if is_batched else size.students
            for low in range(1, size.students + 1, step):
                high = min(low + step, size.students + 1)
                cursor.execute(statement.format(**values, low=low, high=high))
            tell(name, began)
        cursor.execute("SET session_replication_role = DEFAULT")
        began = time.monotonic()
        cursor.execute("VACUUM ANALYZE")
        tell("vacuum and statistics", began)


def tell(name: str, began: float) -> None:
    sys.stdout.write(f"  {name}: {time.monotonic() - began:.1f} s\n")
    sys.stdout.flush()
