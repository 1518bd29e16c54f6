"""How evidence moves a memory (06, 2.3 and 2.4)."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fsrs import Card, Rating, Scheduler, State
from hypothesis import given
from hypothesis import strategies as st

from quizzes.grading import Answer, Pace, grade_answers
from quizzes.memory import (
    DEFAULT,
    CardRecord,
    Memory,
    Relearned,
    due_at,
    recall_posterior,
    replay,
    retrievability,
    update_after_recall,
    update_after_watch,
)

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
RIGHT = (Answer(True, 3000),) * 3
WRONG = (Answer(False, 3000),) * 3
TAPPED = (Answer(True, 300),) * 3


def days(count: float) -> timedelta:
    return timedelta(days=count)


def first(stability: float = DEFAULT[2], known: float = 1.0) -> Memory:
    return Memory(known, stability, 5.0, START)


memories = st.builds(
    Memory,
    known=st.floats(0.01, 1),
    stability=st.floats(0.1, 2000),
    difficulty=st.floats(1, 10),
    reviewed_at=st.just(START),
)
answer_lists = st.lists(
    st.builds(Answer, is_correct=st.booleans(), response_time_ms=st.integers(1300, 20_000)),
    min_size=1,
    max_size=3,
)
gaps = st.floats(0, 400).map(days)


@pytest.mark.parametrize(("after", "expected"), [(1, 0.947), (7, 0.808), (30, 0.668), (60, 0.603)])
def test_the_forgetting_curve_is_that_of_the_chapter(after: int, expected: float) -> None:
    assert retrievability(first(), START + days(after)) == pytest.approx(expected, abs=5e-4)


def test_recall_is_nine_tenths_after_its_stability_times_what_was_understood() -> None:
    assert retrievability(first(stability=12), START + days(12)) == pytest.approx(0.9)
    assert retrievability(first(stability=12, known=0.5), START + days(12)) == pytest.approx(0.45)


def test_days_are_fractions_and_the_past_is_no_gap() -> None:
    assert retrievability(first(), START + days(0.5)) > retrievability(first(), START + days(0.9))
    assert retrievability(first(), START - days(3)) == 1.0


def test_a_memory_is_due_when_recall_has_fallen_to_the_threshold() -> None:
    memory = first(stability=8, known=0.99)
    assert retrievability(memory, due_at(memory)) == pytest.approx(0.95)
    assert retrievability(memory, due_at(memory, recall=0.8)) == pytest.approx(0.8)


def test_what_was_hardly_understood_is_due_at_once() -> None:
    assert due_at(first(known=0.95)) == START
    assert due_at(first(known=0.2)) == START


def test_a_due_date_never_leaves_the_calendar() -> None:
    assert due_at(first(stability=10**9), recall=0.5) == START + days(36_500)


def test_a_first_film_gives_the_posterior_of_understanding_and_the_first_stability() -> None:
    grade = grade_answers(RIGHT)
    odds = 0.75 / 0.25 * math.exp(grade.log_odds)
    memory = update_after_watch(None, RIGHT, START)
    assert memory.known == pytest.approx(odds / (1 + odds))
    assert memory.stability == DEFAULT[2]
    assert (memory.reviewed_at, memory.reps, memory.lapses) == (START, 1, 0)


def test_first_difficulty_lies_between_what_fsrs_gives_for_good_and_again() -> None:
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    good, _ = scheduler.review_card(Card(card_id=1, due=noon), Rating.Good, noon)
    again, _ = scheduler.review_card(Card(card_id=1, due=noon), Rating.Again, noon)
    memory = update_after_watch(None, RIGHT, START)
    assert good.difficulty is not None
    assert again.difficulty is not None
    expected = memory.known * good.difficulty + (1 - memory.known) * again.difficulty
    assert memory.difficulty == pytest.approx(expected)


def test_a_film_without_answers_is_believed_as_far_as_it_is_understood() -> None:
    assert update_after_watch(None, (), START, encoding=0.6).known == pytest.approx(0.6)


def test_a_quiz_tapped_through_is_a_film_without_answers() -> None:
    assert update_after_watch(None, TAPPED, START) == update_after_watch(None, (), START)


def test_recall_follows_the_formulas_of_the_chapter() -> None:
    memory, now = first(stability=6.0, known=0.9), START + days(9)
    grade = grade_answers((Answer(True, 3000), Answer(False, 4000), Answer(True, 5000)))
    recall = 0.9 * (1 + (0.9 ** (-1 / 0.1542) - 1) * 9 / 6) ** -0.1542
    posterior = recall * math.exp(grade.log_odds) / (recall * math.exp(grade.log_odds) + 1 - recall)
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card = Card(
        card_id=1,
        state=State.Review,
        stability=6.0,
        difficulty=5.0,
        due=START,
        last_review=START.replace(hour=12),
    )
    good, _ = scheduler.review_card(card, Rating.Good, now.replace(hour=12))
    again, _ = scheduler.review_card(card, Rating.Again, now.replace(hour=12))
    assert good.stability is not None
    assert again.stability is not None
    known = posterior + (1 - posterior) * 0.3
    log_stability = (
        posterior * math.log(good.stability)
        + (1 - posterior) * 0.3 * math.log(min(DEFAULT[2], again.stability))
    ) / known

    updated = update_after_recall(memory, (Answer(True, 3000), Answer(False, 4000), Answer(True, 5000)), now)
    assert updated.known == pytest.approx(known)
    assert updated.stability == pytest.approx(math.exp(log_stability))
    assert (updated.reps, updated.lapses) == (2, int(posterior < 0.5))
    assert updated.reviewed_at == now


def test_a_lapse_is_counted_only_on_a_recall_card() -> None:
    memory, now = first(), START + days(20)
    assert update_after_recall(memory, WRONG, now).lapses == 1
    assert update_after_recall(memory, RIGHT, now).lapses == 0
    assert update_after_watch(memory, WRONG, now).lapses == 0


def test_the_film_teaches_more_after_a_wrong_answer_than_its_explanation() -> None:
    memory, now = first(), START + days(20)
    told = update_after_recall(memory, WRONG, now)
    shown = update_after_recall(memory, WRONG, now, relearned=Relearned.VIDEO)
    assert shown.known > told.known


def test_a_recall_card_tapped_through_changes_nothing_unless_its_film_follows() -> None:
    memory, now = first(), START + days(5)
    assert update_after_recall(memory, TAPPED, now) is memory
    followed = update_after_recall(memory, TAPPED, now, relearned=Relearned.VIDEO)
    assert followed == update_after_watch(memory, (), now)


def test_a_learning_day_changes_at_four_in_the_morning_of_the_learner() -> None:
    zone = ZoneInfo("America/Lima")
    evening = datetime(2026, 3, 2, 23, 30, tzinfo=zone)
    memory = replace(first(), reviewed_at=evening.astimezone(UTC))
    same_day = update_after_recall(memory, RIGHT, datetime(2026, 3, 3, 3, 59, tzinfo=zone))
    next_day = update_after_recall(memory, RIGHT, datetime(2026, 3, 3, 4, 1, tzinfo=zone))
    assert next_day.stability > same_day.stability * 1.2


def test_replay_gives_what_the_single_updates_gave_whatever_the_order() -> None:
    cards = [
        CardRecord("watch", RIGHT, START),
        CardRecord("recall", WRONG, START + days(4), Relearned.VIDEO, 0.6, Pace(2500)),
        CardRecord("recall", RIGHT, START + days(11)),
        CardRecord("watch", (), START + days(30), encoding=0.8),
    ]
    memory = update_after_watch(None, RIGHT, START)
    memory = update_after_recall(
        memory, WRONG, START + days(4), relearned=Relearned.VIDEO, encoding=0.6, pace=Pace(2500)
    )
    memory = update_after_recall(memory, RIGHT, START + days(11))
    memory = update_after_watch(memory, (), START + days(30), encoding=0.8)
    assert replay(cards) == memory
    assert replay(list(reversed(cards))) == memory


def test_replay_of_nothing_is_nothing_and_an_unknown_recall_card_counts_as_its_film() -> None:
    assert replay([]) is None
    assert replay([CardRecord("recall", RIGHT, START)]) == update_after_watch(None, RIGHT, START)


@given(memory=memories, answers=answer_lists, gap=gaps, video=st.booleans())
def test_every_update_stays_within_its_ranges(
    memory: Memory, answers: list[Answer], gap: timedelta, video: bool
) -> None:
    now = START + gap
    relearned = Relearned.VIDEO if video else Relearned.FEEDBACK
    for updated in (
        update_after_recall(memory, answers, now, relearned=relearned),
        update_after_watch(memory, answers, now),
    ):
        assert 0 < updated.known <= 1
        assert updated.stability >= 0.1
        assert 1 <= updated.difficulty <= 10
        assert due_at(updated) >= now


@given(memory=memories, answers=answer_lists, gap=gaps)
def test_a_wrong_answer_never_helps(memory: Memory, answers: list[Answer], gap: timedelta) -> None:
    now = START + gap
    better = grade_answers([replace(answers[0], is_correct=True), *answers[1:]])
    worse = grade_answers([replace(answers[0], is_correct=False), *answers[1:]])
    assert recall_posterior(memory, worse, now) < recall_posterior(memory, better, now)


@given(memory=memories, answers=answer_lists, gap=gaps)
def test_evidence_against_knowing_lowers_the_belief(
    memory: Memory, answers: list[Answer], gap: timedelta
) -> None:
    now = START + gap
    grade = grade_answers(answers)
    before = min(0.99, max(0.01, retrievability(memory, now)))
    if grade.log_odds < 0:
        assert recall_posterior(memory, grade, now) < before
    elif grade.log_odds > 0:
        assert recall_posterior(memory, grade, now) > before
