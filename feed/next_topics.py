"""Which topics could come next, and why (06, 4.1). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from quizzes.standing import Concept, Topic

READY = 0.7  # mean recall of what a concept requires
BEST = 5  # new concepts of a topic that are looked at
MOST = 5  # topics offered


class Reason(StrEnum):
    CONTINUES = "continues"  # begun already
    PREPARES = "prepares"  # something remembered leads there
    INTEREST = "interest"  # open to everybody


@dataclass(frozen=True)
class NextTopic:
    id: UUID
    name: str
    reason: Reason


def find_next_topics(
    topics: Sequence[Topic],
    *,
    scores: Mapping[UUID, float] | None = None,
    interest: Mapping[UUID, float] | None = None,
) -> list[NextTopic]:
    """Topics with something new whose requirements are remembered, best first, at most five.

    `scores` are the ranking's, by concept (only their order means anything, and many are below 0);
    `interest` is by topic, 1 where nothing is known. A topic counts by the best of its five best new
    concepts; one without any score comes after those with one, begun ones first.
    """
    known = {concept.id: concept for topic in topics for concept in topic.concepts}
    found: list[tuple[tuple[bool, float, int, float, str], NextTopic]] = []
    for topic in topics:
        new = [concept for concept in topic.concepts if concept.is_open and concept.standing.level is None]
        ready = [concept for concept in new if is_ready(concept, known)]
        if not ready:
            continue
        scored = sorted((scores[one.id] for one in ready if scores and one.id in scores), reverse=True)
        best = _times(scored[:BEST][0], (interest or {}).get(topic.id, 1.0)) if scored else 0.0
        reason = _reason(topic, new, ready, known)
        place = (not scored, -best, list(Reason).index(reason), -topic.standing.mastery, topic.name)
        found.append((place, NextTopic(topic.id, topic.name, reason)))
    return [topic for _, topic in sorted(found, key=lambda entry: entry[0])[:MOST]]


def is_ready(concept: Concept, known: Mapping[UUID, Concept]) -> bool:
    """What it requires is remembered, on the mean. What nothing teaches at this age holds nobody back."""
    recalls = [known[id_].standing.recall for id_ in concept.requires if id_ in known]
    return not recalls or sum(recalls) / len(recalls) >= READY


def _reason(
    topic: Topic, new: Sequence[Concept], ready: Sequence[Concept], known: Mapping[UUID, Concept]
) -> Reason:
    if len(new) < len(topic.concepts):
        return Reason.CONTINUES
    leads = (id_ for concept in ready for id_ in concept.requires)
    if any(id_ in known and known[id_].standing.recall >= READY for id_ in leads):
        return Reason.PREPARES
    return Reason.INTEREST


def _times(score: float, interest: float) -> float:
    """More interest is better on both sides of 0."""
    return score * interest if score >= 0 else score / interest
