"""What a learner sees of their own progress (06, 4.1). No rank, no minutes to reach."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection

from feed.candidates import find_candidates
from feed.next_topics import find_next_topics
from feed.orders import Asker, asker_of, end_of_tomorrow, profile_of
from feed.ranking import Mode, interest_in, rank
from quizzes.parameters import live_parameters
from quizzes.standing import Topic, read_topics
from students.achievements import DESCRIPTIONS, TITLES
from students.caching import fast_cache
from students.models import Student, ages_of
from students.streaks import LATE_DAYS, as_of, excused_days, freezes_left, is_at_risk, learning_day
from videos.catalogue import KEY as CATALOGUE
from videos.catalogue import catalogue_version

SCHEMA = 1  # of kept values; raise it with their shape
REST = """
SELECT (SELECT jsonb_agg(jsonb_build_array(a.code, a.unlocked_at) ORDER BY a.unlocked_at, a.id)
        FROM student_achievements a WHERE a.student_id = %(student)s::uuid),
       (SELECT jsonb_agg(o.day) FROM outage_days o WHERE o.day >= %(outages_from)s::date),
       (SELECT l.counters FROM learner_states l WHERE l.student_id = %(student)s::uuid)
"""


class KeptProgress(msgspec.Struct, array_like=True):
    """A body, and the version of the catalogue it was made of."""

    catalogue: bytes
    body: bytes


kept_decoder = msgspec.msgpack.Decoder(KeptProgress)


def progress_body(student: Student, *, now: datetime) -> bytes:
    """`LearningProgress` as JSON, kept for five minutes under the student's `progress_version`.

    The key also holds what the answer contains beside the progress: the learning day, and its seconds. No
    statement where it is kept, three else.
    """
    today = learning_day(now.astimezone(student.zone_at(now)))
    key = (
        f"progress:{SCHEMA}:{student.pk}:{student.progress_version}:{today}:{student.study.seconds_on(today)}"
    )
    cache = fast_cache()
    catalogue, found = cache.read([CATALOGUE, key])
    if found is not None:
        kept = kept_decoder.decode(found)
        if kept.catalogue == catalogue:
            return kept.body
    version = catalogue or catalogue_version()
    if version is None:
        return msgspec.json.encode(read_progress(student, now=now))

    def build() -> bytes:
        body = msgspec.json.encode(read_progress(student, now=now))
        return msgspec.msgpack.encode(KeptProgress(version, body))

    def is_fresh(value: bytes) -> bool:
        return kept_decoder.decode(value).catalogue == version

    made = cache.build_once(key, build, settings.FEED_CACHE_SECONDS, is_fresh=is_fresh)
    return kept_decoder.decode(made).body


def read_progress(student: Student, *, now: datetime) -> dict[str, Any]:
    """`LearningProgress` of 03, in three statements."""
    local = now.astimezone(student.zone_at(now))
    today = learning_day(local)
    topics = read_topics(
        student.id,
        ages=ages_of(student.age_group),
        now=now,
        parameters=live_parameters(student.age_group).parameters,
    )
    rest = _read_rest(student)
    trail = student.trail
    excused = excused_days(trail.since, today, outages=rest.outages, weekends_off=student.weekends_off)
    streak = trail.streak(excused)
    return {
        "topics": [
            {
                "topic": topic.name,
                "mastery": round(topic.standing.mastery, 4),
                "mastered": topic.standing.is_mastered,
                "concepts_total": topic.standing.concepts_total,
                "concepts_mastered": topic.standing.concepts_mastered,
                "due_for_recall": topic.standing.due_for_recall,
            }
            for topic in topics
        ],
        "topics_mastered": [topic.name for topic in topics if topic.standing.is_mastered],
        "current_streak": {
            "days": as_of(streak, today, excused=excused).days,
            "freezes": freezes_left(streak, today, excused=excused),
            "at_risk": is_at_risk(streak, today, excused=excused),
        },
        "longest_streak": streak.longest,
        "achievements": [
            {
                "code": code,
                "title": TITLES.get(code, code),
                "description": DESCRIPTIONS.get(code, ""),
                "unlocked_at": unlocked_at,
            }
            for code, unlocked_at in rest.badges
        ],
        "recommended_next_topics": recommend_topics(student, topics, now=local),
        "quiz_accuracy": round(rest.right / rest.answers, 4) if rest.answers else None,
        "total_videos_watched": student.total_videos_watched,
        "minutes_today": round(student.study.seconds_on(today) / 60, 1),
        "enough_for_today": student.has_enough(now),
    }


@dataclass(frozen=True)
class _Rest:
    badges: tuple[tuple[str, str], ...]  # code, time as the API writes it
    outages: tuple[date, ...]
    answers: int
    right: int


def _read_rest(student: Student) -> _Rest:
    since = (student.trail.since or date.max) - 2 * LATE_DAYS
    with connection.cursor() as cursor:
        cursor.execute(REST, {"student": student.pk, "outages_from": since})
        badges, outages, counters = cursor.fetchone()
    counted = json.loads(counters or "{}")
    return _Rest(
        badges=tuple((code, _written(at)) for code, at in json.loads(badges or "[]")),
        outages=tuple(map(date.fromisoformat, json.loads(outages or "[]"))),
        answers=counted.get("answers", 0),
        right=counted.get("right", 0),
    )


def recommend_topics(student: Student, topics: list[Topic], *, now: datetime) -> list[dict[str, str]]:
    """What could come next, by the ranking's scores of new concepts; `now` is in the learner's zone.

    In plain order nothing personal is used but what the concepts require of everybody.
    """
    asker = asker_of(student, group=student.age_group, catalogue=None, now=now)
    scores, interest = ({}, {}) if asker.is_plain else _score_concepts(asker, topics, now)
    found = find_next_topics(topics, scores=scores, interest=interest)
    return [{"topic": topic.name, "reason": topic.reason.value} for topic in found]


def _score_concepts(
    asker: Asker, topics: list[Topic], now: datetime
) -> tuple[dict[UUID, float], dict[UUID, float]]:
    """Scores of new concepts, and interest by topic: what the feed itself would go by."""
    choice = find_candidates(asker.student_id, age_group=asker.group, soon=end_of_tomorrow(now))
    profile = profile_of(choice.standing, asker, learning_day(now))
    new = [item for item in choice.candidates if item.concept_id and item.concept_id not in choice.memories]
    ranked = rank(new, choice.memories, profile, now, len(new))
    scores = {choice.concepts[item.video_id]: item.score for item in ranked if item.mode is Mode.WATCH}
    keys: dict[UUID, Hashable] = {topic.id: str(topic.id) for topic in topics}
    return scores, {id_: interest_in(key, profile) for id_, key in keys.items()}


def _written(moment: str) -> str:
    """PostgreSQL's JSON of a time, as the API writes times."""
    return datetime.fromisoformat(moment).astimezone(UTC).isoformat().replace("+00:00", "Z")
