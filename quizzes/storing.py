"""Two of the three statements of an answer: open the ledger, and write what the rules say.

Written as SQL because a child waits for them: with the session's own query an answer costs few
enough round trips only if each of these is one (09, gates of `make bench`). Between them stands
`quizzes.reading.read_context`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from analytics.models import Event
from quizzes.cards import Card, Given, State, card_to_json
from quizzes.counting import tally_to_json
from quizzes.learners import Standing, interest_to_json
from quizzes.memory import DEFAULT, Parameters, due_at
from students.budget import Study
from students.streak_trail import Trail, trail_from_json, trail_to_json
from students.streaks import Streak, excused_days
from students.zones import zone_at


@dataclass(frozen=True)
class Learner:
    """The student's row, locked until the transaction ends."""

    id: UUID
    created_at: datetime
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
    outages: str | None  # JSON: days on which the platform was down, as far back as the streak's trail

    def clamp(self, at: datetime, now: datetime) -> datetime:
        """No answer was given before there was an account, or in the future."""
        return min(max(at, self.created_at), now)

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
        return excused_days(self.trail.since, today, outages=outages, weekends_off=self.weekends_off)

    @property
    def study(self) -> Study:
        return Study(self.studied_on, self.studied_seconds)


@dataclass(frozen=True)
class Key:
    """A ledger row as it is opened; `created_at` is the response's, so look-ups touch one partition."""

    response_id: UUID
    fingerprint: str
    quiz_response_id: UUID
    created_at: datetime


LEARNER_COLUMNS = (
    "id, created_at, age_group, time_zone, progress_version, streak_count, longest_streak, last_streak_on,"
    " total_videos_watched, streak_trail, weekends_off, former_time_zone, time_zone_from, learning_minutes,"
    " studied_on, studied_seconds,"
    " (SELECT jsonb_agg(o.day ORDER BY o.day) FROM outage_days o"
    "  WHERE o.day >= COALESCE((students.streak_trail->'base'->>'last_on')::date, students.last_streak_on,"
    "                          '-infinity'::date) - 15) AS outages"
)
# The student's row first: whatever else of this student is at work waits here, so nothing can deadlock
# and no two answers move one memory from the same state.
OPEN_LEDGER = f"""
WITH learner AS MATERIALIZED (
    SELECT {LEARNER_COLUMNS} FROM students WHERE id = %s::uuid AND is_active FOR NO KEY UPDATE
), opened AS (
    INSERT INTO quiz_response_keys (student_id, response_id, fingerprint, quiz_response_id, created_at)
    SELECT id, %s::uuid, %s::varchar, %s::uuid, LEAST(GREATEST(%s::timestamptz, created_at), %s::timestamptz)
    FROM learner
    ON CONFLICT DO NOTHING RETURNING 1
)
SELECT learner.*, EXISTS (SELECT FROM opened) FROM learner
"""  # noqa: S608 - a constant

LOCK_LEARNER = f"SELECT {LEARNER_COLUMNS} FROM students WHERE id = %s::uuid AND is_active FOR NO KEY UPDATE"  # noqa: S608 - a constant

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

STANDING_PART = """standing AS (
    INSERT INTO learner_states (student_id, ability, ability_count, typical_ms, pace_count, interest,
        recent_topics, today, shown_today, new_today, counters, card, parameters)
    VALUES (%(student)s::uuid, %(ability)s::float8, %(ability_count)s::int, %(typical_ms)s::float8,
        %(pace_count)s::int, %(interest)s::jsonb, %(recent_topics)s::varchar[], %(today)s::date,
        %(shown_today)s::uuid[], %(new_today)s::bool[], %(counters)s::jsonb, %(loose_card)s::jsonb,
        %(parameters)s::bigint)
    ON CONFLICT (student_id) DO UPDATE SET
        ability = EXCLUDED.ability, ability_count = EXCLUDED.ability_count,
        typical_ms = EXCLUDED.typical_ms, pace_count = EXCLUDED.pace_count, interest = EXCLUDED.interest,
        recent_topics = EXCLUDED.recent_topics, today = EXCLUDED.today,
        shown_today = EXCLUDED.shown_today, new_today = EXCLUDED.new_today,
        counters = EXCLUDED.counters, card = EXCLUDED.card, parameters = EXCLUDED.parameters
)"""

SURPRISE_PART = """surprised AS (
    INSERT INTO video_surprises (video_id, value)
    SELECT %(film)s::uuid, %(surprise)s::float8 WHERE %(surprise)s::float8 IS NOT NULL
)"""

