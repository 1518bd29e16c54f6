"""Where creators work: the people of the studio, their sessions, and their verdicts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from pipeline.models import ContentProject
from students.database import SqlNow
from students.encryption import EncryptedTextField, SealedJSONField
from students.models import AbstractRefreshToken, AbstractSession
from studio.review_models import ChangeItem, Comment, EditLock, FindingOverride, Viewing

__all__ = ["ChangeItem", "Comment", "EditLock", "FindingOverride", "Viewing"]  # and what is written below


class CreatorManager(BaseUserManager["Creator"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Creator:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Creator:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Creator(AbstractBaseUser, PermissionsMixin):
    """A person of the studio. Roles are groups; only `studio.policy` reads them."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=RandomUUID(), editable=False)
    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=80, default="", db_default="", blank=True)
    is_staff = models.BooleanField(default=True, db_default=True)
    is_active = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=SqlNow())

    objects: ClassVar[CreatorManager] = CreatorManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "creators"

    def __str__(self) -> str:
        return self.display_name or self.email

    def get_short_name(self) -> str:
        return self.display_name or self.email.split("@")[0]

    def get_full_name(self) -> str:
        return self.display_name or self.email


class CreatorSession(AbstractSession):
    creator = models.ForeignKey(Creator, models.CASCADE, related_name="sessions")

    class Meta:
        db_table = "creator_sessions"

    def __str__(self) -> str:
        return str(self.id)


class CreatorRefreshToken(AbstractRefreshToken):
    session = models.ForeignKey(CreatorSession, models.CASCADE, related_name="refresh_tokens")

    class Meta:
        db_table = "creator_refresh_tokens"

    def __str__(self) -> str:
        return self.digest[:8]


