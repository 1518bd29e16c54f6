"""`submit_answer`: the one write path of answers (06, 2.3; 09, 2.4).

The ledger makes a repeated request the same request. The server grades from the stored question,
clamps the time and decides the mode: a phone is believed in nothing that matters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from analytics import metrics
from analytics.tracking import QuizAnswered, describe
from quizzes import storing
from quizzes.ability import update_ability
from quizzes.arrivals import arrive, read_for
from quizzes.cards import WATCH, Given, State
from quizzes.counting import count_answer
from quizzes.crediting import counts_as_day, credit_day, find_new_badges, tally_card
from quizzes.grading import Answer, update_pace
from quizzes.learners import Standing, note_interest, note_seen
from quizzes.learning import Learned, mastery_of, recall_of
from quizzes.models import QuizResponse, QuizResponseKey
from quizzes.parameters import Live, live_parameters
from quizzes.reading import Context
from quizzes.storing import Change, Key, Learner
from students.budget import Study, add_study, answer_seconds, is_enough, minutes_allowed
from students.streak_trail import Trail
from students.streaks import as_of, learning_day
from videos.models import Watch

OLDEST_ANSWER = timedelta(days=30)  # no phone's clock can ask for another year's partition


class AnswerRefused(Exception):
    """Nothing was stored; `code` says why."""

    code: ClassVar[str]


class VideoNotFound(AnswerRefused):
    """Not published, not there, or not for this student's age."""

    code = "video-not-found"


class QuestionNotFound(AnswerRefused):
    """The film has no question of this index."""

    code = "question-not-found"


class IdempotencyConflict(AnswerRefused):
    """The same id came before with another body."""

    code = "idempotency-conflict"


class StudentNotActive(AnswerRefused):
    """The account was closed meanwhile."""

    code = "student-not-active"


@dataclass(frozen=True)
class SubmittedAnswer:
    """What the app sends; `answered_at` is None for "now"."""

    response_id: UUID
    video_id: UUID
    question_index: int
    user_answer: bool
    response_time_ms: int
    mode: str
    answered_at: datetime | None = None

    def fingerprint(self) -> str:
        """SHA-256 (hex) of the canonical body: tells a repeat from a conflict."""
        answered_at = self.answered_at.astimezone(UTC).isoformat() if self.answered_at else None
        body = {**vars(self), "answered_at": answered_at}
        return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Submission:
    """What an answer came to. `result` is the stored result, without addresses."""

    response_id: UUID
    video_id: UUID
    result: dict[str, Any]
    is_new: bool
    is_card_complete: bool
    progress_version: int  # of the student, after it


@dataclass(frozen=True)
class Upcoming:
    """What an answer is about to change, for whoever says what comes next; nothing is stored yet."""

    video_id: UUID
    concept_id: UUID | None
    state: State | None
    standing: Standing
    is_card_complete: bool
    progress_version: int  # after it


type Follow = Callable[[Upcoming], dict[str, Any] | None]


def submit_answer(
    student_id: UUID, answer: SubmittedAnswer, *, now: datetime, follow: Follow | None = None
) -> Submission:
    """Store one answer and all that follows from it, in one transaction. Raises AnswerRefused.

    What `follow` names as next is stored with the result, so that a repeat is answered alike.
    """
    with transaction.atomic():
        return _submit(student_id, answer, now, follow)


def submit_answers(
    student_id: UUID, answers: Sequence[SubmittedAnswer], *, now: datetime
) -> list[Submission | AnswerRefused]:
    """An offline queue: one outcome each, in the order given; one refused does not hold up the rest.

    They are taken by time, as they happened, so the order of sending changes nothing. The student's row is
    locked by the first, so two queues cannot deadlock.
    """
    outcomes: dict[int, Submission | AnswerRefused] = {}

    def moment(place: int) -> tuple[datetime, UUID]:
        return answers[place].answered_at or now, answers[place].response_id

    with transaction.atomic():
        for place in sorted(range(len(answers)), key=moment):
            try:
                with transaction.atomic():
                    outcomes[place] = _submit(student_id, answers[place], now, None)
            except AnswerRefused as refusal:
                outcomes[place] = refusal
    return [outcomes[place] for place in range(len(answers))]


