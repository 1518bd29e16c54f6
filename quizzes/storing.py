"""The three statements of an answer: open the ledger, read what the rules need, write what they say.

Written as SQL because a child waits for them: with the session's own query an answer costs few
enough round trips only if each of these is one (09, gates of `make bench`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from quizzes.cards import Card, Given, Played, State, card_from_json, card_to_json
from quizzes.mastery import Record
from quizzes.memory import Memory, due_at
from quizzes.models import QuizResponse
from students.budget import Study
from students.streak_trail import Trail, trail_from_json, trail_to_json
from students.streaks import Streak, excused_days
from students.zones import zone_at
from videos.models import Watch


@dataclass(frozen=True)
class Learner:
    """The student's row, locked until the transaction ends."""

    id: UUID
    age_group: str
    time_zone: str
    progress_version: int
    streak_count: int
    longest_streak: int
    last_streak_on: date | None
    total_videos_watched: int
    streak_trail: str | None  # JSON
    weekends_off: bool
    former_time_zone: str
    time_zone_from: datetime | None
    learning_minutes: int | None
    studied_on: date | None
    studied_seconds: float
    outages: (
        str | None
    )  # JSON: days on which the platform was down, of the last weeks and since the streak's last

    def zone_at(self, moment: datetime) -> ZoneInfo:
        return zone_at(moment, zone=self.time_zone, former=self.former_time_zone, since=self.time_zone_from)

    @property
    def trail(self) -> Trail:
        """The streak as it is kept."""
        return trail_from_json(
            json.loads(self.streak_trail) if self.streak_trail else None,
            days=self.streak_count,
            longest=self.longest_streak,
            last_on=self.last_streak_on,
        )

    def excused(self, today: date) -> frozenset[date]:
        """Days that ask this child for nothing."""
        outages = [date.fromisoformat(day) for day in json.loads(self.outages or "[]")]
        return excused_days(self.last_streak_on, today, outages=outages, weekends_off=self.weekends_off)

    @property
    def study(self) -> Study:
        return Study(self.studied_on, self.studied_seconds)


@dataclass(frozen=True)
class Film:
    """The film an answer is about, with what the rules need of its concept and topic."""

    id: UUID
    topic: str
    difficulty: int | None
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
    given: tuple[Given, ...]  # answers on this film around the time of the answer
    played: tuple[Played, ...]  # films of the concept around that time


@dataclass(frozen=True)
class Key:
    """A ledger row as it is opened; `created_at` is the response's, so look-ups touch one partition."""

    response_id: UUID
    fingerprint: str
    quiz_response_id: UUID
    created_at: datetime


LEARNER_COLUMNS = (
    "id, age_group, time_zone, progress_version, streak_count, longest_streak, last_streak_on,"
    " total_videos_watched, streak_trail, weekends_off, former_time_zone, time_zone_from, learning_minutes,"
    " studied_on, studied_seconds,"
    " (SELECT jsonb_agg(o.day ORDER BY o.day) FROM outage_days o"
    "  WHERE o.day >= COALESCE(students.last_streak_on, '-infinity'::date) - 15) AS outages"
)
# The student's row first: whatever else of this student is at work waits here, so nothing can deadlock
# and no two answers move one memory from the same state.
OPEN_LEDGER = f"""
WITH learner AS MATERIALIZED (
    SELECT {LEARNER_COLUMNS} FROM students WHERE id = %s::uuid AND is_active FOR NO KEY UPDATE
), opened AS (
    INSERT INTO quiz_response_keys (student_id, response_id, fingerprint, quiz_response_id, created_at)
    SELECT id, %s::uuid, %s::varchar, %s::uuid, %s::timestamptz FROM learner
    ON CONFLICT DO NOTHING RETURNING 1
)
SELECT learner.*, EXISTS (SELECT FROM opened) FROM learner
"""  # noqa: S608 - a constant

LOCK_LEARNER = f"SELECT {LEARNER_COLUMNS} FROM students WHERE id = %s::uuid AND is_active FOR NO KEY UPDATE"  # noqa: S608 - a constant

