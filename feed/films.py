"""Which film of a concept to show, and how likely it is finished (06, 3.2). Pure, on arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feed.plans import LEAVING_SECONDS
from quizzes.ability import QUALITY_LIMIT
from quizzes.forgetting import Numbers

type Ids = npt.NDArray[np.uint64]

# A film is believed to be finished by 70 % before anybody saw it; worth five impressions.
PRIOR_COMPLETIONS, PRIOR_LEFT = 3.5, 1.5
USUAL_LOGIT = float(np.log(0.7 / 0.3))
QUALITY_SPREAD = 0.6
QUALITY_INERTIA = 10.0


def draw_completion(seed: int, ids: Ids, impressions: Numbers, completions: Numbers) -> Numbers:
    """One draw a film from the posterior of its completion rate (Thompson sampling, 1933).

    Keyed by seed and id, so that a film's draw depends neither on the other candidates nor on their
    order: what an answer changes is the answer's doing. A Beta is a ratio of two Gammas, each drawn by
    the cubed normal of Wilson and Hilferty.
    """
    first, second = _normals(seed, ids)
    finished = _gamma(completions + PRIOR_COMPLETIONS, first)
    left = _gamma(np.maximum(impressions - completions, 0) + PRIOR_LEFT, second)
    chance: Numbers = finished / (finished + left)
    bounded: Numbers = np.clip(chance, 0.01, 0.99)
    return bounded


def film_quality(impressions: Numbers, completions: Numbers) -> Numbers:
    """How much better than usual a film is, on a logit scale within ± 2.5; shrunk while few saw it."""
    count = impressions + PRIOR_COMPLETIONS + PRIOR_LEFT
    mean = np.clip((completions + PRIOR_COMPLETIONS) / count, 0.001, 0.999)
    surplus = (np.log(mean / (1 - mean)) - USUAL_LOGIT) * count / (QUALITY_SPREAD * (count + QUALITY_INERTIA))
    bounded: Numbers = np.clip(surplus, -QUALITY_LIMIT, QUALITY_LIMIT)
    return bounded


def film_merit(chance: Numbers, quality: Numbers, film_seconds: Numbers, quiz_seconds: Numbers) -> Numbers:
    """Understanding per second, up to a factor that all films of a concept share."""
    merit: Numbers = (
        chance
        * np.exp(0.25 * quality)
        / (chance * (film_seconds + quiz_seconds) + LEAVING_SECONDS * (1 - chance))
    )
    return merit


def finishing_chance(chance: Numbers, interest: Numbers, difficulty: Numbers, ability: float) -> Numbers:
    """The chance that *this* learner watches the film to its end."""
    odds = chance / (1 - chance) * interest**2 * np.exp(-0.25 * np.maximum(difficulty - ability - 1, 0))
    finishing: Numbers = odds / (1 + odds)
    return finishing


def _gamma(shape: Numbers, normal: Numbers) -> Numbers:
    drawn: Numbers = shape * np.maximum(1 - 1 / (9 * shape) + normal / (3 * np.sqrt(shape)), 0.02) ** 3
    return drawn


def _normals(seed: int, ids: Ids) -> tuple[Numbers, Numbers]:
    """Two independent standard normals an id (Box and Muller, 1958)."""
    first, second = (_uniform(ids, seed * 2 + turn) for turn in (0, 1))
    radius = np.sqrt(-2 * np.log(first))
    return radius * np.cos(2 * np.pi * second), radius * np.sin(2 * np.pi * second)


def _uniform(ids: Ids, salt: int) -> Numbers:
    """In (0, 1]; the finalizer of SplitMix64 (Steele, Lea and Flood, 2014) over id and salt."""
    mixed = ids + np.uint64((salt * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return ((mixed >> np.uint64(11)).astype(np.float64) + 1) / 2**53
