"""Who learns. A username is all we know of a child."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from uuid_utils.compat import uuid7

from students.budget import FEWEST_MINUTES, MOST_MINUTES, Study, is_enough, minutes_allowed
from students.database import SqlNow
from students.encryption import EncryptedTextField
from students.streak_trail import Trail, trail_from_json
from students.streaks import learning_day
from students.zones import zone_at

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

    # The last week's marks and all that a streak needs beside the three columns above (streak_trail).
    streak_trail = models.JSONField(null=True)
    former_time_zone = models.CharField(max_length=64, default="", db_default="")  # until `time_zone_from`
    time_zone_from = models.DateTimeField(null=True)
    weekends_off = models.BooleanField(default=False, db_default=False)  # school accounts; set by staff
    learning_minutes = models.SmallIntegerField(null=True)  # a day; None: what the age group has
    studied_on = models.DateField(null=True)
    studied_seconds = models.FloatField(default=0, db_default=0)  # on that learning day
    guardian_code = models.CharField(max_length=200, default="", db_default="")  # Argon2 hash
    reminders_allowed = models.BooleanField(default=False, db_default=False)  # by the guardian
    # The latest consent to third-party analytics, so that no answer has to look it up (students.consents).
    shares_analytics = models.BooleanField(default=False, db_default=False)

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
            models.CheckConstraint(
                name="learning_minutes_are_from_5_to_45",
                condition=models.Q(learning_minutes__range=(FEWEST_MINUTES, MOST_MINUTES)),
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    def zone_at(self, moment: datetime) -> ZoneInfo:
        """The zone that holds for this child at `moment`; a new one holds from the next day."""
        return zone_at(moment, zone=self.time_zone, former=self.former_time_zone, since=self.time_zone_from)

    @property
    def trail(self) -> Trail:
        """The streak as it is kept."""
        return trail_from_json(
            self.streak_trail,
            days=self.streak_count,
            longest=self.longest_streak,
            last_on=self.last_streak_on,
        )

    @property
    def study(self) -> Study:
        return Study(self.studied_on, self.studied_seconds)

    @property
    def minutes_a_day(self) -> int:
        return minutes_allowed(self.age_group, self.learning_minutes)

    def has_enough(self, now: datetime) -> bool:
        """Whether today's learning minutes are used up (06, 4.4)."""
        today = learning_day(now.astimezone(self.zone_at(now)))
        return is_enough(self.study, today=today, minutes=self.minutes_a_day)

    def prefers(self, name: str) -> Any:
        """What the child has chosen of this preference; None where nothing was."""
        return (self.learning_preferences or {}).get(name)

    @property
    def wants_plain_order(self) -> bool:
        """The switch of 08 (P10): newest films, watch cards only, nothing personal used."""
        return bool(self.prefers("plain_order"))


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
    sitting_began_at = models.DateTimeField(null=True)  # after a pause; NULL: with the session

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


class OutageDay(models.Model):
    """A day on which the platform was down: it asks for nothing, of nobody (06, 4.2)."""

    day = models.DateField(primary_key=True)
    note = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        db_table = "outage_days"

    def __str__(self) -> str:
        return self.day.isoformat()


class SecurityEvent(models.Model):
    """What operators should see: who is an HMAC (students.security), kept for 30 days."""

    event = models.CharField(max_length=40)
    subject = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        db_table = "security_events"
        indexes = (
            models.Index(name="idx_security_events_at", fields=["at"]),
            models.Index(name="idx_security_events_subject", fields=["subject"]),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.at:%Y-%m-%d %H:%M}"


class Consent(models.Model):
    """One decision about one purpose; append-only, the latest row of a purpose counts (08, P5)."""

    class Purpose(models.TextChoices):
        SERVICE = "service", "The service itself"
        THIRD_PARTY_ANALYTICS = "third_party_analytics", "Figures for a company outside"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    student = models.ForeignKey(Student, models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=40, choices=Purpose)
    granted = models.BooleanField()
    notice_version = models.CharField(max_length=20)
    given_by = models.CharField(max_length=20)  # guardian, student
    method = models.CharField(max_length=40)  # guardian-code, own-device
    at = models.DateTimeField()
    evidence = EncryptedTextField(default="")

    class Meta:
        db_table = "student_consents"
        indexes = (models.Index(name="idx_consents_latest", fields=["student", "purpose", "-at"]),)
        constraints = (
            models.CheckConstraint(
                name="only_a_guardian_gives_consent",
                condition=models.Q(granted=False) | models.Q(given_by="guardian"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.granted}"


class Erasure(models.Model):
    """An erasure: what is left to do, then the tombstone and receipt of it (08, P7).

    `student_id` is set until everything is gone; afterwards only the HMAC says that somebody was here, which
    is how a restored backup is told whom to erase again (students.tombstones).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # the receipt
    tombstone = models.CharField(max_length=64, unique=True)
    student_id = models.UUIDField(null=True, unique=True)
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=20)  # student, guardian, staff, retention, backup
    finished_at = models.DateTimeField(null=True)
    removed = models.JSONField(default=dict)  # section → {table: rows}
    consents = models.JSONField(default=list)  # without evidence, for twelve months

    class Meta:
        db_table = "student_erasures"

    def __str__(self) -> str:
        return str(self.id)
