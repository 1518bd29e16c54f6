"""A film and its addresses."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from students.authentication import student_of
from students.endpoints import StudentEndpoint
from students.problems import Missing, problems
from videos.audience import open_to
from videos.catalogue import catalogue_version
from videos.models import LearningVideo
from videos.serializers import Facts, VideoSerializer, add_addresses, state_facts

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
        facts = read_facts(video_id, student_of(request).age_group)
        if facts is None:
            raise Missing
        body = msgspec.json.encode(add_addresses(facts, now=timezone.now()))
        return answer_tagged(request, body)


def read_facts(video_id: UUID, age_group: str) -> Facts | None:
    """What is said of the film, from the cache where the catalogue has not changed since (03, Caches)."""
    version = catalogue_version()
    key = f"video:{version}:{age_group}:{video_id}"
    kept = cache.get(key) if version is not None else None
    if isinstance(kept, dict):
        return Facts(**kept)
    video = find_video(video_id, age_group)
    if video is None:
        return None
    facts = state_facts(video)
    if version is not None:
        cache.set(key, {"film_key": facts.film_key, "values": facts.values}, settings.VIDEO_CACHE_SECONDS)
    return facts


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
