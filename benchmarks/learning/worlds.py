"""Three true memories that know nothing of each other, nor of ours (06, 5.3). Times in days.

A forgets by a power law (after Pavlik and Anderson 2005), B by five traces that decay at different
rates (after Mozer et al. 2009), C by half-lives. A concept never met is recalled with chance 0.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self

import numpy as np

from benchmarks.learning.people import CONCEPTS, Cohort, Flags, Floats, Indices, logistic

BEFORE = (-40.0, -15.0, -3.0)  # when concepts known before were met
STRENGTH_BEFORE = 1.2


class Memories(ABC):
    """The memories of all learners for all concepts; arguments are index arrays that broadcast."""

    name: str

    def __init__(self, cohort: Cohort, random: np.random.Generator) -> None:
        shape = (cohort.count, CONCEPTS)
        self.learner_factor = cohort.learners.memory_factor[:, None]
        self.concept_factor = cohort.catalogue.memory_factor[None, :]
        self.prepare(shape, random)
        learners, concepts = np.nonzero(cohort.learners.known_before)
        yes = np.ones(len(learners), bool)
        for day in BEFORE:
            self.expose(learners, concepts, np.full(len(learners), day), STRENGTH_BEFORE * yes, yes)

    @abstractmethod
    def prepare(self, shape: tuple[int, int], random: np.random.Generator) -> None: ...

    @abstractmethod
    def recall(self, learners: Indices, concepts: Indices, at: Floats | float) -> Floats: ...

    @abstractmethod
    def expose(
        self, learners: Indices, concepts: Indices, at: Floats, strength: Floats, recalled: Flags
    ) -> None:
        """One exposure each; no pair twice in a call."""

    def recall_of_all(self, at: float) -> Floats:
        """[learner, concept]"""
        learners, concepts = np.indices(self.shape)
        return self.recall(learners, concepts, at)

    @property
    def shape(self) -> tuple[int, int]:
        return (len(self.learner_factor), CONCEPTS)

    def copied(self) -> Self:
        return copy.deepcopy(self)

    @abstractmethod
    def imagine(self, learners: Indices, concepts: Indices) -> Imagined:
        """The states of these pairs, to be moved along a plan without touching the truth."""


class Imagined(ABC):
    """States of some pairs on an imagined path; every exposure has strength 1 and its mean effect."""

    @abstractmethod
    def recall(self, at: Floats | float) -> Floats: ...

    @abstractmethod
    def exposed(self, at: Floats | float) -> Imagined: ...


TRACES = 40
MINUTE = 1 / 1440


class PowerLaw(Memories):
    """World A."""

    name = "A"

    def prepare(self, shape: tuple[int, int], random: np.random.Generator) -> None:
        noise = random.normal(0, 1, shape)
        self.alpha = 0.177 * np.exp(0.18 * self.learner_factor + 0.18 * self.concept_factor + 0.08 * noise)
        self.count = np.zeros(shape, np.int64)
        self.times = np.zeros((*shape, TRACES))
        self.decays = np.zeros((*shape, TRACES))
        self.strengths = np.zeros((*shape, TRACES))

    def recall(self, learners: Indices, concepts: Indices, at: Floats | float) -> Floats:
        return chance_of_strength(self._strength(learners, concepts, at))

    def _strength(self, learners: Indices, concepts: Indices, at: Floats | float) -> Floats:
        used = max(1, int(self.count[learners, concepts].max(initial=0)))
        return trace_strength(
            self.times[learners, concepts, :used],
            self.decays[learners, concepts, :used],
            self.strengths[learners, concepts, :used],
            at,
        )

    def expose(
        self, learners: Indices, concepts: Indices, at: Floats, strength: Floats, recalled: Flags
    ) -> None:
        decay = new_decay(self.alpha[learners, concepts], self._strength(learners, concepts, at))
        place = np.minimum(self.count[learners, concepts], TRACES - 1)
        self.times[learners, concepts, place] = at
        self.decays[learners, concepts, place] = decay
        self.strengths[learners, concepts, place] = strength
        self.count[learners, concepts] = place + 1

    def imagine(self, learners: Indices, concepts: Indices) -> Imagined:
        used = max(1, int(self.count[learners, concepts].max(initial=0)))
        return ImaginedTraces(
            self.alpha[learners, concepts],
            self.times[learners, concepts, :used],
            self.decays[learners, concepts, :used],
            self.strengths[learners, concepts, :used],
        )


class ImaginedTraces(Imagined):
    def __init__(self, alpha: Floats, times: Floats, decays: Floats, strengths: Floats) -> None:
        self.alpha, self.times, self.decays, self.strengths = alpha, times, decays, strengths

    def recall(self, at: Floats | float) -> Floats:
        return chance_of_strength(trace_strength(self.times, self.decays, self.strengths, at))

    def exposed(self, at: Floats | float) -> ImaginedTraces:
        decay = new_decay(self.alpha, trace_strength(self.times, self.decays, self.strengths, at))

        def add(traces: Floats, value: Floats | float) -> Floats:
            column = np.broadcast_to(value, self.alpha.shape)[:, None]
            return np.concatenate([traces, column], axis=1)

        return ImaginedTraces(
            self.alpha, add(self.times, at), add(self.decays, decay), add(self.strengths, 1.0)
        )


def trace_strength(times: Floats, decays: Floats, strengths: Floats, at: Floats | float) -> Floats:
    """Sum over the last axis; unused traces have strength 0."""
    since = np.maximum(np.asarray(at)[..., None] - times, MINUTE)
    total: Floats = (2.6 * strengths * np.exp(-decays * np.log(2160 * since))).sum(-1)
    return total


def new_decay(alpha: Floats, strength: Floats) -> Floats:
    decay: Floats = alpha + 0.217 * np.minimum(strength, np.exp(1.5))
    return decay


def chance_of_strength(strength: Floats) -> Floats:
    with np.errstate(divide="ignore", over="ignore"):
        return logistic((np.log(strength) + 0.704) / 0.30)


SPANS = np.array([0.4, 2.0, 9.0, 40.0, 180.0])
SHARES = np.array([0.22, 0.22, 0.22, 0.18, 0.16])
SHARES_SO_FAR = np.cumsum(SHARES)


class FiveTraces(Memories):
    """World B."""

    name = "B"

    def prepare(self, shape: tuple[int, int], random: np.random.Generator) -> None:
        noise = random.normal(0, 1, shape)
        self.span = np.exp(0.35 * self.learner_factor + 0.35 * self.concept_factor + 0.15 * noise)
        self.levels = np.zeros((*shape, len(SPANS)))
        self.last = np.zeros(shape)

    def recall(self, learners: Indices, concepts: Indices, at: Floats | float) -> Floats:
        return recall_of_levels(self._levels(learners, concepts, at))

    def _levels(self, learners: Indices, concepts: Indices, at: Floats | float) -> Floats:
        return decayed(
            self.levels[learners, concepts],
            np.asarray(at) - self.last[learners, concepts],
            self.span[learners, concepts],
        )

    def expose(
        self, learners: Indices, concepts: Indices, at: Floats, strength: Floats, recalled: Flags
    ) -> None:
        levels = self._levels(learners, concepts, at)
        factor = strength * np.where(recalled, 1.25, 0.9)
        self.levels[learners, concepts] = raised(levels, factor)
        self.last[learners, concepts] = at

    def imagine(self, learners: Indices, concepts: Indices) -> Imagined:
        return ImaginedLevels(
            self.span[learners, concepts], self.levels[learners, concepts], self.last[learners, concepts]
        )


class ImaginedLevels(Imagined):
    def __init__(self, span: Floats, levels: Floats, last: Floats | float) -> None:
        self.span, self.levels, self.last = span, levels, last

    def recall(self, at: Floats | float) -> Floats:
        return recall_of_levels(decayed(self.levels, np.asarray(at) - self.last, self.span))

    def exposed(self, at: Floats | float) -> ImaginedLevels:
        levels = decayed(self.levels, np.asarray(at) - self.last, self.span)
        factor = 0.9 + 0.35 * recall_of_levels(levels)
        return ImaginedLevels(self.span, raised(levels, factor), np.broadcast_to(at, self.span.shape))


def decayed(levels: Floats, days: Floats, span: Floats) -> Floats:
    fading: Floats = levels * np.exp(-np.maximum(days, 0)[..., None] / (SPANS * span[..., None]))
    return fading


def recall_of_levels(levels: Floats) -> Floats:
    chance: Floats = np.clip((SHARES * levels).sum(-1) / SHARES_SO_FAR[-1], 0, 1)
    return chance


def raised(levels: Floats, factor: Floats) -> Floats:
    so_far = np.cumsum(SHARES * levels, axis=-1) / SHARES_SO_FAR
    higher: Floats = levels + factor[..., None] * np.maximum(1 - so_far, 0)
    return higher


class HalfLife(Memories):
    """World C."""

    name = "C"

    def prepare(self, shape: tuple[int, int], random: np.random.Generator) -> None:
        first, gain = random.normal(0, 1, shape), random.normal(0, 1, shape)
        self.first = 5 * np.exp(0.35 * self.learner_factor + 0.35 * self.concept_factor + 0.15 * first)
        self.gain = 3.6 * np.exp(0.2 * gain)
        self.half_life = np.zeros(shape)  # 0: never met
        self.last = np.zeros(shape)

    def recall(self, learners: Indices, concepts: Indices, at: Floats | float) -> Floats:
        return halved(self.half_life[learners, concepts], np.asarray(at) - self.last[learners, concepts])

    def expose(
        self, learners: Indices, concepts: Indices, at: Floats, strength: Floats, recalled: Flags
    ) -> None:
        before = self.half_life[learners, concepts]
        chance = self.recall(learners, concepts, at)
        first = self.first[learners, concepts] * np.minimum(strength, 1.2)
        longer = lengthened(before, self.gain[learners, concepts] * strength, chance)
        after = np.where(recalled, longer, np.maximum(first, 0.7 * before))
        self.half_life[learners, concepts] = np.where(before == 0, first, after)
        self.last[learners, concepts] = at

    def imagine(self, learners: Indices, concepts: Indices) -> Imagined:
        return ImaginedHalfLife(
            self.first[learners, concepts],
            self.gain[learners, concepts],
            self.half_life[learners, concepts],
            self.last[learners, concepts],
        )


class ImaginedHalfLife(Imagined):
    def __init__(self, first: Floats, gain: Floats, half_life: Floats, last: Floats | float) -> None:
        self.first, self.gain, self.half_life, self.last = first, gain, half_life, last

    def recall(self, at: Floats | float) -> Floats:
        return halved(self.half_life, np.asarray(at) - self.last)

    def exposed(self, at: Floats | float) -> ImaginedHalfLife:
        chance = self.recall(at)
        longer = lengthened(self.half_life, self.gain, chance)
        again = np.maximum(self.first, 0.7 * self.half_life)
        after = np.where(self.half_life == 0, self.first, chance * longer + (1 - chance) * again)
        return ImaginedHalfLife(self.first, self.gain, after, np.broadcast_to(at, self.first.shape))


def halved(half_life: Floats, days: Floats) -> Floats:
    chance: Floats = np.where(half_life > 0, np.exp2(-np.maximum(days, 0) / np.maximum(half_life, 1e-9)), 0.0)
    return chance


def lengthened(half_life: Floats, gain: Floats, chance: Floats) -> Floats:
    longer: Floats = half_life * (
        1 + gain * np.maximum(1 - chance, 0) ** 0.7 * np.maximum(half_life, 0.1) ** -0.1
    )
    return longer


WORLDS: dict[str, Callable[[Cohort, np.random.Generator], Memories]] = {
    world.name: world for world in (PowerLaw, FiveTraces, HalfLife)
}


def make_world(name: str, cohort: Cohort) -> Memories:
    return WORLDS[name](cohort, np.random.default_rng([cohort.seed, 2]))
