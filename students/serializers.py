"""What the student's account endpoints take and give."""

from __future__ import annotations

from datetime import date
from typing import Any

from rest_framework import serializers

from students.fields import FlagField, StrictSerializer, TextField
from students.models import AGE_GROUPS, Student
from students.preferences import WISHES
from students.retention import kept_until


class UsernameSuggestionsSerializer(serializers.Serializer[Any]):
    usernames = serializers.ListField(child=serializers.CharField(), help_text="Six free, harmless names.")


class RegisterSerializer(StrictSerializer):
    username = TextField(max_length=254)
    password = TextField(max_length=1000, trim_whitespace=False)
    age_group = serializers.ChoiceField(choices=AGE_GROUPS)
    timezone = TextField(max_length=64, required=False, default="UTC", help_text="IANA name.")
    class_code = TextField(
        max_length=40,
        required=False,
        help_text="From a teacher: sixty of an address may register in an hour. It is not kept.",
    )


class SignInSerializer(StrictSerializer):
    username = TextField(max_length=254)
    password = TextField(max_length=1000, trim_whitespace=False)


class RefreshSerializer(StrictSerializer):
    refresh = TextField(max_length=200)


class WebRefreshSerializer(StrictSerializer):
    refresh = TextField(max_length=200, required=False, help_text="A web page has a cookie instead.")


class RecoverySerializer(StrictSerializer):
    username = TextField(max_length=254)
    recovery_code = TextField(max_length=100, help_text="As it was shown, upper case or lower.")
    new_password = TextField(max_length=1000, trim_whitespace=False)


class PasswordChangeSerializer(StrictSerializer):
    password = TextField(max_length=1000, trim_whitespace=False, help_text="The present one.")
    new_password = TextField(max_length=1000, trim_whitespace=False)


class PreferencesSerializer(StrictSerializer):
    captions = FlagField(required=False, help_text="Show captions from the start.")
    reduced_motion = FlagField(required=False, help_text="No moving decoration in the player.")
    data_saver = FlagField(required=False, help_text="Smallest rendition, no preload.")
    plain_order = FlagField(
        required=False, help_text="Newest films first, nothing personal used; no recall cards."
    )
    reminders = FlagField(required=False, help_text="Off, until a guardian allows them.")
    topics = serializers.DictField(
        child=serializers.ChoiceField(choices=WISHES),
        required=False,
        help_text="Topic id (GET /api/videos/topics) → wish; replaces all former wishes.",
    )


class ProfileChangeSerializer(StrictSerializer):
    age_group = serializers.ChoiceField(choices=AGE_GROUPS, required=False)
    timezone = TextField(max_length=64, required=False, help_text="IANA name.")
    learning_preferences = PreferencesSerializer(required=False)


class StudentSerializer(serializers.ModelSerializer[Student]):
    """Everything a student's app is told about its student."""

    timezone = serializers.CharField(source="time_zone")
    learning_preferences = serializers.SerializerMethodField()
    kept_until = serializers.SerializerMethodField(help_text="Erased then, if nobody uses the account.")

    class Meta:
        model = Student
        fields = (
            "id",
            "username",
            "age_group",
            "timezone",
            "learning_preferences",
            "total_videos_watched",
            "created_at",
            "kept_until",
        )
        read_only_fields = fields

    def get_kept_until(self, student: Student) -> date:
        return kept_until(student).date()

    def get_learning_preferences(self, student: Student) -> dict[str, Any]:
        return dict(student.learning_preferences or {})


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Bearer token, ten minutes.")
    refresh = serializers.CharField(help_text="Works once; keep the one that comes back.")


class StudentTokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Bearer token, ten minutes.")
    refresh = serializers.CharField(
        required=False, help_text="Works once; keep the one that comes back. Absent where it is a cookie."
    )


class RegistrationSerializer(StudentTokensSerializer):
    student = StudentSerializer()
    recovery_code = serializers.CharField(help_text="Shown once. Write it down.")
