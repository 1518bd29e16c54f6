"""FSRS-6 on arrays (06, 2.4): what `quizzes.memory` does with py-fsrs for one card, for thousands. Pure.

`feed.ranking` imagines tens of thousands of reviews a page, `quizzes.fitting` replays all stored
answers some hundred times. Shapes broadcast; the precision of the arguments is kept (single or
double). Tests hold this port and the library together within 10⁻¹².

Formulas: FSRS-6, open-spaced-repetition; the bounds are those of 06, 2.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from quizzes.memory import LEAST_STABILITY, MOST_FIRST_STABILITY, Parameters

type Numbers = npt.NDArray[np.floating[Any]]

LEAST_DIFFICULTY, MOST_DIFFICULTY = 1.0, 10.0


@dataclass(frozen=True)
class Reviewed:
    """The two states between which evidence mixes: after *Good* and after *Again*."""

    good_stability: Numbers  # at least the stability before
    good_difficulty: Numbers
    again_stability: Numbers  # within LEAST_STABILITY and the first stability
    again_difficulty: Numbers


@lru_cache(maxsize=64)
def forgetting_curve(parameters: Parameters) -> tuple[float, float]:
    """Factor and (negative) decay: R = (1 + factor × days / stability) ** decay, and R(S, S) = 0.9."""
    decay = -parameters[20]
    return 0.9 ** (1 / decay) - 1, decay


def retrievability(days: Numbers, stability: Numbers, *, parameters: Parameters) -> Numbers:
    """The chance, 0-1, to recall what was understood; `days` may be fractions, never negative."""
    factor, decay = forgetting_curve(parameters)
    fading: Numbers = np.exp(decay * np.log1p(factor * days / stability))
    return fading


def first_stability(parameters: Parameters) -> float:
    """Days, after the film of a new concept."""
    return max(LEAST_STABILITY, parameters[2])


def scale_first(parameters: Parameters, scales: Numbers) -> Numbers:
    """Days, after the film of a new concept that sticks `scales` times as well as others."""
    firsts: Numbers = np.clip(parameters[2] * scales, LEAST_STABILITY, MOST_FIRST_STABILITY)
    return firsts


@lru_cache(maxsize=64)
def first_difficulties(parameters: Parameters) -> tuple[float, float]:
    """After *Good* and after *Again* on the first film."""

    def after(rating: int) -> float:
        value = parameters[4] - math.exp(parameters[5] * (rating - 1)) + 1
        return min(MOST_DIFFICULTY, max(LEAST_DIFFICULTY, value))

    return after(3), after(1)


def review(
    stability: Numbers,
    difficulty: Numbers,
    days: Numbers,
    *,
    parameters: Parameters,
    first: Numbers | None = None,
) -> Reviewed:
    """What *Good* and *Again* make of known concepts `days` whole learning days after the last review.

    All broadcast to one shape; `first` is the first stability where it is not the common one.
    """
    w = parameters
    log_stability = np.log(stability)
    recall = retrievability(np.maximum(days, 0), stability, parameters=parameters)
    forgot = 1 - recall
    growth = np.exp(w[8] - w[9] * log_stability) * (11 - difficulty) * np.expm1(w[10] * forgot)
    lasting = (
        w[11] * np.exp(w[14] * forgot - w[12] * np.log(difficulty)) * np.expm1(w[13] * np.log1p(stability))
    )
    again = np.minimum(lasting, stability * math.exp(-w[17] * w[18]))
    good = stability * (1 + growth)
    same_day = days < 1
    if np.any(same_day):
        short = np.exp(-w[19] * log_stability)
        good = np.where(same_day, stability * math.exp(w[17] * w[18]) * short, good)
        again = np.where(same_day, stability * math.exp(w[17] * (w[18] - 2)) * short, again)
    easy = w[4] - math.exp(3 * w[5]) + 1
    harder = difficulty + (10 - difficulty) * (2 * w[6] / 9)
    return Reviewed(
        good_stability=np.maximum(good, stability),
        good_difficulty=_bound(w[7] * easy + (1 - w[7]) * difficulty),
        again_stability=np.minimum(
            np.maximum(again, LEAST_STABILITY), first_stability(parameters) if first is None else first
        ),
        again_difficulty=_bound(w[7] * easy + (1 - w[7]) * harder),
    )


def _bound(difficulty: Numbers) -> Numbers:
    bounded: Numbers = np.minimum(np.maximum(difficulty, LEAST_DIFFICULTY), MOST_DIFFICULTY)
    return bounded
