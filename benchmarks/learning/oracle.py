"""What could be reached with true states, true parameters and the day of the test (06, 5.4).

Every morning each eligible concept gets the value of its best plan that starts now over the best that
waits, per second of its first card. An index policy (Whittle 1988) looking weeks ahead: not proven to
be an upper bound, but nothing simpler comes near it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.learning.people import Cohort, Flags, Floats, Indices, logistic
from benchmarks.learning.session import EXTRA_SECONDS, LEFT_SECONDS, TEST_DAY, Outcome
from benchmarks.learning.worlds import Imagined, Memories

WAITS = (0.0, 1.0, 3.0, 7.0, 14.0, 21.0)
GAPS: tuple[tuple[float, ...], ...] = (
    (), (2.0,), (5.0,), (10.0,), (15.0,), (3.0, 8.0), (6.0, 12.0), (2.0, 5.0, 10.0)
)  # fmt: skip
LAST = 29.5
PRICE = 0.0025
ASKED_ABOVE = 0.12  # true recall from which the first card asks before it shows
QUIZ_SECONDS = 10.0 + EXTRA_SECONDS
SOME_WRONG = 0.875  # of three guesses
THIRD_IN_A_ROW = 0.15


@dataclass(frozen=True)
class _Cards:
    """What the concepts' cards would do, by pair: chance to finish and to understand, the film's seconds."""

    finishing: Floats
    understanding: Floats
    film_seconds: Floats

    @property
    def watch_seconds(self) -> Floats:
        seconds: Floats = self.finishing * (self.film_seconds + QUIZ_SECONDS) + LEFT_SECONDS * (
            1 - self.finishing
        )
        return seconds

    def recall_seconds(self, recall: Floats) -> Floats:
        offered = self.finishing * self.film_seconds + LEFT_SECONDS * (1 - self.finishing)
        seconds: Floats = QUIZ_SECONDS + (1 - recall) * SOME_WRONG * offered
        return seconds


class Oracle:
    """Knows the world it plays in."""

    def __init__(self, cohort: Cohort, world: Memories, *, with_recall_cards: bool = True) -> None:
        self.cohort, self.world, self.with_recall_cards = cohort, world, with_recall_cards
        self.queues: dict[int, list[tuple[float, int, bool, int]]] = {}
        self.recent: dict[int, list[int]] = {}

    def begin_day(self, day: int, present: Indices) -> None:
        places, concepts = np.nonzero(self.cohort.eligible[present])
        learners = present[places]
        films, cards = self._best_films(learners, concepts, day)
        now = self.world.recall(learners, concepts, float(day))
        asks = (now > ASKED_ABOVE) & self.with_recall_cards
        value, first = self._values(learners, concepts, cards, day, asks)
        seconds = np.where(asks, cards.recall_seconds(now), cards.watch_seconds)
        score = (value - np.maximum(0, first)) / seconds
        for learner in present:
            own = np.flatnonzero(learners == learner)
            order = own[np.argsort(score[own], kind="stable")]
            topics = self.cohort.catalogue.topic[concepts]
            columns = [column[order].tolist() for column in (score, films, asks, topics)]
            self.queues[int(learner)] = list(zip(*columns, strict=True))

    def choose(self, learners: Indices, at: Floats) -> tuple[Indices, Flags]:
        chosen = [self._next(int(learner)) for learner in learners]
        return np.array([film for film, _ in chosen]), np.array([asks for _, asks in chosen])

    def learn(self, outcome: Outcome) -> None:
        """Reads the world instead."""

    def _next(self, learner: int) -> tuple[int, bool]:
        """The best left today; the third card in a row of a topic is worth less."""
        queue, recent = self.queues[learner], self.recent.setdefault(learner, [])
        best = len(queue) - 1
        if len(recent) == 2 and recent[0] == recent[1] == queue[best][3]:
            rival = next((n for n in range(best, -1, -1) if queue[n][3] != recent[0]), best)
            lowered = queue[best][0] - THIRD_IN_A_ROW * abs(queue[best][0])
            if queue[rival][0] > lowered:
                best = rival
        _, film, asks, topic = queue.pop(best) if len(queue) > 1 else queue[0]
        self.recent[learner] = [*recent, topic][-2:]
        return film, asks

    def _best_films(self, learners: Indices, concepts: Indices, day: int) -> tuple[Indices, _Cards]:
        """The film with the most understanding per expected second, for every pair."""
        catalogue, people = self.cohort.catalogue, self.cohort.learners
        above = catalogue.difficulty[concepts] - people.ability[learners]
        before = catalogue.requires[concepts]
        ready = np.where(before < 0, 1.0, self.world.recall(learners, np.maximum(before, 0), float(day)))
        starts = np.searchsorted(catalogue.film_concept, concepts)
        counts = np.bincount(catalogue.film_concept)[concepts]
        best: tuple[Floats, Indices, _Cards] | None = None
        for turn in range(3):
            films = np.where(turn < counts, starts + turn, starts)
            finishing = logistic(
                0.9
                + 0.6 * catalogue.film_quality[films]
                + 0.8 * people.interest[learners, catalogue.topic[concepts]]
                - 0.3 * np.maximum(above - 1, 0)
                - 0.2 * np.maximum(-above - 3, 0)
            )
            understanding = logistic(1.3 + 0.5 * catalogue.film_quality[films] - 0.5 * above)
            cards = _Cards(finishing, understanding * (0.45 + 0.55 * ready), catalogue.film_seconds[films])
            merit = finishing * understanding / cards.watch_seconds
            if best is None:
                best = merit, films, cards
                continue
            better = merit > best[0]
            old = best[2]
            best = (
                np.where(better, merit, best[0]),
                np.where(better, films, best[1]),
                _Cards(
                    np.where(better, cards.finishing, old.finishing),
                    np.where(better, cards.understanding, old.understanding),
                    np.where(better, cards.film_seconds, old.film_seconds),
                ),
            )
        if best is None:
            raise AssertionError("three turns")
        return best[1], best[2]

    def _values(
        self, learners: Indices, concepts: Indices, cards: _Cards, day: int, asks: Flags
    ) -> tuple[Floats, Floats]:
        """The best value of a plan that starts now, and of one that waits."""
        state = self.world.imagine(learners, concepts)
        without = state.recall(TEST_DAY)
        now = np.full(len(learners), -np.inf)
        later = np.full(len(learners), -np.inf)
        for wait in WAITS:
            if wait and day + wait > LAST:
                continue
            value = self._value_from(state, cards, day + wait, without, asks)
            if wait:
                later = np.maximum(later, value)
            else:
                now = value
        return now, np.where(np.isfinite(later), later, 0.0)

    def _value_from(
        self, state: Imagined, cards: _Cards, start: float, without: Floats, asks: Flags
    ) -> Floats:
        """Over all gaps; what plans share is computed once."""
        recall = state.recall(start)
        works = np.where(
            asks,
            recall + SOME_WRONG * (1 - recall) * cards.finishing * cards.understanding,
            cards.finishing * (recall + (1 - recall) * cards.understanding),
        )
        seconds = np.where(asks, cards.recall_seconds(recall), cards.watch_seconds)
        known: dict[tuple[float, ...], tuple[Imagined, Floats]] = {(): (state.exposed(start), seconds)}
        best = np.full(len(recall), -np.inf)
        for gaps in GAPS:
            if gaps and start + sum(gaps) > LAST:
                continue
            for depth in range(1, len(gaps) + 1):
                if gaps[:depth] not in known:
                    before, spent = known[gaps[: depth - 1]]
                    at = start + sum(gaps[:depth])
                    cost = cards.watch_seconds
                    if self.with_recall_cards:
                        cost = cards.recall_seconds(before.recall(at))
                    # Later cards come only if the first one worked.
                    known[gaps[:depth]] = before.exposed(at), spent + works * cost
            final, spent = known[gaps]
            best = np.maximum(best, works * (final.recall(TEST_DAY) - without) - PRICE * spent)
        return best
