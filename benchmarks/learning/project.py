"""Our own modules in a simulated world, on what the API could know and nothing else (06, 5.4)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from benchmarks.learning.people import CONCEPTS, Cohort, Flags, Floats, Indices
from benchmarks.learning.session import Outcome
from feed.page_rules import TopicKey
from feed.ranking import Candidate, Mode, Profile, Ranked, rank
from quizzes import retention
from quizzes.ability import Ability, encoding_chance, starting_ability, update_ability
from quizzes.fitting import lay_out
from quizzes.forgetting import Numbers
from quizzes.grading import Answer, Pace, grade_answers, update_pace
from quizzes.memory import (
    DEFAULT,
    CardRecord,
    Memory,
    Parameters,
    Relearned,
    retrievability,
    scale_parameters,
    update_after_recall,
    update_after_watch,
)
from quizzes.retention import STARTING_SPREAD

FIRST_DAY = datetime(2026, 1, 5, 15, tzinfo=UTC)
GROUPS = ("5-7", "8-10", "11-13", "14-17")
ORDER = 40
FIRST_CONCEPT = 10_000
SILENT_TIME = 1.0105  # of the typical time: as likely known as guessed


@dataclass
class _Learner:
    """One row of `learner_states`, and the memories."""

    ability: Ability
    pace: Pace = field(default_factory=Pace)
    interest: dict[TopicKey, tuple[float, float]] = field(default_factory=dict)
    memories: dict[UUID, Memory] = field(default_factory=dict)
    topics: list[TopicKey] = field(default_factory=list)
    today: list[bool] = field(default_factory=list)
    shown_today: set[UUID] = field(default_factory=set)
    order: list[Ranked] = field(default_factory=list)


@dataclass(frozen=True)
class Parts:
    """What ours is made of; one left out shows what it gives."""

    is_fitted: bool = True
    has_likelihood: bool = True
    has_times: bool = True
    has_recall_cards: bool = True


@dataclass(frozen=True)
class Fitted:
    """What the nightly fit would have stored."""

    parameters: Parameters = DEFAULT
    concept_spread: float = 0.0  # none: nothing is learned of single concepts …
    learner_spread: float = 0.0  # … or of single learners


DEFAULTS = Fitted()
WHOLE = Parts()


class Project:
    """`feed.ranking` chooses, `quizzes` learns."""

    def __init__(self, cohort: Cohort, fitted: Fitted = DEFAULTS, *, parts: Parts = WHOLE) -> None:
        self.cohort, self.fitted, self.parts = cohort, fitted, parts
        self.parameters = fitted.parameters
        self.learners = [_Learner(starting_ability(GROUPS[group])) for group in cohort.learners.group]
        self.films = _candidates_of(cohort)
        self.suits = [
            [
                film
                for film, concept in zip(self.films, cohort.catalogue.film_concept, strict=True)
                if cohort.catalogue.suits[group, concept]
            ]
            for group in range(len(GROUPS))
        ]
        self.histories: dict[tuple[int, UUID], list[CardRecord]] = {}
        self.day = 0
        self.concept_scales: Numbers = np.zeros(CONCEPTS)
        self.learner_scales: Numbers = np.zeros(cohort.count)

    def begin_day(self, day: int, present: Indices) -> None:
        self.day = day
        if self.fitted.concept_spread and day:
            self._learn_scales()
        for number in present:
            learner = self.learners[number]
            learner.shown_today, learner.order, learner.today = set(), [], []

    def choose(self, learners: Indices, at: Floats) -> tuple[Indices, Flags]:
        chosen = [
            self._next(int(number), moment) for number, moment in zip(learners, at.tolist(), strict=True)
        ]
        return (
            np.array([item.video_id.int - 1 for item in chosen]),
            np.array([item.mode is Mode.RECALL for item in chosen]) & self.parts.has_recall_cards,
        )

    def _next(self, number: int, at: float) -> Ranked:
        learner = self.learners[number]
        if not learner.order:
            profile = Profile(
                ability=learner.ability,
                interest=learner.interest,
                recent_topics=learner.topics[-5:],
                seed=self.cohort.seed * 1_000_000 + number * 1000 + self.day,
                parameters=self.parameters,
                today=learner.today,
                retention=float(self.learner_scales[number]),
            )
            suited = self.suits[int(self.cohort.learners.group[number])]
            open_films = [film for film in suited if film.concept_id not in learner.shown_today]
            if self.fitted.concept_spread:
                scales = self.concept_scales
                open_films = [
                    replace(film, retention=float(scales[number_of(film.concept_id)]))
                    for film in open_films or suited
                ]
            order = rank(open_films or suited, learner.memories, profile, moment_of(at), ORDER)
            learner.order = order[::-1]
        return learner.order.pop()

    def learn(self, outcome: Outcome) -> None:
        for place, number in enumerate(outcome.learners.tolist()):
            self._learn(number, place, outcome)

    def _learn(self, number: int, place: int, outcome: Outcome) -> None:
        learner, film = self.learners[number], self.films[int(outcome.films[place])]
        concept, topic = film.concept_id, film.topic_id
        if concept is None:
            raise AssertionError("every film here teaches a concept")
        now = moment_of(float(outcome.at[place]))
        memory = learner.memories.get(concept)
        learner.shown_today.add(concept)
        learner.topics.append(topic)
        learner.today.append(memory is None)
        finished = bool(outcome.is_film_finished[place])
        if outcome.is_film_shown[place]:
            shown, completed = learner.interest.get(topic, (0, 0))
            learner.interest[topic] = (shown + 1, completed + finished)
        if not outcome.is_answered[place]:
            return
        answers = self._read_answers(outcome.right[place], outcome.seconds[place], learner.pace)
        encoding = self._encoding(learner, film, now)
        is_recall = bool(outcome.is_recall[place]) and memory is not None
        relearned = Relearned.VIDEO if finished else Relearned.FEEDBACK
        beside = float(self.learner_scales[number] + self.concept_scales[number_of(concept)])
        self.histories.setdefault((number, concept), []).append(
            CardRecord(
                "recall" if is_recall else "watch", answers, now, relearned, encoding, learner.pace, beside
            )
        )
        parameters = scale_parameters(self.parameters, beside)
        if is_recall and memory is not None:
            learner.memories[concept] = update_after_recall(
                memory,
                answers,
                now,
                relearned=relearned,
                encoding=encoding,
                pace=learner.pace,
                parameters=parameters,
            )
        else:
            updated = update_after_watch(
                memory, answers, now, encoding=encoding, pace=learner.pace, parameters=parameters
            )
            learner.memories[concept] = updated
            if memory is None and not grade_answers(answers, pace=learner.pace).rapid:
                learner.ability = update_ability(learner.ability, surprise=updated.known - encoding)
        learner.pace = update_pace(learner.pace, answers)

    def _read_answers(self, right: Flags, seconds: Floats, pace: Pace) -> tuple[Answer, ...]:
        """As reported; or all alike (pass or fail), or all in the time that says nothing."""
        correct = right.tolist() if self.parts.has_likelihood else [bool(right.sum() >= 2)] * 3
        times = [round(1000 * second) for second in seconds.tolist()]
        if not self.parts.has_times:
            times = [round(pace.typical_ms * SILENT_TIME)] * len(times)
        return tuple(Answer(is_right, ms) for is_right, ms in zip(correct, times, strict=True))

    def fit(self) -> Fitted:
        """What all answers so far say."""
        found = retention.fit_everything(
            lay_out(list(self.histories.values())), *self._groupings(STARTING_SPREAD, STARTING_SPREAD)
        )
        return Fitted(found.parameters, found.concepts.spread, found.learners.spread)

    def _learn_scales(self) -> None:
        """What beat does at night: how well each concept sticks, and each learner keeps."""
        concepts, learners = self._groupings(self.fitted.concept_spread, self.fitted.learner_spread)
        concepts = replace(concepts, scales=self.concept_scales)
        learners = replace(learners, scales=self.learner_scales)
        log = lay_out(list(self.histories.values()))
        found = retention.fit_scales(log, retention.Fitted(self.parameters, concepts, learners), sweeps=1)
        self.concept_scales, self.learner_scales = found.concepts.scales, found.learners.scales

    def _groupings(self, *spreads: float) -> tuple[retention.Grouping, retention.Grouping]:
        return (
            retention.start_grouping(
                [number_of(concept) for _, concept in self.histories], count=CONCEPTS, spread=spreads[0]
            ),
            retention.start_grouping(
                [number for number, _ in self.histories], count=self.cohort.count, spread=spreads[1]
            ),
        )

    def _encoding(self, learner: _Learner, film: Candidate, now: datetime) -> float:
        known = [
            retrievability(memory, now, parameters=self.parameters) if memory else 0.0
            for memory in (learner.memories.get(concept) for concept in film.requires)
        ]
        return encoding_chance(
            learner.ability.value, difficulty=film.difficulty, prerequisite=min(known, default=1.0)
        )


def number_of(concept: UUID | None) -> int:
    """Its place in the catalogue."""
    return concept.int - FIRST_CONCEPT if concept else 0


def moment_of(day: float) -> datetime:
    return FIRST_DAY + timedelta(days=day)


def _candidates_of(cohort: Cohort) -> list[Candidate]:
    """What the catalogue shows: whole difficulties and counts, no qualities."""
    catalogue = cohort.catalogue
    return [
        Candidate(
            video_id=UUID(int=film + 1),
            concept_id=UUID(int=FIRST_CONCEPT + int(concept)),
            topic_id=int(catalogue.topic[concept]),
            duration_seconds=round(float(catalogue.film_seconds[film])),
            difficulty=float(round(float(catalogue.difficulty[concept]))),
            impressions=int(catalogue.film_views[film]),
            completions=int(catalogue.film_completions[film]),
            requires=(
                (UUID(int=FIRST_CONCEPT + int(catalogue.requires[concept])),)
                if catalogue.requires[concept] >= 0
                else ()
            ),
        )
        for film, concept in enumerate(catalogue.film_concept)
    ]