class Review(models.Model):
    """A verdict on exactly one film. Append-only; a second reviewer makes a second row."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", "Approved"
        CHANGES_REQUESTED = "changes_requested", "Changes requested"
        REJECTED = "rejected", "Rejected"
        TAKEN_BACK = "taken_back", "Request taken back"  # a row after the request it takes back

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(ContentProject, models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(Creator, models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=20, choices=Verdict)
    film = models.CharField(max_length=140)  # the pair of fingerprints that was judged
    notes = EncryptedTextField(default="")
    findings = models.JSONField(default=dict)  # what was open at that moment, and what was overridden
    reasons = models.JSONField(default=list)  # codes of `reviewing.REASONS`
    checklist = models.JSONField(default=dict)  # what was ticked: {name: bool}
    played = models.JSONField(null=True)  # [[from, to], …] seconds; NULL where playing is not measured
    share_played = models.FloatField(null=True)
    unwatched_reason = EncryptedTextField(default="")  # why it was judged with less than 90 % played
    seconds_spent = models.IntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "reviews"
        constraints = (
            models.CheckConstraint(
                name="a_refusal_has_notes", condition=Q(verdict__in=["approved", "taken_back"]) | ~Q(notes="")
            ),
        )

    def __str__(self) -> str:
        return f"{self.verdict} by {self.reviewer_id}"


class AuditEntry(models.Model):
    """One change: who, what, before and after, why. Written by `studio.auditing` alone; append-only.

    The project's key has no constraint, so that a purge of the project leaves its trail untouched.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    actor = models.ForeignKey(Creator, models.PROTECT, null=True, related_name="audit_entries")
    verb = models.CharField(max_length=40)
    project = models.ForeignKey(
        ContentProject, models.DO_NOTHING, null=True, db_constraint=False, related_name="audit_entries"
    )
    target = models.CharField(max_length=200, default="", blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = EncryptedTextField(default="", blank=True)
    event_id = models.BigIntegerField(null=True, unique=True)  # the ProjectEvent that this row is about
    address = models.CharField(max_length=50, default="", blank=True)  # the network, /24 or /48
    request_id = models.CharField(max_length=64, default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        db_table = "audit_entries"
        verbose_name_plural = "audit entries"
        indexes = (models.Index(name="idx_audit_actor_time", fields=["actor", "-created_at"]),)

    def __str__(self) -> str:
        return f"{self.verb} {self.target}".strip()


class BriefBatch(models.Model):
    """A list of briefs that become projects: all at once as drafts, or so many an hour set to work."""

    class Status(models.TextChoices):
        CHECKING = "checking", "To be checked"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"
        DONE = "done", "Done"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    creator = models.ForeignKey(Creator, models.PROTECT, related_name="batches")
    status = models.CharField(max_length=10, choices=Status, default=Status.CHECKING)
    per_hour = models.IntegerField(default=0)  # films set to work an hour; 0: drafts only, at once
    notes = models.JSONField(default=list)  # sentences about the file, such as columns that were not read
    begun_at = models.DateTimeField(null=True)  # the present stretch of work; a pause ends it
    begun_rows = models.IntegerField(default=0)  # rows that were made before the present stretch
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "brief_batches"
        constraints = (
            models.CheckConstraint(name="per_hour_is_0_to_60", condition=Q(per_hour__range=(0, 60))),
        )

    def __str__(self) -> str:
        return f"Batch of {self.created_at:%Y-%m-%d %H:%M}"


class BatchRow(models.Model):
    """One brief of a batch: its cells as they were given, what is wrong, and what it became."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waiting"
        MADE = "made", "Made"
        FAILED = "failed", "Could not be made"
        LEFT_OUT = "left_out", "Left out"

    batch = models.ForeignKey(BriefBatch, models.CASCADE, related_name="rows")
    number = models.IntegerField()  # from 1, in the order of the list
    cells = SealedJSONField(sealed=("source_notes",))  # concept, age group, notes, seconds, style
    findings = models.JSONField(default=list)  # [{"field", "verdict": block | review, "message"}]
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    message = models.TextField(default="", blank=True)
    project = models.ForeignKey(ContentProject, models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "batch_rows"
        ordering = ("number",)
        constraints = (models.UniqueConstraint(name="a_row_has_one_number", fields=["batch", "number"]),)

    def __str__(self) -> str:
        return f"Row {self.number}"

    @property
    def verdict(self) -> str:
        """block, review or pass: whether the row can become a project."""
        found = {finding["verdict"] for finding in self.findings}
        return "block" if "block" in found else "review" if found else "pass"


class Profile(models.Model):
    """What a person has set for themselves, and how far they and their mail have read the news."""

    creator = models.OneToOneField(Creator, models.CASCADE, primary_key=True, related_name="profile")
    single_keys = models.BooleanField(default=True)  # WCAG 2.1.4: single keys can be switched off
    muted = models.JSONField(default=list, blank=True)  # kinds of news that come by no mail
    seen_event = models.BigIntegerField(default=0)  # the newest event shown in the bell and marked read
    mailed_event = models.BigIntegerField(default=0)  # the newest event that a digest has told

    class Meta:
        db_table = "creator_profiles"

    def __str__(self) -> str:
        return f"Profile of {self.creator_id}"


class SavedView(models.Model):
    """Filters of the project list that a person has kept under a name."""

    creator = models.ForeignKey(Creator, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)  # of the list's address
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "saved_views"
        constraints = (models.UniqueConstraint(name="a_view_has_one_name", fields=["creator", "name"]),)

    def __str__(self) -> str:
        return self.name


class RequestKey(models.Model):
    """A client-made id of a writing call that was carried out; sent again, it is the same call."""

    creator = models.ForeignKey(Creator, models.CASCADE, db_index=False, related_name="+")
    request_id = models.UUIDField()
    fingerprint = models.CharField(max_length=64)  # SHA-256 of address and body
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "creator_request_keys"
        constraints = (
            models.UniqueConstraint(name="a_request_is_done_once", fields=["creator", "request_id"]),
        )

    def __str__(self) -> str:
        return str(self.request_id)
