"""Badges (06, 4.3)."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from students.achievements import DESCRIPTIONS, STEPS, TITLES, Counters, unlocked

LISTED = {
    *("first_film", "first_quiz", "comeback", "rescuer_10", "explorer_5", "mountain", "careful_20"),
    *("films_10", "films_50", "films_100", "films_500", "films_1000"),
    *("streak_3", "streak_7", "streak_14", "streak_30", "streak_100", "streak_365"),
    *("perfect_quiz_1", "perfect_quiz_10", "perfect_quiz_50"),
    *("concepts_1", "concepts_10", "concepts_50", "concepts_200"),
    *("topics_1", "topics_3", "topics_10"),
    *("remembered_30d_1", "remembered_30d_10", "remembered_30d_50"),
}


def test_the_badges_are_those_of_the_chapter_and_each_has_a_title() -> None:
    assert {code for steps in STEPS.values() for code, _ in steps} == LISTED
    assert set(TITLES) == set(DESCRIPTIONS) == LISTED
    assert all(text.endswith(".") and "  " not in text for text in DESCRIPTIONS.values())
    assert len(set(TITLES.values())) == len(set(DESCRIPTIONS.values())) == len(LISTED)


def test_every_counter_earns_something_and_every_step_belongs_to_a_counter() -> None:
    assert set(STEPS) == {field.name for field in fields(Counters)}


def test_nothing_done_unlocks_nothing() -> None:
    assert unlocked(Counters()) == set()


@pytest.mark.parametrize(
    ("counters", "codes"),
    [
        (Counters(films=1), {"first_film"}),
        (Counters(films=9), {"first_film"}),
        (Counters(films=10), {"first_film", "films_10"}),
        (Counters(longest_streak=7), {"streak_3", "streak_7"}),
        (Counters(days_away=6), set()),
        (Counters(days_away=7), {"comeback"}),
        (Counters(steps_above=2), set()),
        (Counters(steps_above=3), {"mountain"}),
        (Counters(careful_in_a_row=19), set()),
        (Counters(recalled_after_30_days=10), {"remembered_30d_1", "remembered_30d_10"}),
    ],
)
def test_a_badge_needs_its_whole_number(counters: Counters, codes: set[str]) -> None:
    assert unlocked(counters) == codes


def test_no_badge_names_minutes_nights_or_other_children() -> None:
    words = " ".join([*TITLES.values(), *DESCRIPTIONS.values()]).casefold()
    assert not {"minute", "night", "rank", "best", "beat", "leader"} & set(words.split())


@given(
    st.builds(Counters, **{field.name: st.integers(0, 2000) for field in fields(Counters)}),
    st.sampled_from([field.name for field in fields(Counters)]),
    st.integers(0, 2000),
)
def test_more_of_anything_never_takes_a_badge_away(counters: Counters, name: str, more: int) -> None:
    assert unlocked(counters) <= unlocked(replace(counters, **{name: getattr(counters, name) + more}))
