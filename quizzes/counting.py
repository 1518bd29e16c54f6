"""What a learner's finished cards add up to: the figures behind badges, streak and accuracy. Pure.

Kept in `LearnerState.counters` and moved by each answer, so that nobody counts old answers while a child
waits.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from students.streaks import LATE_DAYS

MOST_TOPICS = 20  # remembered by name; the badge asks for five
LONG = timedelta(days=30)


@dataclass(frozen=True)
class Tally:
    """Over all finished cards that were not tapped through, and over all answers."""

    answers: int = 0
    right: int = 0
    quizzes: int = 0
    perfect_quizzes: int = 0
    recalled_after_30_days: int = 0
    relearned: int = 0  # concepts forgotten once and recalled since
    careful_in_a_row: int = 0
    topics: tuple[str, ...] = ()  # explored
    recall_cards: dict[str, int] = field(default_factory=dict)  # learning day → recall cards; a week of them
    last_at: datetime | None = None  # the latest answer
    days_away: int = 0  # whole days before the answers of the cards in progress

    def recall_cards_on(self, day: date) -> int:
        return self.recall_cards.get(day.isoformat(), 0)


def count_answer(tally: Tally, *, is_correct: bool, at: datetime) -> Tally:
    """One more answer; an answer that comes late does not move `last_at` back."""
    return replace(
        tally,
        answers=tally.answers + 1,
        right=tally.right + is_correct,
        last_at=max(tally.last_at, at) if tally.last_at else at,
        days_away=max(tally.days_away, (at - tally.last_at).days if tally.last_at else 0),
    )


def count_card(
    tally: Tally,
    *,
    day: date,
    topic: str,
    is_recall: bool,
    is_rapid: bool,
    is_perfect: bool,
    since_last: timedelta | None,
    has_come_back: bool,
) -> Tally:
    """One more card whose questions are all answered.

    `since_last` is the time since the concept's last evidence, `has_come_back` whether this card recalled
    what was forgotten once.
    """
    if is_rapid:
        return replace(tally, careful_in_a_row=0)
    recall_cards = tally.recall_cards
    if is_recall:
        recall_cards = {**recall_cards, day.isoformat(): tally.recall_cards_on(day) + 1}
        oldest = (max(map(date.fromisoformat, recall_cards)) - LATE_DAYS).isoformat()
        recall_cards = {name: count for name, count in sorted(recall_cards.items()) if name >= oldest}
    topics = tally.topics if topic in tally.topics else (*tally.topics, topic)[:MOST_TOPICS]
    is_long = since_last is not None and since_last >= LONG
    return replace(
        tally,
        quizzes=tally.quizzes + 1,
        perfect_quizzes=tally.perfect_quizzes + is_perfect,
        recalled_after_30_days=tally.recalled_after_30_days + (is_recall and is_perfect and is_long),
        relearned=tally.relearned + has_come_back,
        careful_in_a_row=tally.careful_in_a_row + 1,
        topics=topics,
        recall_cards=recall_cards,
    )


def tally_to_json(tally: Tally) -> dict[str, Any]:
    return {**vars(tally), "last_at": tally.last_at and tally.last_at.isoformat()}


def tally_from_json(data: dict[str, Any]) -> Tally:
    last_at = data.get("last_at")
    return Tally(
        **{
            **data,
            "topics": tuple(data.get("topics", ())),
            "last_at": datetime.fromisoformat(last_at) if last_at else None,
        }
    )
