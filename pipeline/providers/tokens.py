"""How many tokens a text may be, where nobody has counted yet: for estimates and reservations only."""

from __future__ import annotations

from math import ceil

CHARACTERS_A_TOKEN = 4.0  # English prose, typical
FEWEST_CHARACTERS_A_TOKEN = 2.0  # digits, names, JSON: the worst case that is reserved


def typical(characters: int) -> int:
    return ceil(characters / CHARACTERS_A_TOKEN)


def worst(characters: int) -> int:
    return ceil(characters / FEWEST_CHARACTERS_A_TOKEN)
