"""Ability and the chance to understand a film (06, 2.5)."""

from __future__ import annotations

import math

import pytest

from quizzes.ability import Ability, encoding_chance, starting_ability, update_ability
from students.models import AGE_GROUPS


def test_every_age_group_has_a_start_and_older_ones_start_higher() -> None:
    starts = [starting_ability(group).value for group in AGE_GROUPS]
    assert starts == [2.2, 4.4, 6.6, 8.6]


def test_a_film_at_ones_own_level_is_understood_by_the_logistic_of_one() -> None:
    assert encoding_chance(4.4, difficulty=4.4) == pytest.approx(1 / (1 + math.exp(-1)))


def test_easier_and_better_films_are_understood_more_often() -> None:
    plain = encoding_chance(4.4, difficulty=6)
    assert encoding_chance(4.4, difficulty=4) > plain
    assert encoding_chance(4.4, difficulty=6, quality=1.0) > plain


def test_chances_stay_within_their_bounds_and_quality_is_clipped() -> None:
    assert encoding_chance(10, difficulty=1, quality=9) == 0.97
    assert encoding_chance(-20, difficulty=10) == 0.05
    assert encoding_chance(5, difficulty=5, quality=2.5) == encoding_chance(5, difficulty=5, quality=50)


def test_a_forgotten_prerequisite_halves_the_chance() -> None:
    whole = encoding_chance(5, difficulty=5)
    assert encoding_chance(5, difficulty=5, prerequisite=0) == pytest.approx(whole / 2)
    assert encoding_chance(5, difficulty=5, prerequisite=0.5) == pytest.approx(whole * 0.75)


def test_the_first_surprise_moves_most() -> None:
    ability = update_ability(Ability(4.4), surprise=0.25)
    assert ability == Ability(4.4 + 1.6 * 0.25, 1)
    assert update_ability(Ability(4.4, 20), surprise=0.25).value == pytest.approx(4.4 + 0.8 * 0.25)
    assert update_ability(Ability(4.4, 20), surprise=-0.25).value < 4.4
