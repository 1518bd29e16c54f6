"""The shape of `LearningVideo.quiz_questions`, checked on write."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

FIELDS: dict[str, type | tuple[type, ...]] = {
    "question": str,
    "answer": bool,
    "explanation": str,
    "scene": int,
    "taught_at_seconds": (int, float),
    "evidence": str,
}
OPTIONAL: dict[str, type | tuple[type, ...]] = {"asked_at_seconds": (int, float)}


def validate_questions(value: Any) -> None:
    """A list of questions as 03 writes them; raises ValidationError naming the first fault."""
    if not isinstance(value, list):
        raise ValidationError("quiz_questions must be a list.", code="questions-not-a-list")
    for number, question in enumerate(value):
        if not isinstance(question, dict):
            raise ValidationError(f"Question {number} must be an object.", code="question-not-an-object")
        for name, kind in FIELDS.items():
            found = question.get(name)
            if not isinstance(found, kind) or (kind is not bool and isinstance(found, bool)):
                raise ValidationError(
                    f"Question {number}: {name!r} is missing or of another type.", code="question-field"
                )
        unknown = set(question) - set(FIELDS) - set(OPTIONAL)
        if unknown:
            raise ValidationError(
                f"Question {number}: unknown field {min(unknown)!r}.", code="question-field"
            )
