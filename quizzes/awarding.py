"""Badges that no answer brought: daily, from what is stored (06, 3.6).

An answer awards what it earns at once. This finds the rest: a film finished after the last answer, a day
that counts since an outage was written down, an idea whose topic changed. Nothing is ever taken back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from quizzes.counting import Tally, tally_from_json
from quizzes.models import LearnerState
from quizzes.parameters import live_parameters
from quizzes.standing import read_topics
from students.achievements import STEPS, Counters, unlocked
from students.models import Achievement, OutageDay, Student, ages_of
from students.streaks import excused_days, learning_day

RECENT = timedelta(days=8)  # a beat that was away for a week still misses nobody


def award_missing(now: datetime) -> int:
    """Award what active learners of the last days have earned and do not have; returns how many badges.

    May run twice at once: a learner's row is locked, and a badge is unique.
    """
    active = Student.objects.active().filter(last_active__gte=now - RECENT).order_by("pk")
    return sum(_award(student_id, now) for student_id in active.values_list("pk", flat=True).iterator())


def _award(student_id: UUID, now: datetime) -> int:
    with transaction.atomic():
        student = Student.objects.active().select_for_update().filter(pk=student_id).first()
        if student is None:  # closed meanwhile
            return 0
        held = set(Achievement.objects.filter(student=student).values_list("code", flat=True))
        missing = sorted(unlocked(_count(student, held, now)) - held)
        if missing:
            Achievement.objects.bulk_create(
                (Achievement(student=student, code=code, unlocked_at=now) for code in missing),
                ignore_conflicts=True,
            )
            Student.objects.filter(pk=student.pk).update(progress_version=F("progress_version") + 1)
    return len(missing)


def _count(student: Student, held: set[str], now: datetime) -> Counters:
    """What is stored says nothing of the levels climbed by one film: only its answer awards that."""
    row = LearnerState.objects.filter(student=student).values_list("counters", flat=True).first()
    tally = tally_from_json(row) if row else Tally()
    concepts = topics = 0
    if not held >= {code for name in ("concepts_mastered", "topics_mastered") for code, _ in STEPS[name]}:
        parameters = live_parameters(student.age_group).parameters
        found = read_topics(student.pk, ages=ages_of(student.age_group), now=now, parameters=parameters)
        concepts = sum(topic.standing.concepts_mastered for topic in found)
        topics = sum(topic.standing.is_mastered for topic in found)
    return Counters(
        films=student.total_videos_watched,
        quizzes=tally.quizzes,
        perfect_quizzes=tally.perfect_quizzes,
        longest_streak=_longest_streak(student, now),
        days_away=tally.days_away,
        concepts_mastered=concepts,
        topics_mastered=topics,
        recalled_after_30_days=tally.recalled_after_30_days,
        relearned=tally.relearned,
        topics_explored=len(tally.topics),
        careful_in_a_row=tally.careful_in_a_row,
    )


def _longest_streak(student: Student, now: datetime) -> int:
    trail = student.trail
    excused = excused_days(
        trail.since,
        learning_day(now.astimezone(student.zone_at(now))),
        outages=OutageDay.objects.values_list("day", flat=True),
        weekends_off=student.weekends_off,
    )
    return max(student.longest_streak, trail.streak(excused).longest)
