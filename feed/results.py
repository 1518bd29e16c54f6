"""What became of answers, as the interface says it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.exceptions import ValidationError

from quizzes.answering import AnswerRefused, IdempotencyConflict, StudentNotActive, Submission
from students.fields import IdField
from students.problems import Conflict, FieldError, Missing, Problem, Unauthorized, problem_document


def as_problem(refusal: AnswerRefused) -> Problem:
    """What the interface says about an answer that was refused."""
    if isinstance(refusal, IdempotencyConflict):
        return Conflict("idempotency-conflict", str(refusal))
    if isinstance(refusal, StudentNotActive):
        return Unauthorized("token-invalid", "Sign in again.")
    return Missing(str(refusal))


def describe_result(submission: Submission, next_video: Any) -> dict[str, Any]:
    """`QuizResult` of 03."""
    return {
        "is_correct": submission.result["is_correct"],
        "correct_answer": submission.result["correct_answer"],
        "explanation": submission.result["explanation"],
        "replay_from_seconds": submission.result["replay_from_seconds"],
        "next_video": next_video,
        "analytics": submission.result["analytics"],
    }


def describe_outcome(response_id: UUID, outcome: Submission | AnswerRefused) -> dict[str, Any]:
    """One entry of the queue's answer."""
    if isinstance(outcome, Submission):
        status = 201 if outcome.is_new else 200
        result = describe_result(outcome, None)
        return {"response_id": str(response_id), "status": status, "result": result, "problem": None}
    problem = as_problem(outcome)
    document = problem_document(int(problem.status_code), problem.code, str(problem.detail))
    return {
        "response_id": str(response_id),
        "status": document["status"],
        "result": None,
        "problem": document,
    }


def describe_invalid(entry: Any, errors: Any) -> dict[str, Any]:
    """An entry that is no answer; its id is named where it has one, so the app can show which."""
    written = entry.get("response_id") if isinstance(entry, dict) else None
    try:
        response_id = str(IdField().run_validation(written))
    except ValidationError:
        response_id = None
    found = [FieldError(field, "invalid", str(texts[0])) for field, texts in errors.items()]
    document = problem_document(400, "invalid", "Some fields are missing or wrong; see errors.", found)
    return {"response_id": response_id, "status": 400, "result": None, "problem": document}
