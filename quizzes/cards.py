"""One card, one update (06, 2.3). Pure.

A card is one entry of the feed and the answers given on it. Answers arrive one by one and the film
may follow; each arrival computes the state anew from the state before the card and all evidence so
far, so neither order nor repetition matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from quizzes.grading import Answer, Pace, grade_answers
from quizzes.mastery import Record, record_recall
from quizzes.memory import (
    DEFAULT,
    Memory,
    Parameters,
    Relearned,
    recall_posterior,
    scale_parameters,
    update_after_recall,
    update_after_watch,
)
from students.streaks import learning_day

OPEN_FOR = timedelta(hours=2)
PLAYED_SECONDS = 5.0  # a film played this long has reminded
WATCH, RECALL = "watch", "recall"


@dataclass(frozen=True)
class Given:
    """One stored answer."""

    video_id: UUID
    question_index: int
    is_correct: bool
    response_time_ms: int
    mode: str
    at: datetime


@dataclass(frozen=True)
class Played:
    """One reported playback."""

    video_id: UUID
    at: datetime  # when it began
    seconds: float
    completed: bool


@dataclass(frozen=True)
class State:
    """What is kept of a concept between cards."""

    memory: Memory
    record: Record


@dataclass(frozen=True)
class Card:
    """The card in progress: what held before it, and how it was opened. Stored in `TopicMemory.before`."""

    video_id: UUID
    mode: str
    opened_at: datetime
    encoding: float
    pace: Pace
    before: State | None
    given: tuple[Given, ...] = ()  # answers so far
    retention: float = 0.0  # how well concept and learner keep, natural logarithm (quizzes.retention)

    def holds(self, video_id: UUID, at: datetime) -> bool:
        """Whether something of this film at this time belongs to the card."""
        return video_id == self.video_id and abs(at - self.opened_at) <= OPEN_FOR


def decide_mode(claimed: str, at: datetime, *, state: State | None, played: Iterable[Played]) -> str:
    """The server decides: recall needs a memory, and no film of the concept in the two hours before."""
    reminded = any(
        play.seconds >= PLAYED_SECONDS and timedelta(0) <= at - play.at <= OPEN_FOR for play in played
    )
    return RECALL if claimed == RECALL and state is not None and not reminded else WATCH


def settle_card(
    card: Card,
    given: Iterable[Given],
    played: Iterable[Played],
    *,
    at: datetime,
    parameters: Parameters = DEFAULT,
) -> State:
    """The state after all evidence of the card so far; `at` is its latest, in the learner's zone."""
    answers = first_answers(entry for entry in given if card.holds(entry.video_id, entry.at))
    finished = any(play.completed and card.holds(play.video_id, play.at) for play in played)
    before = card.before
    parameters = scale_parameters(parameters, card.retention)
    if card.mode == RECALL and before is not None:
        memory = update_after_recall(
            before.memory,
            answers,
            at,
            relearned=Relearned.VIDEO if finished else Relearned.FEEDBACK,
            encoding=card.encoding,
            pace=card.pace,
            parameters=parameters,
        )
        grade = grade_answers(answers, pace=card.pace)
        posterior = recall_posterior(before.memory, grade, at, parameters=parameters)
        record = record_recall(before.record, grade, posterior=posterior, on=learning_day(at))
        return State(memory, record)
    memory = update_after_watch(
        before.memory if before else None,
        answers,
        at,
        encoding=card.encoding,
        pace=card.pace,
        parameters=parameters,
    )
    return State(memory, before.record if before else Record())


def first_answers(given: Iterable[Given]) -> tuple[Answer, ...]:
    """A question answered twice counts once, the first time."""
    firsts: dict[int, Given] = {}
    for entry in sorted(given, key=lambda entry: entry.at):
        firsts.setdefault(entry.question_index, entry)
    return tuple(Answer(entry.is_correct, entry.response_time_ms) for entry in firsts.values())


