"""The topics there are for a child's age: what preferences may name, and what there is to learn."""

from __future__ import annotations

from typing import Any

import msgspec
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Q
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from students.calls import Call, endpoint
from students.models import ages_of
from students.problems import problems
from videos.api import answer_bytes
from videos.catalogue import catalogue_version
from videos.models import LearningVideo, Topic


class TopicSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="`learning_preferences.topics` names topics by it.")
    name = serializers.CharField()
    concepts = serializers.IntegerField(help_text="Ideas for this age in the catalogue.")
    films = serializers.IntegerField(help_text="Published for this age.")


@endpoint(
    "GET",
    throttle="video",
    schema=extend_schema(
        operation_id="list_topics",
        tags=["video"],
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={
            200: TopicSerializer(many=True),
            304: OpenApiResponse(description="Unchanged."),
            **problems(401),
        },
    ),
)
def list_topics(call: Call) -> HttpResponse:
    """The topics with something for the child's age group, by name."""
    return answer_bytes(call.request, read_topic_list(call.student.age_group))


def read_topic_list(age_group: str) -> bytes:
    """The list as JSON, from the cache where the catalogue has not changed since; else one statement."""
    version = catalogue_version()
    key = f"topics:{version.hex() if version else None}:{age_group}"
    kept = cache.get(key) if version is not None else None
    if isinstance(kept, bytes):
        return kept
    ages = ages_of(age_group)
    films = Q(
        concepts__videos__status=LearningVideo.Status.PUBLISHED, concepts__videos__age_groups__contains=ages
    )
    topics = (
        Topic.objects.topics()
        .annotate(
            ideas=Count("concepts", filter=Q(concepts__age_groups__contains=ages), distinct=True),
            films=Count("concepts__videos", filter=films, distinct=True),
        )
        .filter(Q(ideas__gt=0) | Q(films__gt=0))
        .order_by("name", "slug")
    )
    body = msgspec.json.encode(
        [
            {"id": str(pk), "name": name, "concepts": ideas, "films": count}
            for pk, name, ideas, count in topics.values_list("pk", "name", "ideas", "films")
        ]
    )
    if version is not None:
        cache.set(key, body, settings.VIDEO_CACHE_SECONDS)
    return body
