"""What a learner remembers of a concept, and how evidence moves it (06, 2.1, 2.3, 2.4). Pure.

Predicted recall is r = known × R(days, stability): the chance that the concept was understood at
all, times FSRS-6 retrievability given that it was. Every `now` is aware and in the learner's zone;
the zone serves for nothing but whole learning days.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import lru_cache

from fsrs import Card, Rating, Scheduler, State
from fsrs.scheduler import DEFAULT_PARAMETERS

from quizzes.grading import GUESS, SLIP, STARTING_PACE, Answer, Grade, Pace, grade_answers
from students.streaks import learning_day

type Parameters = tuple[float, ...]  # 21 floats, FSRS-6

DEFAULT: Parameters = tuple(float(value) for value in DEFAULT_PARAMETERS)
LEAST_RECALL, MOST_RECALL = 0.01, 0.99
LEAST_STABILITY = 0.1  # days
MOST_FIRST_STABILITY = 100.0  # the range of FSRS-6
EXPLAINED = 0.3  # chance that a wrong answer's explanation alone is understood
SCALE_STEPS = 20
LAPSED = 0.5  # a recall card with a posterior below this is a lapse
DUE_RECALL = 0.95
LONGEST_WAIT = 36_500.0  # days; py-fsrs' own ceiling keeps due dates within the calendar


class Relearned(StrEnum):
    """What followed a wrong answer."""

    FEEDBACK = "feedback"
    VIDEO = "video"


@dataclass(frozen=True)
class Memory:
    """`known` 0-1, `stability` days until retrievability is 0.9, `difficulty` 1-10."""

    known: float
    stability: float
    difficulty: float
    reviewed_at: datetime
    reps: int = 1
    lapses: int = 0


@dataclass(frozen=True)
class CardRecord:
    """One entry of the feed and what came of it, for `replay`; `mode` is watch or recall."""

    mode: str
    answers: tuple[Answer, ...]
    at: datetime
    relearned: Relearned = Relearned.FEEDBACK
    encoding: float = 0.75
    pace: Pace = STARTING_PACE
    retention: float = 0.0  # of concept and learner together, as `scale_parameters` takes it


def scale_parameters(parameters: Parameters, scale: float) -> Parameters:
    """The same curve for what sticks e^`scale` times as well as others (`quizzes.retention`).

    Rounded to steps of a twentieth, so that few curves are made.
    """
    factor = math.exp(round(scale * SCALE_STEPS) / SCALE_STEPS)
    first = max(LEAST_STABILITY, min(MOST_FIRST_STABILITY, parameters[2] * factor))
    return (*parameters[:2], first, *parameters[3:])


def retrievability(memory: Memory, now: datetime, *, parameters: Parameters = DEFAULT) -> float:
    """The chance, 0-1, that the concept is recalled at `now`."""
    days = max(0.0, (now - memory.reviewed_at) / timedelta(days=1))
    factor, decay = _curve(parameters)
    return memory.known * float((1 + factor * days / memory.stability) ** decay)


def recall_posterior(
    memory: Memory, grade: Grade, now: datetime, *, parameters: Parameters = DEFAULT
) -> float:
    """The chance that the concept was recalled on a recall card with this evidence."""
    return _posterior(_clip(retrievability(memory, now, parameters=parameters)), grade.log_odds)


def watch_posterior(
    memory: Memory | None, grade: Grade, now: datetime, *, encoding: float, parameters: Parameters = DEFAULT
) -> float:
    """The chance that the concept is known after its film with this evidence."""
    if memory is None:
        return _posterior(encoding, grade.log_odds)
    recall = _clip(retrievability(memory, now, parameters=parameters))
    return _posterior(recall + (1 - recall) * encoding, grade.log_odds)


def update_after_recall(
    memory: Memory,
    answers: Sequence[Answer],
    now: datetime,
    *,
    relearned: Relearned = Relearned.FEEDBACK,
    encoding: float = 0.75,
    pace: Pace = STARTING_PACE,
    parameters: Parameters = DEFAULT,
    guess: float = GUESS,
    slip: float = SLIP,
) -> Memory:
    """After a recall card. Tapped through it changes nothing; its film, if finished, still counts as one."""
    grade = grade_answers(answers, pace=pace, guess=guess, slip=slip)
    if grade.rapid:
        if relearned is Relearned.FEEDBACK:
            return memory
        return update_after_watch(memory, (), now, encoding=encoding, pace=pace, parameters=parameters)
    posterior = recall_posterior(memory, grade, now, parameters=parameters)
    relearning = (1 - posterior) * (encoding if relearned is Relearned.VIDEO else EXPLAINED)
    known = posterior + relearning
    good, again = _reviewed(memory, now, parameters)
    stability = math.exp(
        (posterior * math.log(good.stability) + relearning * math.log(again.stability)) / known
    )
    return Memory(
        known=known,
        stability=stability,
        difficulty=_mix(posterior, good.difficulty, again.difficulty),
        reviewed_at=now,
        reps=memory.reps + 1,
        lapses=memory.lapses + (posterior < LAPSED),
    )


def update_after_watch(
    memory: Memory | None,
    answers: Sequence[Answer],
    now: datetime,
    *,
    encoding: float = 0.75,
    pace: Pace = STARTING_PACE,
    parameters: Parameters = DEFAULT,
    guess: float = GUESS,
    slip: float = SLIP,
) -> Memory:
    """After a finished film and its quiz; `memory` is None for the first film of a concept."""
    grade = grade_answers(answers, pace=pace, guess=guess, slip=slip)
    posterior = watch_posterior(memory, grade, now, encoding=encoding, parameters=parameters)
    good, again = _reviewed(memory, now, parameters)
    difficulty = _mix(posterior, good.difficulty, again.difficulty)
    if memory is None:
        return Memory(posterior, _first_stability(parameters), difficulty, now)
    recall = _clip(retrievability(memory, now, parameters=parameters))
    stability = math.exp(recall * math.log(good.stability) + (1 - recall) * math.log(again.stability))
    return replace(
        memory,
        known=posterior,
        stability=stability,
        difficulty=difficulty,
        reviewed_at=now,
        reps=memory.reps + 1,
    )


def due_at(memory: Memory, *, recall: float = DUE_RECALL, parameters: Parameters = DEFAULT) -> datetime:
    """When predicted recall will have fallen to `recall`; at once where it is there already."""
    if memory.known <= recall:
        return memory.reviewed_at
    factor, decay = _curve(parameters)
    days = memory.stability / factor * ((recall / memory.known) ** (1 / decay) - 1)
    return memory.reviewed_at + timedelta(days=min(days, LONGEST_WAIT))


def replay(cards: Sequence[CardRecord], *, parameters: Parameters = DEFAULT) -> Memory | None:
    """The state after these cards, by time. A recall card of an unknown concept counts as its film."""
    memory: Memory | None = None
    for card in sorted(cards, key=lambda card: card.at):
        scaled = scale_parameters(parameters, card.retention)
        if card.mode == "recall" and memory is not None:
            memory = update_after_recall(
                memory,
                card.answers,
                card.at,
                relearned=card.relearned,
                encoding=card.encoding,
                pace=card.pace,
                parameters=scaled,
            )
        else:
            memory = update_after_watch(
                memory, card.answers, card.at, encoding=card.encoding, pace=card.pace, parameters=scaled
            )
    return memory


@dataclass(frozen=True)
class _Reviewed:
    """What FSRS returns for one rating, within the bounds of 06, 2.3."""

    stability: float
    difficulty: float


def _reviewed(memory: Memory | None, now: datetime, parameters: Parameters) -> tuple[_Reviewed, _Reviewed]:
    """FSRS after Good and after Again."""
    today = _noon(learning_day(now))
    if memory is None:
        card = Card(card_id=1, due=today)  # with neither id nor due date it would sleep and read the clock
    else:
        card = Card(
            card_id=1,
            state=State.Review,
            stability=memory.stability,
            difficulty=memory.difficulty,
            due=today,
            last_review=_noon(learning_day(memory.reviewed_at.astimezone(now.tzinfo))),
        )
    scheduler = _scheduler(parameters)
    good, _ = scheduler.review_card(card, Rating.Good, today)
    again, _ = scheduler.review_card(card, Rating.Again, today)
    first = _first_stability(parameters)
    least = first if memory is None else memory.stability
    return (
        _Reviewed(max(least, float(good.stability or 0)), float(good.difficulty or 0)),
        _Reviewed(
            min(first, max(LEAST_STABILITY, float(again.stability or 0))), float(again.difficulty or 0)
        ),
    )


def _noon(day: date) -> datetime:
    """py-fsrs counts whole days and takes `timezone.utc` only."""
    return datetime.combine(day, time(12), tzinfo=timezone.utc)  # noqa: UP017


@lru_cache(maxsize=1024)
def _scheduler(parameters: Parameters) -> Scheduler:
    """Minute steps do not suit a feed, and fuzz would use the global random generator."""
    return Scheduler(parameters, learning_steps=(), relearning_steps=(), enable_fuzzing=False)


@lru_cache(maxsize=64)
def _curve(parameters: Parameters) -> tuple[float, float]:
    """Factor and (negative) decay of the forgetting curve, so that R(S, S) = 0.9."""
    decay = -parameters[20]
    return 0.9 ** (1 / decay) - 1, decay


def _first_stability(parameters: Parameters) -> float:
    return max(LEAST_STABILITY, parameters[2])


def _mix(posterior: float, good: float, again: float) -> float:
    """FSRS difficulty is linear in the grade; rounding must not lead out of 1-10."""
    return max(1.0, min(10.0, posterior * good + (1 - posterior) * again))


def _clip(recall: float) -> float:
    return max(LEAST_RECALL, min(MOST_RECALL, recall))


def _posterior(prior: float, log_odds: float) -> float:
    """prior × Λ / (prior × Λ + 1 - prior)."""
    known = prior * math.exp(log_odds)
    return known / (known + (1 - prior))  # in this order it never exceeds 1