LEARNER_PART = """learner AS (
    UPDATE students SET progress_version = progress_version + %(bump)s::int,
        last_active = GREATEST(last_active, %(now)s::timestamptz), streak_count = %(streak)s::int,
        longest_streak = %(longest)s::int, last_streak_on = %(streak_on)s::date,
        streak_trail = %(trail)s::jsonb, studied_on = %(studied_on)s::date,
        studied_seconds = %(studied_seconds)s::float8
    WHERE id = %(student)s::uuid
)"""
WRITE_ANSWER = f"""
WITH response AS (
    INSERT INTO quiz_responses (id, student_id, video_id, question_index, user_answer, correct_answer,
                                response_time_ms, created_at, mode, received_at, encoding, typical_ms,
                                retention)
    VALUES (%(response)s::uuid, %(student)s::uuid, %(video)s::uuid, %(question_index)s::int,
            %(user_answer)s::bool, %(correct_answer)s::bool, %(response_time_ms)s::int,
            %(at)s::timestamptz, %(mode)s::varchar, %(now)s::timestamptz, %(encoding)s::float8,
            %(pace)s::float8, %(retention)s::float8)
), {MEMORY_PART}, {STANDING_PART}, {SURPRISE_PART}, badge AS (
    INSERT INTO student_achievements (student_id, code, unlocked_at)
    SELECT %(student)s::uuid, code, %(now)s::timestamptz FROM unnest(%(badges)s::varchar[]) code
    ON CONFLICT DO NOTHING
), event AS (
    INSERT INTO analytics_events (id, event_type, subject, properties, created_at, third_party)
    SELECT %(event)s::uuid, %(event_type)s::varchar, %(event_subject)s::uuid, %(event_properties)s::jsonb,
           %(event_at)s::timestamptz, shares_analytics FROM students WHERE id = %(student)s::uuid
), {LEARNER_PART}
UPDATE quiz_response_keys SET result = %(result)s::jsonb
WHERE student_id = %(student)s::uuid AND response_id = %(response_id)s::uuid
"""  # noqa: S608 - constants

WRITE_WATCH = f"WITH {MEMORY_PART}, {STANDING_PART}, {LEARNER_PART} SELECT 1"

WRITE_STANDING = f"""
WITH {STANDING_PART}
UPDATE students SET progress_version = progress_version + 1,
    last_active = GREATEST(last_active, %(now)s::timestamptz)
WHERE id = %(student)s::uuid
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class Change:
    """What an answer or a film changes of the learner: the concept's memory, the standing, the streak."""

    film_id: UUID
    concept_id: UUID | None
    state: State | None
    card: Card | None
    trail: Trail
    streak: Streak  # what the trail adds up to
    study: Study
    standing: Standing
    surprise: float | None = None  # of a first film, once its quiz is complete
    bump: int = 1  # of progress_version
    parameters: Parameters = DEFAULT


def open_ledger(student_id: UUID, key: Key, *, now: datetime) -> tuple[Learner, bool] | None:
    """Lock the student and open the ledger row; False where the id was there already.

    No answer is older than its account: the row is dated accordingly, as `Learner.clamp` dates the answer.
    None when there is no such active student.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            OPEN_LEDGER,
            [student_id, key.response_id, key.fingerprint, key.quiz_response_id, key.created_at, now],
        )
        row = cursor.fetchone()
    return (Learner(*row[:-1]), bool(row[-1])) if row else None


def lock_learner(student_id: UUID) -> Learner | None:
    """The active student's row, locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_LEARNER, [student_id])
        row = cursor.fetchone()
    return Learner(*row) if row else None


def write_answer(
    student_id: UUID,
    key: Key,
    given: Given,
    *,
    user_answer: bool,
    change: Change,
    badges: Sequence[str],
    result: dict[str, Any],
    event: Event,
    card: Card,
    now: datetime,
) -> None:
    """Response, memory, standing, badges, streak, event and the stored result, in one statement."""
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
                "encoding": card.encoding,
                "pace": card.pace.typical_ms,
                "retention": card.retention,
                "event": event.id,
                "event_type": event.event_type,
                "event_subject": event.subject,
                "event_properties": json.dumps(event.properties),
                "event_at": event.created_at,
            },
        )


def write_watch(student_id: UUID, change: Change, *, now: datetime) -> None:
    """Memory, standing and streak after a playback."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE_WATCH, _changed(student_id, change, now))


def write_standing(student_id: UUID, standing: Standing, *, now: datetime) -> None:
    """The standing alone, and `progress_version` + 1: the next page is another."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE_STANDING, {**_standing_values(standing), "student": student_id, "now": now})


def _changed(student_id: UUID, change: Change, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(
        (
            *("known", "stability", "difficulty", "reviewed_at", "due_at", "reps", "lapses"),
            *("passes", "first_pass_on", "last_pass_on", "net_correct", "before"),
        )
    )
    if change.state is not None:
        values |= vars(change.state.memory) | vars(change.state.record)
        values["due_at"] = due_at(change.state.memory, parameters=change.parameters)
        values["before"] = json.dumps(card_to_json(change.card)) if change.card else None
    return {
        **values,
        **_standing_values(change.standing),
        "student": student_id,
        "film": change.film_id,
        "concept": change.concept_id if change.state is not None else None,
        "streak": change.streak.days,
        "longest": change.streak.longest,
        "streak_on": change.streak.last_on,
        "trail": json.dumps(trail_to_json(change.trail)),
        "studied_on": change.study.on,
        "studied_seconds": change.study.seconds,
        "bump": change.bump,
        "surprise": change.surprise,
        "now": now,
    }


def _standing_values(standing: Standing) -> dict[str, Any]:
    return {
        "ability": standing.ability.value,
        "ability_count": standing.ability.count,
        "typical_ms": standing.pace.typical_ms,
        "pace_count": standing.pace.count,
        "interest": json.dumps(interest_to_json(standing.interest)),
        "recent_topics": list(standing.recent_topics),
        "today": standing.today,
        "shown_today": list(standing.shown_today),
        "new_today": list(standing.new_today),
        "counters": json.dumps(tally_to_json(standing.tally)),
        "loose_card": json.dumps(card_to_json(standing.card)) if standing.card else None,
        "parameters": standing.parameters,
    }
