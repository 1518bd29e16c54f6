"""Evidence of a card's answers (06, 2.2)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.grading import RAPID_MS, Answer, Pace, grade_answers, update_pace

# Where knowing and guessing explain an answering time equally well, so only the answers count.
NEUTRAL = Pace(typical_ms=3500.0)


def neutral_ms() -> int:
    """The time between both medians whose evidence is 0."""
    low, high = 0.80, 1.26
    for _ in range(60):
        middle = (low + high) / 2
        known = -math.log(0.33) - ((math.log(middle) - math.log(0.80)) / 0.33) ** 2 / 2
        guessed = -math.log(0.36) - ((math.log(middle) - math.log(1.26)) / 0.36) ** 2 / 2
        low, high = (middle, high) if known > guessed else (low, middle)
    return round(1_000_000 * low)


def odds(right: int, wrong: int) -> float:
    answers = [Answer(True, neutral_ms())] * right + [Answer(False, neutral_ms())] * wrong
    return math.exp(grade_answers(answers, pace=Pace(typical_ms=1_000_000)).log_odds)


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [(3, 0, 6.86), (2, 1, 0.361), (1, 2, 0.019), (2, 0, 3.61), (1, 1, 0.190), (1, 0, 1.90)],
)
def test_the_likelihood_ratio_is_that_of_the_table(right: int, wrong: int, expected: float) -> None:
    assert odds(right, wrong) == pytest.approx(expected, rel=3e-3)


@pytest.mark.parametrize(
    ("right", "wrong", "posteriors"),
    [
        (3, 0, (0.873, 0.941, 0.984)),
        (2, 1, (0.265, 0.457, 0.765)),
        (1, 2, (0.019, 0.042, 0.146)),
        (2, 0, (0.783, 0.894, 0.970)),
        (1, 1, (0.160, 0.307, 0.631)),
        (1, 0, (0.655, 0.816, 0.945)),
    ],
)
def test_posteriors_are_those_of_the_table(
    right: int, wrong: int, posteriors: tuple[float, float, float]
) -> None:
    ratio = odds(right, wrong)
    found = [prior * ratio / (prior * ratio + 1 - prior) for prior in (0.5, 0.7, 0.9)]
    assert found == pytest.approx(posteriors, abs=6e-4)


def test_no_answers_are_no_evidence() -> None:
    grade = grade_answers([])
    assert (grade.log_odds, grade.rapid, grade.correct, grade.wrong) == (0.0, False, 0, 0)


def test_a_median_below_the_tapping_limit_gives_no_credit() -> None:
    grade = grade_answers([Answer(True, RAPID_MS - 1)] * 3)
    assert (grade.log_odds, grade.rapid) == (0.0, True)
    assert not grade_answers([Answer(True, RAPID_MS)] * 3).rapid


def test_one_quick_answer_among_slow_ones_is_not_tapping() -> None:
    assert not grade_answers([Answer(True, 200), Answer(True, 3000), Answer(True, 3000)]).rapid


def test_a_quick_right_answer_says_more_than_a_slow_one() -> None:
    quick, slow = (grade_answers([Answer(True, ms)] * 3, pace=NEUTRAL).log_odds for ms in (2800, 6000))
    assert quick > 3 * math.log(1.9) > slow


def test_speed_is_clipped() -> None:
    slowest = grade_answers([Answer(True, 10**7)], pace=NEUTRAL).log_odds
    assert slowest == pytest.approx(math.log(1.9) - 0.7)


@given(
    times=st.lists(st.integers(RAPID_MS, 60_000), min_size=1, max_size=3),
    typical=st.floats(1300, 20_000),
)
def test_a_right_answer_always_says_more_than_a_wrong_one(times: list[int], typical: float) -> None:
    def log_odds(first: bool) -> float:
        answers = [Answer(first, times[0]), *(Answer(True, ms) for ms in times[1:])]
        return grade_answers(answers, pace=Pace(typical)).log_odds

    assert log_odds(True) - log_odds(False) == pytest.approx(math.log(19))
    assert log_odds(False) < log_odds(True)


def test_pace_follows_the_geometric_mean_and_ignores_tapping() -> None:
    pace = update_pace(Pace(), [Answer(True, 1000), Answer(False, 7000)])
    assert pace.count == 1
    assert pace.typical_ms == pytest.approx(3500 * 2 ** (1 / 20))


def test_pace_settles_on_what_a_learner_does() -> None:
    pace = Pace()
    for _ in range(1000):
        pace = update_pace(pace, [Answer(True, 2000)])
    assert pace.typical_ms == pytest.approx(2000, rel=0.02)
