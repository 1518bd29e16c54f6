"""Fitting the forgetting curve to stored answers (06, 2.7)."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.fitting import AGAIN, DECAY, FIRST, GROWTH, RANGES, fit, lay_out, log_likelihoods, step_from
from quizzes.grading import Answer, Pace, grade_answers
from quizzes.memory import (
    DEFAULT,
    CardRecord,
    Memory,
    Parameters,
    Relearned,
    replay,
    retrievability,
    update_after_recall,
    update_after_watch,
)

START = datetime(2026, 3, 2, 15, tzinfo=ZoneInfo("Europe/Vienna"))

answers = st.lists(
    st.builds(Answer, is_correct=st.booleans(), response_time_ms=st.integers(300, 20_000)), max_size=3
).map(tuple)


@st.composite
def histories(draw: st.DrawFn) -> list[CardRecord]:
    """Up to six cards of one concept, watch and recall, tapped ones too, hours or months apart."""
    moment = START
    cards = []
    for _ in range(draw(st.integers(0, 6))):
        moment += timedelta(days=draw(st.floats(0.01, 90)))
        cards.append(
            CardRecord(
                draw(st.sampled_from(["watch", "recall"])),
                draw(answers),
                moment,
                draw(st.sampled_from(Relearned)),
                draw(st.floats(0.05, 0.97)),
                Pace(draw(st.floats(1300, 9000))),
            )
        )
    return cards


def likelihood_of(history: list[CardRecord], parameters: Parameters) -> list[float]:
    """One card after the other, with `replay` for the state before each."""
    found = []
    for place, card in enumerate(history):
        memory = replay(history[:place], parameters=parameters)
        grade = grade_answers(card.answers, pace=card.pace)
        if card.mode == "recall" and memory is not None and card.answers and not grade.rapid:
            recall = min(0.99, max(0.01, retrievability(memory, card.at, parameters=parameters)))
            found.append(math.log(1 - recall + recall * math.exp(grade.log_odds)))
    return found


@settings(max_examples=60, deadline=None)
@given(
    batch=st.lists(histories(), max_size=5),
    steps=st.tuples(*[st.floats(-1, 1)] * 4),
)
def test_the_likelihood_of_all_is_that_of_replaying_each(
    batch: list[list[CardRecord]], steps: tuple[float, ...]
) -> None:
    parameters = step_from(DEFAULT, steps)
    expected = sorted(value for history in batch for value in likelihood_of(history, parameters))
    found = sorted(log_likelihoods(lay_out(batch), parameters))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_nothing_to_learn_from_leaves_the_start() -> None:
    assert fit([]) == DEFAULT
    assert fit([[CardRecord("watch", (Answer(True, 3000),) * 3, START)]]) == DEFAULT


def live(random: Random, truth: Parameters) -> list[CardRecord]:
    """One film and five recall cards of somebody who forgets as `truth` says."""
    cards: list[CardRecord] = []
    memory: Memory | None = None
    moment = START
    for gap in (0, 2, 5, 9, 20, 30):
        moment += timedelta(days=gap * (0.5 + random.random()))
        recall = retrievability(memory, moment, parameters=truth) if memory else 0.9
        right = 0.95 if random.random() < recall else 0.5
        card = CardRecord(
            "recall" if cards else "watch",
            tuple(Answer(random.random() < right, 3537) for _ in range(3)),
            moment,
        )
        cards.append(card)
        if memory is None:
            memory = update_after_watch(None, card.answers, moment, parameters=truth)
        else:
            memory = update_after_recall(memory, card.answers, moment, parameters=truth)
    return cards


def test_quick_forgetters_are_found_out_and_predicted_better() -> None:
    random = Random(4)
    truth = step_from(DEFAULT, (-0.8, 0.0, 1.0, 0.0))
    fitted = fit([live(random, truth) for _ in range(1500)])
    assert fitted[FIRST] < 0.75 * DEFAULT[FIRST]
    assert fitted[DECAY] > 1.2 * DEFAULT[DECAY]
    fresh = lay_out([live(random, truth) for _ in range(800)])
    found, usual, best = (log_likelihoods(fresh, p).mean() for p in (fitted, DEFAULT, truth))
    assert found > usual + 0.5 * (best - usual)


def test_few_answers_hardly_move_the_start() -> None:
    random = Random(5)
    truth = step_from(DEFAULT, (-0.8, 0.0, 1.0, 0.0))
    few = fit([live(random, truth) for _ in range(10)])
    assert few[FIRST] == pytest.approx(DEFAULT[FIRST], rel=0.06)
    assert [value for place, value in enumerate(few) if place not in RANGES] == [
        value for place, value in enumerate(DEFAULT) if place not in RANGES
    ]


def test_a_cards_order_of_arrival_does_not_matter() -> None:
    random = Random(6)
    batch = [live(random, DEFAULT) for _ in range(40)]
    shuffled = [random.sample(history, len(history)) for history in batch]
    assert fit(batch) == fit(shuffled)


def test_every_step_stays_within_what_the_library_takes() -> None:
    for steps in ((9, 9, 9, 9), (-9, -9, -9, -9)):
        values = step_from(DEFAULT, np.array(steps, float))
        for place in (FIRST, GROWTH, DECAY, AGAIN):
            least, most = RANGES[place]
            assert least <= values[place] <= most
        memory = update_after_watch(None, (), datetime(2026, 3, 2, tzinfo=UTC), parameters=values)
        assert update_after_watch(memory, (), START, parameters=values).stability > 0
