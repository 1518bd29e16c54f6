"""The feed, answers, playbacks, opinions and progress of the signed-in student: plain views."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions
from rest_framework.exceptions import ValidationError

from analytics import metrics
from feed import pages
from feed.bodies import Opinion, QuizAnswer, Watched, answer_decoder, opinion_decoder, watch_decoder
from feed.cards import read_cards
from feed.cursors import CursorInvalid
from feed.offline import make_manifest
from feed.pages import AgeGroupNotAllowed
from feed.progress import progress_body
from feed.results import as_problem, describe_invalid, describe_outcome, describe_result
from feed.serializers import (
    FeedbackSerializer,
    FeedQuerySerializer,
    KeptFeedbackSerializer,
    OfflineManifestSerializer,
    OfflineQuerySerializer,
    ProgressSerializer,
    QueuedResultSerializer,
    QuizAnswerSerializer,
    QuizResultSerializer,
    VideoCardSerializer,
)
from quizzes.answering import (
    AnswerRefused,
    note_watch,
    submit_answer,
    submit_answers,
)
from quizzes.feedback import record_feedback
from students.bodies import read_bounded
from students.calls import JSON, Call, endpoint, read_json
from students.models import Student
from students.problems import (
    BadRequest,
    Conflict,
    FieldError,
    Missing,
    problems,
)
from videos.api import answer_bytes
from videos.models import Watch
from videos.serializers import WatchReportSerializer, WatchSerializer
from videos.watching import VideoNotFound, WatchConflict, record_watch

TAGS = ["student"]
MOST_QUEUED = 100
PLAIN_PAGES = 6  # digits of a page number that needs no closer look
USER = OpenApiParameter(
    "user_id", OpenApiTypes.STR, OpenApiParameter.PATH, description="`me`, or the student's own id."
)
IF_NONE_MATCH = OpenApiParameter("If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)
UNCHANGED = OpenApiResponse(description="Unchanged, addresses included.")


def demand_own(call: Call, user_id: str) -> None:
    """Anyone else's id looks like an id that does not exist."""
    if user_id not in {"me", str(call.student.pk)}:
        raise Missing


def answer_json(value: Any, status: int) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(value), status=status, content_type=JSON)


# --------------------------------------------------------------------------- what to see


def wanted_page(request: HttpRequest, student: Student) -> Sequence[str]:
    """The keys of the page, where its number is all that is asked: read together with the limit."""
    number = plain_number(request)
    return () if number is None else pages.keys_of(student, number)


@endpoint(
    "GET",
    throttle="feed",
    wanted=wanted_page,
    schema=extend_schema(
        operation_id="read_feed",
        tags=TAGS,
        parameters=[USER, FeedQuerySerializer, IF_NONE_MATCH],
        responses={
            200: OpenApiResponse(
                VideoCardSerializer(many=True),
                description='Ten cards; `Link: <…>; rel="next"` leads to those that follow. '
                "`Learning-Day: enough` says that the day's learning minutes are used up.",
            ),
            304: UNCHANGED,
            **problems(400, 401, 404),
        },
    ),
)
def read_feed(call: Call, user_id: str) -> HttpResponse:
    """What to see next. Pages count from 0; past the end the array is empty."""
    demand_own(call, user_id)
    asked = read_query(call.request)
    more = asked["more"] is not None
    try:
        page = pages.next_page(
            call.student,
            now=call.now,
            number=asked["page"],
            cursor=asked["cursor"],
            age_group=asked["age_group"],
            more=more,
            kept=call.kept,
        )
    except CursorInvalid as error:
        raise BadRequest("cursor-invalid", str(error)) from error
    except AgeGroupNotAllowed as error:
        wrong = FieldError("age_group", "age-group-not-allowed", str(error))
        raise BadRequest("age-group-not-allowed", str(error), errors=[wrong]) from error
    response = answer_bytes(call.request, page.body, page.etag)
    if page.next_cursor:
        query = {"cursor": page.next_cursor} | ({"more": "1"} if more else {})
        address = call.request.build_absolute_uri(call.request.path)
        response.headers["Link"] = f'<{address}?{urlencode(query)}>; rel="next"'
    if page.is_enough:
        response.headers["Learning-Day"] = "enough"
    return response


def plain_number(request: HttpRequest) -> int | None:
    """The page asked for where nothing else is asked; None for all that needs a closer look."""
    if not request.META.get("QUERY_STRING"):
        return 0
    given = request.GET.dict()
    page = given.get("page", "0")
    plain = given.keys() <= {"page"} and page.isdecimal() and page.isascii() and len(page) <= PLAIN_PAGES
    return int(page) if plain else None


