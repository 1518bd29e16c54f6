"""From what was read and what happened to what is remembered now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from quizzes.ability import Ability, encoding_chance
from quizzes.cards import (
    WATCH,
    Card,
    Expected,
    Given,
    Played,
    State,
    decide_mode,
    first_answers,
    reopen,
    settle_card,
)
from quizzes.grading import grade_answers
from quizzes.memory import DEFAULT, Memory, Parameters, retrievability, watch_posterior


@dataclass(frozen=True)
class Learned:
    """What one arrival makes of the card it belongs to."""

    card: Card
    state: State | None  # None for a film without a concept
    kept: Card  # the concept's latest card, whose state before is stored
    answered: frozenset[int]  # questions of the card answered so far
    is_rapid: bool
    is_perfect: bool
    is_finished: bool  # the film was played to its end on this card

    @property
    def surprise(self) -> float | None:
        """π - e of a first film whose quiz was read: outcome minus expectation; else None."""
        if self.state is None or self.card.before or self.card.mode != WATCH or self.is_rapid:
            return None
        grade = grade_answers(first_answers(self.card.given), pace=self.card.pace)
        at, encoding = self.card.opened_at, self.card.encoding
        return watch_posterior(None, grade, at, encoding=encoding) - encoding


def expect_encoding(
    ability: Ability,
    difficulty: float | None,
    prerequisites: Sequence[Memory | None],
    now: datetime,
    *,
    parameters: Parameters = DEFAULT,
) -> float:
    """The chance to understand the film; a film without a difficulty is at the learner's own level."""
    recalls = [
        retrievability(memory, now, parameters=parameters) if memory else 0.0 for memory in prerequisites
    ]
    return encoding_chance(
        ability.value,
        difficulty=ability.value if difficulty is None else difficulty,
        prerequisite=min(recalls, default=1.0),
    )


def find_card(
    current: Card | None,
    state: State | None,
    *,
    video_id: UUID,
    at: datetime,
    claimed: str,
    played: Sequence[Played],
    expected: Expected,
) -> Card:
    """The card that something at `at` belongs to: the one in progress, or a new one."""
    if current is not None and current.holds(video_id, at):
        return reopen(current, at)
    mode = decide_mode(claimed, at, state=state, played=played)
    return Card(video_id, mode, at, expected.encoding, expected.pace, state, (), expected.retention)


def learn(
    card: Card,
    given: Sequence[Given],
    played: Sequence[Played],
    *,
    at: datetime,
    has_concept: bool,
    parameters: Parameters = DEFAULT,
) -> Learned:
    """All evidence of the card, whatever order it came in; `at` is the arrival's, in the learner's zone."""
    own = tuple(entry for entry in given if card.holds(entry.video_id, entry.at))
    plays = [play for play in played if play.completed and card.holds(play.video_id, play.at)]
    latest = max([at, *(entry.at for entry in own), *(play.at for play in plays)])
    card = replace(card, given=own)
    answers = first_answers(own)
    return Learned(
        card=card,
        kept=card,
        state=settle_card(card, own, plays, at=latest.astimezone(at.tzinfo), parameters=parameters)
        if has_concept
        else None,
        answered=frozenset(entry.question_index for entry in own),
        is_rapid=grade_answers(answers).rapid,
        is_perfect=all(answer.is_correct for answer in answers),
        is_finished=bool(plays),
    )


def is_late(current: Card | None, state: State | None, *, video_id: UUID, at: datetime) -> bool:
    """Older than the last evidence and of no open card: the concept must be replayed from its rows."""
    if state is None or at >= state.memory.reviewed_at:
        return False
    return current is None or not current.holds(video_id, at)


def recall_of(state: State | None, now: datetime, parameters: Parameters) -> float | None:
    """Predicted recall of the film's concept, rounded for the app."""
    return round(retrievability(state.memory, now, parameters=parameters), 4) if state else None


def mastery_of(
    state: State | None, siblings: Sequence[Memory | None], now: datetime, parameters: Parameters
) -> float | None:
    """Mean recall over the concepts of the film's topic; None for a film that teaches no concept."""
    if state is None:
        return None
    memories = [state.memory, *siblings]
    recalls = [retrievability(memory, now, parameters=parameters) if memory else 0.0 for memory in memories]
    return round(sum(recalls) / len(recalls), 4)
