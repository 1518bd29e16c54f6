"""Who learns. A username is all we know of a child."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from uuid_utils.compat import uuid7

from students.database import SqlNow

AGE_GROUPS: tuple[str, ...] = ("5-7", "8-10", "11-13", "14-17")


def ages_of(age_group: str) -> list[int]:
    """`"8-10"` → `[8, 9, 10]`. KeyError-free: callers pass one of AGE_GROUPS."""
    low, high = age_group.split("-")
    return list(range(int(low), int(high) + 1))


class StudentQuerySet(models.QuerySet["Student"]):
    def active(self) -> StudentQuerySet:
        return self.filter(is_active=True)


class Student(models.Model):
    """A child's account. `progress_version` grows with every answer and finished film."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=RandomUUID(), editable=False)
    username = models.CharField(max_length=50, unique=True)
    age_group = models.CharField(max_length=10)
    learning_preferences = models.JSONField(null=True, blank=True)
    streak_count = models.IntegerField(default=0, db_default=0)
    total_videos_watched = models.IntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(db_default=SqlNow())
    last_active = models.DateTimeField(db_default=SqlNow())

    password = models.CharField(max_length=200, default="", db_default="")
    recovery_code = models.CharField(max_length=200, default="", db_default="")  # Argon2 hash
    time_zone = models.CharField(max_length=64, default="UTC", db_default="UTC")
    is_active = models.BooleanField(default=True, db_default=True)
    progress_version = models.BigIntegerField(default=0, db_default=0)
    longest_streak = models.IntegerField(default=0, db_default=0)
    last_streak_on = models.DateField(null=True)

    objects = StudentQuerySet.as_manager()

    # What DRF asks of a signed-in principal.
    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False

    class Meta:
        db_table = "students"
        indexes = (models.Index(name="idx_students_age_group", fields=["age_group"]),)
        constraints = (
            models.CheckConstraint(name="age_group_is_known", condition=models.Q(age_group__in=AGE_GROUPS)),
            models.CheckConstraint(name="streak_is_not_negative", condition=models.Q(streak_count__gte=0)),
        )

    def __str__(self) -> str:
        return str(self.id)


class AbstractSession(models.Model):
    """A signed-in device (08, J1-J7). Ended by `revoked_at`; dead after `expires_at` in any case."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_because = models.CharField(max_length=40, default="", db_default="")

    class Meta:
        abstract = True


class AbstractRefreshToken(models.Model):
    """A single-use refresh token, kept as SHA-256 (hex)."""

    digest = models.CharField(primary_key=True, max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Session(AbstractSession):
    student = models.ForeignKey(Student, models.CASCADE, related_name="sessions")

    class Meta:
        db_table = "student_sessions"

    def __str__(self) -> str:
        return str(self.id)


class RefreshToken(AbstractRefreshToken):
    session = models.ForeignKey(Session, models.CASCADE, related_name="refresh_tokens")

    class Meta:
        db_table = "student_refresh_tokens"

    def __str__(self) -> str:
        return self.digest[:8]


class Achievement(models.Model):
    """A badge, once unlocked never taken back."""

    student = models.ForeignKey(Student, models.CASCADE, related_name="achievements")
    code = models.CharField(max_length=40)
    unlocked_at = models.DateTimeField()

    class Meta:
        db_table = "student_achievements"
        constraints = (models.UniqueConstraint(name="one_badge_of_a_kind", fields=["student", "code"]),)

    def __str__(self) -> str:
        return self.code
