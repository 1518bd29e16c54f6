"""What a feed could do instead: popularity and its like, and schedulers that show what is due (06, 5.4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta

import numpy as np
from fsrs import Card, Rating, Scheduler

from benchmarks.learning.people import CONCEPTS, TOPICS, Cohort, Flags, Floats, Indices
from benchmarks.learning.session import Outcome

FAR = 1e9
EPOCH = datetime(2026, 1, 5, 12, tzinfo=UTC)


class _ByFilm(ABC):
    """Films by a merit, those not shown yet first; never a recall card."""

    def __init__(self, cohort: Cohort) -> None:
        self.cohort = cohort
        self.random = np.random.default_rng([cohort.seed, 4])
        self.shown = np.zeros(cohort.eligible_films.shape, np.int64)
        self.closed = np.where(cohort.eligible_films, 0.0, -FAR * FAR)

    @abstractmethod
    def merit(self, learners: Indices) -> Floats:
        """[learner, film]"""

    def begin_day(self, day: int, present: Indices) -> None:  # noqa: B027 - a day is like any other
        pass

    def choose(self, learners: Indices, at: Floats) -> tuple[Indices, Flags]:
        merit = self.merit(learners) - FAR * self.shown[learners] + self.closed[learners]
        return merit.argmax(axis=1), np.zeros(len(learners), bool)

    def learn(self, outcome: Outcome) -> None:
        self.shown[outcome.learners, outcome.films] += 1


def popularity(cohort: Cohort) -> Floats:
    catalogue = cohort.catalogue
    score: Floats = (
        np.log(1 + catalogue.film_views) * (catalogue.film_completions + 3) / (catalogue.film_views + 5)
    )
    return score


class Chance(_ByFilm):
    def merit(self, learners: Indices) -> Floats:
        return self.random.random((len(learners), self.shown.shape[1]))

    def learn(self, outcome: Outcome) -> None:
        """Does not even know what it has shown."""


class Popularity(_ByFilm):
    def merit(self, learners: Indices) -> Floats:
        return popularity(self.cohort)[None, :]


class Newest(_ByFilm):
    def merit(self, learners: Indices) -> Floats:
        return -self.cohort.catalogue.film_age[None, :]


class Engagement(_ByFilm):
    """What is likely to be watched to its end."""

    def __init__(self, cohort: Cohort) -> None:
        super().__init__(cohort)
        catalogue = cohort.catalogue
        usual = np.log((catalogue.film_completions + 3.5) / (catalogue.film_views + 5))
        self.usual = usual + 0.05 * popularity(cohort)
        self.topic_shown = np.zeros((cohort.count, TOPICS))
        self.topic_completed = np.zeros((cohort.count, TOPICS))

    def merit(self, learners: Indices) -> Floats:
        taste = np.log((self.topic_completed[learners] + 3.5) / (self.topic_shown[learners] + 5))
        merit: Floats = self.usual[None, :] + 1.5 * taste[:, self.cohort.catalogue.film_topic]
        return merit

    def learn(self, outcome: Outcome) -> None:
        super().learn(outcome)
        topics = self.cohort.catalogue.film_topic[outcome.films]
        np.add.at(self.topic_shown, (outcome.learners, topics), 1)
        np.add.at(self.topic_completed, (outcome.learners, topics), outcome.is_film_finished)


class _DueFirst(ABC):
    """The most overdue concept; without one, the most popular film of a concept not tried."""

    def __init__(self, cohort: Cohort, *, with_recall_cards: bool) -> None:
        self.cohort, self.with_recall_cards = cohort, with_recall_cards
        shape = (cohort.count, CONCEPTS)
        self.due = np.full(shape, FAR)
        self.tried = np.zeros(shape, bool)  # shown, whether finished or not
        self.met = np.zeros(shape, bool)
        merit = popularity(cohort)
        order = np.argsort(-merit, kind="stable")
        concepts, first = np.unique(cohort.catalogue.film_concept[order], return_index=True)
        self.best_film = np.zeros(CONCEPTS, np.int64)
        self.best_film[concepts] = order[first]
        self.merit = merit[self.best_film]

    @abstractmethod
    def interval(self, learner: int, concept: int, right: int, at: float) -> float:
        """Days until the next review; keeps what it needs."""

    def begin_day(self, day: int, present: Indices) -> None:  # noqa: B027 - due is looked up with every card
        pass

    def choose(self, learners: Indices, at: Floats) -> tuple[Indices, Flags]:
        due = self.due[learners]
        overdue = due.argmin(axis=1)
        is_due = due[np.arange(len(learners)), overdue] <= np.floor(at)
        untried = np.where(self.tried[learners], -FAR, self.merit[None, :])
        untried = np.where(self.cohort.eligible[learners], untried, -FAR * FAR)
        new = untried.argmax(axis=1)
        none_left = untried[np.arange(len(learners)), new] <= -FAR
        # Nothing due and nothing new: what is due soonest, or what was left before.
        again = np.where(due.min(axis=1) < FAR, overdue, new)
        concepts = np.where(is_due, overdue, np.where(none_left, again, new))
        is_recall = self.met[learners, concepts] & self.with_recall_cards
        return self.best_film[concepts], is_recall

    def learn(self, outcome: Outcome) -> None:
        concepts = self.cohort.catalogue.film_concept[outcome.films]
        for place, (learner, concept) in enumerate(zip(outcome.learners, concepts, strict=True)):
            self.tried[learner, concept] = True
            day = float(np.floor(outcome.at[place]))
            if outcome.is_answered[place]:
                self.met[learner, concept] = True
                days = self.interval(int(learner), int(concept), int(outcome.right[place].sum()), day)
                self.due[learner, concept] = day + max(1.0, days)
            elif self.met[learner, concept]:
                self.due[learner, concept] = day + 1


class Leitner(_DueFirst):
    BOXES = (1, 2, 4, 8, 16, 32)

    def __init__(self, cohort: Cohort, *, with_recall_cards: bool) -> None:
        super().__init__(cohort, with_recall_cards=with_recall_cards)
        self.box = np.full((cohort.count, CONCEPTS), -1)

    def interval(self, learner: int, concept: int, right: int, at: float) -> float:
        box = min(self.box[learner, concept] + 1, len(self.BOXES) - 1) if right >= 2 else 0
        self.box[learner, concept] = box
        return self.BOXES[box]


class SuperMemo2(_DueFirst):
    QUALITY = (1, 2, 3, 5)

    def __init__(self, cohort: Cohort, *, with_recall_cards: bool) -> None:
        super().__init__(cohort, with_recall_cards=with_recall_cards)
        shape = (cohort.count, CONCEPTS)
        self.reps, self.days, self.ease = np.zeros(shape, int), np.zeros(shape), np.full(shape, 2.5)

    def interval(self, learner: int, concept: int, right: int, at: float) -> float:
        pair, quality = (learner, concept), self.QUALITY[right]
        if quality < 3:
            self.reps[pair], self.days[pair] = 0, 1
        else:
            start = {0: 1, 1: 6}
            self.days[pair] = start.get(int(self.reps[pair]), self.days[pair] * self.ease[pair])
            self.reps[pair] += 1
        self.ease[pair] = max(1.3, self.ease[pair] + 0.1 - (5 - quality) * (0.08 + (5 - quality) * 0.02))
        return round(float(self.days[pair]))


class Fsrs(_DueFirst):
    """FSRS-6 with default parameters and a retention target."""

    def __init__(self, cohort: Cohort, *, with_recall_cards: bool, target: float = 0.9) -> None:
        super().__init__(cohort, with_recall_cards=with_recall_cards)
        self.scheduler = Scheduler(
            desired_retention=target, learning_steps=(), relearning_steps=(), enable_fuzzing=False
        )
        decay = -self.scheduler.parameters[20]
        self.stretch = (target ** (1 / decay) - 1) / (0.9 ** (1 / decay) - 1)
        self.cards: dict[tuple[int, int], Card] = {}

    def interval(self, learner: int, concept: int, right: int, at: float) -> float:
        now = EPOCH + timedelta(days=at)
        card = self.cards.get((learner, concept)) or Card(card_id=1, due=now)
        rating = {3: Rating.Good, 2: Rating.Hard}.get(right, Rating.Again)
        card, _ = self.scheduler.review_card(card, rating, now)
        self.cards[learner, concept] = card
        # Due from the morning of the day in which recall falls to the target.
        return float(np.floor((card.stability or 0.0) * self.stretch))
