"""What a concept's next cards are worth, now or later (06, 3.2). Pure, on arrays.

A plan is a first exposure after some days and recall cards after gaps. Its value is the knowledge it
keeps at five horizons, less the price of the attention it takes. Only the better use of *this*
moment counts: what can wait scores low although it is due, what is about to become expensive high.

The belief moves along a plan as in `quizzes.memory`, with its own expectation in place of answers.
Plans share their beginnings, so each exposure is computed once; delays are an axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt

from quizzes.forgetting import Numbers, first_difficulties, retrievability, review
from quizzes.memory import EXPLAINED, LEAST_RECALL, MOST_RECALL, Parameters

PRECISION = np.float32  # single precision gave the same benchmark scores
DELAYS = (0.0, 1.0, 3.0, 7.0, 14.0)  # days until the first exposure
# Gaps before the recall cards that follow the first exposure.
PLANS: tuple[tuple[float, ...], ...] = ((), (2.0,), (5.0,), (10.0,), (3.0, 8.0), (6.0, 12.0))
HORIZONS = (4.0, 12.0, 25.0, 40.0, 60.0)  # days from now at which something is worth being remembered
# Nearer ones count more: what is predicted for them rests on gaps that answers were seen after, what is
# predicted for two months on the shape of a curve (docs/decisions/0013).
WEIGHTS = (0.2, 0.25, 0.25, 0.15, 0.15)
PRICE = 0.006  # concepts per second of attention
LEAVING_SECONDS = 10.0  # what a film costs that is not finished
MARGIN_SECONDS = 9.0  # of every card, beside film and questions
ANSWER_SECONDS = 10 / 3


@dataclass(frozen=True)
class Cards:
    """The cards of some concepts, as arrays of one length.

    `finishing` is the chance that the film is watched to its end, `encoding` that it is understood
    then; `quiz_seconds` is what questions and the rest take, `lapse_seconds` what a recall card costs
    more when it was not recalled.
    """

    finishing: Numbers
    encoding: Numbers
    film_seconds: Numbers
    quiz_seconds: Numbers
    lapse_seconds: Numbers
    first_stability: Numbers  # days, after the film of the concept


@dataclass(frozen=True)
class Met:
    """What is believed of concepts met before; `elapsed` is in days since the last evidence."""

    known: Numbers
    stability: Numbers
    difficulty: Numbers
    elapsed: Numbers
    elapsed_days: Numbers  # the same in whole learning days


@dataclass(frozen=True)
class _Belief:
    known: Numbers
    stability: Numbers
    difficulty: Numbers


def quiz_seconds(questions: Numbers) -> Numbers:
    return MARGIN_SECONDS + ANSWER_SECONDS * questions


def watch_seconds(finishing: Numbers, film: Numbers, quiz: Numbers) -> Numbers:
    """Expected seconds of a card whose film plays first."""
    return finishing * (film + quiz) + LEAVING_SECONDS * (1 - finishing)


def lapse_seconds(finishing: Numbers, film: Numbers, questions: Numbers) -> Numbers:
    """Expected seconds more of a recall card not recalled: a question goes wrong, the film is offered."""
    return (1 - 0.5**questions) * (finishing * film + LEAVING_SECONDS * (1 - finishing))


def score_new(cards: Cards, *, parameters: Parameters) -> tuple[Numbers, Numbers]:
    """Score, and expected seconds of the first card, of concepts never met."""
    p, layout = cards, _layout()
    good, again = first_difficulties(parameters)
    first = _Belief(
        p.encoding[None],
        p.first_stability[None],
        (p.encoding * good + (1 - p.encoding) * again)[None],
    )
    states = _continue(first, p, parameters)
    seconds = watch_seconds(p.finishing, p.film_seconds, p.quiz_seconds)
    kept = _keep(states, layout, parameters=parameters)
    later = states.seconds[layout.state_of_plan]
    # All of it happens only if the film is finished; the attention for it is spent in any case.
    value = p.finishing * (kept - PRICE * later) - PRICE * seconds
    return _score(value, seconds), seconds


def score_known(cards: Cards, met: Met, *, parameters: Parameters) -> tuple[Numbers, Numbers]:
    """Score, and expected seconds of a recall card now, of concepts met before."""
    p, layout = cards, _layout()
    delays = _column(DELAYS)
    before = _Belief(met.known, met.stability, met.difficulty)
    recall = met.known * retrievability(met.elapsed + delays, met.stability, parameters=parameters)
    seconds = p.quiz_seconds + (1 - recall) * p.lapse_seconds
    states = _continue(_expect(before, met.elapsed_days + delays, recall, p, parameters), p, parameters)
    without = met.known * retrievability(
        met.elapsed + _column(HORIZONS), met.stability, parameters=parameters
    )
    kept = _keep(states, layout, parameters=parameters) - (layout.open_weights * without).sum(axis=1)
    value = kept - PRICE * (states.seconds[layout.state_of_plan] + seconds)
    return _score(value, seconds[0]), seconds[0]


@dataclass(frozen=True)
class _States:
    """Beliefs after every exposure that some plan contains, [state, delay, concept], and what the
    recall cards cost that led there, [state, delay, concept] in seconds."""

    known: Numbers
    stability: Numbers
    seconds: Numbers


def _continue(first: _Belief, cards: Cards, parameters: Parameters) -> _States:
    """From the state after the first exposure, [delay or 1, concept], to all later ones."""
    known, stability = [first.known[None]], [first.stability[None]]
    spent = [np.zeros_like(cards.quiz_seconds + first.known)[None]]
    latest = _Belief(first.known[None], first.stability[None], first.difficulty[None])
    for before, level in pairwise(_levels()):
        starts = [before.index(gaps[:-1]) for gaps in level]
        begun = _Belief(latest.known[starts], latest.stability[starts], latest.difficulty[starts])
        seconds, latest = _recall_card(
            begun, _column([gaps[-1] for gaps in level])[:, None], cards, parameters
        )
        known.append(latest.known)
        stability.append(latest.stability)
        spent.append(spent[-1][starts] + seconds)
    return _States(np.concatenate(known), np.concatenate(stability), np.concatenate(spent))


@lru_cache(maxsize=1)
def _levels() -> tuple[tuple[tuple[float, ...], ...], ...]:
    """All beginnings of all plans, by the number of their recall cards."""
    longest = max(len(plan) for plan in PLANS)
    return tuple(
        tuple(dict.fromkeys(plan[:count] for plan in PLANS if len(plan) >= count))
        for count in range(longest + 1)
    )


def _recall_card(
    before: _Belief, gap: Numbers, cards: Cards, parameters: Parameters
) -> tuple[Numbers, _Belief]:
    recall = before.known * retrievability(gap, before.stability, parameters=parameters)
    seconds = cards.quiz_seconds + (1 - recall) * cards.lapse_seconds
    return seconds, _expect(before, gap, recall, cards, parameters)


def _expect(before: _Belief, days: Numbers, recall: Numbers, cards: Cards, parameters: Parameters) -> _Belief:
    """The belief after a recall card, in expectation (06, 2.3 with r in place of the posterior)."""
    recall = np.clip(recall, LEAST_RECALL, MOST_RECALL)
    after = review(
        before.stability, before.difficulty, days, parameters=parameters, first=cards.first_stability
    )
    relearning = cards.finishing * cards.encoding + EXPLAINED * (1 - cards.finishing)
    relearned = (1 - recall) * relearning
    known = recall + relearned
    stability = np.exp(
        (recall * np.log(after.good_stability) + relearned * np.log(after.again_stability)) / known
    )
    difficulty = recall * after.good_difficulty + (1 - recall) * after.again_difficulty
    return _Belief(known, stability, difficulty)


def _keep(states: _States, layout: _Layout, *, parameters: Parameters) -> Numbers:
    """What every plan keeps at the horizons, weighted: [plan, delay, concept]."""
    count = states.known.shape[-1]
    rows = layout.rows if states.known.shape[1] > 1 else layout.rows_without_delay
    known = states.known.reshape(-1, count)[rows]
    stability = states.stability.reshape(-1, count)[rows]
    recall = known * retrievability(layout.waits, stability, parameters=parameters)
    # No matrix product: its library starts threads, which cost more than the sum itself.
    kept = np.add.reduceat(layout.gain_weights * recall[layout.gain_rows], layout.gain_starts, axis=0)
    return kept.reshape(len(PLANS), len(DELAYS), count)


def _score(value: Numbers, seconds: Numbers) -> Numbers:
    """From the values of all plans, [plan, delay, concept], to what starting now is worth per second."""
    best = value.max(axis=0)
    score: Numbers = (best[0] - np.maximum(0, best[1:].max(axis=0))) / seconds
    return score


@dataclass(frozen=True)
class _Layout:
    """Which belief is looked at when: one row for each state, delay and horizon that a plan needs."""

    rows: npt.NDArray[np.intp]  # into [state, delay] flattened
    rows_without_delay: npt.NDArray[np.intp]  # into [state]
    waits: Numbers  # [row, 1] days from that exposure to the horizon
    gain_rows: npt.NDArray[np.intp]  # what every plan × delay sums up, one after the other, …
    gain_weights: Numbers  # … with these weights, [sum, 1], …
    gain_starts: npt.NDArray[np.intp]  # … and where each begins
    open_weights: Numbers  # [delay, horizon, 1] the weight where the first exposure has happened
    state_of_plan: npt.NDArray[np.intp]  # the last state of each plan


@lru_cache(maxsize=1)
def _layout() -> _Layout:
    states = {gaps: place for place, gaps in enumerate(chain.from_iterable(_levels()))}
    used: dict[tuple[int, int, float], int] = {}
    entries: list[tuple[int, int, float]] = []  # plan × delay, row, weight
    for place, plan in enumerate(PLANS):
        for turn, delay in enumerate(DELAYS):
            for horizon, weight in zip(HORIZONS, WEIGHTS, strict=True):
                since = horizon - delay
                if since < 0:
                    continue
                past = [
                    gaps for gaps in (plan[:count] for count in range(len(plan) + 1)) if sum(gaps) <= since
                ]
                latest = past[-1]
                row = used.setdefault((states[latest], turn, since - sum(latest)), len(used))
                entries.append((place * len(DELAYS) + turn, row, weight))
    sums = [plan_row for plan_row, _, _ in entries]
    keys = list(used)
    return _Layout(
        rows=np.array([state * len(DELAYS) + turn for state, turn, _ in keys]),
        rows_without_delay=np.array([state for state, _, _ in keys]),
        waits=_column([wait for _, _, wait in keys]),
        gain_rows=np.array([row for _, row, _ in entries]),
        gain_weights=_column([weight for _, _, weight in entries]),
        gain_starts=np.searchsorted(sums, np.arange(len(PLANS) * len(DELAYS))),
        open_weights=np.array(
            [
                [weight * (h >= delay) for h, weight in zip(HORIZONS, WEIGHTS, strict=True)]
                for delay in DELAYS
            ],
            PRECISION,
        )[:, :, None],
        state_of_plan=np.array([states[plan] for plan in PLANS]),
    )


def _column(values: Sequence[float]) -> Numbers:
    return np.array(values, PRECISION)[:, None]
