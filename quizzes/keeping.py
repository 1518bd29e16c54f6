"""What this app keeps about a student: answers, what is remembered of them, wishes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from quizzes.models import Feedback, LearnerState, QuizResponse, QuizResponseKey, TopicMemory
from students.models import Student
from students.retention import ROWS_KEPT, delete_old
from students.sections import Rows, Section, delete_rows, rows_of

MODELS = (QuizResponse, QuizResponseKey, TopicMemory, LearnerState, Feedback)
OMITTED = {"fingerprint"}  # a hash of what stands beside it


def export(student: Student) -> Mapping[str, Rows]:
    return {
        model._meta.db_table: rows_of(model._default_manager.filter(student=student), omit=OMITTED)  # noqa: SLF001 - Django's documented way
        for model in MODELS
    }


def erase(student: Student) -> Mapping[str, int]:
    return delete_rows(*(model._default_manager.filter(student=student) for model in MODELS))  # noqa: SLF001


def expire(now: datetime) -> Mapping[str, int]:
    """After a year without use; the learner's state, which has no date, goes with the account."""
    end = now - ROWS_KEPT
    return delete_old(
        QuizResponse.objects.filter(created_at__lt=end),
        QuizResponseKey.objects.filter(created_at__lt=end),
        TopicMemory.objects.filter(reviewed_at__lt=end),
        Feedback.objects.filter(created_at__lt=end),
    )


SECTION = Section("quizzes", MODELS, export, erase, expire)
