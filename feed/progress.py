"""What a learner sees of their own progress (06, 4.1). No rank, no minutes to reach."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Avg, FloatField, IntegerField
from django.db.models.functions import Cast

from feed.next_topics import find_next_topics
from quizzes.models import QuizResponse
from quizzes.standing import read_topics
from students.achievements import DESCRIPTIONS, TITLES
from students.models import Achievement, OutageDay, Student, ages_of
from students.streaks import as_of, excused_days, freezes_left, is_at_risk, learning_day


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
            {
                "code": code,
                "title": TITLES.get(code, code),
                "description": DESCRIPTIONS.get(code, ""),
                "unlocked_at": _written(unlocked_at),
            }
            for code, unlocked_at in Achievement.objects.filter(student=student)
            .order_by("unlocked_at", "id")
            .values_list("code", "unlocked_at")
        ],
        "recommended_next_topics": [
            {"topic": topic.name, "reason": topic.reason.value} for topic in find_next_topics(topics)
        ],
        "quiz_accuracy": None if accuracy is None else round(accuracy, 4),
        "total_videos_watched": student.total_videos_watched,
        "minutes_today": round(student.study.seconds_on(today) / 60, 1),
        "enough_for_today": student.has_enough(now),
    }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
