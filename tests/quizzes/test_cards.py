"""A card in progress, and the replay of all cards of a concept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import uuid4

import pytest

from quizzes.cards import (
    Card,
    Expected,
    Given,
    Played,
    State,
    card_from_json,
    card_to_json,
    decide_mode,
    first_answers,
    replay_concept,
    settle_card,
)
from quizzes.grading import Answer, Pace
from quizzes.mastery import Record
from quizzes.memory import CardRecord, Memory, Relearned, replay

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FILM, OTHER = uuid4(), uuid4()
MEMORY = Memory(0.9, 8.0, 5.0, NOW - timedelta(days=9), 2, 1)
STATE = State(MEMORY, Record(1, NOW.date(), NOW.date(), 3))


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def given(index: int, minutes: float, *, is_correct: bool = True, mode: str = "recall") -> Given:
    return Given(FILM, index, is_correct, 3000, mode, at(minutes))


def played(minutes: float, *, seconds: float = 60, completed: bool = True) -> Played:
    return Played(FILM, at(minutes), seconds, completed)


def card(before: State | None = STATE) -> Card:
    return Card(FILM, "recall", NOW, 0.7, Pace(3000, 4), before)


@pytest.mark.parametrize("before", [None, STATE, State(MEMORY, Record())])
def test_a_card_survives_being_stored(before: State | None) -> None:
    assert card_from_json(card_to_json(card(before=before))) == card(before=before)


def test_a_card_holds_its_own_film_for_two_hours() -> None:
    assert card().holds(FILM, at(120))
    assert card().holds(FILM, at(-120))
    assert not card().holds(FILM, at(121))
    assert not card().holds(OTHER, at(1))


@pytest.mark.parametrize(
    ("claimed", "state", "plays", "mode"),
    [
        ("recall", STATE, [], "recall"),
        ("watch", STATE, [], "watch"),
        ("recall", None, [], "watch"),
        ("recall", STATE, [played(-10, seconds=5, completed=False)], "watch"),
        ("recall", STATE, [played(-10, seconds=4)], "recall"),
        ("recall", STATE, [played(-121)], "recall"),
        ("recall", STATE, [played(1)], "recall"),
    ],
)
def test_the_server_decides_the_mode(
    claimed: str, state: State | None, plays: list[Played], mode: str
) -> None:
    assert decide_mode(claimed, NOW, state=state, played=plays) == mode


def test_a_question_answered_twice_counts_the_first_time() -> None:
    answers = first_answers([given(0, 5), given(1, 2), given(0, 1, is_correct=False)])
    assert answers == (Answer(False, 3000), Answer(True, 3000))


def test_neither_order_nor_repetition_changes_a_card() -> None:
    evidence = [given(0, 0), given(1, 1, is_correct=False), given(2, 2), given(1, 3)]
    states = {settle_card(card(), list(order), [], at=at(3)) for order in permutations(evidence)}
    assert len(states) == 1


def test_answers_of_another_time_are_not_of_this_card() -> None:
    alone = settle_card(card(), [given(0, 0)], [], at=at(0))
    assert settle_card(card(), [given(0, 0), given(1, 300)], [], at=at(0)) == alone


def test_replaying_a_concept_is_the_replay_of_its_cards() -> None:
    day = 24 * 60
    answers = [
        given(0, 1, mode="watch"),
        given(1, 2, mode="watch"),
        given(0, 5 * day, is_correct=False),
        given(1, 5 * day + 1),
        given(0, 20 * day),
    ]
    plays = [played(0), played(5 * day + 3), played(30 * day), played(31 * day, completed=False)]
    pace = Pace()
    expected = replay(
        [
            CardRecord("watch", (Answer(True, 3000),) * 2, at(2), encoding=0.7, pace=pace),
            CardRecord(
                "recall",
                (Answer(False, 3000), Answer(True, 3000)),
                at(5 * day + 3),
                Relearned.VIDEO,
                0.7,
                pace,
            ),
            CardRecord("recall", (Answer(True, 3000),), at(20 * day), encoding=0.7, pace=pace),
            CardRecord("watch", (), at(30 * day), encoding=0.7, pace=pace),
        ]
    )
    replayed = replay_concept(
        [(entry, None) for entry in reversed(answers)], plays, expected=Expected(0.7, pace)
    )
    assert replayed is not None
    assert replayed[1].memory == expected
    assert (replayed[0].mode, replayed[0].opened_at) == ("watch", at(30 * day))


def test_nothing_stored_replays_to_nothing() -> None:
    assert replay_concept([], [played(0, completed=False)], expected=Expected(0.7, Pace())) is None
