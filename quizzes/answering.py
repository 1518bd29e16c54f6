"""`submit_answer`: the one write path of answers (06, 2.3; 09, 2.4).

The ledger makes a repeated request the same request. The server grades from the stored question,
clamps the time and decides the mode: a phone is believed in nothing that matters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from analytics.tracking import QuizAnswered, track
from quizzes import storing
from quizzes.ability import starting_ability
from quizzes.cards import WATCH, Given, State, replay_concept
from quizzes.counting import tally_cards
from quizzes.crediting import counts_as_day, credit_day, find_new_badges
from quizzes.grading import STARTING_PACE
from quizzes.learning import Learned, expect_encoding, find_card, is_late, learn
from quizzes.memory import retrievability
from quizzes.models import QuizResponse, QuizResponseKey
from quizzes.storing import Change, Context, Key, Learner
from students.budget import Study, add_study, answer_seconds, is_enough, minutes_allowed
from students.models import AGE_GROUPS, ages_of
from students.streak_trail import Trail
from students.streaks import as_of, learning_day

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


def submit_answer(student_id: UUID, answer: SubmittedAnswer, *, now: datetime) -> Submission:
    """Store one answer and all that follows from it, in one transaction. Raises AnswerRefused."""
    with transaction.atomic():
        return _submit(student_id, answer, now)


def submit_answers(
    student_id: UUID, answers: Sequence[SubmittedAnswer], *, now: datetime
) -> list[Submission | AnswerRefused]:
    """An offline queue: one outcome each, in the order given; one refused does not hold up the rest."""
    outcomes: dict[int, Submission | AnswerRefused] = {}
    with transaction.atomic():
        for place in sorted(range(len(answers)), key=lambda place: answers[place].response_id):
            try:
                with transaction.atomic():
                    outcomes[place] = _submit(student_id, answers[place], now)
            except AnswerRefused as refusal:
                outcomes[place] = refusal
    return [outcomes[place] for place in range(len(answers))]


def remember_next(student_id: UUID, submission: Submission, following: dict[str, Any] | None) -> None:
    """Keep what was recommended with the result, so that a repeat is answered alike."""
    QuizResponseKey.objects.filter(student_id=student_id, response_id=submission.response_id).update(
        result={**submission.result, "next": following}
    )


def note_watch(student_id: UUID, video_id: UUID, *, now: datetime) -> None:
    """A stored playback reached its end: what the film has taught, and whether the day counts by it.

    Call it in the transaction that stored the Watch. Nothing happens where the film is withdrawn.
    """
    with transaction.atomic():
        learner = storing.lock_learner(student_id)
        context = learner and _read(learner, video_id, now)
        if not learner or not context:
            return
        ends = [play.at for play in context.played if play.completed and play.video_id == video_id]
        if not ends:
            return
        zone = learner.zone_at(max(ends))
        learned = _learn(learner, context, max(ends).astimezone(zone), claimed=WATCH, added=None)
        trail = learner.trail
        if _is_complete(context, learned) and counts_as_day(learned, recall_cards=0):
            trail = credit_day(learner, learned.card.opened_at.astimezone(zone), now.astimezone(zone))
        # The playback's seconds were counted with the playback.
        change = _change(context, learned, learner, trail, study=learner.study, now=now)
        storing.write_watch(student_id, change, now=now)


def _submit(student_id: UUID, answer: SubmittedAnswer, now: datetime) -> Submission:
    at = min(max(answer.answered_at or now, now - OLDEST_ANSWER), now)
    key = Key(answer.response_id, answer.fingerprint(), uuid7(), at)
    opened = storing.open_ledger(student_id, key)
    if opened is None:
        raise StudentNotActive("This account is closed.")
    learner, is_new = opened
    if not is_new:
        return _repeat(learner, answer, key)
    context = _read(learner, answer.video_id, at)
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
    learned = _learn(learner, context, at, claimed=answer.mode, added=given)
    given = replace(given, mode=learned.card.mode)
    known = {entry.question_index for entry in context.given if learned.card.holds(entry.video_id, entry.at)}
    is_last = _is_complete(context, learned) and answer.question_index not in known
    trail = learner.trail
    badges: list[str] = []
    study = add_study(learner.study, on=learning_day(at), seconds=answer_seconds(given.response_time_ms))
    change = _change(context, learned, learner, trail, study=study, now=now)
    if is_last:
        tally = tally_cards(student_id, [given], at=at, opened_at=learned.card.opened_at, zone=zone.key)
        if counts_as_day(learned, tally.recall_cards_today):
            trail = credit_day(learner, at, now.astimezone(zone), recall_cards=tally.recall_cards_today)
            change = _change(context, learned, learner, trail, study=study, now=now)
        badges = find_new_badges(learner, context, learned, tally, streak=change.streak, now=now)
    today = learning_day(now.astimezone(learner.zone_at(now)))
    result = _result(
        question,
        is_correct=given.is_correct,
        topic=context.film.topic,
        recall=_recall(learned.state, now),
        mastery=_mastery(context, learned, now),
        streak=as_of(change.streak, today, excused=learner.excused(today)).days,
        learner=learner,
        badges=badges,
        enough=is_enough(
            study, today=today, minutes=minutes_allowed(learner.age_group, learner.learning_minutes)
        ),
    )
    storing.write_answer(
        student_id,
        key,
        given,
        user_answer=answer.user_answer,
        change=change,
        badges=badges,
        result=result,
        now=now,
    )
    track(
        QuizAnswered(
            student_id=student_id,
            at=given.at,
            video_id=given.video_id,
            question_index=given.question_index,
            correct=given.is_correct,
            response_time_ms=given.response_time_ms,
            mode=given.mode,
        )
    )
    return Submission(
        response_id=answer.response_id,
        video_id=answer.video_id,
        result=result,
        is_new=True,
        is_card_complete=is_last,
        progress_version=learner.progress_version + 1,
    )


def _repeat(learner: Learner, answer: SubmittedAnswer, key: Key) -> Submission:
    stored = QuizResponseKey.objects.get(student_id=learner.id, response_id=answer.response_id)
    if stored.fingerprint != key.fingerprint:
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


def _read(learner: Learner, video_id: UUID, at: datetime) -> Context | None:
    return storing.read_context(
        learner.id,
        video_id,
        at=at,
        gates=[ages_of(group) for group in AGE_GROUPS[: AGE_GROUPS.index(learner.age_group) + 1]],
        ages=ages_of(learner.age_group),
    )


def _learn(learner: Learner, context: Context, at: datetime, *, claimed: str, added: Given | None) -> Learned:
    """The card and the state after this arrival; `added` is the answer that is not stored yet."""
    film = context.film
    encoding = expect_encoding(
        starting_ability(learner.age_group), film.difficulty, context.prerequisites, at
    )
    card = find_card(
        context.card,
        context.state,
        video_id=film.id,
        at=at,
        claimed=claimed,
        given=context.given,
        played=context.played,
        encoding=encoding,
        pace=STARTING_PACE,
    )
    new = [replace(added, mode=card.mode)] if added else []
    late = is_late(context.card, context.state, video_id=film.id, at=at)
    learned = learn(
        card,
        [*context.given, *new],
        context.played,
        at=at,
        has_concept=film.concept_id is not None and not late,
    )
    if not late or film.concept_id is None:
        return learned
    given, played = storing.read_history(learner.id, film.concept_id, at.tzinfo or UTC)
    replayed = replay_concept([*given, *new], played, encoding=encoding, pace=STARTING_PACE)
    return replace(learned, kept=replayed[0], state=replayed[1]) if replayed else learned


def _is_complete(context: Context, learned: Learned) -> bool:
    return learned.answered >= set(range(len(context.film.questions)))


def _change(
    context: Context, learned: Learned, learner: Learner, trail: Trail, *, study: Study, now: datetime
) -> Change:
    today = learning_day(now.astimezone(learner.zone_at(now)))
    return Change(
        concept_id=context.film.concept_id,
        state=learned.state,
        card=learned.kept,
        trail=trail,
        streak=trail.streak(learner.excused(today)),
        study=study,
    )


def _recall(state: State | None, now: datetime) -> float | None:
    return round(retrievability(state.memory, now), 4) if state else None


def _mastery(context: Context, learned: Learned, now: datetime) -> float | None:
    """Mean recall over the concepts of the film's topic; None for a film that teaches no concept."""
    if learned.state is None:
        return None
    memories = [learned.state.memory, *context.siblings]
    return round(
        sum(retrievability(memory, now) if memory else 0.0 for memory in memories) / len(memories), 4
    )
