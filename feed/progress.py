"""What a learner sees of their own progress (06, 4.1). No rank, no minutes to reach."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Avg, FloatField, IntegerField
from django.db.models.functions import Cast

from quizzes.models import QuizResponse
from quizzes.standing import Concept, Topic, read_topics
from students.achievements import TITLES
from students.models import Achievement, OutageDay, Student, ages_of
from students.streaks import as_of, excused_days, freezes_left, is_at_risk, learning_day

READY = 0.7  # mean recall of what a topic's next concepts require
MOST_NEXT_TOPICS = 5


def read_progress(student: Student, *, now: datetime) -> dict[str, Any]:
    """`LearningProgress` of 03, in four statements."""
    today = learning_day(now.astimezone(student.zone_at(now)))
    topics = read_topics(student.id, ages=ages_of(student.age_group), now=now)
    excused = excused_days(
        student.last_streak_on,
        today,
        outages=OutageDay.objects.values_list("day", flat=True),
        weekends_off=student.weekends_off,
    )
    streak = student.trail.streak(excused)
    accuracy = QuizResponse.objects.filter(student=student).aggregate(
        share=Avg(Cast(Cast("is_correct", IntegerField()), FloatField()))
    )["share"]
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
            {"code": code, "title": TITLES.get(code, code), "unlocked_at": _written(unlocked_at)}
            for code, unlocked_at in Achievement.objects.filter(student=student)
            .order_by("unlocked_at", "id")
            .values_list("code", "unlocked_at")
        ],
        "recommended_next_topics": find_next_topics(topics),
        "quiz_accuracy": None if accuracy is None else round(accuracy, 4),
        "total_videos_watched": student.total_videos_watched,
        "minutes_today": round(student.study.seconds_on(today) / 60, 1),
        "enough_for_today": student.has_enough(now),
    }


def find_next_topics(topics: list[Topic]) -> list[dict[str, str]]:
    """Topics with something new whose requirements are remembered: begun ones first, most mastered first."""
    known = {concept.id: concept for topic in topics for concept in topic.concepts}
    found: list[tuple[int, float, str, str]] = []
    for topic in topics:
        new = [concept for concept in topic.concepts if concept.is_open and concept.standing.level is None]
        ready = [concept for concept in new if _is_ready(concept, known)]
        if not ready:
            continue
        if len(new) < len(topic.concepts):
            place, reason = 0, "continues"
        elif any(_is_prepared(concept, known) for concept in ready):
            place, reason = 1, "prepares"
        else:
            place, reason = 2, "interest"
        found.append((place, -topic.standing.mastery, topic.name, reason))
    return [{"topic": name, "reason": reason} for _, _, name, reason in sorted(found)[:MOST_NEXT_TOPICS]]


def _is_ready(concept: Concept, known: dict[UUID, Concept]) -> bool:
    recalls = [known[id_].standing.recall if id_ in known else 0.0 for id_ in concept.requires]
    return not recalls or sum(recalls) / len(recalls) >= READY


def _is_prepared(concept: Concept, known: dict[UUID, Concept]) -> bool:
    """Something the child remembers leads here."""
    return any(id_ in known and known[id_].standing.recall >= READY for id_ in concept.requires)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
