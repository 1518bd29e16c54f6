"""What a student sees next (06, section 3). Pure: candidates and memories in, an order with reasons out.

The interface is the final one. The order is still plain: what is about to be forgotten, then what is
new, popular before unpopular, then what is known already; a page mixes topics.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from quizzes.ability import Ability
from quizzes.memory import DEFAULT, DUE_RECALL, Memory, Parameters, retrievability
from students.streaks import learning_day

type TopicKey = Hashable

RECENT = 5  # cards that a topic is remembered for
ROW_OF_ONE_TOPIC = 2  # never a third
OPENING = 3  # cards before the shares below apply
RECALL_SHARE = 0.67
NEW_EVERY = 6
PROFICIENT_KNOWN, PROFICIENT_RECALL = 0.9, 0.8
INTERESTED = 1.2


class Mode(StrEnum):
    """Whether the film plays before its questions, or only after a wrong answer."""

    WATCH = "watch"
    RECALL = "recall"


@dataclass(frozen=True)
class Candidate:
    """One film that passed the age gate."""

    video_id: UUID
    concept_id: UUID | None
    topic_id: TopicKey
    duration_seconds: int
    difficulty: float
    impressions: int
    completions: int
    questions: int = 3
    requires: tuple[UUID, ...] = ()
    is_seen: bool = False  # finished before; decides only where no memory does


@dataclass(frozen=True)
class Profile:
    """The learner: `interest` is topic → (cards shown, films completed)."""

    ability: Ability
    interest: Mapping[TopicKey, tuple[int, int]] = field(default_factory=dict)
    recent_topics: Sequence[TopicKey] = ()
    seed: int = 0
    parameters: Parameters = DEFAULT


@dataclass(frozen=True)
class Ranked:
    """One card of the order; only the order of scores means anything."""

    video_id: UUID
    mode: Mode
    score: float
    reasons: tuple[str, ...]


class _Tier(IntEnum):
    """Later ones come only when the earlier ones are used up or a page rule passes them over."""

    SEEN_TODAY = 0
    SEEN = 1
    NEW = 2
    DUE = 3


@dataclass(frozen=True)
class _Entry:
    candidate: Candidate
    tier: _Tier
    merit: float  # 0-1 within the tier
    reasons: tuple[str, ...]


def rank(
    candidates: Sequence[Candidate],
    memories: Mapping[UUID, Memory],
    profile: Profile,
    now: datetime,
    limit: int,
) -> list[Ranked]:
    """At most `limit` cards, one a concept. `memories` hold the candidates' concepts and what they require.

    `now` is aware and in the learner's zone. The same arguments always give the same order.
    """
    entries = [_judge(candidate, memories, profile, now) for candidate in _best_films(candidates, profile)]
    heads: dict[tuple[_Tier, TopicKey], list[_Entry]] = {}
    for entry in sorted(entries, key=_plain_order):
        heads.setdefault((entry.tier, entry.candidate.topic_id), []).append(entry)
    topics = list(profile.recent_topics)
    tiers: list[_Tier] = []
    order: list[Ranked] = []
    while heads and len(order) < limit:
        allowed = _allowed(heads, topics, tiers)
        key = max(allowed, key=lambda key: (key[0], _spread(heads[key][-1], topics)))
        entry = heads[key].pop()
        if not heads[key]:
            del heads[key]
        topics.append(entry.candidate.topic_id)
        tiers.append(entry.tier)
        mode = Mode.RECALL if entry.tier is _Tier.DUE else Mode.WATCH
        order.append(Ranked(entry.candidate.video_id, mode, entry.tier + entry.merit, entry.reasons))
    return order


def _best_films(candidates: Sequence[Candidate], profile: Profile) -> list[Candidate]:
    """One film a concept: the most popular; the newest of equals (ids grow with time)."""
    best: dict[UUID, Candidate] = {}
    for candidate in candidates:
        key = candidate.concept_id or candidate.video_id
        rival = best.get(key)
        if rival is None or _film_order(candidate, profile) > _film_order(rival, profile):
            best[key] = candidate
    return list(best.values())


def _film_order(candidate: Candidate, profile: Profile) -> tuple[float, UUID]:
    return _popularity(candidate, profile), candidate.video_id


def _judge(candidate: Candidate, memories: Mapping[UUID, Memory], profile: Profile, now: datetime) -> _Entry:
    memory = memories.get(candidate.concept_id) if candidate.concept_id else None
    if memory is None:
        popularity = _popularity(candidate, profile)
        merit = popularity / (1 + popularity)
        if candidate.is_seen:
            return _Entry(candidate, _Tier.SEEN, merit, ())
        return _Entry(candidate, _Tier.NEW, merit, _reasons_for_new(candidate, memories, profile, now))
    recall = retrievability(memory, now, parameters=profile.parameters)
    if learning_day(memory.reviewed_at.astimezone(now.tzinfo)) >= learning_day(now):
        return _Entry(candidate, _Tier.SEEN_TODAY, 1 - recall, ())
    if recall <= DUE_RECALL:
        return _Entry(candidate, _Tier.DUE, 1 - recall, ("recall",))
    return _Entry(candidate, _Tier.SEEN, 1 - recall, ())


def _reasons_for_new(
    candidate: Candidate, memories: Mapping[UUID, Memory], profile: Profile, now: datetime
) -> tuple[str, ...]:
    reasons = ["new"]
    required = [memories.get(concept) for concept in candidate.requires]
    if required and all(
        memory is not None
        and memory.known >= PROFICIENT_KNOWN
        and retrievability(memory, now, parameters=profile.parameters) >= PROFICIENT_RECALL
        for memory in required
    ):
        reasons.append("next_step")
    if _interest(candidate, profile) >= INTERESTED:
        reasons.append("interest")
    return tuple(reasons)


def _interest(candidate: Candidate, profile: Profile) -> float:
    """1 where nothing is known (06, 3.2)."""
    shown, completed = profile.interest.get(candidate.topic_id, (0, 0))
    return 1.4 * (completed + 2.5) / (shown + 3.5)


def _popularity(candidate: Candidate, profile: Profile) -> float:
    """How many watched it and how many of them to the end, times this learner's interest."""
    finishing = (candidate.completions + 3.5) / (candidate.impressions + 5)
    return (1 + math.log1p(candidate.impressions)) * finishing * _interest(candidate, profile) ** 2