def read_query(request: HttpRequest) -> dict[str, Any]:
    """The feed's parameters; the serializer looks at all but the plainest. Raises ValidationError."""
    number = plain_number(request)
    if number is not None:
        return {"page": number, "cursor": None, "age_group": None, "more": None}
    query = FeedQuerySerializer(data=request.GET.dict())
    query.is_valid(raise_exception=True)
    return dict(query.validated_data)


# --------------------------------------------------------------------------- answers


@endpoint(
    "POST",
    throttle="quiz",
    schema=extend_schema(
        operation_id="submit_answer",
        tags=TAGS,
        request=QuizAnswerSerializer,
        responses={
            200: OpenApiResponse(QuizResultSerializer, description="Sent before: the first result."),
            201: QuizResultSerializer,
            **problems(400, 401, 404, 409, 413, 415),
        },
    ),
)
def post_answer(call: Call) -> HttpResponse:
    """Answer one question: right or not yet, why, and what to see next."""
    body = read_json(call.request, answer_decoder, explain_answer, shape_answer)
    try:
        submission = submit_answer(
            call.student.pk,
            body.to_answer(),
            now=call.now,
            follow=partial(pages.follow, call.student, now=call.now),
        )
    except AnswerRefused as refusal:
        raise as_problem(refusal) from refusal
    if submission.is_new:
        count_answer(bool(submission.result["is_correct"]), body.mode, call.student.age_group)
    following = submission.result.get("next")
    places = [pages.place_from_json(following)] if following else []
    cards = read_cards(places, age_group=call.student.age_group, now=call.now)
    result = describe_result(submission, cards[0] if cards else None)
    return answer_json(result, HTTPStatus.CREATED if submission.is_new else HTTPStatus.OK)


def count_answer(is_correct: bool, mode: str, age_group: str) -> None:
    metrics.quiz_answers_total.labels(str(is_correct).lower(), mode, age_group).inc()


def explain_answer(data: Any) -> QuizAnswerSerializer:
    return QuizAnswerSerializer(data=data)


def shape_answer(values: dict[str, Any]) -> QuizAnswer:
    return QuizAnswer(**values)


@endpoint(
    "POST",
    throttle="quiz",
    schema=extend_schema(
        operation_id="submit_answers",
        tags=TAGS,
        request=QuizAnswerSerializer(many=True),
        responses={207: QueuedResultSerializer(many=True), **problems(400, 401, 413, 415)},
    ),
)
def post_answers(call: Call) -> HttpResponse:
    """Answers from an offline queue, at most 100: one outcome each, in the order sent."""
    entries = read_queue(call.request)
    read = [read_entry(entry) for entry in entries]
    valid = [body.to_answer() for body in read if isinstance(body, QuizAnswer)]
    outcomes = iter(submit_answers(call.student.pk, valid, now=call.now))
    answers = [
        describe_outcome(body.response_id, next(outcomes)) if isinstance(body, QuizAnswer) else body
        for body in read
    ]
    return answer_json(answers, HTTPStatus.MULTI_STATUS)


def read_queue(request: HttpRequest) -> list[Any]:
    """The entries as JSON has them. Raises 400, 413 and 415 problems."""
    if (request.content_type or "").lower() != JSON:
        raise exceptions.UnsupportedMediaType(request.content_type or "")
    body = read_bounded(request, request.META.get("CONTENT_LENGTH"))
    try:
        entries = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise exceptions.ParseError("The body is not JSON.") from error
    if not isinstance(entries, list) or len(entries) > MOST_QUEUED:
        raise ValidationError({"": [f"Send a list of at most {MOST_QUEUED} answers."]}, "queue-invalid")
    return entries


def read_entry(entry: Any) -> QuizAnswer | dict[str, Any]:
    """One answer of the queue, or what the queue's answer says about an entry that is none."""
    try:
        return msgspec.convert(entry, QuizAnswer)
    except msgspec.ValidationError:
        body = QuizAnswerSerializer(data=entry)
        if body.is_valid():
            return shape_answer(body.validated_data)
        return describe_invalid(entry, body.errors)


# --------------------------------------------------------------------------- playbacks and opinions


