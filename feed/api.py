"""The feed, answers, playbacks and progress of the signed-in student."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from feed import pages
from feed.cursors import CursorInvalid
from feed.pages import AgeGroupNotAllowed
from feed.progress import read_progress
from feed.serializers import (
    FeedQuerySerializer,
    ProgressSerializer,
    QueuedResultSerializer,
    QuizAnswerSerializer,
    QuizResultSerializer,
    VideoCardSerializer,
)
from quizzes.answering import (
    AnswerRefused,
    IdempotencyConflict,
    StudentNotActive,
    Submission,
    note_watch,
    submit_answer,
    submit_answers,
)
from students.authentication import student_of
from students.endpoints import StudentEndpoint
from students.fields import IdField
from students.models import Student
from students.problems import (
    BadRequest,
    Conflict,
    FieldError,
    Missing,
    Problem,
    Unauthorized,
    problem_document,
    problems,
)
from videos.api import answer_tagged
from videos.serializers import WatchReportSerializer, WatchSerializer
from videos.watching import VideoNotFound, WatchConflict, WatchReport, record_watch

TAGS = ["student"]
MOST_QUEUED = 100
USER = OpenApiParameter(
    "user_id", OpenApiTypes.STR, OpenApiParameter.PATH, description="`me`, or the student's own id."
)
IF_NONE_MATCH = OpenApiParameter("If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)
UNCHANGED = OpenApiResponse(description="Unchanged, addresses included.")


def own_student(request: Request, user_id: str) -> Student:
    """The signed-in student; anyone else's id looks like an id that does not exist."""
    student = student_of(request)
    if user_id not in {"me", str(student.pk)}:
        raise Missing
    return student


def as_problem(refusal: AnswerRefused) -> Problem:
    """What the interface says about an answer that was refused."""
    if isinstance(refusal, IdempotencyConflict):
        return Conflict("idempotency-conflict", str(refusal))
    if isinstance(refusal, StudentNotActive):
        return Unauthorized("token-invalid", "Sign in again.")
    return Missing(str(refusal))


class Feed(StudentEndpoint):
    throttle_scope: ClassVar[str] = "feed"

    @extend_schema(
        operation_id="read_feed",
        tags=TAGS,
        parameters=[USER, FeedQuerySerializer, IF_NONE_MATCH],
        responses={
            200: OpenApiResponse(
                VideoCardSerializer(many=True),
                description='Ten cards; `Link: <…>; rel="next"` leads to those that follow.',
            ),
            304: UNCHANGED,
            **problems(400, 401, 404),
        },
    )
    def get(self, request: Request, user_id: str) -> HttpResponse:
        """What to see next. Pages count from 0; past the end the array is empty."""
        student = own_student(request, user_id)
        query = FeedQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        try:
            page = pages.next_page(
                student,
                now=timezone.now(),
                number=asked["page"],
                cursor=asked["cursor"],
                age_group=asked["age_group"],
            )
        except CursorInvalid as error:
            raise BadRequest("cursor-invalid", str(error)) from error
        except AgeGroupNotAllowed as error:
            wrong = FieldError("age_group", "age-group-not-allowed", str(error))
            raise BadRequest("age-group-not-allowed", str(error), errors=[wrong]) from error
        response = answer_tagged(request, page.body)
        if page.next_cursor:
            address = request.build_absolute_uri(request.path)
            response.headers["Link"] = f'<{address}?{urlencode({"cursor": page.next_cursor})}>; rel="next"'
        return response


class QuizResponses(StudentEndpoint):
    throttle_scope: ClassVar[str] = "quiz"

    @extend_schema(
        operation_id="submit_answer",
        tags=TAGS,
        request=QuizAnswerSerializer,
        responses={
            200: OpenApiResponse(QuizResultSerializer, description="Sent before: the first result."),
            201: QuizResultSerializer,
            **problems(400, 401, 404, 409, 413, 415),
        },
    )
    def post(self, request: Request) -> Response:
        """Answer one question: right or not yet, why, and what to see next."""
        student, now = student_of(request), timezone.now()
        body = QuizAnswerSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            submission = submit_answer(
                student.pk, body.to_answer(), now=now, follow=partial(pages.follow, student, now=now)
            )
        except AnswerRefused as refusal:
            raise as_problem(refusal) from refusal
        following = submission.result.get("next")
        places = [pages.place_from_json(following)] if following else []
        cards = pages.read_cards(places, age_group=student.age_group, now=now)
        result = describe_result(submission, cards[0] if cards else None)
        return Response(result, status=201 if submission.is_new else 200)


class QuizResponseQueue(StudentEndpoint):
    throttle_scope: ClassVar[str] = "quiz"

    @extend_schema(
        operation_id="submit_answers",
        tags=TAGS,
        request=QuizAnswerSerializer(many=True),
        responses={
            207: QueuedResultSerializer(many=True),
            **problems(400, 401, 413, 415),
        },
    )
    def post(self, request: Request) -> Response:
        """Answers from an offline queue, at most 100: one outcome each, in the order sent."""
        student, now = student_of(request), timezone.now()
        if not isinstance(request.data, list) or len(request.data) > MOST_QUEUED:
            raise ValidationError({"": [f"Send a list of at most {MOST_QUEUED} answers."]}, "queue-invalid")
        bodies = [QuizAnswerSerializer(data=entry) for entry in request.data]
        valid = [body for body in bodies if body.is_valid()]
        outcomes = iter(submit_answers(student.pk, [body.to_answer() for body in valid], now=now))
        answers = []
        for entry, body in zip(request.data, bodies, strict=True):
            if body.errors:
                answers.append(describe_invalid(entry, body.errors))
            else:
                answers.append(describe_outcome(body.validated_data["response_id"], next(outcomes)))
        return Response(answers, status=207)


class Progress(StudentEndpoint):
    throttle_scope: ClassVar[str] = "progress"

    @extend_schema(
        operation_id="read_progress",
        tags=TAGS,
        parameters=[USER, IF_NONE_MATCH],
        responses={200: ProgressSerializer, 304: UNCHANGED, **problems(401, 404)},
    )
    def get(self, request: Request, user_id: str) -> HttpResponse:
        """Topics, streak, badges, and what could come next."""
        progress = read_progress(own_student(request, user_id), now=timezone.now())
        return answer_tagged(request, msgspec.json.encode(progress))


class Watches(StudentEndpoint):
    throttle_scope: ClassVar[str] = "watch"

    @extend_schema(
        operation_id="report_watch",
        tags=TAGS,
        request=WatchReportSerializer,
        responses={
            200: OpenApiResponse(WatchSerializer, description="It was stored before; nothing has changed."),
            201: WatchSerializer,
            **problems(400, 401, 404, 409, 413, 415),
        },
    )
    def post(self, request: Request) -> Response:
        """Report one playback. A film played to its end is remembered, and may make the day count."""
        student, now = student_of(request), timezone.now()
        body = WatchReportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        report = WatchReport(**body.validated_data)
        try:
            with transaction.atomic():
                watch, is_new = record_watch(student.pk, report, now=now)
                if is_new:
                    note_watch(student.pk, watch, now=now)
        except VideoNotFound as error:
            raise Missing from error
        except WatchConflict as error:
            raise Conflict("idempotency-conflict", str(error)) from error
        return Response(WatchSerializer(watch).data, status=201 if is_new else 200)


def describe_result(submission: Submission, next_video: dict[str, Any] | None) -> dict[str, Any]:
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
