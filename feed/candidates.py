"""What could come next for a student: one statement, whatever the size of the catalogue (06, 3.1).

The age gate stands here first: a film must be published and suit *every* age of the group.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import connection

from feed.ranking import Candidate
from quizzes.learners import Standing
from quizzes.memory import Memory
from quizzes.parameters import concept_retention
from quizzes.reading import StoredStanding, to_standing
from students.models import AGE_GROUPS, ages_of

CANDIDATES = """
WITH learner AS MATERIALIZED (
    SELECT * FROM learner_states WHERE student_id = %(student)s::uuid
), due AS MATERIALIZED (
    SELECT concept_id FROM topic_memories
    WHERE student_id = %(student)s::uuid AND due_at <= %(soon)s::timestamptz ORDER BY due_at LIMIT 100
), met AS MATERIALIZED (
    SELECT concept_id FROM topic_memories WHERE student_id = %(student)s::uuid
), film AS (
    (SELECT v.id, false AS is_seen FROM due CROSS JOIN LATERAL (
        SELECT id FROM learning_videos
        WHERE concept_id = due.concept_id AND status = 'published' AND age_groups @> {ages}
        ORDER BY popularity_score DESC LIMIT 2) v)
    UNION
    (SELECT v.id, false FROM learning_videos v
     WHERE v.status = 'published' AND v.age_groups @> {ages}
       -- NOT IN is looked up in one hash table; NOT EXISTS is joined film by film.
       AND (v.concept_id IS NULL OR v.concept_id NOT IN (SELECT concept_id FROM met))
       AND (v.concept_id IS NOT NULL OR NOT EXISTS (
            SELECT FROM video_watches w
            WHERE w.student_id = %(student)s::uuid AND w.video_id = v.id AND w.completed))
     ORDER BY v.popularity_score DESC LIMIT 80)
    UNION
    -- IS TRUE keeps the planner from the index on ages, which holds far more than the 200 films of a topic.
    (SELECT v.id, false FROM learner CROSS JOIN LATERAL unnest(learner.best_topics) best (topic_id)
     CROSS JOIN LATERAL (
        SELECT n.id FROM learning_videos n
        WHERE n.topic_id = best.topic_id AND n.status = 'published' AND (n.age_groups @> {ages}) IS TRUE
          AND n.concept_id NOT IN (SELECT concept_id FROM met)
        ORDER BY n.popularity_score DESC LIMIT 15) v)
    UNION
    -- From the learner's side: a search through the catalogue for what was seen would read all of it.
    (SELECT v.id, true FROM (
        SELECT concept_id FROM topic_memories
        WHERE student_id = %(student)s::uuid AND due_at > %(soon)s::timestamptz ORDER BY due_at LIMIT 20
     ) known CROSS JOIN LATERAL (
        SELECT id FROM learning_videos
        WHERE concept_id = known.concept_id AND status = 'published' AND age_groups @> {ages}
        ORDER BY popularity_score DESC LIMIT 1) v)
    UNION
    (SELECT v.id, true FROM learning_videos v
     WHERE v.concept_id IS NULL AND v.status = 'published' AND v.age_groups @> {ages}
       AND EXISTS (SELECT FROM video_watches w
                   WHERE w.student_id = %(student)s::uuid AND w.video_id = v.id AND w.completed)
     ORDER BY v.id LIMIT 60)
)
SELECT v.id, v.concept_id, COALESCE(v.topic_id::text, v.topic), v.duration_seconds,
       COALESCE(v.estimated_difficulty, v.difficulty_level), v.impressions, v.completions,
       jsonb_array_length(v.quiz_questions), film.is_seen,
       m.known, m.stability, m.difficulty, m.reviewed_at, m.reps, m.lapses,
       CASE WHEN m.concept_id IS NULL THEN (
            SELECT jsonb_agg(jsonb_build_array(r.to_topic_id, p.known, p.stability, p.difficulty,
                                               p.reviewed_at))
            FROM topics_requires r LEFT JOIN topic_memories p
              ON p.student_id = %(student)s::uuid AND p.concept_id = r.to_topic_id
            WHERE r.from_topic_id = v.concept_id
              -- What nothing teaches at this age holds nobody back.
              AND (p.concept_id IS NOT NULL OR EXISTS (
                   SELECT FROM learning_videos t WHERE t.concept_id = r.to_topic_id
                   AND t.status = 'published' AND t.age_groups @> {ages}))) END,
       NULL::jsonb