READ_CONTEXT = """
WITH film AS MATERIALIZED (
    SELECT v.id, v.topic, v.difficulty_level, v.quiz_questions, v.concept_id,
           COALESCE(c.parent_id, c.id) AS topic_id
    FROM learning_videos v LEFT JOIN topics c ON c.id = v.concept_id
    WHERE v.id = %(video)s::uuid AND v.status = 'published' AND EXISTS (
        SELECT FROM jsonb_array_elements(%(gates)s::jsonb) gate
        WHERE v.age_groups @> ARRAY(SELECT jsonb_array_elements_text(gate)::int))
), sibling AS (
    SELECT t.id FROM topics t, film
    WHERE t.parent_id = film.topic_id AND t.id <> film.concept_id
      AND EXISTS (SELECT FROM learning_videos v WHERE v.concept_id = t.id AND v.status = 'published'
                  AND v.age_groups @> %(ages)s::int[])
)
SELECT film.id, film.topic, film.difficulty_level, film.quiz_questions, film.concept_id,
       m.known, m.stability, m.difficulty, m.reviewed_at, m.reps, m.lapses,
       m.passes, m.first_pass_on, m.last_pass_on, m.net_correct, m.before,
    (SELECT jsonb_agg(jsonb_build_array(p.known, p.stability, p.difficulty, p.reviewed_at))
     FROM topics_requires r LEFT JOIN topic_memories p
       ON p.student_id = %(student)s::uuid AND p.concept_id = r.to_topic_id
     WHERE r.from_topic_id = film.concept_id),
    (SELECT jsonb_agg(jsonb_build_array(s.known, s.stability, s.difficulty, s.reviewed_at))
     FROM sibling LEFT JOIN topic_memories s
       ON s.student_id = %(student)s::uuid AND s.concept_id = sibling.id),
    (SELECT jsonb_agg(jsonb_build_array(q.question_index, q.is_correct, q.response_time_ms, q.mode,
                                        q.created_at))
     FROM quiz_responses q
     WHERE q.student_id = %(student)s::uuid AND q.video_id = film.id
       AND q.created_at BETWEEN %(at)s::timestamptz - interval '4 hours'
                            AND %(at)s::timestamptz + interval '4 hours'),
    (SELECT jsonb_agg(jsonb_build_array(w.video_id, w.started_at, w.seconds_watched, w.completed))
     FROM video_watches w JOIN learning_videos o ON o.id = w.video_id
     WHERE w.student_id = %(student)s::uuid AND (o.id = film.id OR o.concept_id = film.concept_id)
       AND w.started_at BETWEEN %(at)s::timestamptz - interval '4 hours'
                            AND %(at)s::timestamptz + interval '4 hours')
FROM film LEFT JOIN topic_memories m ON m.student_id = %(student)s::uuid AND m.concept_id = film.concept_id
"""

MEMORY_PART = """memory AS (
    INSERT INTO topic_memories (student_id, concept_id, known, stability, difficulty, reviewed_at, due_at,
        reps, lapses, passes, first_pass_on, last_pass_on, net_correct, before)
    SELECT %(student)s::uuid, %(concept)s::uuid, %(known)s::float8, %(stability)s::float8,
        %(difficulty)s::float8, %(reviewed_at)s::timestamptz, %(due_at)s::timestamptz, %(reps)s::int,
        %(lapses)s::int, %(passes)s::int, %(first_pass_on)s::date, %(last_pass_on)s::date,
        %(net_correct)s::int, %(before)s::jsonb
    WHERE %(concept)s::uuid IS NOT NULL
    ON CONFLICT (student_id, concept_id) DO UPDATE SET
        known = EXCLUDED.known, stability = EXCLUDED.stability, difficulty = EXCLUDED.difficulty,
        reviewed_at = EXCLUDED.reviewed_at, due_at = EXCLUDED.due_at, reps = EXCLUDED.reps,
        lapses = EXCLUDED.lapses, passes = EXCLUDED.passes, first_pass_on = EXCLUDED.first_pass_on,
        last_pass_on = EXCLUDED.last_pass_on, net_correct = EXCLUDED.net_correct, before = EXCLUDED.before
)"""

LEARNER_PART = """learner AS (
    UPDATE students SET progress_version = progress_version + 1,
        last_active = GREATEST(last_active, %(now)s::timestamptz), streak_count = %(streak)s::int,
        longest_streak = %(longest)s::int, last_streak_on = %(streak_on)s::date,
        streak_trail = %(trail)s::jsonb, studied_on = %(studied_on)s::date,
        studied_seconds = %(studied_seconds)s::float8
    WHERE id = %(student)s::uuid
)"""
WRITE_ANSWER = f"""
WITH response AS (
    INSERT INTO quiz_responses (id, student_id, video_id, question_index, user_answer, correct_answer,
                                response_time_ms, created_at, mode, received_at)
    VALUES (%(response)s::uuid, %(student)s::uuid, %(video)s::uuid, %(question_index)s::int,
            %(user_answer)s::bool, %(correct_answer)s::bool, %(response_time_ms)s::int,
            %(at)s::timestamptz, %(mode)s::varchar, %(now)s::timestamptz)
), {MEMORY_PART}, badge AS (
    INSERT INTO student_achievements (student_id, code, unlocked_at)
    SELECT %(student)s::uuid, code, %(now)s::timestamptz FROM unnest(%(badges)s::varchar[]) code
    ON CONFLICT DO NOTHING
), {LEARNER_PART}
UPDATE quiz_response_keys SET result = %(result)s::jsonb
WHERE student_id = %(student)s::uuid AND response_id = %(response_id)s::uuid
"""  # noqa: S608 - constants

