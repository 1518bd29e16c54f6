"""What sticks and who keeps, beside the common forgetting curve."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.fitting import FIRST, Log, fit_log, lay_out, log_likelihoods, step_from
from quizzes.grading import Answer
from quizzes.memory import (
    DEFAULT,
    CardRecord,
    Memory,
    Parameters,
    replay,
    retrievability,
    scale_parameters,
    update_after_recall,
    update_after_watch,
)
from quizzes.retention import Fitted, fit_everything, fit_scales, history_scales, start_grouping

START = datetime(2026, 3, 2, 15, tzinfo=ZoneInfo("Europe/Vienna"))
CONCEPTS, LEARNERS = 30, 40
STICKS = 1.2  # natural logarithm: a factor of three, and of a third
TRUTH = step_from(DEFAULT, (-0.5, 0.0, 0.8, 0.0))


def live(random: Random, truth: Parameters) -> list[CardRecord]:
    """One film and four recall cards."""
    cards: list[CardRecord] = []
    memory: Memory | None = None
    moment = START
    for gap in (0, 2, 4, 8, 15):
        moment += timedelta(days=gap * (0.5 + random.random()))
        recall = retrievability(memory, moment, parameters=truth) if memory else 0.9
        right = 0.95 if random.random() < recall else 0.5
        answers = tuple(Answer(random.random() < right, 3537) for _ in range(3))
        cards.append(CardRecord("recall" if memory else "watch", answers, moment))
        memory = (
            update_after_recall(memory, answers, moment, parameters=truth)
            if memory
            else update_after_watch(None, answers, moment, parameters=truth)
        )
    return cards


def cohort(seed: int, *, concept: float, learner: float) -> tuple[Log, Fitted]:
    """Every learner meets every concept; odd ones keep better than even ones by e^(2 × factor)."""
    random = Random(seed)
    pairs = [(one, other) for one in range(LEARNERS) for other in range(CONCEPTS)]
    histories = [
        live(random, scale_parameters(TRUTH, learner * (2 * (one % 2) - 1) + concept * (2 * (other % 2) - 1)))
        for one, other in pairs
    ]
    untold = Fitted(
        DEFAULT,
        start_grouping([other for _, other in pairs], count=CONCEPTS),
        start_grouping([one for one, _ in pairs], count=LEARNERS),
    )
    return lay_out(histories), untold


def test_concepts_that_stick_and_learners_who_keep_are_told_apart() -> None:
    log, untold = cohort(1, concept=STICKS, learner=0.6)
    found = fit_everything(log, untold.concepts, untold.learners)
    concepts, learners = found.concepts.scales, found.learners.scales
    assert concepts[1::2].min() > concepts[0::2].max()
    assert learners[1::2].mean() - learners[0::2].mean() > 0.3
    assert found.concepts.spread == pytest.approx(STICKS, abs=0.25)
    assert found.learners.spread == pytest.approx(0.6, abs=0.25)
    # What a new month brings is predicted better than by one curve for all.
    fresh, _ = cohort(2, concept=STICKS, learner=0.6)
    alike = log_likelihoods(fresh, fit_log(log)).mean()
    apart = log_likelihoods(fresh, found.parameters, scales=history_scales(found)).mean()
    best = log_likelihoods(
        fresh,
        TRUTH,
        scales=np.array(
            [
                math.exp(0.6 * (2 * (one % 2) - 1) + STICKS * (2 * (other % 2) - 1))
                for one in range(LEARNERS)
                for other in range(CONCEPTS)
            ]
        ),
    ).mean()
    assert apart > alike + 0.6 * (best - alike)


def test_where_all_are_alike_next_to_nothing_is_read_into_them() -> None:
    log, untold = cohort(3, concept=0.0, learner=0.0)
    found = fit_everything(log, untold.concepts, untold.learners)
    assert found.concepts.spread < 0.35
    assert found.learners.spread < 0.35
    assert np.abs(found.concepts.scales).mean() < 0.12
    assert np.abs(found.learners.scales).mean() < 0.12


def test_without_answers_nothing_is_learned() -> None:
    untold = Fitted(TRUTH, start_grouping([0], count=2), start_grouping([0], count=1))
    log = lay_out([[CardRecord("watch", (Answer(True, 3000),) * 3, START)]])
    assert fit_scales(log, untold) is untold
    assert fit_everything(log, untold.concepts, untold.learners, start=TRUTH).parameters == TRUTH


def test_a_concept_nobody_met_stays_where_it_was() -> None:
    random = Random(4)
    log = lay_out([live(random, TRUTH) for _ in range(30)])
    untold = Fitted(TRUTH, start_grouping([0] * 30, count=2), start_grouping([0] * 30, count=1))
    found = fit_scales(log, untold)
    assert found.concepts.scales[1] == 0.0
    assert found.concepts.scales[0] != 0.0


def test_a_scale_of_nothing_is_a_grouping_without_spread() -> None:
    """What a set without spreads says: as if all were alike."""
    log, untold = cohort(5, concept=STICKS, learner=0.0)
    flat = Fitted(
        TRUTH,
        start_grouping(untold.concepts.places.tolist(), count=CONCEPTS, spread=0.0),
        start_grouping(untold.learners.places.tolist(), count=LEARNERS, spread=0.0),
    )
    assert fit_scales(log, flat) == flat
    assert (history_scales(flat) == 1).all()


@given(scale=st.floats(-20, 20))
def test_a_scale_moves_the_first_stability_and_nothing_else(scale: float) -> None:
    scaled = scale_parameters(DEFAULT, scale)
    assert scaled[:FIRST] == DEFAULT[:FIRST]
    assert scaled[FIRST + 1 :] == DEFAULT[FIRST + 1 :]
    expected = min(100, max(0.1, DEFAULT[FIRST] * math.exp(scale)))
    assert scaled[FIRST] == pytest.approx(expected, rel=0.026)
    assert scale_parameters(DEFAULT, 0.0) == DEFAULT


@given(scales=st.lists(st.floats(-2, 2), min_size=1, max_size=4))
def test_the_likelihood_under_scales_is_that_of_scaled_parameters(scales: list[float]) -> None:
    rounded = [round(scale * 20) / 20 for scale in scales]
    random = Random(6)
    histories = [live(random, DEFAULT) for _ in rounded]
    together = log_likelihoods(lay_out(histories), DEFAULT, scales=np.exp(rounded))
    alone = [
        value
        for history, scale in zip(histories, rounded, strict=True)
        for value in log_likelihoods(lay_out([history]), scale_parameters(DEFAULT, scale))
    ]
    assert sorted(together) == pytest.approx(sorted(alone), rel=1e-9)


def test_a_stored_card_is_replayed_with_the_scale_it_was_opened_with() -> None:
    card = CardRecord("watch", (Answer(True, 3000),) * 3, START, retention=math.log(2))
    memory = replay([card])
    assert memory is not None
    assert memory.stability == pytest.approx(2 * DEFAULT[FIRST], rel=0.026)
