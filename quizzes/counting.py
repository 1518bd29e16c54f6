"""What a learner's finished cards add up to: the figures behind badges, streak and progress.

Read when a card has its last answer, never on the way there; the answers of that card are given as
values, because they may not be stored yet.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from quizzes.cards import Given
from quizzes.grading import RAPID_MS

CARDS = """
WITH answer AS (
    SELECT video_id, mode, question_index, is_correct, response_time_ms, created_at
    FROM quiz_responses WHERE student_id = %(student)s::uuid
    UNION ALL
    SELECT (a->>0)::uuid, a->>1, (a->>2)::int, (a->>3)::bool, (a->>4)::int, (a->>5)::timestamptz
    FROM jsonb_array_elements(%(unstored)s::jsonb) a
), card AS (
    SELECT video_id, mode,
           (created_at AT TIME ZONE %(zone)s - interval '4 hours')::date AS day,
           min(created_at) AS opened_at, max(created_at) AS closed_at,
           count(DISTINCT question_index) AS answered, bool_and(is_correct) AS is_perfect,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY response_time_ms) < %(rapid)s AS is_rapid
    FROM answer GROUP BY 1, 2, 3
), finished AS (
    SELECT card.*, COALESCE(v.concept_id, v.id) AS concept, COALESCE(t.parent_id::text, v.topic) AS topic,
           lag(closed_at) OVER (PARTITION BY COALESCE(v.concept_id, v.id) ORDER BY opened_at) AS former_at
    FROM card JOIN learning_videos v ON v.id = card.video_id LEFT JOIN topics t ON t.id = v.concept_id
    WHERE card.answered >= jsonb_array_length(v.quiz_questions)
)
SELECT
    count(*) FILTER (WHERE NOT is_rapid),
    count(*) FILTER (WHERE NOT is_rapid AND is_perfect),
    count(*) FILTER (WHERE NOT is_rapid AND mode = 'recall'
                     AND day = (%(at)s::timestamptz AT TIME ZONE %(zone)s - interval '4 hours')::date),
    count(*) FILTER (WHERE NOT is_rapid AND mode = 'recall' AND is_perfect
                     AND opened_at - former_at >= interval '30 days'),
    count(DISTINCT topic) FILTER (WHERE NOT is_rapid),
    count(*) FILTER (WHERE closed_at > COALESCE(
        (SELECT max(closed_at) FROM finished WHERE is_rapid), '-infinity'::timestamptz)),
    (SELECT max(created_at) FROM answer WHERE created_at < %(opened_at)s::timestamptz),
    (SELECT count(*) FROM topic_memories WHERE student_id = %(student)s::uuid AND lapses > 0 AND passes > 0),
    (SELECT jsonb_agg(code) FROM student_achievements WHERE student_id = %(student)s::uuid)
FROM finished
"""


@dataclass(frozen=True)
class Tally:
    """Over all finished cards; a card is one film, one mode, one learning day."""

    badges: frozenset[str]
    quizzes: int
    perfect_quizzes: int
    recall_cards_today: int
    recalled_after_30_days: int
    topics_explored: int
    careful_in_a_row: int
    former_answer_at: datetime | None  # the last answer before this card
    relearned: int


def tally_cards(
    student_id: UUID, unstored: Sequence[Given], *, at: datetime, opened_at: datetime, zone: str
) -> Tally:
    """One statement. `at` names the learning day that counts as today, `zone` is the student's."""
    with connection.cursor() as cursor:
        cursor.execute(
            CARDS,
            {
                "student": student_id,
                "unstored": json.dumps(
                    [
                        [
                            str(given.video_id),
                            given.mode,
                            given.question_index,
                            given.is_correct,
                            given.response_time_ms,
                            given.at.isoformat(),
                        ]
                        for given in unstored
                    ]
                ),
                "rapid": RAPID_MS,
                "zone": zone,
                "at": at,
                "opened_at": opened_at,
            },
        )
        row = cursor.fetchone()
    return Tally(frozenset(json.loads(row[-1] or "[]")), *row[:-1])
