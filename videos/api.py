"""A film and its addresses, and what was watched."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from students.authentication import student_of
from students.endpoints import StudentEndpoint
from students.problems import Conflict, Missing, problems
from videos.audience import open_to
from videos.models import LearningVideo
from videos.serializers import VideoSerializer, WatchReportSerializer, WatchSerializer, describe_video
from videos.watching import VideoNotFound, WatchConflict, WatchReport, record_watch

LONGEST_CHAIN = 20  # successors followed from an old film to the present one


class VideoDetail(StudentEndpoint):
    throttle_scope: ClassVar[str] = "video"

    @extend_schema(
        operation_id="read_video",
        tags=["video"],
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={
            200: VideoSerializer,
            304: OpenApiResponse(description="Unchanged, addresses included."),
            **problems(401, 404),
        },
    )
    def get(self, request: Request, video_id: UUID) -> HttpResponse:
        """A film for the child's age group or a younger one, with fresh addresses.

        The id of a film that was replaced answers with its successor.
        """
        video = find_video(video_id, student_of(request).age_group)
        if video is None:
            raise Missing
        body = msgspec.json.encode(describe_video(video, now=timezone.now()))
        return answer_tagged(request, body)


def find_video(video_id: UUID, age_group: str) -> LearningVideo | None:
    """The film itself where it is open to this age group, or the one that superseded it."""
    visible = open_to(age_group)
    for _ in range(LONGEST_CHAIN):
        video = visible.filter(pk=video_id).first()
        if video is not None:
            return video
        successor = LearningVideo.objects.filter(
            supersedes_id=video_id, supersedes__status=LearningVideo.Status.SUPERSEDED
        ).order_by("-created_at")
        following = successor.values_list("pk", flat=True).first()
        if following is None:
            return None
        video_id = following
    return None


def answer_tagged(request: Request, body: bytes) -> HttpResponse:
    """JSON with an ETag over all of it, addresses included; 304 where the client has it."""
    etag = quote_etag(hashlib.sha256(body).hexdigest()[:32])
    response = HttpResponse(body, content_type="application/json")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    plain: Any = request._request  # noqa: SLF001 - Django's request, as Django's function needs it
    answer: HttpResponse = get_conditional_response(plain, etag=etag, response=response) or response
    return answer


class Watches(StudentEndpoint):
    throttle_scope: ClassVar[str] = "watch"

    @extend_schema(
        operation_id="report_watch",
        tags=["student"],
        request=WatchReportSerializer,
        responses={
            200: OpenApiResponse(WatchSerializer, description="It was stored before; nothing has changed."),
            201: WatchSerializer,
            **problems(400, 401, 404, 409, 413, 415),
        },
    )
    def post(self, request: Request) -> Response:
        """Report one playback. The same `watch_id` again answers 200 with what was stored."""
        body = WatchReportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            watch, is_new = record_watch(
                student_of(request).pk, WatchReport(**body.validated_data), now=timezone.now()
            )
        except VideoNotFound as error:
            raise Missing from error
        except WatchConflict as error:
            raise Conflict("idempotency-conflict", str(error)) from error
        return Response(WatchSerializer(watch).data, status=201 if is_new else 200)
