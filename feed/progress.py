"""What a learner sees of their own progress (06, 4.1). No rank, no minutes to reach."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Avg, FloatField, IntegerField, Q, Sum
from django.db.models.functions import Cast

from quizzes.models import QuizResponse
from quizzes.standing import Concept, Topic, read_topics
from students.achievements import TITLES
from students.models import Achievement, Student, ages_of
from students.streaks import DAY_STARTS, Streak, as_of, is_at_risk, learning_day
from videos.models import Watch

READY = 0.7  # mean recall of what a topic's next concepts require
MOST_NEXT_TOPICS = 5


def read_progress(student: Student, *, now: datetime) -> dict[str, Any]:
    """`LearningProgress` of 03, in four statements."""
    local = now.astimezone(ZoneInfo(student.time_zone))
    today = learning_day(local)
    morning = datetime.combine(today, time(), local.tzinfo) + DAY_STARTS
    topics = read_topics(student.id, ages=ages_of(student.age_group), now=now)
    streak = Streak(student.streak_count, student.longest_streak, student.last_streak_on)
    answers = QuizResponse.objects.filter(student=student).aggregate(
        accuracy=Avg(Cast(Cast("is_correct", IntegerField()), FloatField())),
        answering=Sum("response_time_ms", filter=Q(created_at__gte=morning, created_at__lte=now)),
    )
    watched = Watch.objects.filter(
        student=student, started_at__gte=morning, started_at__lte=now, created_at__gte=morning
    ).aggregate(seconds=Sum("seconds_watched"))
    seconds = (watched["seconds"] or 0.0) + (answers["answering"] or 0) / 1000
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
            "days": as_of(streak, today).days,
            "freezes": streak.freezes,
            "at_risk": is_at_risk(streak, today),
        },
        "longest_streak": student.longest_streak,
        "achievements": [
            {"code": code, "title": TITLES.get(code, code), "unlocked_at": _written(unlocked_at)}
            for code, unlocked_at in Achievement.objects.filter(student=student)
            .order_by("unlocked_at", "id")
            .values_list("code", "unlocked_at")
        ],
        "recommended_next_topics": find_next_topics(topics),
        "quiz_accuracy": None if answers["accuracy"] is None else round(answers["accuracy"], 4),
        "total_videos_watched": student.total_videos_watched,
        "minutes_today": round(seconds / 60, 1),
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
