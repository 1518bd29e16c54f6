"""Where a learner stands in every topic, in one statement (06, 2.6 and 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from quizzes.cards import State
from quizzes.mastery import (
    ConceptStanding,
    Level,
    Record,
    TopicStanding,
    level_of,
    shows_knowing,
    stand_on_topic,
)
from quizzes.memory import DEFAULT, Memory, Parameters, retrievability

# A concept counts for a child when a published film teaches it for the whole age group, or when it
# has been learned already.
CONCEPTS = """
SELECT t.id, t.name, COALESCE(p.id, t.id), COALESCE(p.name, t.name), t.is_core,
       m.known, m.stability, m.difficulty, m.reviewed_at, m.reps, m.lapses,
       m.passes, m.first_pass_on, m.last_pass_on, m.net_correct,
       EXISTS (SELECT FROM learning_videos v WHERE v.concept_id = t.id AND v.status = 'published'
               AND v.age_groups @> %(ages)s::int[]),
       ARRAY(SELECT r.to_topic_id FROM topics_requires r WHERE r.from_topic_id = t.id),
       (SELECT (l.counters->>'answers')::int FROM learner_states l WHERE l.student_id = %(student)s::uuid),
       (SELECT (l.counters->>'right')::int FROM learner_states l WHERE l.student_id = %(student)s::uuid)
FROM topics t
LEFT JOIN topics p ON p.id = t.parent_id
LEFT JOIN topic_memories m ON m.concept_id = t.id AND m.student_id = %(student)s::uuid
WHERE m.concept_id IS NOT NULL
   OR EXISTS (SELECT FROM learning_videos v WHERE v.concept_id = t.id AND v.status = 'published'
              AND v.age_groups @> %(ages)s::int[])
ORDER BY 4, 3, 2
"""


@dataclass(frozen=True)
class Concept:
    """One concept as the child stands to it; `is_open` where a film for the age group can be watched.

    `requires` may name concepts that are not among the topics: nothing teaches them at this age.
    """

    id: UUID
    name: str
    topic_id: UUID
    topic: str
    standing: ConceptStanding
    is_open: bool
    requires: tuple[UUID, ...]
    reviewed_at: datetime | None  # the last evidence
    passed_on: date | None  # the last learning day on which a recall card was passed


@dataclass(frozen=True)
class Topic:
    id: UUID
    name: str
    standing: TopicStanding
    concepts: tuple[Concept, ...]


def read_topics(
    student_id: UUID,
    *,
    ages: list[int],
    now: datetime,
    changed: Mapping[UUID, State] | None = None,
    parameters: Parameters = DEFAULT,
) -> list[Topic]:
    """The topics by name. `changed` states stand in for rows that are about to be written."""
    with connection.cursor() as cursor:
        cursor.execute(CONCEPTS, {"student": student_id, "ages": ages})
        rows = cursor.fetchall()
    concepts: dict[UUID, list[Concept]] = {}
    for id_, name, topic_id, topic, is_core, *columns, is_open, requires, answers, right in rows:
        state = State(Memory(*columns[:6]), Record(*columns[6:])) if columns[0] is not None else None
        state = (changed or {}).get(id_, state)
        concepts.setdefault(topic_id, []).append(
            Concept(
                id=id_,
                name=name,
                topic_id=topic_id,
                topic=topic,
                standing=stand_on_concept(
                    state,
                    is_core=is_core,
                    now=now,
                    parameters=parameters,
                    is_knowing=answers is None or shows_knowing(answers, right),
                ),
                is_open=is_open,
                requires=tuple(requires),
                reviewed_at=state.memory.reviewed_at if state else None,
                passed_on=state.record.last_pass_on if state else None,
            )
        )
    return [
        Topic(id_, members[0].topic, stand_on_topic([m.standing for m in members]), tuple(members))
        for id_, members in concepts.items()
    ]


def stand_on_concept(
    state: State | None,
    *,
    is_core: bool,
    now: datetime,
    parameters: Parameters = DEFAULT,
    is_knowing: bool = True,
) -> ConceptStanding:
    """`is_knowing` is `mastery.shows_knowing` of the learner."""
    if state is None:
        return ConceptStanding(0.0, None, is_core)
    recall = retrievability(state.memory, now, parameters=parameters)
    level = level_of(state.memory, state.record, recall=recall, is_knowing=is_knowing)
    return ConceptStanding(recall, level, is_core)


def is_mastered(state: State | None, now: datetime, *, parameters: Parameters = DEFAULT) -> bool:
    """By the concept's own record; what a learner's whole record says is for `read_topics`."""
    standing = stand_on_concept(state, is_core=True, now=now, parameters=parameters)
    return standing.level is Level.MASTERED
