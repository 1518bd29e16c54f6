"""What could come next for a student: one statement, whatever the size of the catalogue (06, 3.1).

The age gate stands here first: a film must be published and suit *every* age of the group.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from feed.ranking import Candidate
from quizzes.memory import Memory
from students.models import ages_of

SOON = timedelta(days=1)
CANDIDATES = """
WITH due AS MATERIALIZED (
    SELECT concept_id FROM topic_memories
    WHERE student_id = %(student)s::uuid AND due_at <= %(soon)s::timestamptz ORDER BY due_at LIMIT 100
), film AS (
    (SELECT v.id, false AS is_seen FROM due CROSS JOIN LATERAL (
        SELECT id FROM learning_videos
        WHERE concept_id = due.concept_id AND status = 'published' AND age_groups @> %(ages)s::int[]
        ORDER BY popularity_score DESC, id DESC LIMIT 2) v)
    UNION ALL
    (SELECT v.id, false FROM learning_videos v
     WHERE v.status = 'published' AND v.age_groups @> %(ages)s::int[]
       AND NOT EXISTS (SELECT FROM topic_memories m
                       WHERE m.student_id = %(student)s::uuid AND m.concept_id = v.concept_id)
       AND NOT EXISTS (SELECT FROM video_watches w
                       WHERE w.student_id = %(student)s::uuid AND w.video_id = v.id AND w.completed)
     ORDER BY v.popularity_score DESC, v.id DESC LIMIT 80)
    UNION ALL
    -- From the learner's side: a search through the catalogue for what was seen would read all of it.
    (SELECT v.id, true FROM (
        SELECT concept_id FROM topic_memories
        WHERE student_id = %(student)s::uuid AND due_at > %(soon)s::timestamptz ORDER BY due_at LIMIT 20
     ) known CROSS JOIN LATERAL (
        SELECT id FROM learning_videos
        WHERE concept_id = known.concept_id AND status = 'published' AND age_groups @> %(ages)s::int[]
        ORDER BY popularity_score DESC, id DESC LIMIT 1) v)
    UNION ALL
    (SELECT v.id, true FROM (
        SELECT video_id FROM video_watches WHERE student_id = %(student)s::uuid AND completed
        GROUP BY video_id ORDER BY max(created_at), video_id LIMIT 60
     ) finished JOIN learning_videos v ON v.id = finished.video_id
     WHERE v.status = 'published' AND v.age_groups @> %(ages)s::int[]
       AND NOT EXISTS (SELECT FROM topic_memories m
                       WHERE m.student_id = %(student)s::uuid AND m.concept_id = v.concept_id))
)
SELECT v.id, v.concept_id, COALESCE(t.parent_id::text, v.topic), v.duration_seconds, v.difficulty_level,
       v.view_count, v.completions, jsonb_array_length(v.quiz_questions), film.is_seen,
       m.known, m.stability, m.difficulty, m.reviewed_at, m.reps, m.lapses,
       (SELECT jsonb_agg(jsonb_build_array(r.to_topic_id, p.known, p.stability, p.difficulty, p.reviewed_at))
        FROM topics_requires r LEFT JOIN topic_memories p
          ON p.student_id = %(student)s::uuid AND p.concept_id = r.to_topic_id
        WHERE r.from_topic_id = v.concept_id)
FROM film JOIN learning_videos v ON v.id = film.id
LEFT JOIN topics t ON t.id = v.concept_id
LEFT JOIN topic_memories m ON m.student_id = %(student)s::uuid AND m.concept_id = v.concept_id
"""
MIDDLE_DIFFICULTY = 5.0  # of a film whose author named none


@dataclass(frozen=True)
class Choice:
    """The films, and the memories of their concepts and of what these require."""

    candidates: tuple[Candidate, ...]
    memories: dict[UUID, Memory]
    concepts: dict[UUID, UUID]  # video → its concept, or itself where it has none


def find_candidates(student_id: UUID, *, age_group: str, now: datetime) -> Choice:
    """At most 360 films for a student of this group: due or nearly so, new, and known."""
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, {"student": student_id, "soon": now + SOON, "ages": ages_of(age_group)})
        rows = cursor.fetchall()
    candidates: list[Candidate] = []
    memories: dict[UUID, Memory] = {}
    for video, concept, topic, seconds, difficulty, views, completions, questions, seen, *rest in rows:
        *columns, required = rest
        if concept and columns[0] is not None:
            memories[concept] = Memory(*columns)
        requires = json.loads(required or "[]")
        for id_, known, stability, hardness, reviewed_at in requires:
            if reviewed_at:
                at = datetime.fromisoformat(reviewed_at)
                memories.setdefault(UUID(id_), Memory(known, stability, hardness, at))
        candidates.append(
            Candidate(
                video_id=video,
                concept_id=concept,
                topic_id=topic,
                duration_seconds=seconds,
                difficulty=MIDDLE_DIFFICULTY if difficulty is None else float(difficulty),
                impressions=views,
                completions=completions,
                questions=questions,
                requires=tuple(UUID(id_) for id_, *_ in requires),
                is_seen=seen,
            )
        )
    concepts = {candidate.video_id: candidate.concept_id or candidate.video_id for candidate in candidates}
    return Choice(tuple(candidates), memories, concepts)
