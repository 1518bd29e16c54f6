"""What happens on a card, and thirty days of them (06, 5.2). Learners walk in step, card by card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from benchmarks.learning.people import Cohort, Flags, Floats, Indices, logistic
from benchmarks.learning.worlds import Memories

DAYS = 30  # of use
TEST_DAY = 60.0
DAILY_SECONDS = 600.0
QUESTIONS = 3
LEFT_SECONDS = 10.0
EXTRA_SECONDS = 9.0
DAY = 86_400.0


@dataclass(frozen=True)
class Outcome:
    """What the app would report of one card of each learner in `learners`."""

    learners: Indices
    films: Indices
    is_recall: Flags
    at: Floats  # days
    is_answered: Flags
    right: Flags  # [card, question]
    seconds: Floats  # [card, question]
    is_film_shown: Flags
    is_film_finished: Flags


class Policy(Protocol):
    """Chooses from what it was told; it never sees a state of the world."""

    def begin_day(self, day: int, present: Indices) -> None: ...

    def choose(self, learners: Indices, at: Floats) -> tuple[Indices, Flags]:
        """A film each, and whether it comes as a recall card."""

    def learn(self, outcome: Outcome) -> None: ...


@dataclass
class Month:
    """What thirty days came to."""

    recall: dict[float, float]  # day → expected recall, summed over learners and eligible concepts
    baseline: dict[float, float]  # the same without a feed
    hours: float
    cards: int
    recall_cards: int
    age_violations: int

    def per_hour(self, day: float = TEST_DAY) -> float:
        return (self.recall[day] - self.baseline[day]) / self.hours

    def daily_per_hour(self) -> float:
        """The mean over all days: a single test day can be gamed."""
        return float(np.mean([self.per_hour(day) for day in self.recall]))


MEASURED = tuple(float(day) for day in range(3, 61, 3))


def live_month(cohort: Cohort, world: Memories, policy: Policy, *, days: int = DAYS) -> Month:
    """Changes `world`; its copy before the first day is the baseline."""
    random = np.random.default_rng([cohort.seed, 3])
    walk = _Walk(cohort, world, random)
    eligible = cohort.eligible
    baseline = {day: float(world.recall_of_all(day)[eligible].sum()) for day in MEASURED}
    recall: dict[float, float] = {}
    for day in range(days):
        present = np.flatnonzero(random.random(cohort.count) < cohort.learners.presence)
        walk.used[:] = 0
        policy.begin_day(day, present)
        while len(present):
            films, is_recall = policy.choose(present, day + walk.used[present] / DAY)
            policy.learn(walk.show(present, films, is_recall, day))
            present = present[walk.used[present] < DAILY_SECONDS]
        if day + 1.0 in MEASURED:
            recall[day + 1.0] = float(world.recall_of_all(day + 1.0)[eligible].sum())
    for at in MEASURED:
        if at not in recall:
            recall[at] = float(world.recall_of_all(at)[eligible].sum())
    return Month(recall, baseline, walk.total / 3600, walk.cards, walk.recall_cards, walk.age_violations)


class _Walk:
    """Where every learner is in the day, and what the world does with a card."""

    def __init__(self, cohort: Cohort, world: Memories, random: np.random.Generator) -> None:
        self.cohort, self.world, self.random = cohort, world, random
        self.used = np.zeros(cohort.count)
        self.total = 0.0
        self.cards = self.recall_cards = self.age_violations = 0
        self.last_shown = np.full((cohort.count, len(cohort.catalogue.film_concept)), -np.inf)
        self.topics = np.full((cohort.count, 2), -1)

    def show(self, learners: Indices, films: Indices, is_recall: Flags, day: int) -> Outcome:
        catalogue, people, random = self.cohort.catalogue, self.cohort.learners, self.random
        concepts = catalogue.film_concept[films]
        at = day + self.used[learners] / DAY
        count = len(learners)
        self.age_violations += int((~self.cohort.eligible[learners, concepts]).sum())
        recalled = random.random(count) < self.world.recall(learners, concepts, at)
        tapped = random.random(count) < people.tapping[learners]
        would_finish = random.random(count) < self._finishing(learners, films, at)
        would_understand = random.random(count) < self._understanding(learners, films, at)

        knows = np.where(is_recall, recalled, recalled | would_understand)
        right, seconds = self._answer(learners, knows, tapped)
        wrong = ~right.all(axis=1)
        shown = ~is_recall | wrong
        finished = shown & would_finish
        answered = is_recall | finished
        taught = finished & would_understand
        watched = np.where(finished, np.where(recalled | taught, 1.0, 0.175), 0.0)
        asked = np.where(recalled & ~tapped, 1.0, np.where(~recalled & taught, 1.0, 0.0))
        asked = np.where(~recalled & ~taught & ~tapped, 0.35, asked)
        strength = np.where(is_recall, asked, watched)
        moved = strength > 0
        self.world.expose(learners[moved], concepts[moved], at[moved], strength[moved], recalled[moved])

        cost = np.where(answered, seconds.sum(axis=1) + EXTRA_SECONDS, 0.0)
        cost += np.where(finished, catalogue.film_seconds[films], np.where(shown, LEFT_SECONDS, 0.0))
        self.used[learners] += cost
        self.total += float(cost.sum())
        self.cards += count
        self.recall_cards += int(is_recall.sum())
        self.last_shown[learners[shown], films[shown]] = at[shown]
        self.topics[learners] = np.stack([self.topics[learners, 1], catalogue.topic[concepts]], axis=1)
        return Outcome(learners, films, is_recall, at, answered, right, seconds, shown, finished)

    def _finishing(self, learners: Indices, films: Indices, at: Floats) -> Floats:
        catalogue, people = self.cohort.catalogue, self.cohort.learners
        concepts = catalogue.film_concept[films]
        topics = catalogue.topic[concepts]
        above = catalogue.difficulty[concepts] - people.ability[learners]
        return logistic(
            0.9
            + 0.6 * catalogue.film_quality[films]
            + 0.8 * people.interest[learners, topics]
            - 0.3 * np.maximum(above - 1, 0)
            - 0.2 * np.maximum(-above - 3, 0)
            - 1.2 * (at - self.last_shown[learners, films] < 1)
            - 0.6 * (self.topics[learners] == topics[:, None]).all(axis=1)
        )

    def _understanding(self, learners: Indices, films: Indices, at: Floats) -> Floats:
        catalogue, people = self.cohort.catalogue, self.cohort.learners
        concepts = catalogue.film_concept[films]
        above = catalogue.difficulty[concepts] - people.ability[learners]
        before = catalogue.requires[concepts]
        ready = np.where(before < 0, 1.0, self.world.recall(learners, np.maximum(before, 0), at))
        chance: Floats = logistic(1.3 + 0.5 * catalogue.film_quality[films] - 0.5 * above) * (
            0.45 + 0.55 * ready
        )
        return chance

    def _answer(self, learners: Indices, knows: Flags, tapped: Flags) -> tuple[Flags, Floats]:
        shape = (len(learners), QUESTIONS)
        sure = knows & ~tapped
        right = self.random.random(shape) < np.where(sure, 0.95, 0.5)[:, None]
        middle = np.where(tapped, 0.905, np.where(knows, 2.8, 4.4))
        spread = np.where(tapped, 0.25, np.where(knows, 0.35, 0.40))
        noise = self.random.normal(0, 1, shape)
        speed = self.cohort.learners.speed[learners]
        seconds: Floats = (middle * speed)[:, None] * np.exp(spread[:, None] * noise)
        return right, seconds
