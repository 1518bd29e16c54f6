"""What a card is worth now, and which film a concept gets (06, 3.2)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from feed import films, plans
from quizzes.ability import encoding_chance, encoding_chances
from quizzes.fitting import FIRST
from quizzes.memory import DEFAULT


def cards(count: int, *, first: float = DEFAULT[FIRST], **fields: float) -> plans.Cards:
    values = {"finishing": 0.7, "encoding": 0.7, "film_seconds": 60.0, "questions": 3.0} | fields
    columns = {name: np.full(count, value, plans.PRECISION) for name, value in values.items()}
    questions = columns.pop("questions")
    return plans.Cards(
        **columns,
        quiz_seconds=plans.quiz_seconds(questions),
        lapse_seconds=plans.lapse_seconds(columns["finishing"], columns["film_seconds"], questions),
        first_stability=np.full(count, first, plans.PRECISION),
    )


def met(**fields: list[float]) -> plans.Met:
    count = len(next(iter(fields.values())))
    values = {
        "known": [0.95] * count,
        "stability": [5.0] * count,
        "difficulty": [5.0] * count,
        "elapsed": [4.0] * count,
        "elapsed_days": [4.0] * count,
    } | fields
    return plans.Met(**{name: np.array(value, plans.PRECISION) for name, value in values.items()})


def test_a_quiz_of_three_takes_nineteen_seconds_and_a_lapse_most_of_a_film() -> None:
    one = cards(1)
    assert one.quiz_seconds[0] == pytest.approx(19)
    assert one.lapse_seconds[0] == pytest.approx(0.875 * (0.7 * 60 + 0.3 * 10))
    seconds = plans.watch_seconds(one.finishing, one.film_seconds, one.quiz_seconds)
    assert seconds[0] == pytest.approx(0.7 * 79 + 0.3 * 10)


def test_the_first_card_of_a_memory_takes_what_its_recall_says() -> None:
    _, seconds = plans.score_known(cards(1), met(known=[1.0], elapsed=[5.0]), parameters=DEFAULT)
    assert seconds[0] == pytest.approx(19 + 0.1 * 0.875 * 45, rel=1e-3)


def test_what_will_long_be_known_can_wait() -> None:
    stabilities = [3.0, 10.0, 30.0, 300.0]
    scores, _ = plans.score_known(cards(4), met(stability=stabilities), parameters=DEFAULT)
    assert list(np.argsort(-scores)) == [0, 1, 2, 3]


def test_a_film_that_teaches_better_or_takes_less_time_is_worth_more() -> None:
    def score(**fields: float) -> float:
        return float(plans.score_new(cards(1, **fields), parameters=DEFAULT)[0][0])

    assert score(encoding=0.9) > score(encoding=0.3)
    assert score(film_seconds=60) > score(film_seconds=120)


def test_of_two_new_concepts_the_one_that_sticks_is_worth_more() -> None:
    scores = [
        float(plans.score_new(cards(1, first=first), parameters=DEFAULT)[0][0]) for first in (0.5, 2, 8)
    ]
    assert scores == sorted(scores)
    assert scores[2] > scores[0]


def test_concepts_are_scored_independently_of_each_other() -> None:
    both, _ = plans.score_known(cards(2), met(elapsed=[2.0, 9.0]), parameters=DEFAULT)
    alone, _ = plans.score_known(cards(1), met(elapsed=[9.0]), parameters=DEFAULT)
    assert both[1] == pytest.approx(alone[0])


def test_extreme_memories_give_finite_scores() -> None:
    scores, seconds = plans.score_known(
        cards(6, finishing=0.01, encoding=0.05),
        met(
            known=[0, 1, 0, 1, 1, 1e-9],
            stability=[0.1, 36_500, 36_500, 0.1, 0.1, 1],
            difficulty=[1, 10, 10, 1, 10, 5],
            elapsed=[0, 0, 4000, 4000, 1, 1],
            elapsed_days=[1, 1, 4000, 4000, 1, 1],
        ),
        parameters=DEFAULT,
    )
    assert np.isfinite(scores).all()
    assert (seconds > 0).all()


# ------------------------------------------------------------------ films


IDS = np.arange(1, 20_001, dtype=np.uint64)


@pytest.mark.parametrize(("impressions", "completions"), [(0, 0), (40, 35), (1000, 200)])
def test_draws_are_those_of_the_beta_they_stand_for(impressions: int, completions: int) -> None:
    seen, done = np.full(len(IDS), float(impressions)), np.full(len(IDS), float(completions))
    drawn = films.draw_completion(3, IDS, seen, done)
    a, b = completions + 3.5, impressions - completions + 1.5
    assert drawn.mean() == pytest.approx(a / (a + b), abs=0.01)
    assert drawn.std() == pytest.approx(math.sqrt(a * b / (a + b) ** 2 / (a + b + 1)), rel=0.08)


def test_a_draw_depends_on_seed_and_film_alone() -> None:
    none = np.zeros(len(IDS))
    first = films.draw_completion(1, IDS, none, none)
    assert (films.draw_completion(1, IDS[::-1], none, none)[::-1] == first).all()
    other = films.draw_completion(2, IDS, none, none)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.03


def test_quality_is_nothing_for_the_usual_film_and_grows_with_certainty() -> None:
    quality = films.film_quality(np.array([0.0, 5.0, 5000.0]), np.array([0.0, 5.0, 4950.0]))
    assert quality[0] == pytest.approx(0)
    assert 0 < quality[1] < quality[2] <= 2.5


def test_a_liked_topic_is_finished_more_often_and_what_is_too_hard_less() -> None:
    chance = np.full(3, 0.7)
    finishing = films.finishing_chance(chance, np.array([1.0, 1.2, 1.0]), np.array([5.0, 5.0, 9.0]), 5.0)
    assert finishing[0] == pytest.approx(0.7)
    assert finishing[1] > finishing[0] > finishing[2]


def test_understanding_is_the_same_for_one_and_for_many() -> None:
    cases = [(1.0, 1.0, 0.0), (9.0, 0.3, 2.0), (5.0, 0.0, -2.5), (10.0, 1.0, 40.0)]
    columns = [np.array(column) for column in zip(*cases, strict=True)]
    many = encoding_chances(4.4, difficulty=columns[0], prerequisite=columns[1], quality=columns[2])
    one = [
        encoding_chance(4.4, difficulty=difficulty, prerequisite=ready, quality=quality)
        for difficulty, ready, quality in cases
    ]
    assert many == pytest.approx(one)
