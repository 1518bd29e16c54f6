"""What must hold of memory whatever comes in (06, 2.3 and 2.6)."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.fitting import step_from
from quizzes.grading import Answer, Pace, grade_answers, update_pace
from quizzes.memory import (
    DEFAULT,
    CardRecord,
    Memory,
    Parameters,
    Relearned,
    due_at,
    recall_posterior,
    replay,
    retrievability,
    update_after_recall,
    update_after_watch,
)

START = datetime(2026, 3, 2, 15, tzinfo=UTC)

memories = st.builds(
    Memory,
    known=st.floats(0, 1),
    stability=st.floats(0.1, 36_500),
    difficulty=st.floats(1, 10),
    reviewed_at=st.just(START),
)
answer_lists = st.lists(
    st.builds(Answer, is_correct=st.booleans(), response_time_ms=st.integers(0, 10**8)), max_size=5
)
gaps = st.floats(0, 4000).map(lambda days: timedelta(days=days))
paces = st.builds(Pace, typical_ms=st.floats(1300, 10**6), count=st.integers(0, 10**6))
parameter_sets = st.tuples(*[st.floats(-2, 2)] * 4).map(lambda steps: step_from(DEFAULT, steps))
cards = st.builds(
    CardRecord,
    mode=st.sampled_from(["watch", "recall"]),
    answers=answer_lists.map(tuple),
    at=st.floats(0, 400).map(lambda days: START + timedelta(days=days)),
    relearned=st.sampled_from(Relearned),
    encoding=st.floats(0.05, 0.97),
    pace=paces,
)


@settings(max_examples=400, deadline=None)
@given(
    memory=memories,
    answers=answer_lists,
    gap=gaps,
    pace=paces,
    encoding=st.floats(0, 1),
    relearned=st.sampled_from(Relearned),
    parameters=parameter_sets,
)
def test_no_input_leads_out_of_the_ranges(
    *,
    memory: Memory,
    answers: list[Answer],
    gap: timedelta,
    pace: Pace,
    encoding: float,
    relearned: Relearned,
    parameters: Parameters,
) -> None:
    now = START + gap
    for updated in (
        update_after_recall(
            memory, answers, now, relearned=relearned, encoding=encoding, pace=pace, parameters=parameters
        ),
        update_after_watch(memory, answers, now, encoding=encoding, pace=pace, parameters=parameters),
        update_after_watch(None, answers, now, encoding=encoding, pace=pace, parameters=parameters),
    ):
        assert all(math.isfinite(value) for value in astuple(updated) if isinstance(value, float | int))
        assert 0 <= updated.known <= 1
        assert updated.stability >= 0.1
        assert 1 <= updated.difficulty <= 10
        assert 0 <= retrievability(updated, now, parameters=parameters) <= 1
        assert due_at(updated, parameters=parameters) >= updated.reviewed_at
    assert math.isfinite(update_pace(pace, answers).typical_ms)


@given(memory=memories, first=gaps, more=gaps, parameters=parameter_sets)
def test_what_is_not_seen_again_is_never_remembered_better(
    memory: Memory, first: timedelta, more: timedelta, parameters: Parameters
) -> None:
    early = retrievability(memory, START + first, parameters=parameters)
    late = retrievability(memory, START + first + more, parameters=parameters)
    assert late <= early
    if memory.known > 0.01 and more > timedelta(days=1) and memory.stability < 1000:
        assert late < early


@given(memory=memories, answers=answer_lists, gap=gaps, pace=paces)
def test_belief_moves_with_the_evidence_and_never_against_it(
    memory: Memory, answers: list[Answer], gap: timedelta, pace: Pace
) -> None:
    now = START + gap
    grade = grade_answers(answers, pace=pace)
    before = min(0.99, max(0.01, retrievability(memory, now)))
    after = recall_posterior(memory, grade, now)
    if abs(grade.log_odds) > 1e-9:
        assert (after < before) == (grade.log_odds < 0)
        assert (after > before) == (grade.log_odds > 0)
    else:
        assert after == pytest.approx(before)


@given(
    memory=memories,
    answers=answer_lists.filter(bool),
    place=st.integers(0, 4),
    gap=gaps,
    relearned=st.sampled_from(Relearned),
)
def test_a_wrong_answer_never_leads_to_more_than_the_right_one(
    memory: Memory, answers: list[Answer], place: int, gap: timedelta, relearned: Relearned
) -> None:
    """Neither the belief that it was recalled, nor what is known afterwards, nor the recall a day later."""
    now, place = START + gap, place % len(answers)
    outcomes = []
    for is_correct in (False, True):
        given_answers = [*answers]
        given_answers[place] = replace(answers[place], is_correct=is_correct)
        belief = recall_posterior(memory, grade_answers(given_answers), now)
        after = update_after_recall(memory, given_answers, now, relearned=relearned)
        outcomes.append((belief, after.known, retrievability(after, now + timedelta(days=1))))
    for worse, better in zip(*outcomes, strict=True):
        assert worse <= better + 1e-12


@given(memory=memories, answers=answer_lists, gap=gaps)
def test_a_card_tapped_through_changes_nothing(memory: Memory, answers: list[Answer], gap: timedelta) -> None:
    tapped = [replace(answer, response_time_ms=answer.response_time_ms % 1300) for answer in answers]
    after = update_after_recall(memory, tapped, START + gap)
    if tapped:
        assert after == memory
    assert update_pace(Pace(), tapped) == Pace()


@given(batch=st.lists(cards, max_size=6, unique_by=lambda card: card.at), seed=st.integers(0, 10**6))
def test_an_offline_queue_in_any_order_leads_to_the_same_memory(batch: list[CardRecord], seed: int) -> None:
    assert replay(Random(seed).sample(batch, len(batch))) == replay(batch)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_right_answers_alone_only_ever_raise_what_is_known(count: int) -> None:
    memory = update_after_watch(None, (Answer(True, 3000),) * count, START)
    for day in (3, 10, 30, 90):
        now = START + timedelta(days=day)
        after = update_after_recall(memory, (Answer(True, 3000),) * count, now)
        assert retrievability(after, now) > retrievability(memory, now)
        assert after.stability >= memory.stability
        memory = after
