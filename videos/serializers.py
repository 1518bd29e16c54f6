"""What is said about a film, and what an app reports about watching it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework import serializers

from students.fields import FlagField, IdField, InstantField, NumberField, StrictSerializer, WholeField
from videos.delivery import playback, thumbnail_url
from videos.models import LearningVideo, Watch

LONGEST_WATCH = 86_400.0
LONGEST_LOADING_MS = 600_000
BURNED = "The words stand in the picture already: captions over it would say them twice."


class RenditionsSerializer(serializers.Serializer[Any]):
    """Progressive films by size."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name: serializers.CharField() for name in ("1080p", "720p", "480p")}


class PlaybackSerializer(serializers.Serializer[Any]):
    """Signed addresses; after `expires_at` ask for new ones. A path belongs to the host that answered."""

    hls_url = serializers.CharField()
    fallback_hls_url = serializers.CharField(
        allow_null=True,
        help_text="The same film at the next CDN, for a stream that breaks; null: there is none.",
    )
    renditions = RenditionsSerializer()
    captions_url = serializers.CharField()
    poster_url = serializers.CharField()
    cdn = serializers.CharField(help_text="stream, cloudfront or origin: who plays `hls_url`.")
    expires_at = serializers.DateTimeField()


class AskedQuestionSerializer(serializers.Serializer[Any]):
    """A question without its answer."""

    index = serializers.IntegerField()
    question = serializers.CharField()
    taught_at_seconds = serializers.FloatField()


class VideoSerializer(serializers.Serializer[Any]):
    """A film: what it is, and fresh addresses."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    topic = serializers.CharField()
    duration_seconds = serializers.IntegerField()
    difficulty_level = serializers.IntegerField(allow_null=True)
    age_groups = serializers.ListField(child=serializers.IntegerField())
    language = serializers.CharField()
    origin_label = serializers.CharField(help_text="How the film was made; show it.")
    burned_captions = serializers.BooleanField(help_text=BURNED)
    thumbnail_url = serializers.CharField()
    playback = PlaybackSerializer()
    quiz_questions = AskedQuestionSerializer(many=True)


@dataclass(frozen=True)
class Facts:
    """What is said of a film but its addresses: it stays as it is until the catalogue changes."""

    film_key: str
    stream_uid: str
    values: dict[str, Any]


def state_facts(video: LearningVideo) -> Facts:
    values = {
        "id": str(video.pk),
        "title": video.title,
        "topic": video.topic,
        "duration_seconds": video.duration_seconds,
        "difficulty_level": video.difficulty_level,
        "age_groups": list(video.age_groups),
        "language": video.language,
        "origin_label": video.origin_label,
        "burned_captions": video.burned_captions,
        "quiz_questions": [
            {
                "index": index,
                "question": question["question"],
                "taught_at_seconds": question["taught_at_seconds"],
            }
            for index, question in enumerate(video.quiz_questions)
        ],
    }
    return Facts(video.film_key, video.stream_uid, values)


def describe_video(video: LearningVideo, *, now: datetime) -> dict[str, Any]:
    """The JSON of `VideoSerializer`. The same for everyone, and for about two minutes."""
    return add_addresses(state_facts(video), now=now)


def add_addresses(facts: Facts, *, now: datetime) -> dict[str, Any]:
    """The facts of a film with addresses signed now."""
    return facts.values | {
        "thumbnail_url": thumbnail_url(facts, now),
        "playback": playback(facts, now=now),
    }


class WatchReportSerializer(StrictSerializer):
    watch_id = IdField(help_text="Made by the client; sending it again changes nothing.")
    video_id = IdField()
    seconds_watched = NumberField(min_value=0, max_value=LONGEST_WATCH)
    completed = FlagField()
    furthest_second = NumberField(min_value=0, max_value=LONGEST_WATCH)
    started_at = InstantField()
    start_ms = WholeField(
        min_value=0,
        max_value=LONGEST_LOADING_MS,
        required=False,
        allow_null=True,
        help_text="From the tap to the first picture.",
    )
    stalled_ms = WholeField(
        min_value=0,
        max_value=LONGEST_LOADING_MS,
        required=False,
        allow_null=True,
        help_text="How long the film stood still after that.",
    )
    cdn = serializers.CharField(
        max_length=20, required=False, allow_blank=True, help_text="`playback.cdn` of what was played."
    )


class WatchSerializer(serializers.ModelSerializer[Watch]):
    video_id = serializers.UUIDField()

    class Meta:
        model = Watch
        fields = ("watch_id", "video_id", "seconds_watched", "furthest_second", "completed", "started_at")
        read_only_fields = fields
