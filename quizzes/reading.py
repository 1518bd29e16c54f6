"""What the rules of one answer read, in one statement; nobody here reads old answers but a late one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from quizzes.ability import Ability
from quizzes.cards import Card, Expected, Given, Played, State, card_from_json
from quizzes.counting import tally_from_json
from quizzes.grading import STARTING_PACE, Pace
from quizzes.learners import Standing, start_standing
from quizzes.mastery import Record
from quizzes.memory import Memory
from quizzes.models import QuizResponse
from quizzes.partitions import FIRST_YEAR
from videos.models import Watch


class StoredStanding(msgspec.Struct):
    """A row of `learner_states` as JSON gives it."""

    ability: float
    ability_count: int
    typical_ms: float
    pace_count: int
    interest: dict[str, tuple[int, int]]
    recent_topics: list[str]
    best_topics: list[UUID]
    today: date | None
    shown_today: list[UUID]
    new_today: list[bool]
    counters: dict[str, Any]
    card: dict[str, Any] | None
    parameters: int | None
    retention: float = 0.0


stored_standing = msgspec.json.Decoder(StoredStanding)


@dataclass(frozen=True)
class Film:
    """The film an answer is about, with what the rules need of its concept and topic."""

    id: UUID
    topic: str
    topic_key: str  # what interest is counted by
    difficulty: float | None
    questions: list[dict[str, Any]]
    concept_id: UUID | None


@dataclass(frozen=True)
class Context:
    """Everything the rules of one answer read."""

    film: Film
    state: State | None  # of the film's concept
    card: Card | None  # the card in progress, or the last one
    prerequisites: tuple[Memory | None, ...]
    siblings: tuple[Memory | None, ...]  # the topic's other concepts for the child's age
    played: tuple[Played, ...]  # films of the concept around that time
    standing: Standing
    badges: frozenset[str]


READ_CONTEXT = """
WITH film AS MATERIALIZED (
    SELECT v.id, v.topic, v.topic_id, v.quiz_questions, v.concept_id,
           COALESCE(v.estimated_difficulty, v.difficulty_level) AS difficulty
    FROM learning_videos v
    WHERE v.id = %(video)s::uuid AND v.status = 'published' AND EXISTS (
        SELECT FROM jsonb_array_elements(%(gates)s::jsonb) gate
        WHERE v.age_groups @> ARRAY(SELECT jsonb_array_elements_text(gate)::int))
), sibling AS (
    SELECT t.id FROM topics t, film
    WHERE t.parent_id = film.topic_id AND t.id <> film.concept_id
      AND EXISTS (SELECT FROM learning_videos v WHERE v.concept_id = t.id AND v.status = 'published'
                  AND v.age_groups @> %(ages)s::int[])
)
SELECT film.id, film.topic, COALESCE(film.topic_id::text, film.topic), film.difficulty,
       film.quiz_questions, film.concept_id,
       m.known, m.stability, m.difficulty, m.reviewed_at, m.reps, m.lapses,
       m.passes, m.first_pass_on, m.last_pass_on, m.net_correct, m.before,
    (SELECT jsonb_agg(jsonb_build_array(p.known, p.stability, p.difficulty, p.reviewed_at))
     FROM topics_requires r LEFT JOIN topic_memories p
       ON p.student_id = %(student)s::uuid AND p.concept_id = r.to_topic_id
     WHERE r.from_topic_id = film.concept_id
       -- What nothing teaches at this age holds nobody back.
       AND (p.concept_id IS NOT NULL OR EXISTS (
            SELECT FROM learning_videos t WHERE t.concept_id = r.to_topic_id
            AND t.status = 'published' AND t.age_groups @> %(ages)s::int[]))),
    (SELECT jsonb_agg(jsonb_build_array(s.known, s.stability, s.difficulty, s.reviewed_at))
     FROM sibling LEFT JOIN topic_memories s
       ON s.student_id = %(student)s::uuid AND s.concept_id = sibling.id),
    (SELECT jsonb_agg(jsonb_build_array(w.video_id, w.started_at, w.seconds_watched, w.completed))
     FROM video_watches w JOIN learning_videos o ON o.id = w.video_id
     WHERE w.student_id = %(student)s::uuid AND (o.id = film.id OR o.concept_id = film.concept_id)
       AND w.created_at >= %(at)s::timestamptz - interval '4 hours'
       AND w.started_at BETWEEN %(at)s::timestamptz - interval '4 hours'
                            AND %(at)s::timestamptz + interval '4 hours'),
    (SELECT jsonb_agg(code) FROM student_achievements WHERE student_id = %(student)s::uuid),
    (SELECT to_jsonb(l) FROM learner_states l WHERE l.student_id = %(student)s::uuid)
