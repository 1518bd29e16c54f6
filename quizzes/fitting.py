"""Fitting the forgetting curve to our own answers (06, 2.7). Pure; the only module that imports scipy.

Four numbers move: first stability, growth, decay of the curve, stability after forgetting. The
log likelihood of recall cards is maximised, with a price on leaving the start that does not grow with
the cards, and the result is drawn back to it while there are few.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from quizzes import forgetting
from quizzes.forgetting import Numbers
from quizzes.grading import GUESS, SLIP, grade_answers
from quizzes.memory import (
    DEFAULT,
    EXPLAINED,
    LEAST_RECALL,
    MOST_RECALL,
    CardRecord,
    Parameters,
    Relearned,
)
from students.streaks import learning_day

EVALUATIONS = 160
PRICE = 1.5  # of each squared step, in log likelihood of all cards: a prior with deviation 0.6
INERTIA = 300  # recall cards that the start is worth
FIRST, GROWTH, AGAIN, DECAY = 2, 8, 11, 20
# Ranges of the four, within those of FSRS-6.
RANGES = {FIRST: (0.1, 100.0), GROWTH: (0.0, 4.5), DECAY: (0.1, 0.8), AGAIN: (0.001, 5.0)}


@dataclass(frozen=True)
class _Turn:
    """The n-th cards of all histories that have as many, as arrays of one length."""

    rows: npt.NDArray[np.intp]  # into the histories
    is_first: npt.NDArray[np.bool_]
    is_recall: npt.NDArray[np.bool_]
    ratio: Numbers  # Λ
    counts: npt.NDArray[np.bool_]  # enters the likelihood
    relearning: Numbers  # ε of a recall card
    encoding: Numbers
    days: Numbers  # since the last card
    whole_days: Numbers


@dataclass(frozen=True)
class Log:
    """Histories laid out for replaying all at once; `cards` is the number of recall cards that count."""

    turns: tuple[_Turn, ...]
    histories: int
    cards: int

    @property
    def rows(self) -> npt.NDArray[np.intp]:
        """The history of every recall card that counts, in the order of the turns."""
        parts = [turn.rows[turn.counts] for turn in self.turns]
        return np.concatenate(parts) if parts else np.zeros(0, np.intp)


def lay_out(
    histories: Sequence[Sequence[CardRecord]],
    *,
    guess: float = GUESS,
    slip: float = SLIP,
    counted_from: datetime | None = None,
) -> Log:
    """Each history holds one student's cards of one concept, in any order.

    Cards before `counted_from` move the memory but do not enter the likelihood.
    """
    rows: list[list[tuple[int, bool, bool, float, bool, float, float, float, float]]] = []
    for row, history in enumerate(histories):
        turn = 0
        last = None
        for card in sorted(history, key=lambda card: card.at):
            grade = grade_answers(card.answers, pace=card.pace, guess=guess, slip=slip)
            is_recall = card.mode == "recall" and last is not None
            if is_recall and grade.rapid:
                if card.relearned is Relearned.FEEDBACK:
                    continue  # changes nothing
                is_recall = False
            is_taught = card.relearned is Relearned.VIDEO
            before = last or card.at
            days = (card.at - before).total_seconds() / 86_400
            whole = (learning_day(card.at) - learning_day(before.astimezone(card.at.tzinfo))).days
            if turn == len(rows):
                rows.append([])
            rows[turn].append(
                (
                    row,
                    last is None,
                    is_recall,
                    math.exp(grade.log_odds),
                    is_recall and bool(card.answers) and (counted_from is None or card.at >= counted_from),
                    card.encoding if is_taught else EXPLAINED,
                    card.encoding,
                    max(0.0, days),
                    float(whole),
                )
            )
            last = card.at
            turn += 1
    turns = []
    for entries in rows:
        columns = [np.array(column) for column in zip(*entries, strict=True)]
        turns.append(_Turn(*columns))
    return Log(tuple(turns), len(histories), sum(int(turn.counts.sum()) for turn in turns))


def log_likelihoods(log: Log, parameters: Parameters, *, scales: Numbers | None = None) -> Numbers:
    """ln(1 - r + rΛ) of every recall card that counts, in the order of the turns.

    `scales` are factors of the first stability, one a history; none means one for all.
    """
    known = np.ones(log.histories)
    stability = np.ones(log.histories)
    difficulty = np.ones(log.histories)
    firsts = forgetting.scale_first(parameters, np.ones(log.histories) if scales is None else scales)
    first_good, first_again = forgetting.first_difficulties(parameters)
    parts: list[Numbers] = []
    for turn in log.turns:
        rows = turn.rows
        recall = known[rows] * forgetting.retrievability(turn.days, stability[rows], parameters=parameters)
        recall = np.clip(recall, LEAST_RECALL, MOST_RECALL)
        parts.append(np.log(1 - recall + recall * turn.ratio)[turn.counts])
        after = forgetting.review(
            stability[rows], difficulty[rows], turn.whole_days, parameters=parameters, first=firsts[rows]
        )
        learned = np.where(turn.is_first, turn.encoding, recall + (1 - recall) * turn.encoding)
        prior = np.where(turn.is_recall, recall, learned)
        posterior = prior * turn.ratio / (prior * turn.ratio + 1 - prior)
        relearned = np.where(turn.is_recall, (1 - posterior) * turn.relearning, 0.0)
        weight = np.where(turn.is_recall, posterior / (posterior + relearned), recall)
        mixed = np.exp(weight * np.log(after.good_stability) + (1 - weight) * np.log(after.again_stability))
        good = np.where(turn.is_first, first_good, after.good_difficulty)
        again = np.where(turn.is_first, first_again, after.again_difficulty)
        known[rows] = posterior + relearned
        stability[rows] = np.where(turn.is_first, firsts[rows], mixed)
        difficulty[rows] = posterior * good + (1 - posterior) * again
    return np.concatenate(parts) if parts else np.zeros(0)


def fit(histories: Sequence[Sequence[CardRecord]], *, start: Parameters = DEFAULT) -> Parameters:
    """The parameters that make these answers most likely; `start` where there are none."""
    return fit_log(lay_out(histories), start=start)


def fit_log(log: Log, *, start: Parameters = DEFAULT, scales: Numbers | None = None) -> Parameters:
    """`fit` on histories that are laid out, under `scales` as in `log_likelihoods`."""
    from scipy.optimize import minimize  # noqa: PLC0415 - only a nightly command needs it

    if not log.cards:
        return start

    def loss(steps: npt.NDArray[np.float64]) -> float:
        likelihood = log_likelihoods(log, step_from(start, steps), scales=scales).mean()
        return float(PRICE / log.cards * (steps**2).sum() - likelihood)

    simplex = np.vstack([np.zeros(4), np.eye(4) * 0.5])
    found = minimize(
        loss,
        np.zeros(4),
        method="Nelder-Mead",
        options={"maxfev": EVALUATIONS, "initial_simplex": simplex, "xatol": 1e-3, "fatol": 1e-6},
    )
    return step_from(start, found.x * log.cards / (log.cards + INERTIA))


def step_from(start: Parameters, steps: Sequence[float] | npt.NDArray[np.float64]) -> Parameters:
    """w₂ e^z₁, w₈ + z₂, w₂₀ e^z₃, w₁₁ e^z₄, each within its range."""
    values = list(start)
    for place, value in (
        (FIRST, start[FIRST] * math.exp(steps[0])),
        (GROWTH, start[GROWTH] + steps[1]),
        (DECAY, start[DECAY] * math.exp(steps[2])),
        (AGAIN, start[AGAIN] * math.exp(steps[3])),
    ):
        least, most = RANGES[place]
        values[place] = float(min(most, max(least, value)))
    return tuple(values)
