"""How well a concept sticks, and how well a learner keeps things, beside the common forgetting curve. Pure.

Some things are forgotten within days and others kept for months, whoever learns them, and some children
keep longer than others: first stability is the fitted one times e^(concept + learner). Both numbers are
zero until answers speak, and are drawn to zero by the spread that the answers themselves show (empirical
Bayes; Efron and Morris 1973). A spread that they do not show shrinks away, and the common curve is left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from quizzes.fitting import Log, fit_log, log_likelihoods
from quizzes.forgetting import Numbers
from quizzes.memory import DEFAULT, Parameters

ROUNDS = 3  # of scales and parameters in turn
SWEEPS = 4  # of Newton's method in each, over concepts and learners
PROBE = 0.25  # how far the likelihood is looked at to either side
STRIDE = 0.7  # the longest step
FURTHEST = 2.5  # a factor of twelve
STARTING_SPREAD = 0.5
LEAST_SPREAD = 0.02
FEWEST = 20  # groups that a spread is estimated from


@dataclass(frozen=True)
class Grouping:
    """Which group each history belongs to: its concept, or its learner."""

    places: npt.NDArray[np.intp]  # of each history
    scales: Numbers  # of each group, natural logarithm
    spread: float = STARTING_SPREAD  # deviation of the prior; 0: all alike


@dataclass(frozen=True)
class Fitted:
    """The common curve, and how far concepts and learners lie beside it."""

    parameters: Parameters
    concepts: Grouping
    learners: Grouping


def start_grouping(places: Sequence[int], *, count: int, spread: float = STARTING_SPREAD) -> Grouping:
    """Nothing known of any of `count` groups yet."""
    return Grouping(np.array(places, np.intp), np.zeros(count), spread)


def fit_everything(
    log: Log, concepts: Grouping, learners: Grouping, *, start: Parameters = DEFAULT
) -> Fitted:
    """Parameters, scales and spreads that make these answers most likely."""
    fitted = Fitted(fit_log(log, start=start), concepts, learners)
    for _ in range(ROUNDS):
        fitted = fit_scales(log, fitted, learn_spread=True)
        scales = history_scales(fitted)
        fitted = replace(fitted, parameters=fit_log(log, start=start, scales=scales))
    return fit_scales(log, fitted)


def fit_scales(log: Log, fitted: Fitted, *, learn_spread: bool = False, sweeps: int = SWEEPS) -> Fitted:
    """The scales that make these answers most likely, under parameters that stay as they are."""
    if not log.cards:
        return fitted
    for _ in range(sweeps):
        for name in ("concepts", "learners"):
            if not getattr(fitted, name).spread:
                continue  # as if all were alike
            moved: Any = _move(log, fitted, getattr(fitted, name), learn_spread=learn_spread)
            fitted = replace(fitted, **{name: moved})
    return fitted


def history_scales(fitted: Fitted) -> Numbers:
    """The factor of every history's first stability."""
    concepts, learners = fitted.concepts, fitted.learners
    together = concepts.scales[concepts.places] + learners.scales[learners.places]
    factors: Numbers = np.exp(np.clip(together, -FURTHEST, FURTHEST))
    return factors


def _move(log: Log, fitted: Fitted, grouping: Grouping, *, learn_spread: bool) -> Grouping:
    """One step of Newton's method for every group at once; others of a sum stay where they are."""
    scales = history_scales(fitted)

    def likelihood(step: float) -> Numbers:
        return log_likelihoods(log, fitted.parameters, scales=scales * math.exp(step))

    low, here, high = likelihood(-PROBE), likelihood(0.0), likelihood(PROBE)
    owners, count = grouping.places[log.rows], len(grouping.scales)
    slope = np.bincount(owners, (high - low) / (2 * PROBE), count)
    bend = np.maximum(np.bincount(owners, (2 * here - low - high) / PROBE**2, count), 0.0)
    spread = grouping.spread
    if learn_spread and (bend > 0).sum() >= FEWEST:
        spread = _spread(slope + bend * grouping.scales, bend)
    prior = spread**-2
    step = np.clip((slope - prior * grouping.scales) / (bend + prior), -STRIDE, STRIDE)
    moved = np.clip(grouping.scales + step, -FURTHEST, FURTHEST)
    return replace(grouping, scales=moved, spread=spread)


def _spread(pull: Numbers, bend: Numbers) -> float:
    """The spread that explains how much more the groups pull than chance lets them.

    Away from a group's own scale its pull has variance bend + bend² × spread²; by the method of moments, as
    DerSimonian and Laird (1986) do for studies. Nothing is left of it where chance explains all.
    """
    surplus = float((pull**2 - bend).sum() / (bend**2).sum())
    return min(FURTHEST, math.sqrt(max(LEAST_SPREAD**2, surplus)))