FROM film
LEFT JOIN topic_memories m ON m.student_id = %(student)s::uuid AND m.concept_id = film.concept_id
"""


def read_context(
    student_id: UUID,
    video_id: UUID,
    *,
    at: datetime,
    age_group: str,
    gates: Sequence[list[int]],
    ages: list[int],
) -> Context | None:
    """None where the film is not published, or suits none of `gates` (the ages of each open group)."""
    with connection.cursor() as cursor:
        cursor.execute(
            READ_CONTEXT,
            {
                "student": student_id,
                "video": video_id,
                "at": at,
                "gates": json.dumps(list(gates)),
                "ages": ages,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    video, topic, topic_key, difficulty, questions, concept = row[:6]
    state = State(Memory(*row[6:12]), Record(*row[12:16])) if row[6] is not None else None
    return Context(
        film=Film(video, topic, topic_key, difficulty, json.loads(questions), concept),
        state=state,
        card=card_from_json(json.loads(row[16])) if row[16] else None,
        prerequisites=_memories(row[17]),
        siblings=_memories(row[18]),
        played=tuple(
            Played(UUID(video), datetime.fromisoformat(began), seconds, completed)
            for video, began, seconds, completed in json.loads(row[19] or "[]")
        ),
        badges=frozenset(json.loads(row[20] or "[]")),
        standing=to_standing(stored_standing.decode(row[21]) if row[21] else None, age_group=age_group),
    )


def to_standing(stored: StoredStanding | None, *, age_group: str) -> Standing:
    """The learner as stored; one who has no row yet begins at the level of the age group."""
    if stored is None:
        return start_standing(age_group)
    return Standing(
        ability=Ability(stored.ability, stored.ability_count),
        pace=Pace(stored.typical_ms, stored.pace_count),
        interest=stored.interest,
        recent_topics=tuple(stored.recent_topics),
        best_topics=tuple(stored.best_topics),
        today=stored.today,
        shown_today=tuple(stored.shown_today),
        new_today=tuple(stored.new_today),
        tally=tally_from_json(stored.counters),
        card=card_from_json(stored.card) if stored.card else None,
        parameters=stored.parameters,
        retention=stored.retention,
    )


def _memories(written: str | None) -> tuple[Memory | None, ...]:
    return tuple(
        Memory(known, stability, difficulty, datetime.fromisoformat(reviewed_at)) if reviewed_at else None
        for known, stability, difficulty, reviewed_at in json.loads(written or "[]")
    )


def read_history(
    student_id: UUID, concept_id: UUID, zone: tzinfo, *, until: datetime
) -> tuple[list[tuple[Given, Expected | None]], list[Played]]:
    """Every stored answer and playback of one concept, in the learner's zone; for late answers and checks.

    Both bounds stand, so that the statement meets no partition of a year to come.
    """
    answers = QuizResponse.objects.filter(
        student_id=student_id,
        video__concept_id=concept_id,
        created_at__gte=datetime(FIRST_YEAR, 1, 1, tzinfo=UTC),
        created_at__lte=until,
    )
    watches = Watch.objects.filter(student_id=student_id, video__concept_id=concept_id, completed=True)
    given = [
        (
            Given(video, index, bool(correct), ms, mode, at.astimezone(zone)),
            Expected(encoding, Pace(typical or STARTING_PACE.typical_ms), retention) if encoding else None,
        )
        for video, index, correct, ms, mode, at, encoding, typical, retention in answers.values_list(
            *("video_id", "question_index", "is_correct", "response_time_ms", "mode", "created_at"),
            *("encoding", "typical_ms", "retention"),
        )
    ]
    played = [
        Played(video, at.astimezone(zone), seconds, completed)
        for video, at, seconds, completed in watches.values_list(
            "video_id", "started_at", "seconds_watched", "completed"
        )
    ]
    return given, played
