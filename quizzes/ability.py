"""How able a learner is, and how likely a film is understood (06, 2.5). Pure.

Ability and difficulty share one scale, 1-10. The update is Elo's with an uncertainty function
(Pelánek 2016): the more is known of a learner, the less one film moves the estimate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quizzes.forgetting import Numbers

STARTING_ABILITY: Mapping[str, float] = {"5-7": 2.2, "8-10": 4.4, "11-13": 6.6, "14-17": 8.6}
LEAST_ENCODING, MOST_ENCODING = 0.05, 0.97
QUALITY_LIMIT = 2.5


@dataclass(frozen=True)
class Ability:
    value: float
    count: int = 0  # first films that it rests on


def starting_ability(age_group: str) -> Ability:
    """What is believed before the first answer; `age_group` as in students.models.AGE_GROUPS."""
    return Ability(STARTING_ABILITY[age_group])


def update_ability(ability: Ability, *, surprise: float) -> Ability:
    """After a first film that was not tapped through; `surprise` = π - e: outcome minus expectation."""
    step = 1.6 / (1 + 0.05 * ability.count)
    return Ability(ability.value + step * surprise, ability.count + 1)


def encoding_chance(
    ability: float, *, difficulty: float, prerequisite: float = 1.0, quality: float = 0.0
) -> float:
    """The chance, 0-1, that a finished film is understood.

    `prerequisite` is the smallest recall among the concepts it builds on (1 if none), `quality` the
    film's, from completions, on a logit scale of ± 2.5.
    """
    quality = max(-QUALITY_LIMIT, min(QUALITY_LIMIT, quality))
    understood = 1 / (1 + math.exp(-(1.0 + 0.4 * (ability - difficulty) + 0.35 * quality)))
    return max(LEAST_ENCODING, min(MOST_ENCODING, understood)) * (0.5 + 0.5 * prerequisite)


def encoding_chances(
    ability: float, *, difficulty: Numbers, prerequisite: Numbers, quality: Numbers
) -> Numbers:
    """`encoding_chance` for many films of one learner, as arrays of one length."""
    quality = np.clip(quality, -QUALITY_LIMIT, QUALITY_LIMIT)
    understood = 1 / (1 + np.exp(-(1.0 + 0.4 * (ability - difficulty) + 0.35 * quality)))
    chances: Numbers = np.clip(understood, LEAST_ENCODING, MOST_ENCODING) * (0.5 + 0.5 * prerequisite)
    return chances
