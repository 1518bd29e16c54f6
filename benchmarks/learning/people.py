"""Catalogue and learners, drawn anew for every seed (06, 5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.floating[Any]]
type Indices = npt.NDArray[np.integer[Any]]
type Flags = npt.NDArray[np.bool_]

TOPICS, CONCEPTS_A_TOPIC = 16, 30
CONCEPTS = TOPICS * CONCEPTS_A_TOPIC
LEARNERS = 64
GROUPS = 4
USUAL_ABILITY = np.array([2.2, 4.4, 6.6, 8.6])


@dataclass(frozen=True)
class Catalogue:
    """Concepts, and the films that teach them; arrays by concept and by film."""

    topic: Indices
    difficulty: Floats
    requires: Indices  # the concept before, or -1
    suits: Flags  # [group, concept]
    memory_factor: Floats
    film_concept: Indices
    film_quality: Floats
    film_seconds: Floats
    film_age: Floats  # days
    film_views: Indices
    film_completions: Indices

    @property
    def film_topic(self) -> Indices:
        return self.topic[self.film_concept]


@dataclass(frozen=True)
class Learners:
    """Arrays by learner; nothing of this but the group is known to a policy."""

    group: Indices
    ability: Floats
    interest: Floats  # [learner, topic]
    presence: Floats  # chance to be there on a day
    tapping: Floats  # chance to tap a quiz through
    speed: Floats
    memory_factor: Floats
    known_before: Flags  # [learner, concept]


@dataclass(frozen=True)
class Cohort:
    """Everything that a seed decides before the first day."""

    seed: int
    catalogue: Catalogue
    learners: Learners
    eligible: Flags  # [learner, concept], by age group

    @property
    def count(self) -> int:
        return len(self.learners.group)

    @property
    def eligible_films(self) -> Flags:
        """[learner, film]"""
        return self.eligible[:, self.catalogue.film_concept]


def draw_cohort(seed: int, *, learners: int = LEARNERS) -> Cohort:
    random = np.random.default_rng([seed, 1])
    catalogue = _draw_catalogue(random)
    people = _draw_learners(random, catalogue, learners)
    return Cohort(seed, catalogue, people, catalogue.suits[people.group])


def logistic(value: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-value))
    return chance


def _draw_catalogue(random: np.random.Generator) -> Catalogue:
    step = np.tile(np.arange(CONCEPTS_A_TOPIC), TOPICS)
    difficulty = np.clip(1 + 9 * step / 29 + random.normal(0, 0.8, CONCEPTS), 1, 10)
    follows = (step > 0) & (random.random(CONCEPTS) < 0.6)
    centre = 3 * (difficulty - 1) / 9
    group = np.arange(GROUPS)[:, None]
    reach = random.uniform(0.7, 1.5, (GROUPS, CONCEPTS))
    suits = (np.abs(group - centre) < reach) | (group == np.round(centre))
    films = random.choice([1, 2, 3], CONCEPTS, p=[0.5, 0.3, 0.2])
    concept = np.repeat(np.arange(CONCEPTS), films)
    count = len(concept)
    topic = np.repeat(np.arange(TOPICS), CONCEPTS_A_TOPIC)
    quality = random.normal(0, 1, count)
    age = random.exponential(120, count)
    taste = random.normal(0, 1, TOPICS)
    appeal = 0.8 * quality + 0.6 * taste[topic[concept]] + 0.5 * random.normal(0, 1, count)
    spread = 1 + 1.1 * appeal + 1.1 * np.log(1 + age / 10) + 0.6 * random.normal(0, 1, count)
    views = np.floor(np.exp(np.clip(spread, 0, 11))).astype(np.int64)
    return Catalogue(
        topic=topic,
        difficulty=difficulty,
        requires=np.where(follows, np.arange(CONCEPTS) - 1, -1),
        suits=suits,
        memory_factor=random.normal(0, 1, CONCEPTS),
        film_concept=concept,
        film_quality=quality,
        film_seconds=random.uniform(45, 90, count),
        film_age=age,
        film_views=views,
        film_completions=random.binomial(views, logistic(0.9 + 0.6 * quality)),
    )


def _draw_learners(random: np.random.Generator, catalogue: Catalogue, count: int) -> Learners:
    group = random.integers(0, GROUPS, count)
    ability = USUAL_ABILITY[group] + random.normal(0, 1, count)
    known = logistic(1.1 * (ability[:, None] - catalogue.difficulty) - 3.2)
    return Learners(
        group=group,
        ability=ability,
        interest=random.normal(0, 1, (count, TOPICS)),
        presence=random.beta(8, 2, count),
        tapping=random.beta(1.2, 9, count),
        speed=np.exp(random.normal(0, 0.2, count)),
        memory_factor=random.normal(0, 1, count),
        known_before=random.random((count, CONCEPTS)) < known,
    )