def note_watch(student_id: UUID, watch: Watch, *, now: datetime) -> None:
    """A playback was stored: what it has taught, whether the day counts by it, what interests the child.

    Call it in the transaction that stored the Watch. Nothing happens where the film is withdrawn.
    """
    with transaction.atomic():
        learner = storing.lock_learner(student_id)
        context = learner and read_for(learner, watch.video_id, watch.started_at)
        if not learner or not context:
            return
        live = live_parameters(learner.age_group)
        zone = learner.zone_at(watch.started_at)
        at = watch.started_at.astimezone(zone)
        film = context.film
        standing = note_seen(
            context.standing,
            film.concept_id or film.id,
            film.topic_key,
            day=learning_day(at),
            is_new=context.state is None,
        )
        standing = note_interest(standing, film.topic_key, shown=1, completed=int(watch.completed))
        trail, learned = learner.trail, None
        if watch.completed:
            learned = arrive(
                learner, context, at, claimed=WATCH, added=None, now=now, parameters=live.parameters
            )
            if _is_complete(context, learned) and counts_as_day(learned, recall_cards=0):
                trail = credit_day(learner, learned.card.opened_at.astimezone(zone), now.astimezone(zone))
        # The playback's seconds, and a finished film's version, were counted with the playback.
        change = _change(
            context, learned, learner, trail, study=learner.study, standing=standing, live=live, now=now
        )
        storing.write_watch(student_id, replace(change, bump=0), now=now)


def _submit(student_id: UUID, answer: SubmittedAnswer, now: datetime, follow: Follow | None) -> Submission:
    at = min(max(answer.answered_at or now, now - OLDEST_ANSWER), now)
    key = Key(answer.response_id, answer.fingerprint(), uuid7(), at)
    opened = storing.open_ledger(student_id, key, now=now)
    if opened is None:
        raise StudentNotActive("This account is closed.")
    learner, is_new = opened
    if not is_new:
        return _repeat(learner, answer, key)
    at = learner.clamp(at, now)
    key = replace(key, created_at=at)
    context = read_for(learner, answer.video_id, at)
    if context is None:
        raise VideoNotFound("There is no such film for you.")
    if not 0 <= answer.question_index < len(context.film.questions):
        raise QuestionNotFound(f"The film has no question {answer.question_index}.")
    question = context.film.questions[answer.question_index]
    zone = learner.zone_at(at)
    at = at.astimezone(zone)
    given = Given(
        video_id=answer.video_id,
        question_index=answer.question_index,
        is_correct=answer.user_answer == question["answer"],
        response_time_ms=answer.response_time_ms,
        mode=answer.mode,
        at=at,
    )
    live = live_parameters(learner.age_group)
    learned = arrive(
        learner, context, at, claimed=answer.mode, added=given, now=now, parameters=live.parameters
    )
    given = replace(given, mode=learned.card.mode)
    is_first = sum(entry.question_index == answer.question_index for entry in learned.card.given) == 1
    is_last = is_first and _is_complete(context, learned)
    standing = _stand_after(context, learned, given, is_first=is_first)
    study = add_study(learner.study, on=learning_day(at), seconds=answer_seconds(given.response_time_ms))
    trail, surprise = learner.trail, None
    badges: list[str] = []
    if is_last:
        standing = replace(standing, tally=tally_card(standing.tally, context, learned, at))
        surprise = learned.surprise
        if surprise is not None:
            standing = replace(standing, ability=update_ability(standing.ability, surprise=surprise))
        recall_cards = standing.tally.recall_cards_on(learning_day(at))
        if counts_as_day(learned, recall_cards):
            trail = credit_day(learner, at, now.astimezone(zone), recall_cards=recall_cards)
    change = _change(context, learned, learner, trail, study=study, standing=standing, live=live, now=now)
    if is_last:
        badges = find_new_badges(learner, context, learned, standing.tally, streak=change.streak, now=now)
        standing = replace(standing, tally=replace(standing.tally, days_away=0))
        change = replace(change, standing=standing, surprise=surprise)
    today = learning_day(now.astimezone(learner.zone_at(now)))
    result = _result(
        question,
        is_correct=given.is_correct,
        topic=context.film.topic,
        recall=recall_of(learned.state, now, live.parameters),
        mastery=mastery_of(learned.state, context.siblings, now, live.parameters),
        streak=as_of(change.streak, today, excused=learner.excused(today)).days,
        learner=learner,
        badges=badges,
        enough=is_enough(
            study, today=today, minutes=minutes_allowed(learner.age_group, learner.learning_minutes)
        ),
    )
    version = learner.progress_version + 1
    if follow is not None:
        upcoming = Upcoming(
            answer.video_id, context.film.concept_id, learned.state, standing, is_last, version
        )
        result["next"] = follow(upcoming)
    storing.write_answer(
        student_id,
        key,
        given,
        user_answer=answer.user_answer,
        change=change,
        badges=badges,
        result=result,
        event=describe(
            QuizAnswered(
                student_id=student_id,
                at=given.at,
                video_id=given.video_id,
                question_index=given.question_index,
                correct=given.is_correct,
                response_time_ms=given.response_time_ms,
                mode=given.mode,
            )
        ),
        card=learned.card,
        now=now,
    )
    return Submission(
        response_id=answer.response_id,
        video_id=answer.video_id,
        result=result,
        is_new=True,
        is_card_complete=is_last,
        progress_version=version,
    )


