"""The nightly fit: stored answers to a set of parameters, live only if it predicts better (06, 2.7)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from quizzes.cards import WATCH, Card, Expected, Given, Played, first_answers
from quizzes.fitting import Log, lay_out, log_likelihoods
from quizzes.grading import STARTING_PACE, Pace
from quizzes.memory import DEFAULT, CardRecord, Parameters, Relearned
from quizzes.models import LearnerState, QuizResponse
from quizzes.parameters import ALL, Live, live_parameters, store_retentions, store_set
from quizzes.partitions import FIRST_YEAR
from quizzes.retention import (
    STARTING_SPREAD,
    Fitted,
    fit_everything,
    fit_scales,
    history_scales,
    start_grouping,
)
from students.models import AGE_GROUPS, Student
from videos.models import Watch

MOST_STUDENTS = 2000  # a group; more would say the same and take the night
ENOUGH_CARDS = 2000  # recall cards from which a group has a set of its own
HELD_OUT = timedelta(days=7)
LEAST_HELD_OUT = 100  # cards without which nothing is decided
PORTION = 100  # students read at once
USUAL = Expected(0.75, STARTING_PACE)

type Histories = dict[tuple[UUID, UUID], list[CardRecord]]  # (student, concept) → cards


@dataclass(frozen=True)
class Refit:
    """What one group came to. `reason` says why a set did not go live, in a word."""

    age_group: str  # empty: all
    cards: int
    held_out_cards: int
    log_likelihood: float | None
    rival_log_likelihood: float | None
    is_live: bool
    reason: str
    parameters: Parameters


def refit_all(now: datetime, *, is_dry: bool = False) -> list[Refit]:
    """One set for all and one for each age group with enough recall cards; stored unless `is_dry`."""
    histories = {group: read_histories(group, now=now) for group in AGE_GROUPS}
    everybody = {pair: cards for found in histories.values() for pair, cards in found.items()}
    refits = [_refit(ALL, everybody, now=now, is_dry=is_dry)]
    for group, found in histories.items():
        if lay_out(list(found.values())).cards >= ENOUGH_CARDS:
            refits.append(_refit(group, found, now=now, is_dry=is_dry))
    if not is_dry:
        _store_scales(everybody, now=now)
    return refits


def _store_scales(histories: Histories, *, now: datetime) -> None:
    """How well each concept sticks, and how well each of these learners keeps, under the set of all."""
    live = live_parameters(ALL)
    log = lay_out(list(histories.values()))
    if not log.cards or not (live.concept_spread or live.learner_spread):
        return
    people, ideas = _order(student for student, _ in histories), _order(concept for _, concept in histories)
    found = fit_scales(log, _beside(live, histories))
    cards = np.bincount(found.concepts.places[log.rows], minlength=len(ideas))
    store_retentions(
        {
            concept: (float(found.concepts.scales[place]), int(cards[place]))
            for concept, place in ideas.items()
            if cards[place]
        },
        now=now,
    )
    # Beside the answers of children who are at it just now: one column of a row each, nothing read before.
    rows = [
        LearnerState(student_id=student, retention=float(found.learners.scales[place]))
        for student, place in people.items()
    ]
    LearnerState.objects.bulk_update(rows, ["retention"], batch_size=PORTION)


def _beside(live: Live, histories: Histories) -> Fitted:
    """What a stored set says before any single concept or learner is looked at."""
    people, ideas = _order(student for student, _ in histories), _order(concept for _, concept in histories)
    return Fitted(
        live.parameters,
        start_grouping(
            [ideas[concept] for _, concept in histories], count=len(ideas), spread=live.concept_spread
        ),
        start_grouping(
            [people[student] for student, _ in histories], count=len(people), spread=live.learner_spread
        ),
    )


def _order(found: Iterable[UUID]) -> dict[UUID, int]:
    return {value: place for place, value in enumerate(dict.fromkeys(found))}


def _refit(age_group: str, histories: Histories, *, now: datetime, is_dry: bool) -> Refit:
    """Fit on all but the newest week, compare on that week with the set in use.

    Each side predicts with the scales that it makes of the answers before.
    """
    since = now - HELD_OUT
    former = lay_out([[card for card in history if card.at < since] for history in histories.values()])
    newest = lay_out(list(histories.values()), counted_from=since)
    untold = _beside(Live(None, DEFAULT, None, STARTING_SPREAD, STARTING_SPREAD), histories)
    found = fit_everything(former, untold.concepts, untold.learners)
    refit = Refit(
        age_group, former.cards, newest.cards, None, None, False, "too-few-answers", found.parameters
    )
    if newest.cards < LEAST_HELD_OUT or not former.cards:
        return refit
    own = Live(None, found.parameters, None, found.concepts.spread, found.learners.spread)
    mine, theirs = (
        _predict(newest, fit_scales(former, _beside(side, histories)))
        for side in (own, live_parameters(age_group))
    )
    is_better = mine > theirs
    if not is_dry:
        store_set(
            found.parameters,
            age_group=age_group,
            cards=former.cards,
            held_out_cards=newest.cards,
            log_likelihood=mine,
            rival_log_likelihood=theirs,
            is_live=is_better,
            concept_spread=found.concepts.spread,
            learner_spread=found.learners.spread,
        )
    return replace(
        refit,
        log_likelihood=mine,
        rival_log_likelihood=theirs,
        is_live=is_better,
        reason="" if is_better else "no-better-than-the-set-in-use",
    )


def _predict(log: Log, side: Fitted) -> float:
    """The mean log likelihood of a card."""
    return float(log_likelihoods(log, side.parameters, scales=history_scales(side)).mean())


def read_histories(age_group: str, *, now: datetime) -> Histories:
    """The cards of some of a group's students, a list for each student and concept, in their own zones.

    At most MOST_STUDENTS; which ones changes from day to day, and is the same all day.
    """
    students = dict(
        Student.objects.filter(age_group=age_group, is_active=True, learner_state__isnull=False).values_list(
            "pk", "time_zone"
        )
    )
    day = now.date().isoformat()
    chosen = sorted(students, key=lambda student: hashlib.sha256(f"{day}{student}".encode()).digest())
    found: Histories = {}
    for start in range(0, min(len(chosen), MOST_STUDENTS), PORTION):
        part = chosen[start : min(start + PORTION, MOST_STUDENTS)]
        found |= _read_portion(part, {student: ZoneInfo(students[student]) for student in part}, now=now)
    return found


def _read_portion(students: Sequence[UUID], zones: dict[UUID, ZoneInfo], *, now: datetime) -> Histories:
    given: dict[tuple[UUID, UUID], list[tuple[Given, Expected]]] = defaultdict(list)
    played: dict[tuple[UUID, UUID], list[Played]] = defaultdict(list)
    answers = QuizResponse.objects.filter(
        student_id__in=students,
        video__concept__isnull=False,
        created_at__gte=datetime(FIRST_YEAR, 1, 1, tzinfo=UTC),
        created_at__lte=now,
    )
    for student, concept, video, index, correct, ms, mode, at, encoding, typical in answers.values_list(
        *("student_id", "video__concept_id", "video_id", "question_index", "is_correct"),
        *("response_time_ms", "mode", "created_at", "encoding", "typical_ms"),
    ):
        expected = Expected(
            USUAL.encoding if encoding is None else encoding, Pace(typical) if typical else STARTING_PACE
        )
        entry = Given(video, index, bool(correct), ms, mode, at.astimezone(zones[student]))
        given[student, concept].append((entry, expected))
    watches = Watch.objects.filter(
        student_id__in=students, video__concept__isnull=False, completed=True, started_at__lte=now
    )
    for student, concept, video, at, seconds in watches.values_list(
        "student_id", "video__concept_id", "video_id", "started_at", "seconds_watched"
    ):
        at_home = at.astimezone(zones[student])
        played[student, concept].append(Played(video, at_home, seconds, completed=True))
    return {pair: cards_of(given[pair], played[pair]) for pair in {**given, **played}}


def cards_of(given: Sequence[tuple[Given, Expected]], played: Sequence[Played]) -> list[CardRecord]:
    """One concept's cards by time, parted as `quizzes.cards` parts them."""
    events: list[tuple[datetime, Given | Played, Expected]] = [
        *((entry.at, entry, expected) for entry, expected in given),
        *((play.at, play, USUAL) for play in played),
    ]
    cards: list[Card] = []
    for at, event, expected in sorted(events, key=lambda entry: entry[0]):
        if not cards or not cards[-1].holds(event.video_id, at):
            mode = event.mode if isinstance(event, Given) else WATCH
            cards.append(Card(event.video_id, mode, at, expected.encoding, expected.pace, None))
        card = cards[-1]
        if isinstance(event, Given):
            if not card.given:  # expectations are kept with answers; the film may have come before
                card = replace(card, encoding=expected.encoding, pace=expected.pace)
            cards[-1] = replace(card, given=(*card.given, event))
    return [_record(card, played) for card in cards]


def _record(card: Card, played: Sequence[Played]) -> CardRecord:
    plays = [play.at for play in played if card.holds(play.video_id, play.at)]
    return CardRecord(
        mode=card.mode,
        answers=first_answers(card.given),
        at=max([card.opened_at, *(entry.at for entry in card.given), *plays]),
        relearned=Relearned.VIDEO if plays else Relearned.FEEDBACK,
        encoding=card.encoding,
        pace=card.pace,
    )
