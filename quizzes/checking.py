"""Stored memories against the replay of their cards: a daily sample, differences reported (06, 3.6)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from quizzes.cards import Expected, replay_concept
from quizzes.grading import STARTING_PACE
from quizzes.models import TopicMemory
from quizzes.parameters import live_parameters
from quizzes.reading import read_history
from students.models import Student

SAMPLE = 200
TOLERANCE = 1e-6  # relative; the sums are the same, in another order
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Difference:
    """One memory that its cards do not explain; `expected` is what they give (known, stability)."""

    student_id: UUID
    concept_id: UUID
    stored: tuple[float, float]
    expected: tuple[float, float]


@dataclass(frozen=True)
class Check:
    checked: int
    skipped: int  # cards without what was expected of them, or from before the parameters in use
    differences: tuple[Difference, ...]


def check_memories(now: datetime, *, count: int = SAMPLE) -> Check:
    """Replay a random sample of memories. Nothing is changed; differences are logged, without names."""
    checked = skipped = 0
    differences = []
    for student_id, concept_id in _sample(count):
        memory = TopicMemory.objects.filter(student_id=student_id, concept_id=concept_id).first()
        student = Student.objects.filter(pk=student_id).first()
        if memory is None or student is None:
            continue
        zone = student.zone_at(now)
        given, played = read_history(student_id, concept_id, zone, until=now)
        expected = [kept for _, kept in given if kept is not None]
        alone = [play for play in played if not any(_belongs(play.at, entry.at) for entry, _ in given)]
        live = live_parameters(student.age_group)
        # A memory is not recomputed when parameters change: one that is older than the set in use
        # has been moved by others too.
        is_older = live.since is not None and any(entry.at < live.since for entry, _ in given)
        if len(expected) < len(given) or alone or not given or is_older:
            skipped += 1
            continue
        replayed = replay_concept(
            given, played, expected=Expected(0.75, STARTING_PACE), parameters=live.parameters
        )
        if replayed is None:
            continue
        checked += 1
        stored = (memory.known, memory.stability)
        found = (replayed[1].memory.known, replayed[1].memory.stability)
        if any(abs(one - two) > TOLERANCE * max(abs(two), 1) for one, two in zip(stored, found, strict=True)):
            differences.append(Difference(student_id, concept_id, stored, found))
    if differences:
        logger.warning("memories differ from their cards: %d of %d checked", len(differences), checked)
    return Check(checked, skipped, tuple(differences))


def _belongs(played_at: datetime, answered_at: datetime) -> bool:
    return abs((played_at - answered_at).total_seconds()) <= 7200


def _sample(count: int) -> list[tuple[UUID, UUID]]:
    """About evenly chosen; a large table is not read whole for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'topic_memories'::regclass")
        (rows,) = cursor.fetchone()
        share = 100.0 if rows < 100 * count else min(100.0, 100.0 * 20 * count / rows)
        cursor.execute(
            "SELECT student_id, concept_id FROM topic_memories TABLESAMPLE BERNOULLI (%s)"
            " ORDER BY random() LIMIT %s",
            [share, count],
        )
        return [(student, concept) for student, concept in cursor.fetchall()]
