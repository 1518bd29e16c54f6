"""A learner beside the single concepts: level, pace, interest, and what today has brought (06, 2.1). Pure.

Stored as one row of `LearnerState`; every function gives a new value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from quizzes.ability import Ability, starting_ability
from quizzes.cards import Card
from quizzes.counting import Tally
from quizzes.grading import STARTING_PACE, Pace

RECENT_TOPICS = 5
NOT_INTERESTED = 3  # films shown


@dataclass(frozen=True)
class Standing:
    """`interest` is topic → (cards shown, films completed); `shown_today` are concepts, or films without."""

    ability: Ability
    pace: Pace = STARTING_PACE
    interest: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    recent_topics: tuple[str, ...] = ()
    best_topics: tuple[UUID, ...] = ()
    today: date | None = None
    shown_today: tuple[UUID, ...] = ()
    new_today: tuple[bool, ...] = ()  # of each of these, whether it was new
    tally: Tally = field(default_factory=Tally)
    card: Card | None = None
    parameters: int | None = None
    retention: float = 0.0  # how well what was understood is kept, natural logarithm (quizzes.retention)

    def shown_on(self, day: date) -> tuple[UUID, ...]:
        return self.shown_today if self.today == day else ()

    def new_on(self, day: date) -> tuple[bool, ...]:
        return self.new_today if self.today == day else ()


def start_standing(age_group: str) -> Standing:
    """Before the first card."""
    return Standing(starting_ability(age_group))


def note_seen(standing: Standing, concept: UUID, topic: str, *, day: date, is_new: bool) -> Standing:
    """A card of this learning day: what belongs to an earlier day is over, a concept counts once."""
    if standing.today is not None and day < standing.today:
        return standing
    if standing.today != day:
        standing = replace(standing, today=day, shown_today=(), new_today=())
    if concept in standing.shown_today:
        return standing
    return replace(
        standing,
        shown_today=(*standing.shown_today, concept),
        new_today=(*standing.new_today, is_new),
        recent_topics=(*standing.recent_topics, topic)[-RECENT_TOPICS:],
    )


def note_interest(standing: Standing, topic: str, *, shown: int = 0, completed: int = 0) -> Standing:
    """Cards of a topic shown, and films of it completed."""
    before = standing.interest.get(topic, (0, 0))
    return replace(
        standing, interest={**standing.interest, topic: (before[0] + shown, before[1] + completed)}
    )


def interest_to_json(interest: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    return {topic: list(counts) for topic, counts in interest.items()}