WRITE_WATCH = f"WITH {MEMORY_PART}, {LEARNER_PART} SELECT 1"


@dataclass(frozen=True)
class Change:
    """What an answer or a film changes of the learner: the concept's memory, the streak, today's minutes."""

    concept_id: UUID | None
    state: State | None
    card: Card | None
    trail: Trail
    streak: Streak  # what the trail adds up to
    study: Study


def open_ledger(student_id: UUID, key: Key) -> tuple[Learner, bool] | None:
    """Lock the student and open the ledger row; False where the id was there already.

    None when there is no such active student.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            OPEN_LEDGER,
            [student_id, key.response_id, key.fingerprint, key.quiz_response_id, key.created_at],
        )
        row = cursor.fetchone()
    return (Learner(*row[:-1]), bool(row[-1])) if row else None


def lock_learner(student_id: UUID) -> Learner | None:
    """The active student's row, locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_LEARNER, [student_id])
        row = cursor.fetchone()
    return Learner(*row) if row else None


def read_context(
    student_id: UUID, video_id: UUID, *, at: datetime, gates: Sequence[list[int]], ages: list[int]
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
    film = Film(row[0], row[1], row[2], json.loads(row[3]), row[4])
    state = None
    if row[5] is not None:
        state = State(Memory(*row[5:11]), Record(*row[11:15]))
    return Context(
        film=film,
        state=state,
        card=card_from_json(json.loads(row[15])) if row[15] else None,
        prerequisites=_memories(row[16]),
        siblings=_memories(row[17]),
        given=tuple(
            Given(film.id, index, correct, ms, mode, datetime.fromisoformat(given_at))
            for index, correct, ms, mode, given_at in json.loads(row[18] or "[]")
        ),
        played=tuple(
            Played(UUID(video), datetime.fromisoformat(began), seconds, completed)
            for video, began, seconds, completed in json.loads(row[19] or "[]")
        ),
    )


def write_answer(
    student_id: UUID,
    key: Key,
    given: Given,
    *,
    user_answer: bool,
    change: Change,
    badges: Sequence[str],
    result: dict[str, Any],
    now: datetime,
) -> None:
    """Response, memory, badges, streak, `progress_version` and the stored result, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE_ANSWER,
            {
                **_changed(student_id, change, now),
                "response": key.quiz_response_id,
                "response_id": key.response_id,
                "video": given.video_id,
                "question_index": given.question_index,
                "user_answer": user_answer,
                "correct_answer": user_answer == given.is_correct,
                "response_time_ms": given.response_time_ms,
                "at": given.at,
                "mode": given.mode,
                "badges": list(badges),
                "result": json.dumps(result),
            },
        )


def write_watch(student_id: UUID, change: Change, *, now: datetime) -> None:
    """Memory, streak and `progress_version` after a finished film."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE_WATCH, _changed(student_id, change, now))


def _changed(student_id: UUID, change: Change, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(
        (
            *("known", "stability", "difficulty", "reviewed_at", "due_at", "reps", "lapses"),
            *("passes", "first_pass_on", "last_pass_on", "net_correct", "before"),
        )
    )
    if change.state is not None:
        values |= vars(change.state.memory) | vars(change.state.record)
        values["due_at"] = due_at(change.state.memory)
        values["before"] = json.dumps(card_to_json(change.card)) if change.card else None
    return {
        **values,
        "student": student_id,
        "concept": change.concept_id if change.state is not None else None,
        "streak": change.streak.days,
        "longest": change.streak.longest,
        "streak_on": change.streak.last_on,
        "trail": json.dumps(trail_to_json(change.trail)),
        "studied_on": change.study.on,
        "studied_seconds": change.study.seconds,
        "now": now,
    }


def _memories(written: str | None) -> tuple[Memory | None, ...]:
    return tuple(
        Memory(known, stability, difficulty, datetime.fromisoformat(reviewed_at)) if reviewed_at else None
        for known, stability, difficulty, reviewed_at in json.loads(written or "[]")
    )


def read_history(
    student_id: UUID, concept_id: UUID, zone: tzinfo
) -> tuple[tuple[Given, ...], tuple[Played, ...]]:
    """Every stored answer and playback of one concept, in the learner's zone; for late answers only."""
    answers = QuizResponse.objects.filter(student_id=student_id, video__concept_id=concept_id)
    watches = Watch.objects.filter(student_id=student_id, video__concept_id=concept_id, completed=True)
    return (
        tuple(
            Given(video, index, bool(correct), ms, mode, at.astimezone(zone))
            for video, index, correct, ms, mode, at in answers.values_list(
                "video_id", "question_index", "is_correct", "response_time_ms", "mode", "created_at"
            )
        ),
        tuple(
            Played(video, at.astimezone(zone), seconds, completed)
            for video, at, seconds, completed in watches.values_list(
                "video_id", "started_at", "seconds_watched", "completed"
            )
        ),
    )
