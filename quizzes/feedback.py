"""What a child thinks of a film: "not interested", "more", once for each client-made id (06, 3.2)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from analytics import metrics
from quizzes import storing
from quizzes.answering import IdempotencyConflict, StudentNotActive, VideoNotFound
from quizzes.arrivals import read_for
from quizzes.learners import NOT_INTERESTED, note_interest, note_seen
from quizzes.models import Feedback
from students.streaks import learning_day

UNWANTED, MORE = "not_interested", "more"


def record_feedback(
    student_id: UUID, *, feedback_id: UUID, video_id: UUID, kind: str, now: datetime
) -> tuple[Feedback, bool]:
    """The stored opinion, and whether this call stored it. Raises AnswerRefused.

    "Not interested" counts as three films of the topic shown, and its concept does not come again today;
    "more" as one film completed. Both change the next page.
    """
    with transaction.atomic():
        learner = storing.lock_learner(student_id)
        if learner is None:
            raise StudentNotActive("This account is closed.")
        earlier = Feedback.objects.filter(student_id=student_id, feedback_id=feedback_id).first()
        if earlier is not None:
            if (earlier.video_id, earlier.kind) != (video_id, kind):
                metrics.ledger_conflicts_total.labels("feedback").inc()
                raise IdempotencyConflict("This feedback_id was used for another film. Make a new one.")
            return earlier, False
        context = read_for(learner, video_id, now)
        if context is None:
            raise VideoNotFound("There is no such film for you.")
        film, standing = context.film, context.standing
        if kind == UNWANTED:
            standing = note_interest(standing, film.topic_key, shown=NOT_INTERESTED)
            standing = note_seen(
                standing,
                film.concept_id or film.id,
                film.topic_key,
                day=learning_day(now.astimezone(learner.zone_at(now))),
                is_new=context.state is None,
            )
        else:
            standing = note_interest(standing, film.topic_key, completed=1)
        storing.write_standing(student_id, standing, now=now)
        kept = Feedback.objects.create(
            student_id=student_id, feedback_id=feedback_id, video_id=video_id, kind=kind, created_at=now
        )
    return kept, True