def _stand_after(context: Context, learned: Learned, given: Given, *, is_first: bool) -> Standing:
    """The learner's standing after one answer, before what a finished card adds."""
    film = context.film
    standing = note_seen(
        context.standing,
        film.concept_id or film.id,
        film.topic_key,
        day=learning_day(given.at),
        is_new=context.state is None,
    )
    standing = replace(
        standing,
        tally=count_answer(standing.tally, is_correct=given.is_correct, at=given.at),
        card=learned.card if film.concept_id is None else standing.card,
    )
    if not is_first:
        return standing
    answers = [Answer(given.is_correct, given.response_time_ms)]
    return replace(standing, pace=update_pace(standing.pace, answers))


def _repeat(learner: Learner, answer: SubmittedAnswer, key: Key) -> Submission:
    stored = QuizResponseKey.objects.get(student_id=learner.id, response_id=answer.response_id)
    if stored.fingerprint != key.fingerprint:
        metrics.ledger_conflicts_total.labels("answer").inc()
        raise IdempotencyConflict("This response_id was used for another answer. Make a new one.")
    return Submission(
        response_id=answer.response_id,
        video_id=answer.video_id,
        result=stored.result or _result_from_row(learner, stored),
        is_new=False,
        is_card_complete=False,
        progress_version=learner.progress_version,
    )


def _result_from_row(learner: Learner, key: QuizResponseKey) -> dict[str, Any]:
    """Retention empties stored results; the answer itself is still there."""
    row = QuizResponse.objects.select_related("video").get(id=key.quiz_response_id, created_at=key.created_at)
    return _result(
        row.video.quiz_questions[row.question_index],
        is_correct=bool(row.is_correct),
        topic=row.video.topic,
        recall=None,
        mastery=None,
        streak=learner.streak_count,
        learner=learner,
        badges=[],
        enough=False,
    )


def _result(
    question: dict[str, Any],
    *,
    is_correct: bool,
    topic: str,
    recall: float | None,
    mastery: float | None,
    streak: int,
    learner: Learner,
    badges: list[str],
    enough: bool,
) -> dict[str, Any]:
    """`QuizResult` of 03 without its next film."""
    return {
        "is_correct": is_correct,
        "correct_answer": question["answer"],
        "explanation": question["explanation"],
        "replay_from_seconds": question["taught_at_seconds"],
        "analytics": {
            "topic": topic,
            "recall_probability": recall,
            "mastery": mastery,
            "streak": streak,
            "videos_watched": learner.total_videos_watched,
            "achievements_unlocked": badges,
            "enough_for_today": enough,
        },
    }


def _is_complete(context: Context, learned: Learned) -> bool:
    return learned.answered >= set(range(len(context.film.questions)))


def _change(
    context: Context,
    learned: Learned | None,
    learner: Learner,
    trail: Trail,
    *,
    study: Study,
    standing: Standing,
    live: Live,
    now: datetime,
) -> Change:
    today = learning_day(now.astimezone(learner.zone_at(now)))
    return Change(
        film_id=context.film.id,
        concept_id=context.film.concept_id,
        state=learned.state if learned else None,
        card=learned.kept if learned else None,
        trail=trail,
        streak=trail.streak(learner.excused(today)),
        study=study,
        standing=replace(standing, parameters=live.id),
        parameters=live.parameters,
    )