@dataclass(frozen=True)
class Expected:
    """What was expected when a card was opened."""

    encoding: float
    pace: Pace
    retention: float = 0.0


def replay_concept(
    given: Sequence[tuple[Given, Expected | None]],
    played: Sequence[Played],
    *,
    expected: Expected,
    parameters: Parameters = DEFAULT,
) -> tuple[Card, State] | None:
    """The last card and the state after every stored card of one concept; None without any.

    Times are in the learner's zone. Finished films without answers are cards too. `expected` stands in
    where a card's own expectation was not kept.
    """
    card: Card | None = None
    state: State | None = None
    after: State | None = None
    events: list[tuple[datetime, Given | Played, Expected | None]] = [
        *((entry.at, entry, kept) for entry, kept in given),
        *((play.at, play, None) for play in played if play.completed),
    ]
    answers = [entry for entry, _ in given]
    for at, event, kept in sorted(events, key=lambda entry: entry[0]):
        if card is None or not card.holds(event.video_id, at):
            state = after
            mode = RECALL if isinstance(event, Given) and event.mode == RECALL and state else WATCH
            known = kept or expected
            card = Card(event.video_id, mode, at, known.encoding, known.pace, state, (), known.retention)
        elif kept and isinstance(event, Given) and not card.given:
            # The film came before its quiz.
            card = replace(card, encoding=kept.encoding, pace=kept.pace, retention=kept.retention)
        own = [entry for entry in answers if entry.at <= at and card.holds(entry.video_id, entry.at)]
        card = replace(card, given=tuple(own))
        after = settle_card(
            card, own, [play for play in played if play.at <= at], at=at, parameters=parameters
        )
    return (card, after) if card is not None and after is not None else None


def card_to_json(card: Card) -> dict[str, Any]:
    return {
        "video": str(card.video_id),
        "mode": card.mode,
        "opened_at": card.opened_at.isoformat(),
        "encoding": card.encoding,
        "pace": [card.pace.typical_ms, card.pace.count],
        "retention": card.retention,
        "before": _state_to_json(card.before) if card.before else None,
        "given": [
            [given.question_index, given.is_correct, given.response_time_ms, given.at.isoformat()]
            for given in card.given
        ],
    }


def card_from_json(data: dict[str, Any]) -> Card:
    video_id, mode = UUID(data["video"]), data["mode"]
    return Card(
        video_id=video_id,
        mode=mode,
        opened_at=datetime.fromisoformat(data["opened_at"]),
        encoding=data["encoding"],
        pace=Pace(*data["pace"]),
        before=_state_from_json(data["before"]) if data["before"] else None,
        given=tuple(
            Given(video_id, index, is_correct, ms, mode, datetime.fromisoformat(at))
            for index, is_correct, ms, at in data.get("given", ())
        ),
        retention=data.get("retention", 0.0),
    )


def reopen(card: Card, at: datetime) -> Card:
    """An answer given earlier than the first that arrived opens the card earlier."""
    return replace(card, opened_at=min(card.opened_at, at))


def _state_to_json(state: State) -> dict[str, Any]:
    memory, record = state.memory, state.record
    return {
        **vars(memory),
        "reviewed_at": memory.reviewed_at.isoformat(),
        **vars(record),
        "first_pass_on": record.first_pass_on and record.first_pass_on.isoformat(),
        "last_pass_on": record.last_pass_on and record.last_pass_on.isoformat(),
    }


def _state_from_json(data: dict[str, Any]) -> State:
    def day(name: str) -> date | None:
        return date.fromisoformat(data[name]) if data[name] else None

    return State(
        Memory(
            data["known"],
            data["stability"],
            data["difficulty"],
            datetime.fromisoformat(data["reviewed_at"]),
            data["reps"],
            data["lapses"],
        ),
        Record(data["passes"], day("first_pass_on"), day("last_pass_on"), data["net_correct"]),
    )