@endpoint(
    "POST",
    throttle="watch",
    schema=extend_schema(
        operation_id="report_watch",
        tags=TAGS,
        request=WatchReportSerializer,
        responses={
            200: OpenApiResponse(WatchSerializer, description="It was stored before; nothing has changed."),
            201: WatchSerializer,
            **problems(400, 401, 404, 409, 413, 415),
        },
    ),
)
def post_watch(call: Call) -> HttpResponse:
    """Report one card that was on the screen, played or not. A finished film is remembered."""
    body = read_json(call.request, watch_decoder, explain_watch, shape_watch)
    try:
        with transaction.atomic():
            watch, is_new = record_watch(call.student.pk, body.to_report(), now=call.now)
            if is_new:
                note_watch(call.student.pk, watch, now=call.now)
                transaction.on_commit(partial(count_watch, body, watch, call.student.age_group))
    except VideoNotFound as error:
        raise Missing from error
    except WatchConflict as error:
        raise Conflict("idempotency-conflict", str(error)) from error
    return answer_json(WatchSerializer(watch).data, HTTPStatus.CREATED if is_new else HTTPStatus.OK)


def count_watch(body: Watched, watch: Watch, age_group: str) -> None:
    """What a playback adds to the figures of this process. A repeat adds nothing."""
    metrics.watches_total.labels(age_group, str(watch.completed).lower()).inc()
    share = watch.furthest_second / max(watch.video.duration_seconds, 1)
    metrics.watch_completion_ratio.labels(age_group).observe(min(share, 1.0))
    metrics.note_loading(
        body.cdn, start_ms=body.start_ms, stalled_ms=body.stalled_ms, seconds=body.seconds_watched
    )


def explain_watch(data: Any) -> WatchReportSerializer:
    return WatchReportSerializer(data=data)


def shape_watch(values: dict[str, Any]) -> Watched:
    return Watched(**values)


@endpoint(
    "POST",
    throttle="feedback",
    schema=extend_schema(
        operation_id="give_feedback",
        tags=TAGS,
        request=FeedbackSerializer,
        responses={
            200: OpenApiResponse(KeptFeedbackSerializer, description="Sent before; nothing has changed."),
            201: KeptFeedbackSerializer,
            **problems(400, 401, 404, 409, 413, 415),
        },
    ),
)
def post_feedback(call: Call) -> HttpResponse:
    """Say “not interested”, or ask for more like this. The next page takes it into account."""
    body = read_json(call.request, opinion_decoder, explain_opinion, shape_opinion)
    try:
        kept, is_new = record_feedback(
            call.student.pk,
            feedback_id=body.feedback_id,
            video_id=body.video_id,
            kind=body.kind,
            now=call.now,
        )
    except AnswerRefused as refusal:
        raise as_problem(refusal) from refusal
    value = {"feedback_id": kept.feedback_id, "video_id": kept.video_id, "kind": kept.kind}
    return answer_json(value, HTTPStatus.CREATED if is_new else HTTPStatus.OK)


def explain_opinion(data: Any) -> FeedbackSerializer:
    return FeedbackSerializer(data=data)


def shape_opinion(values: dict[str, Any]) -> Opinion:
    return Opinion(**values)


# --------------------------------------------------------------------------- without a network


@endpoint(
    "GET",
    throttle="offline",
    schema=extend_schema(
        operation_id="read_offline_manifest",
        tags=TAGS,
        parameters=[USER, OfflineQuerySerializer, IF_NONE_MATCH],
        responses={200: OfflineManifestSerializer, 304: UNCHANGED, **problems(400, 401, 404)},
    ),
)
def read_offline(call: Call, user_id: str) -> HttpResponse:
    """What to take along: the next films with files, sizes, checksums, and questions with answers."""
    demand_own(call, user_id)
    query = OfflineQuerySerializer(data=call.request.GET.dict())
    query.is_valid(raise_exception=True)
    manifest = make_manifest(call.student, now=call.now, **query.validated_data)
    return answer_bytes(call.request, msgspec.json.encode(manifest))


# --------------------------------------------------------------------------- progress


@endpoint(
    "GET",
    throttle="progress",
    schema=extend_schema(
        operation_id="read_progress",
        tags=TAGS,
        parameters=[USER, IF_NONE_MATCH],
        responses={200: ProgressSerializer, 304: UNCHANGED, **problems(401, 404)},
    ),
)
def show_progress(call: Call, user_id: str) -> HttpResponse:
    """Topics, streak, badges, and what could come next."""
    demand_own(call, user_id)
    return answer_bytes(call.request, progress_body(call.student, now=call.now))
