"""The nightly fit: stored answers to a set of parameters, live only if it predicts better (06, 2.7)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from quizzes.cards import WATCH, Card, Expected, Given, Played, first_answers
from quizzes.fitting import fit_log, lay_out, log_likelihoods
from quizzes.grading import STARTING_PACE, Pace
from quizzes.memory import CardRecord, Parameters, Relearned
from quizzes.models import QuizResponse
from quizzes.parameters import ALL, live_parameters, store_set
from quizzes.partitions import FIRST_YEAR
from students.models import AGE_GROUPS, Student
from videos.models import Watch

MOST_STUDENTS = 2000  # a group; more would say the same and take the night
ENOUGH_CARDS = 2000  # recall cards from which a group has a set of its own
HELD_OUT = timedelta(days=7)
LEAST_HELD_OUT = 100  # cards without which nothing is decided
PORTION = 100  # students read at once
USUAL = Expected(0.75, STARTING_PACE)


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
    everybody = [history for found in histories.values() for history in found]
    refits = [_refit(ALL, everybody, now=now, is_dry=is_dry)]
    for group, found in histories.items():
        if lay_out(found).cards >= ENOUGH_CARDS:
            refits.append(_refit(group, found, now=now, is_dry=is_dry))
    return refits


def _refit(age_group: str, histories: Sequence[list[CardRecord]], *, now: datetime, is_dry: bool) -> Refit:
    """Fit on all but the newest week, compare on that week with the set in use."""
    since = now - HELD_OUT
    former = lay_out([[card for card in history if card.at < since] for history in histories])
    newest = lay_out(histories, counted_from=since)
    fitted = fit_log(former)
    refit = Refit(age_group, former.cards, newest.cards, None, None, False, "too-few-answers", fitted)
    if newest.cards < LEAST_HELD_OUT or not former.cards:
        return refit
    rival = live_parameters(age_group).parameters
    mine, theirs = (float(log_likelihoods(newest, values).mean()) for values in (fitted, rival))
    is_better = mine > theirs
    if not is_dry:
        store_set(
            fitted,
            age_group=age_group,
            cards=former.cards,
            held_out_cards=newest.cards,
            log_likelihood=mine,
            rival_log_likelihood=theirs,
            is_live=is_better,
        )
    return replace(
        refit,
        log_likelihood=mine,
        rival_log_likelihood=theirs,
        is_live=is_better,
        reason="" if is_better else "no-better-than-the-set-in-use",
    )


def read_histories(age_group: str, *, now: datetime) -> list[list[CardRecord]]:
    """The cards of some of a group's students, one list a student and concept, in their own zones.

    At most MOST_STUDENTS; which ones changes from day to day, and is the same all day.
    """
    students = dict(
        Student.objects.filter(age_group=age_group, is_active=True, learner_state__isnull=False).values_list(
            "pk", "time_zone"
        )
    )
    day = now.date().isoformat()
    chosen = sorted(students, key=lambda student: hashlib.sha256(f"{day}{student}".encode()).digest())
    found: list[list[CardRecord]] = []
    for start in range(0, min(len(chosen), MOST_STUDENTS), PORTION):
        part = chosen[start : min(start + PORTION, MOST_STUDENTS)]
        found += _read_portion(part, {student: ZoneInfo(students[student]) for student in part}, now=now)
    return found


def _read_portion(
    students: Sequence[UUID], zones: dict[UUID, ZoneInfo], *, now: datetime
) -> list[list[CardRecord]]:
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
    return [cards_of(given[pair], played[pair]) for pair in {**given, **played}]


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