def _plain_order(entry: _Entry) -> tuple[float, UUID]:
    return entry.merit, entry.candidate.video_id


def _spread(entry: _Entry, topics: Sequence[TopicKey]) -> tuple[float, UUID]:
    """Merit after its topic's cards among the last five (06, 3.3, rule 1)."""
    shown = sum(topic == entry.candidate.topic_id for topic in topics[-RECENT:])
    return entry.merit * (0.25 + 0.75 * 0.5**shown), entry.candidate.video_id


def _allowed(
    heads: Collection[tuple[_Tier, TopicKey]], topics: Sequence[TopicKey], tiers: Sequence[_Tier]
) -> Collection[tuple[_Tier, TopicKey]]:
    """The piles the page rules leave; a rule that would leave none is waived."""
    allowed = heads
    last = topics[-ROW_OF_ONE_TOPIC:]
    if len(last) == ROW_OF_ONE_TOPIC and len(set(last)) == 1:
        allowed = [key for key in allowed if key[1] != last[0]] or allowed
    if len(tiers) < OPENING:
        return allowed
    since_new = next((n for n, tier in enumerate(reversed(tiers)) if tier is _Tier.NEW), len(tiers))
    if since_new >= NEW_EVERY - 1:
        allowed = [key for key in allowed if key[0] is _Tier.NEW] or allowed
    if (tiers.count(_Tier.DUE) + 1) / (len(tiers) + 1) > RECALL_SHARE:
        allowed = [key for key in allowed if key[0] is not _Tier.DUE] or allowed
    return allowed
