"""What the feed takes and gives, as 03 shapes it."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from feed.offline import MOST_FILMS, USUAL_BYTES
from feed.ranking import Mode
from quizzes.answering import SubmittedAnswer
from students.fields import FlagField, IdField, InstantField, StrictSerializer, WholeField
from students.models import AGE_GROUPS
from students.problems import ProblemSerializer
from videos.models import FilmReport
from videos.serializers import BURNED, AskedQuestionSerializer, PlaybackSerializer

LONGEST_RESPONSE_MS = 3_600_000
LAST_PAGE = 2_147_483_647
MOST_BYTES = 500_000_000


class FeedQuerySerializer(StrictSerializer):
    """The feed's parameters; text, as an address carries them."""

    page = serializers.IntegerField(min_value=0, max_value=LAST_PAGE, required=False, default=0)
    age_group = serializers.ChoiceField(choices=AGE_GROUPS, required=False, allow_null=True, default=None)
    cursor = serializers.CharField(max_length=8000, required=False, allow_null=True, default=None)
    more = serializers.ChoiceField(
        choices=["1"],
        required=False,
        allow_null=True,
        default=None,
        help_text="Go on although the day's learning minutes are used up.",
    )


class VideoCardSerializer(serializers.Serializer[Any]):
    """One card: `watch` plays the film and then asks, `recall` asks first."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    topic = serializers.CharField()
    mode = serializers.ChoiceField(choices=[mode.value for mode in Mode])
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="Codes; docs/api.md says what each means."
    )
    why = serializers.CharField(help_text="The first reason in words for the child; may be empty.")
    duration_seconds = serializers.IntegerField()
    difficulty_level = serializers.IntegerField(allow_null=True)
    age_groups = serializers.ListField(child=serializers.IntegerField())
    burned_captions = serializers.BooleanField(help_text=BURNED)
    thumbnail_url = serializers.CharField()
    playback = PlaybackSerializer()
    quiz_questions = AskedQuestionSerializer(many=True)
    preload = serializers.BooleanField()


class QuizAnswerSerializer(StrictSerializer):
    """One answer; `response_id` is made by the app and makes a repeated request the same request."""

    response_id = IdField()
    video_id = IdField()
    question_index = WholeField()
    user_answer = FlagField()
    response_time_ms = WholeField(max_value=LONGEST_RESPONSE_MS)
    mode = serializers.ChoiceField(choices=[mode.value for mode in Mode], default=Mode.WATCH.value)
    answered_at = InstantField(required=False, allow_null=True, default=None)

    def to_answer(self) -> SubmittedAnswer:
        """The validated body as the rules take it."""
        return SubmittedAnswer(**self.validated_data)


@extend_schema_field(OpenApiTypes.STR)
class FilmIdsField(serializers.Field[list[UUID], str, str, Any]):
    """Ids of films with commas between them, as an address carries them."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": f"Name 1 to {MOST_FILMS} films by id, with commas between them."
    }

    def to_internal_value(self, data: str) -> list[UUID]:
        try:
            found = [UUID(one) for one in str(data).split(",")]
        except ValueError:
            self.fail("invalid")
        if len(found) > MOST_FILMS:
            self.fail("invalid")
        return found

    def to_representation(self, value: Any) -> str:
        return ",".join(map(str, value))


class OfflineQuerySerializer(StrictSerializer):
    """How much a phone takes along; text, as an address carries it."""

    limit = serializers.IntegerField(min_value=1, max_value=MOST_FILMS, required=False, default=MOST_FILMS)
    max_bytes = serializers.IntegerField(
        min_value=0, max_value=MOST_BYTES, required=False, default=USUAL_BYTES
    )
    films = FilmIdsField(
        required=False,
        help_text="Ids with commas between: these films and no others, at most twenty.",
    )


class OfflineFileSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="`film`, `captions` or `poster`.")
    name = serializers.CharField()
    url = serializers.CharField(help_text="Signed for a day; takes ranges, so a download can go on.")
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes, exactly.")
    sha256 = serializers.CharField()


class AnsweredQuestionSerializer(serializers.Serializer[Any]):
    """A question with its answer: without a network nobody else can tell."""

    index = serializers.IntegerField()
    question = serializers.CharField()
    answer = serializers.BooleanField()
    explanation = serializers.CharField()
    taught_at_seconds = serializers.FloatField()


class OfflineFilmSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    topic = serializers.CharField()
    mode = serializers.ChoiceField(choices=[mode.value for mode in Mode])
    reasons = serializers.ListField(child=serializers.CharField())
    why = serializers.CharField()
    duration_seconds = serializers.IntegerField()
    difficulty_level = serializers.IntegerField(allow_null=True)
    burned_captions = serializers.BooleanField(help_text=BURNED)
    bytes = serializers.IntegerField(help_text="Of all its files.")
    files = OfflineFileSerializer(many=True)
    quiz_questions = AnsweredQuestionSerializer(many=True)
    kept_until = serializers.DateTimeField(
        help_text="It may be played from the device until then. Ask again with `films` before: a film that "
        "is not in the answer is not offered any more, and goes from the device."
    )


class OfflineManifestSerializer(serializers.Serializer[Any]):
    films = OfflineFilmSerializer(many=True)
    bytes = serializers.IntegerField(help_text="Of all files together; never more than `max_bytes`.")
    max_bytes = serializers.IntegerField()
    expires_at = serializers.DateTimeField(help_text="When the first of the addresses ends.")


class FeedbackSerializer(StrictSerializer):
    """What the child thinks of a film."""

    feedback_id = IdField(help_text="Made by the client; sending it again changes nothing.")
    video_id = IdField()
    kind = serializers.ChoiceField(choices=["not_interested", "more"])


class KeptFeedbackSerializer(serializers.Serializer[Any]):
    feedback_id = serializers.UUIDField()
    video_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=["not_interested", "more"])


class ReportSerializer(StrictSerializer):
    """Something is wrong with a film: a kind from the list, no words."""

    report_id = IdField(help_text="Made by the client; sending it again changes nothing.")
    video_id = IdField()
    kind = serializers.ChoiceField(choices=FilmReport.Kind.choices)


class KeptReportSerializer(serializers.Serializer[Any]):
    """The report as it is kept; the first one where the child had said the same before."""

    report_id = serializers.UUIDField()
    video_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=FilmReport.Kind.choices)


class AnalyticsSerializer(serializers.Serializer[Any]):
    topic = serializers.CharField()
    recall_probability = serializers.FloatField(allow_null=True, help_text="0-1, of the film's concept.")
    mastery = serializers.FloatField(allow_null=True, help_text="0-1, of the film's topic.")
    streak = serializers.IntegerField(help_text="Days.")
    videos_watched = serializers.IntegerField()
    achievements_unlocked = serializers.ListField(child=serializers.CharField())
    enough_for_today = serializers.BooleanField(help_text="Today's learning minutes are used up.")


class QuizResultSerializer(serializers.Serializer[Any]):
    is_correct = serializers.BooleanField()
    correct_answer = serializers.BooleanField()
    explanation = serializers.CharField()
    replay_from_seconds = serializers.FloatField(help_text="Where the film teaches it.")
    next_video = VideoCardSerializer(allow_null=True)
    analytics = AnalyticsSerializer()


class QueuedResultSerializer(serializers.Serializer[Any]):
    """What became of one answer of an offline queue; exactly one of `result` and `problem` is null."""

    response_id = serializers.UUIDField(allow_null=True, help_text="Null where the entry names none.")
    status = serializers.IntegerField(help_text="As if it had been sent alone.")
    result = QuizResultSerializer(allow_null=True, help_text="Without a next film.")
    problem = ProblemSerializer(allow_null=True)


class TopicProgressSerializer(serializers.Serializer[Any]):
    topic = serializers.CharField()
    mastery = serializers.FloatField(help_text="Mean recall over the topic's ideas, 0-1.")
    mastered = serializers.BooleanField()
    concepts_total = serializers.IntegerField()
    concepts_mastered = serializers.IntegerField()
    due_for_recall = serializers.IntegerField()


class StreakSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    freezes = serializers.IntegerField()
    at_risk = serializers.BooleanField(
        help_text="Today does not count yet and no freeze is left; never a message."
    )


class UnlockedSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField(help_text="What was done for it, in kind words.")
    unlocked_at = serializers.DateTimeField()


class NextTopicSerializer(serializers.Serializer[Any]):
    topic = serializers.CharField()
    reason = serializers.ChoiceField(choices=["continues", "prepares", "interest"])


class ProgressSerializer(serializers.Serializer[Any]):
    topics = TopicProgressSerializer(many=True)
    topics_mastered = serializers.ListField(child=serializers.CharField())
    current_streak = StreakSerializer()
    longest_streak = serializers.IntegerField()
    achievements = UnlockedSerializer(many=True)
    recommended_next_topics = NextTopicSerializer(many=True)
    quiz_accuracy = serializers.FloatField(allow_null=True, help_text="Share of right answers, 0-1.")
    total_videos_watched = serializers.IntegerField()
    minutes_today = serializers.FloatField(help_text="Films and answers of the present learning day.")
    enough_for_today = serializers.BooleanField(help_text="The day's learning minutes are used up.")
