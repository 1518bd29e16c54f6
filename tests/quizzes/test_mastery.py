"""Levels of a concept, and mastery of a topic (06, 2.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.fitting import step_from
from quizzes.grading import Answer, Grade, grade_answers
from quizzes.mastery import (
    ConceptStanding,
    Level,
    Record,
    level_of,
    record_recall,
    shows_knowing,
    stand_on_topic,
)
from quizzes.memory import (
    DEFAULT,
    Memory,
    Parameters,
    recall_posterior,
    retrievability,
    update_after_recall,
    update_after_watch,
)

DAY = date(2026, 3, 2)
ALL_RIGHT = Grade(1.9, rapid=False, correct=3, wrong=0)
PROVEN = Record(3, DAY, DAY + timedelta(days=7), 8)
STRONG = Memory(0.95, 21, 5, datetime(2026, 3, 9, tzinfo=UTC))


def test_a_pass_is_counted_once_a_learning_day() -> None:
    record = record_recall(Record(), ALL_RIGHT, posterior=0.9, on=DAY)
    assert record == Record(1, DAY, DAY, 3)
    assert record_recall(record, ALL_RIGHT, posterior=0.99, on=DAY) == Record(1, DAY, DAY, 6)
    later = DAY + timedelta(days=1)
    assert record_recall(record, ALL_RIGHT, posterior=0.95, on=later) == Record(2, DAY, later, 6)


def test_what_is_no_pass_still_counts_right_and_wrong() -> None:
    grade = Grade(-1.0, rapid=False, correct=2, wrong=1)
    assert record_recall(Record(1, DAY, DAY, 3), grade, posterior=0.7, on=DAY) == Record(1, DAY, DAY, 4)


def test_a_lapse_starts_again() -> None:
    assert record_recall(PROVEN, ALL_RIGHT, posterior=0.49, on=DAY) == Record()


def test_tapping_leaves_no_trace() -> None:
    assert record_recall(PROVEN, replace(ALL_RIGHT, rapid=True), posterior=0.1, on=DAY) == PROVEN


@pytest.mark.parametrize(
    ("known", "recall", "level"),
    [
        (0.74, 0.74, Level.LEARNING),
        (0.75, 0.1, Level.FAMILIAR),
        (0.90, 0.79, Level.FAMILIAR),
        (0.90, 0.80, Level.PROFICIENT),
    ],
)
def test_levels_below_mastery(known: float, recall: float, level: Level) -> None:
    assert level_of(replace(STRONG, known=known), Record(), recall=recall) is level


@pytest.mark.parametrize(
    ("memory", "record", "recall", "level"),
    [
        (STRONG, PROVEN, 0.9, Level.MASTERED),
        (STRONG, PROVEN, 0.70, Level.MASTERED),
        (STRONG, PROVEN, 0.69, Level.PROFICIENT),
        (replace(STRONG, known=0.949), PROVEN, 0.9, Level.PROFICIENT),
        (replace(STRONG, stability=20.9), PROVEN, 0.9, Level.PROFICIENT),
        (STRONG, replace(PROVEN, passes=2), 0.9, Level.PROFICIENT),
        (STRONG, replace(PROVEN, last_pass_on=DAY + timedelta(days=6)), 0.9, Level.PROFICIENT),
        (STRONG, replace(PROVEN, net_correct=7), 0.9, Level.PROFICIENT),
    ],
)
def test_mastery_asks_for_all_of_it(memory: Memory, record: Record, recall: float, level: Level) -> None:
    assert level_of(memory, record, recall=recall) is level


def concept(recall: float, level: Level | None, *, is_core: bool = True) -> ConceptStanding:
    return ConceptStanding(recall, level, is_core)


def test_a_topic_is_the_mean_of_its_concepts_unseen_ones_included() -> None:
    topic = stand_on_topic([concept(0.95, Level.MASTERED), concept(0.85, Level.FAMILIAR), concept(0, None)])
    assert topic.mastery == pytest.approx(0.6)
    assert (topic.concepts_total, topic.concepts_mastered, topic.due_for_recall) == (3, 1, 1)
    assert not topic.is_mastered


def test_a_topic_is_mastered_when_four_fifths_of_its_core_are() -> None:
    mastered = [concept(0.95, Level.MASTERED)] * 4
    assert stand_on_topic([*mastered, concept(0.5, Level.FAMILIAR)]).is_mastered
    assert not stand_on_topic([*mastered[1:], *[concept(0.95, Level.PROFICIENT)] * 2]).is_mastered
    assert stand_on_topic([*mastered, *[concept(0.5, Level.FAMILIAR, is_core=False)]]).is_mastered
    assert not stand_on_topic([*mastered, concept(0.1, Level.LEARNING)]).is_mastered


def test_an_empty_topic_is_not_mastered() -> None:
    topic = stand_on_topic([])
    assert (topic.mastery, topic.is_mastered, topic.concepts_total) == (0.0, False, 0)


def day_of_mastery(random: Random, chance: float, parameters: Parameters = DEFAULT) -> int | None:
    """The day on which somebody right with this chance has mastered a concept on seven recall cards."""

    def answers() -> list[Answer]:
        ms = 2800 if chance > 0.9 else 4400  # who knows answers sooner
        return [Answer(random.random() < chance, ms) for _ in range(3)]

    start = datetime(2026, 3, 2, 15, tzinfo=UTC)
    memory, record = update_after_watch(None, answers(), start, parameters=parameters), Record()
    for day in (2, 7, 17, 32, 52, 77, 107):
        now, given = start + timedelta(days=day), answers()
        grade = grade_answers(given)
        posterior = recall_posterior(memory, grade, now, parameters=parameters)
        memory = update_after_recall(memory, given, now, parameters=parameters)
        record = record_recall(record, grade, posterior=posterior, on=now.date())
        recall = retrievability(memory, now, parameters=parameters)
        if level_of(memory, record, recall=recall) is Level.MASTERED:
            return day
    return None


def concepts_mastered(
    random: Random, chance: float, *, concepts: int, ms: int, parameters: Parameters = DEFAULT
) -> tuple[int, list[int]]:
    """Of so many concepts on seven recall cards each: ever mastered, and on which days the first were.

    Looked at after every card, as the page of progress would.
    """
    start = datetime(2026, 3, 2, 15, tzinfo=UTC)

    def answers() -> list[Answer]:
        return [Answer(random.random() < chance, ms) for _ in range(3)]

    kept: list[tuple[Memory, Record]] = []
    answered = right = 0
    for _ in range(concepts):
        given = answers()
        answered, right = answered + 3, right + sum(answer.is_correct for answer in given)
        kept.append((update_after_watch(None, given, start, parameters=parameters), Record()))
    mastered: dict[int, int] = {}
    for day in (2, 7, 17, 32, 52, 77, 107):
        now = start + timedelta(days=day)
        for place, (memory, record) in enumerate(kept):
            given = answers()
            answered, right = answered + 3, right + sum(answer.is_correct for answer in given)
            grade = grade_answers(given)
            posterior = recall_posterior(memory, grade, now, parameters=parameters)
            after = update_after_recall(memory, given, now, parameters=parameters)
            noted = record_recall(record, grade, posterior=posterior, on=now.date())
            kept[place] = (after, noted)
            level = level_of(
                after,
                noted,
                recall=retrievability(after, now, parameters=parameters),
                is_knowing=shows_knowing(answered, right),
            )
            if level is Level.MASTERED:
                mastered.setdefault(place, day)
    return len(mastered), sorted(mastered.values())


FITTED = step_from(DEFAULT, (-0.94, -0.4, 1.55, 0.85))  # what world A of the benchmark gives


@pytest.mark.parametrize("parameters", [DEFAULT, FITTED], ids=["default", "fitted"])
@pytest.mark.parametrize("ms", [1400, 2800, 4400])
def test_a_child_that_guesses_all_along_masters_nothing(ms: int, parameters: Parameters) -> None:
    """Forty children, 40 concepts and eight cards each: 38,400 answers at a quick, usual and slow speed."""
    random = Random(11)
    found = [concepts_mastered(random, 0.5, concepts=40, ms=ms, parameters=parameters)[0] for _ in range(40)]
    assert sum(found) == 0


@pytest.mark.parametrize("chance", [0.95, 0.85])
def test_a_child_that_knows_is_not_held_up(chance: float) -> None:
    """With and without the rule about the whole record the same concepts are mastered on the same days."""
    strict, lenient = Random(12), Random(12)
    with_rule = concepts_mastered(strict, chance, concepts=10, ms=2800)
    always = pytest.MonkeyPatch()
    always.setattr("tests.quizzes.test_mastery.shows_knowing", lambda answers, right: True)
    without = concepts_mastered(lenient, chance, concepts=10, ms=2800)
    always.undo()
    assert with_rule == without
    assert with_rule[0] >= 4


@given(answers=st.integers(0, 5000), share=st.floats(0, 1))
def test_a_record_of_half_or_less_never_looks_like_knowing(answers: int, share: float) -> None:
    right = int(answers * share)
    if right * 2 <= answers:
        assert not shows_knowing(answers, right)
    if right == answers >= 9:
        assert shows_knowing(answers, right)
    # One more right answer never takes it away, one more wrong one never gives it.
    assert shows_knowing(answers + 1, right + 1) >= shows_knowing(answers, right)
    assert shows_knowing(answers + 1, right) <= shows_knowing(answers, right)


def test_so_much_more_right_than_wrong_proves_a_concept_to_whoever_guesses_elsewhere() -> None:
    for net, level in ((19, Level.PROFICIENT), (20, Level.MASTERED)):
        record = replace(PROVEN, net_correct=net)
        assert level_of(STRONG, record, recall=0.9, is_knowing=False) is level


GUESSERS = 4000


def test_guessing_masters_next_to_nothing_and_knowing_is_there_by_day_17() -> None:
    random = Random(1)
    mastered = sum(day_of_mastery(random, 0.5) is not None for _ in range(GUESSERS))
    assert mastered / GUESSERS < 0.001
    assert day_of_mastery(random, 1.0) == 17


def test_guessing_masters_no_more_with_fitted_parameters() -> None:
    random = Random(2)
    fitted = step_from(DEFAULT, (-1.18, -0.2, 0.6, 0.1))  # what world A of the benchmark gives
    mastered = sum(day_of_mastery(random, 0.5, fitted) is not None for _ in range(GUESSERS))
    assert mastered / GUESSERS < 0.001
