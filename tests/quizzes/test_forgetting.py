"""The port of FSRS-6 to arrays agrees with the library, review by review (06, 2.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from fsrs import Card, Rating, Scheduler, State
from hypothesis import given
from hypothesis import strategies as st

from quizzes import forgetting
from quizzes.memory import DEFAULT, LEAST_STABILITY, Memory, Parameters
from quizzes.memory import retrievability as recall_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@st.composite
def parameter_sets(draw: st.DrawFn) -> Parameters:
    """Every set that fitting can give, with the rest at its default."""
    values = list(DEFAULT)
    values[2] = draw(st.floats(0.2, 60))
    values[8] = draw(st.floats(0.0, 4.5))
    values[11] = draw(st.floats(0.01, 5.0))
    values[20] = draw(st.floats(0.1, 0.8))
    return tuple(values)


def rate(scheduler: Scheduler, card: Card, rating: Rating, at: datetime) -> tuple[float, float]:
    reviewed, _ = scheduler.review_card(card, rating, at)
    assert reviewed.stability is not None
    assert reviewed.difficulty is not None
    return reviewed.stability, reviewed.difficulty


@given(
    parameters=parameter_sets(),
    stability=st.floats(LEAST_STABILITY, 3000),
    difficulty=st.floats(1, 10),
    days=st.integers(0, 2000),
)
def test_a_review_is_what_the_library_says(
    parameters: Parameters, stability: float, difficulty: float, days: int
) -> None:
    scheduler = Scheduler(parameters, learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    at = NOON + timedelta(days=days)
    card = Card(1, State.Review, None, stability, difficulty, due=NOON, last_review=NOON)
    good_stability, good_difficulty = rate(scheduler, card, Rating.Good, at)
    again_stability, again_difficulty = rate(scheduler, card, Rating.Again, at)
    found = forgetting.review(
        np.array([stability]), np.array([difficulty]), np.array([float(days)]), parameters=parameters
    )
    first = max(LEAST_STABILITY, parameters[2])
    assert found.good_stability[0] == pytest.approx(max(stability, good_stability), rel=1e-12)
    assert found.good_difficulty[0] == pytest.approx(good_difficulty, rel=1e-12)
    expected = min(first, max(LEAST_STABILITY, again_stability))
    assert found.again_stability[0] == pytest.approx(expected, rel=1e-12)
    assert found.again_difficulty[0] == pytest.approx(again_difficulty, rel=1e-12)


@given(parameters=parameter_sets())
def test_a_first_film_is_what_the_library_says(parameters: Parameters) -> None:
    scheduler = Scheduler(parameters, learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    new = Card(1, due=NOON)
    stability, good = rate(scheduler, new, Rating.Good, NOON)
    _, again = rate(scheduler, new, Rating.Again, NOON)
    assert forgetting.first_stability(parameters) == stability
    assert forgetting.first_difficulties(parameters) == pytest.approx((good, again), rel=1e-12)


@given(parameters=parameter_sets(), stability=st.floats(0.1, 3000), days=st.floats(0, 4000))
def test_forgetting_is_the_same_for_one_and_for_many(
    parameters: Parameters, stability: float, days: float
) -> None:
    memory = Memory(1.0, stability, 5.0, NOON)
    one = recall_of(memory, NOON + timedelta(days=days), parameters=parameters)
    exact = timedelta(days=days) / timedelta(days=1)
    many = forgetting.retrievability(np.array([exact]), np.array([stability]), parameters=parameters)
    assert many[0] == pytest.approx(one, rel=1e-12)


def test_shapes_broadcast_and_single_precision_stays_single() -> None:
    stability = np.linspace(0.1, 90, 7, dtype=np.float32)
    days = np.array([[0], [3], [30]], dtype=np.float32)
    found = forgetting.review(stability, np.full(7, 5, np.float32), days, parameters=DEFAULT)
    assert found.good_stability.shape == (3, 7)
    assert found.good_stability.dtype == found.again_stability.dtype == np.float32
    double = forgetting.review(
        stability.astype(float), np.full(7, 5.0), days.astype(float), parameters=DEFAULT
    )
    assert np.allclose(found.good_stability, double.good_stability, rtol=1e-4)
