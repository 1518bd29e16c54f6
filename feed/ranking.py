"""What a student sees next (06, section 3). Pure: candidates and memories in, an order with reasons out.

Knowledge retained per second of attention decides: `feed.films` chooses the film of a concept,
`feed.plans` says what its card is worth now, `feed.page_rules` mixes the order. Nothing here reads
models or settings, so a benchmark drives it on plain values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import numpy as np
import numpy.typing as npt

from feed import films, plans
from feed.page_rules import LITTLE_SHOWN, Entry, TopicKey, lay_out
from quizzes.ability import Ability, encoding_chances
from quizzes.forgetting import Numbers, retrievability, scale_first
from quizzes.memory import DEFAULT, Memory, Parameters
from students.streaks import learning_day

PROFICIENT_KNOWN, PROFICIENT_RECALL = 0.9, 0.8
INTERESTED = 1.2
DAY = timedelta(days=1)


class Mode(StrEnum):
    """Whether the film plays before its questions, or only after a wrong answer."""

    WATCH = "watch"
    RECALL = "recall"


@dataclass(frozen=True)
class Candidate:
    """One film that passed the age gate."""

    video_id: UUID
    concept_id: UUID | None
    topic_id: TopicKey
    duration_seconds: int
    difficulty: float
    impressions: int
    completions: int
    questions: int = 3
    requires: tuple[UUID, ...] = ()
    is_seen: bool = False  # finished before; decides only where no memory does
    retention: float = 0.0  # how well its concept sticks, natural logarithm (quizzes.retention)


@dataclass(frozen=True)
class Profile:
    """The learner: `interest` is topic → (cards shown, films completed).

    A preference counts as one completion, "not interested" as three cards shown. `today` says of each
    card of this learning day whether its concept was new, oldest first: the page rules go on from it.
    """

    ability: Ability
    interest: Mapping[TopicKey, tuple[float, float]] = field(default_factory=dict)
    recent_topics: Sequence[TopicKey] = ()
    seed: int = 0
    parameters: Parameters = DEFAULT
    today: Sequence[bool] = ()
    retention: float = 0.0  # how well the learner keeps what was understood, natural logarithm


@dataclass(frozen=True)
class Ranked:
    """One card of the order; only the order of scores means anything."""

    video_id: UUID
    mode: Mode
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Known:
    """The memories as arrays; `rows` says where a concept stands."""

    rows: dict[UUID, int]
    known: Numbers
    stability: Numbers
    difficulty: Numbers
    elapsed: Numbers  # days, fractional
    elapsed_days: Numbers  # whole learning days
    recall: Numbers


@dataclass(frozen=True)
class _Shelf:
    """The best film of every concept, and what it asks of this learner, as arrays of one length."""

    films: list[Candidate]
    rows: npt.NDArray[np.intp]  # of the concept's memory, -1 where there is none
    finishing: Numbers
    encoding: Numbers
    film_seconds: Numbers
    questions: Numbers
    first_stability: Numbers


def rank(
    candidates: Sequence[Candidate],
    memories: Mapping[UUID, Memory],
    profile: Profile,
    now: datetime,
    limit: int,
) -> list[Ranked]:
    """At most `limit` cards, one a concept. `memories` hold the candidates' concepts and what they require.

    `now` is aware and in the learner's zone. The same arguments always give the same order. Concepts
    with evidence of this learning day come last, as films: a concept is asked once a day.
    """
    if not candidates or limit <= 0:
        return []
    known = _read_memories(memories, profile.parameters, now)
    shelf = _choose_films(candidates, known, profile)
    is_met = shelf.rows >= 0
    is_new = ~is_met & ~np.array([film.is_seen for film in shelf.films])
    is_open = is_met.copy()
    is_open[is_met] = known.elapsed_days[shelf.rows[is_met]] >= 1
    entries: list[Entry] = []
    for places, kind in ((np.flatnonzero(is_new), True), (np.flatnonzero(is_open), False)):
        if len(places):
            scores, seconds = _score(shelf, places, known, profile.parameters, is_new=kind)
            entries += _enter(shelf, places, scores, seconds, is_new=kind)
    entries.sort(key=_best_first)
    laid = lay_out(entries, limit=limit, recent_topics=profile.recent_topics, today=profile.today)
    order = [
        Ranked(
            shelf.films[entry.place].video_id,
            Mode.WATCH if entry.is_new else Mode.RECALL,
            entry.score,
            _reasons(shelf.films[entry.place], known, profile, explored=explored)
            if entry.is_new
            else ("recall",),
        )
        for entry, explored in laid
    ]
    done = np.flatnonzero(~is_new & ~is_open)[: max(0, limit - len(order))]
    lowest = min((item.score for item in order), default=0.0)
    return order + [Ranked(shelf.films[place].video_id, Mode.WATCH, lowest, ()) for place in done]


def _read_memories(memories: Mapping[UUID, Memory], parameters: Parameters, now: datetime) -> _Known:
    values = list(memories.values())
    today, zone = learning_day(now).toordinal(), now.tzinfo
    known = np.array([memory.known for memory in values], plans.PRECISION)
    stability = np.array([memory.stability for memory in values], plans.PRECISION)
    elapsed = np.array([(now - memory.reviewed_at) / DAY for memory in values], plans.PRECISION)
    elapsed = np.maximum(elapsed, 0)
    return _Known(
        rows={concept: row for row, concept in enumerate(memories)},
        known=known,
        stability=stability,
        difficulty=np.array([memory.difficulty for memory in values], plans.PRECISION),
        elapsed=elapsed,
        elapsed_days=np.array(
            [today - learning_day(memory.reviewed_at.astimezone(zone)).toordinal() for memory in values],
            plans.PRECISION,
        ),
        recall=known * retrievability(elapsed, stability, parameters=parameters),
    )


def _choose_films(candidates: Sequence[Candidate], known: _Known, profile: Profile) -> _Shelf:
    """One film a concept, by a draw of its completion (06, 3.2)."""
    shown = sorted(candidates, key=_id_of)
    impressions = np.array([film.impressions for film in shown], float)
    completions = np.array([film.completions for film in shown], float)
    film_seconds = np.array([film.duration_seconds for film in shown], float)
    questions = np.array([film.questions for film in shown], float)
    ids = np.array([film.video_id.int & 0xFFFFFFFFFFFFFFFF for film in shown], np.uint64)
    chance = films.draw_completion(profile.seed, ids, impressions, completions)
    quality = films.film_quality(impressions, completions)
    merit = films.film_merit(chance, quality, film_seconds, plans.quiz_seconds(questions))
    best: dict[UUID, int] = {}
    for place, film in enumerate(shown):
        concept = film.concept_id or film.video_id
        if concept not in best or merit[place] > merit[best[concept]]:
            best[concept] = place
    places = np.fromiter(best.values(), np.intp, len(best))
    chosen = [shown[place] for place in places]
    interests = {topic: interest_in(topic, profile) for topic in {film.topic_id for film in chosen}}
    difficulty = np.array([film.difficulty for film in chosen], float)
    ability = profile.ability.value
    finishing = films.finishing_chance(
        chance[places],
        np.array([interests[film.topic_id] for film in chosen]),
        difficulty,
        ability,
    )
    encoding = encoding_chances(
        ability,
        difficulty=difficulty,
        prerequisite=np.array([_prerequisite(film, known) for film in chosen]),
        quality=quality[places],
    )
    return _Shelf(
        films=chosen,
        rows=np.array([known.rows.get(film.concept_id, -1) if film.concept_id else -1 for film in chosen]),
        finishing=finishing.astype(plans.PRECISION),
        encoding=encoding.astype(plans.PRECISION),
        film_seconds=film_seconds[places].astype(plans.PRECISION),
        questions=questions[places].astype(plans.PRECISION),
        first_stability=scale_first(
            profile.parameters,
            np.exp(profile.retention + np.array([film.retention for film in chosen])),
        ).astype(plans.PRECISION),
    )


def _score(
    shelf: _Shelf, places: npt.NDArray[np.intp], known: _Known, parameters: Parameters, *, is_new: bool
) -> tuple[Numbers, Numbers]:
    """Score and expected seconds of the concepts at these places, all new or all met before."""
    finishing, film, questions = shelf.finishing[places], shelf.film_seconds[places], shelf.questions[places]
    card = plans.Cards(
        finishing=finishing,
        encoding=shelf.encoding[places],
        film_seconds=film,
        quiz_seconds=plans.quiz_seconds(questions),
        lapse_seconds=plans.lapse_seconds(finishing, film, questions),
        first_stability=shelf.first_stability[places],
    )
    if is_new:
        return plans.score_new(card, parameters=parameters)
    rows = shelf.rows[places]
    met = plans.Met(
        known=known.known[rows],
        stability=known.stability[rows],
        difficulty=known.difficulty[rows],
        elapsed=known.elapsed[rows],
        elapsed_days=known.elapsed_days[rows],
    )
    return plans.score_known(card, met, parameters=parameters)


def _enter(
    shelf: _Shelf, places: npt.NDArray[np.intp], scores: Numbers, seconds: Numbers, *, is_new: bool
) -> list[Entry]:
    return [
        Entry(
            place=place,
            topic=shelf.films[place].topic_id,
            is_new=is_new,
            is_little_shown=shelf.films[place].impressions < LITTLE_SHOWN,
            score=score,
            seconds=expected,
        )
        for place, score, expected in zip(places.tolist(), scores.tolist(), seconds.tolist(), strict=True)
    ]


def _reasons(film: Candidate, known: _Known, profile: Profile, *, explored: bool) -> tuple[str, ...]:
    reasons = ["explore"] if explored else ["new"]
    rows = [known.rows.get(concept) for concept in film.requires]
    if rows and all(
        row is not None and known.known[row] >= PROFICIENT_KNOWN and known.recall[row] >= PROFICIENT_RECALL
        for row in rows
    ):
        reasons.append("next_step")
    if interest_in(film.topic_id, profile) >= INTERESTED:
        reasons.append("interest")
    return tuple(reasons)


def interest_in(topic: TopicKey, profile: Profile) -> float:
    """1 where nothing is known (06, 3.2)."""
    shown, completed = profile.interest.get(topic, (0, 0))
    return 1.4 * (completed + 2.5) / (shown + 3.5)


def _prerequisite(film: Candidate, known: _Known) -> float:
    """The smallest recall among what the film's concept requires; 0 for one never met."""
    if not film.requires:
        return 1.0
    rows = [known.rows.get(concept) for concept in film.requires]
    return min(0.0 if row is None else float(known.recall[row]) for row in rows)


def _id_of(film: Candidate) -> int:
    return film.video_id.int


def _best_first(entry: Entry) -> tuple[float, int]:
    return -entry.score, entry.place