FROM film JOIN learning_videos v ON v.id = film.id
LEFT JOIN topic_memories m ON m.student_id = %(student)s::uuid AND m.concept_id = v.concept_id
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       to_jsonb(learner) FROM learner
"""
NEWEST = """
SELECT v.id, COALESCE(v.concept_id, v.id) FROM learning_videos v
WHERE v.status = 'published' AND (v.age_groups @> %(ages)s::int[]) IS TRUE
ORDER BY v.published_at DESC, v.id DESC LIMIT %(limit)s::int
"""
# The ages stand in the text, one statement a group: so the partial index of the group serves it, and the
# planner need not guess how many films suit three ages at once, which it does badly.
STATEMENTS = {group: CANDIDATES.format(ages=f"ARRAY{ages_of(group)}::integer[]") for group in AGE_GROUPS}
MIDDLE_DIFFICULTY = 5.0  # of a film whose author named none

type Required = tuple[UUID, float | None, float | None, float | None, datetime | None]
requirements = msgspec.json.Decoder(list[Required])
learner_row = msgspec.json.Decoder(StoredStanding)


@dataclass(frozen=True)
class Choice:
    """The films, the memories of their concepts and of what these require, and the learner's standing."""

    candidates: tuple[Candidate, ...]
    memories: dict[UUID, Memory]
    concepts: dict[UUID, UUID]  # video → its concept, or itself where it has none
    standing: Standing


def find_candidates(
    student_id: UUID, *, age_group: str, soon: datetime, own_group: str | None = None
) -> Choice:
    """At most 480 films for this age group: due before `soon`, new, of the best topics, and known.

    `own_group` is the student's own where it is an older one.
    """
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[age_group], {"student": student_id, "soon": soon})
        rows = cursor.fetchall()
    standing: StoredStanding | None = None
    candidates: list[Candidate] = []
    memories: dict[UUID, Memory] = {}
    for video, concept, topic, seconds, difficulty, shown, completions, questions, seen, *rest in rows:
        *columns, required, learner = rest
        if learner is not None:
            standing = learner_row.decode(learner)
            continue
        if concept and columns[0] is not None:
            memories[concept] = Memory(*columns)
        requires = requirements.decode(required) if required else []
        for id_, known, stability, hardness, reviewed_at in requires:
            if known is not None and stability is not None and hardness is not None and reviewed_at:
                memories.setdefault(id_, Memory(known, stability, hardness, reviewed_at))
        candidates.append(
            Candidate(
                video_id=video,
                concept_id=concept,
                topic_id=topic,
                duration_seconds=seconds,
                difficulty=MIDDLE_DIFFICULTY if difficulty is None else float(difficulty),
                impressions=shown,
                completions=completions,
                questions=questions,
                requires=tuple(id_ for id_, *_ in requires),
                is_seen=seen,
                retention=concept_retention(concept),
            )
        )
    concepts = {candidate.video_id: candidate.concept_id or candidate.video_id for candidate in candidates}
    return Choice(
        tuple(candidates), memories, concepts, to_standing(standing, age_group=own_group or age_group)
    )


def find_newest(age_group: str, *, limit: int) -> list[tuple[UUID, UUID]]:
    """The newest published films of the age group with their concepts: nothing personal is read."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, {"ages": ages_of(age_group), "limit": limit})
        return [(video, concept) for video, concept in cursor.fetchall()]
