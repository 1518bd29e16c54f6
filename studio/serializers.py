"""What the creator API takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from pipeline.models import ContentProject
from students.fields import (
    FlagField,
    IdField,
    InstantField,
    NumberField,
    StrictSerializer,
    TextField,
    WholeField,
)
from studio.models import Review
from studio.watching import MOST_RANGES

MOST_CHARACTERS = 1_000_000
STATUSES = ContentProject.Status.choices
Output = serializers.Serializer[Any]


# --------------------------------------------------------------------------- in


class CreatorSignInSerializer(StrictSerializer):
    email = TextField(max_length=254)
    password = TextField(max_length=1000, trim_whitespace=False)
    code = TextField(
        max_length=32, required=False, help_text="Of the authenticator app, where the person has one set up."
    )


class GenerateSerializer(StrictSerializer):
    """The brief. Its rules (`creator:…` codes) are checked together, and answered with 422."""

    request_id = IdField(help_text="Made by the client; the same id again answers 200 with the same project.")
    concept = TextField(max_length=MOST_CHARACTERS, allow_blank=True, help_text="What the film is about.")
    age_group = TextField(max_length=100, allow_blank=True, help_text="5-7, 8-10, 11-13 or 14-17.")
    source_notes = TextField(
        max_length=MOST_CHARACTERS, allow_blank=True, required=False, default="", trim_whitespace=False
    )
    language = TextField(max_length=100, required=False, default="en")
    visual_style = TextField(max_length=40, required=False, default="auto")
    voice = TextField(max_length=60, allow_blank=True, required=False, default="")
    target_seconds = WholeField(required=False, default=70, help_text="45 to 90.")
    burned_captions = FlagField(
        required=False, default=True, help_text="false: captions as a track only, not in the picture."
    )


class ProjectsQuerySerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=STATUSES, required=False)
    cursor = TextField(max_length=300, required=False)


class RequestSerializer(StrictSerializer):
    request_id = IdField(help_text="Made by the client; the same id again changes nothing.")


class SceneChangeSerializer(StrictSerializer):
    narration = TextField(max_length=10_000, required=False, allow_blank=True)
    on_screen_text = TextField(max_length=10_000, required=False, allow_blank=True)
    visual_description = TextField(max_length=10_000, required=False, allow_blank=True)
    visual_kind = TextField(
        max_length=20, required=False, help_text="How it is shown; clip: as a moving picture."
    )
    version = WholeField(required=False, help_text="The version that was shown; another one now is a 409.")


class RegenerateSerializer(RequestSerializer):
    part = serializers.ChoiceField(choices=("visual", "clip", "voice"))


class VerdictSerializer(StrictSerializer):
    film = TextField(max_length=200, help_text="The film that was seen, from ContentReview.")
    notes = TextField(max_length=10_000, allow_blank=True, required=False, default="")
    played = serializers.ListField(
        child=serializers.ListField(
            child=NumberField(min_value=0, max_value=86_400), min_length=2, max_length=2
        ),
        max_length=MOST_RANGES,
        required=False,
        help_text="Stretches that were played, [[from, to], …] in seconds; with those of the review page.",
    )
    unwatched_reason = TextField(
        max_length=300,
        allow_blank=True,
        required=False,
        default="",
        help_text="Why an approval needs no more than was played, if that is less than nine tenths.",
    )


class PublishSerializer(RequestSerializer):
    at = InstantField(required=False, help_text="Later instead of now.")


class UnpublishSerializer(StrictSerializer):
    reason = TextField(max_length=2_000, allow_blank=True)


# --------------------------------------------------------------------------- out


class GenerationTaskSerializer(Output):
    project_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES)
    status_url = serializers.CharField()
    review_url = serializers.CharField()
    estimated_cost = serializers.DecimalField(
        max_digits=9,
        decimal_places=4,
        allow_null=True,
        help_text="US dollars; null where a price is unknown.",
    )
    estimated_seconds = serializers.FloatField()


class PersonSerializer(Output):
    id = serializers.UUIDField()
    name = serializers.CharField()


class ProjectRowSerializer(Output):
    id = serializers.UUIDField()
    title = serializers.CharField()
    concept = serializers.CharField()
    age_group = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    creator = PersonSerializer()
    progress = serializers.FloatField(help_text="0 to 1.")
    step = serializers.CharField(help_text="At work or next; empty when all is done.")
    scene = serializers.IntegerField(allow_null=True)
    verdict = serializers.CharField(help_text="Of the checks: pass, review or block; empty before.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    approved_at = serializers.DateTimeField(allow_null=True)
    publish_at = serializers.DateTimeField(allow_null=True)
    published_video_id = serializers.UUIDField(allow_null=True)


class ProjectPageSerializer(Output):
    results = ProjectRowSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page.")


class ReasonSerializer(Output):
    code = serializers.CharField()
    message = serializers.CharField()


class StepSerializer(Output):
    step = serializers.CharField()
    part = serializers.CharField()
    scene = serializers.IntegerField(allow_null=True)
    status = serializers.CharField(
        help_text="planned, queued, running, waiting, succeeded, failed, cancelled."
    )
    started_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    cost = serializers.DecimalField(max_digits=9, decimal_places=4, allow_null=True)
    error = ReasonSerializer(allow_null=True)


class ProjectSerializer(ProjectRowSerializer):
    source_notes = serializers.CharField()
    notes_origin = serializers.CharField(help_text="creator, shelf or model.")
    target_seconds = serializers.IntegerField()
    language = serializers.CharField()
    visual_style = serializers.CharField()
    voice = serializers.CharField()
    burned_captions = serializers.BooleanField()
    film = serializers.CharField(help_text="Fingerprints of the present film; empty while it is not whole.")
    attention = ReasonSerializer(allow_null=True)
    steps = StepSerializer(many=True)
    cost = serializers.DecimalField(max_digits=9, decimal_places=4, help_text="US dollars so far.")


class LineSerializer(Output):
    text = serializers.CharField()
    sources = serializers.ListField(
        child=serializers.IntegerField(), help_text="Ids of sentences of the notes; empty: it has none."
    )


class SceneSerializer(Output):
    position = serializers.IntegerField()
    role = serializers.CharField()
    narration = serializers.CharField()
    lines = LineSerializer(many=True)
    on_screen_text = serializers.CharField()
    visual_description = serializers.CharField()
    visual_kind = serializers.CharField()
    visual_take = serializers.IntegerField()
    voice_take = serializers.IntegerField()
    version = serializers.IntegerField()


class StaleSerializer(Output):
    step = serializers.CharField()
    part = serializers.CharField()
    scene = serializers.IntegerField(allow_null=True)


class ChangedSceneSerializer(Output):
    scene = SceneSerializer()
    stale = StaleSerializer(many=True)


class QaResultsSerializer(Output):
    passed = serializers.BooleanField()
    verdict = serializers.CharField()
    details = serializers.DictField(help_text="Filter → verdict and checks[] with evidence.")


class ContentReviewSerializer(Output):
    project_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES)
    title = serializers.CharField()
    script = serializers.CharField()
    scenes = SceneSerializer(many=True)
    video_preview = serializers.CharField(allow_null=True)
    captions_url = serializers.CharField(allow_null=True)
    quiz_questions = serializers.ListField(child=serializers.DictField())
    qa_results = QaResultsSerializer()
    suggested_improvements = serializers.ListField(child=serializers.CharField())
    film = serializers.CharField()
    cost = serializers.DecimalField(max_digits=9, decimal_places=4)


class GivenVerdictSerializer(Output):
    id = serializers.UUIDField()
    project_id = serializers.UUIDField()
    verdict = serializers.ChoiceField(choices=Review.Verdict.choices)
    film = serializers.CharField()
    notes = serializers.CharField()
    reviewer_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=STATUSES, help_text="Of the project, now.")


class PublishedVideoSerializer(Output):
    id = serializers.UUIDField()
    title = serializers.CharField()
    status = serializers.CharField()
    age_groups = serializers.ListField(child=serializers.IntegerField())
    duration_seconds = serializers.IntegerField()
    published_at = serializers.DateTimeField(allow_null=True)


class PublicationSerializer(Output):
    project_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES)
    publish_at = serializers.DateTimeField(allow_null=True)
    video = PublishedVideoSerializer(allow_null=True)
