"""A film and its addresses."""

from __future__ import annotations

import hashlib
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from students.caching import fast_cache
from students.calls import JSON, Call, endpoint
from students.problems import Missing, problems
from videos.audience import open_to
from videos.catalogue import KEY as CATALOGUE
from videos.catalogue import catalogue_version
from videos.models import LearningVideo
from videos.serializers import Facts, VideoSerializer, add_addresses, state_facts

SCHEMA = 4  # of kept facts; raise it with their shape
LONGEST_CHAIN = 20  # successors followed from an old film to the present one


@endpoint(
    "GET",
    throttle="video",
    schema=extend_schema(
        operation_id="read_video",
        tags=["video"],
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={
            200: VideoSerializer,
            304: OpenApiResponse(description="Unchanged, addresses included."),
            **problems(401, 404),
        },
    ),
)
def read_video(call: Call, video_id: UUID) -> HttpResponse:
    """A film for the child's age group or a younger one, with fresh addresses.

    The id of a film that was replaced answers with its successor.
    """
    facts = read_facts(video_id, call.student.age_group)
    if facts is None:
        raise Missing
    return answer_bytes(call.request, msgspec.json.encode(add_addresses(facts, now=call.now)))


class KeptFacts(msgspec.Struct, array_like=True):
    """What is said of a film, and the version of the catalogue it was read at."""

    catalogue: bytes
    facts: Facts


facts_decoder = msgspec.msgpack.Decoder(KeptFacts)


def read_facts(video_id: UUID, age_group: str) -> Facts | None:
    """What is said of the film, from the cache where the catalogue has not changed since (03, Caches)."""
    key = f"video:{SCHEMA}:{age_group}:{video_id}"
    catalogue, found = fast_cache().read([CATALOGUE, key])
    if catalogue is not None and found is not None:
        kept = facts_decoder.decode(found)
        if kept.catalogue == catalogue:
            return kept.facts
    version = catalogue or catalogue_version()
    video = find_video(video_id, age_group)
    if video is None:
        return None
    facts = state_facts(video)
    if version is not None:
        value = msgspec.msgpack.encode(KeptFacts(version, facts))
        fast_cache().keep(key, value, settings.VIDEO_CACHE_SECONDS)
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


def answer_bytes(request: HttpRequest, body: bytes, etag: str = "") -> HttpResponse:
    """JSON with an ETag over all of it, addresses included; 304 where the client has it."""
    etag = etag or quote_etag(hashlib.sha256(body).hexdigest()[:32])
    response = HttpResponse(body, content_type=JSON)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    if "HTTP_IF_NONE_MATCH" not in request.META:
        return response
    answer: HttpResponse = get_conditional_response(request, etag=etag, response=response) or response
    return answer
