"""The week for a guardian: mastered, remembered, next (06, 4.1).

The same figures as the child's own page. No rank, no minutes to reach, nothing that can be fallen short of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from feed.next_topics import READY, NextTopic, Reason, find_next_topics
from quizzes.mastery import Level
from quizzes.parameters import live_parameters
from quizzes.standing import Concept, Topic, read_topics
from students.models import Student, ages_of
from students.streaks import learning_day

WEEK = timedelta(days=6)  # with the day itself seven
MOST_NAMED = 50


def read_summary(student: Student, *, now: datetime) -> dict[str, Any]:
    """`GuardianSummary`, in one statement. It names ideas and topics, never the child."""
    local = now.astimezone(student.zone_at(now))
    today = learning_day(local)
    topics = read_topics(
        student.id,
        ages=ages_of(student.age_group),
        now=now,
        parameters=live_parameters(student.age_group).parameters,
    )
    return summarize(topics, since=today - WEEK, today=today, now=local)


def summarize(topics: Sequence[Topic], *, since: date, today: date, now: datetime) -> dict[str, Any]:
    """The summary of these topics; `now` is in the learner's zone."""
    seen = [concept for topic in topics for concept in topic.concepts if concept.standing.level]
    mastered = [concept for concept in seen if concept.standing.level is Level.MASTERED]
    remembered = [concept for concept in seen if concept.standing.recall >= READY]
    practised = [
        concept
        for concept in seen
        if concept.reviewed_at and learning_day(concept.reviewed_at.astimezone(now.tzinfo)) >= since
    ]
    recalled = [concept for concept in seen if concept.passed_on and concept.passed_on >= since]
    following = find_next_topics(topics)
    whole = [topic.name for topic in topics if topic.standing.is_mastered]
    return {
        "from": since.isoformat(),
        "to": today.isoformat(),
        "mastered": {"topics": whole, "concepts": _name(mastered), "count": len(mastered)},
        "remembered": {
            "learned_so_far": len(seen),
            "remembered_now": len(remembered),
            "practised_this_week": len(practised),
            "recalled_this_week": _name(recalled),
        },
        "next": [{"topic": topic.name, "reason": topic.reason.value} for topic in following],
        "sentences": _write(
            seen=len(seen),
            remembered=len(remembered),
            practised=len(practised),
            mastered=len(mastered),
            whole=whole,
            following=following,
        ),
    }


def _name(concepts: Sequence[Concept]) -> list[dict[str, str]]:
    return [{"topic": concept.topic, "concept": concept.name} for concept in concepts[:MOST_NAMED]]


WHY = {
    Reason.CONTINUES: "goes on from what was begun",
    Reason.PREPARES: "builds on what is remembered",
    Reason.INTEREST: "is open to everybody",
}


def _write(
    *,
    seen: int,
    remembered: int,
    practised: int,
    mastered: int,
    whole: Sequence[str],
    following: Sequence[NextTopic],
) -> list[str]:
    """The same in words, to be read out or printed."""
    lines = [f"Ideas practised this week: {practised}."]
    if seen:
        lines.append(f"Ideas learned so far: {seen}; remembered today: {remembered}.")
    if mastered:
        lines.append(f"Ideas known so well that they stay: {mastered}.")
    if whole:
        lines.append(f"Whole topics: {', '.join(whole)}.")
    lines += [f"Next could come {topic.name}: it {WHY[topic.reason]}." for topic in following[:3]]
    return lines
