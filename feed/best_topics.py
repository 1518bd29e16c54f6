"""The eight topics a learner gains most from, made daily for those who were here lately (06, 3.6).

Interest times expected gain: how likely a new idea of the topic is finished and understood, times the share
of its ideas that are still new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from quizzes.ability import encoding_chance
from quizzes.models import LearnerState
from students.models import AGE_GROUPS, ages_of
from students.turns import take_turn

MOST_TOPICS = 8
LATELY = timedelta(days=2)
BATCH = 500
SUPPLY = """
SELECT topic_id, count(DISTINCT concept_id), avg(COALESCE(estimated_difficulty, difficulty_level, 5)),
       (sum(completions) + 3.5) / (sum(impressions) + 5.0)
FROM learning_videos
WHERE status = 'published' AND topic_id IS NOT NULL AND age_groups @> %s::int[] GROUP BY topic_id
"""
KNOWN = """
SELECT m.student_id, COALESCE(t.parent_id, t.id), count(*)
FROM topic_memories m JOIN topics t ON t.id = m.concept_id
WHERE m.student_id = ANY(%s::uuid[]) GROUP BY 1, 2
"""
STORE = """
UPDATE learner_states l SET best_topics = ARRAY(SELECT jsonb_array_elements_text(made.topics)::uuid)
FROM unnest(%(ids)s::uuid[], %(topics)s::jsonb[]) made (id, topics) WHERE l.student_id = made.id
"""


@dataclass(frozen=True)
class Supply:
    """What a topic has for one age group."""

    concepts: int
    difficulty: float
    finishing: float  # share of impressions that were finished


def refresh_best_topics(now: datetime) -> int:
    """Choose anew for every learner who was active in the last two days; how many were done."""
    with take_turn("feed.best_topics") as is_mine:
        if not is_mine:
            return 0
        supplies = {group: read_supply(group) for group in AGE_GROUPS}
        done = 0
        last: UUID | None = None
        while True:
            states = LearnerState.objects.select_related("student").order_by("student_id")
            states = states.filter(student__is_active=True, student__last_active__gte=now - LATELY)
            batch = list(states.filter(student_id__gt=last)[:BATCH] if last else states[:BATCH])
            if not batch:
                return done
            _store(batch, supplies)
            done += len(batch)
            last = batch[-1].student_id


def read_supply(age_group: str) -> dict[UUID, Supply]:
    with connection.cursor() as cursor:
        cursor.execute(SUPPLY, [ages_of(age_group)])
        rows = cursor.fetchall()
    return {
        topic: Supply(concepts, float(difficulty), min(float(finishing), 1.0))
        for topic, concepts, difficulty, finishing in rows
    }


def choose_topics(
    supply: Mapping[UUID, Supply],
    *,
    ability: float,
    interest: Mapping[str, Sequence[float]],
    known: Mapping[UUID, int],
) -> list[UUID]:
    """At most eight, the best first; a topic without anything new is none of them."""
    scores: dict[UUID, float] = {}
    for topic, offer in supply.items():
        new = max(0, offer.concepts - known.get(topic, 0)) / offer.concepts
        if new:
            shown, completed = interest.get(str(topic), (0, 0))
            liking = 1.4 * (completed + 2.5) / (shown + 3.5)
            understood = encoding_chance(ability, difficulty=offer.difficulty)
            scores[topic] = liking**2 * understood * offer.finishing * new
    return sorted(scores, key=lambda topic: (-scores[topic], topic))[:MOST_TOPICS]


def _store(batch: Sequence[LearnerState], supplies: Mapping[str, Mapping[UUID, Supply]]) -> None:
    known: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [[state.student_id for state in batch]])
        for student, topic, count in cursor.fetchall():
            known[student][topic] = count
        topics = [
            choose_topics(
                supplies[state.student.age_group],
                ability=state.ability,
                interest=state.interest,
                known=known[state.student_id],
            )
            for state in batch
        ]
        written = ["[" + ",".join(f'"{topic}"' for topic in chosen) + "]" for chosen in topics]
        cursor.execute(STORE, {"ids": [state.student_id for state in batch], "topics": written})
