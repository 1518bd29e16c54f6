"""What the answers of one card say about knowing (06, 2.2). Pure.

Evidence is a likelihood ratio, never a grade: a yes/no answer is half a guess.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

GUESS = 0.5  # chance of a right answer without knowing
SLIP = 0.05  # chance of a wrong answer although known
RAPID_MS = 1300  # a median below this was tapped through, not read
PACE_START_MS = 3500.0
PACE_INERTIA = 20  # answers that the starting pace is worth
TIME_LIMIT = 0.7  # speed never outweighs an answer
# Logarithm of (time / typical time): mean and deviation when known, and when guessed.
KNOWN_TIME = (math.log(0.80), 0.33)
GUESSED_TIME = (math.log(1.26), 0.36)


@dataclass(frozen=True)
class Answer:
    is_correct: bool
    response_time_ms: int


@dataclass(frozen=True)
class Pace:
    """A learner's typical answering time: the geometric mean so far, and of how many answers."""

    typical_ms: float = PACE_START_MS
    count: int = 0


STARTING_PACE = Pace()


@dataclass(frozen=True)
class Grade:
    """`log_odds` is ln Λ; a rapid card has 0 and no credit of any kind."""

    log_odds: float
    rapid: bool
    correct: int
    wrong: int


def grade_answers(
    answers: Sequence[Answer], *, pace: Pace = STARTING_PACE, guess: float = GUESS, slip: float = SLIP
) -> Grade:
    """The evidence of one card's answers; none at all is no evidence (ln Λ = 0)."""
    correct = sum(answer.is_correct for answer in answers)
    wrong = len(answers) - correct
    if not answers:
        return Grade(0.0, rapid=False, correct=0, wrong=0)
    middle = median(answer.response_time_ms for answer in answers)
    if middle < RAPID_MS:
        return Grade(0.0, rapid=True, correct=correct, wrong=wrong)
    log_odds = correct * math.log((1 - slip) / guess) + wrong * math.log(slip / (1 - guess))
    return Grade(
        log_odds + _time_evidence(middle, pace.typical_ms), rapid=False, correct=correct, wrong=wrong
    )


def update_pace(pace: Pace, answers: Sequence[Answer]) -> Pace:
    """The pace after these answers; tapped ones say nothing about it."""
    read = [answer.response_time_ms for answer in answers if answer.response_time_ms >= RAPID_MS]
    if not read:
        return pace
    level, count = math.log(pace.typical_ms), pace.count
    for response_time_ms in read:
        level += (math.log(response_time_ms) - level) / (count + PACE_INERTIA)
        count += 1
    return Pace(math.exp(level), count)


def _time_evidence(middle_ms: float, typical_ms: float) -> float:
    z = math.log(middle_ms / typical_ms)
    evidence = _log_normal(z, *KNOWN_TIME) - _log_normal(z, *GUESSED_TIME)
    return max(-TIME_LIMIT, min(TIME_LIMIT, evidence))


def _log_normal(z: float, mean: float, deviation: float) -> float:
    """ln of the normal density without the constant that both sides share."""
    return -math.log(deviation) - ((z - mean) / deviation) ** 2 / 2
