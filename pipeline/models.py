"""How a concept becomes a film: what was asked, what is done, what it made, what happened.

The database says what is done; a message only rings the bell. Progress is derived from the
runs and never stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from pipeline.scenes import Scene
from pipeline.steps.base import Brief
from pipeline.turn_models import Turn
from students.database import SqlNow
from students.encryption import EncryptedTextField, SealedJSONField
from videos.models import LearningVideo

__all__ = ["Scene", "Turn"]  # and what is written below


class ContentProject(models.Model):
    """A creator's idea on its way to a film. `status` says whose turn it is, nothing else."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        GENERATING = "generating", "Generating"
        NEEDS_ATTENTION = "needs_attention", "Needs attention"
        IN_REVIEW = "in_review", "In review"
        APPROVED = "approved", "Approved"
        SCHEDULED = "scheduled", "Scheduled"
        PUBLISHED = "published", "Published"
        UNPUBLISHED = "unpublished", "Unpublished"
        ARCHIVED = "archived", "Archived"

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        Status.DRAFT: frozenset({Status.GENERATING, Status.ARCHIVED}),
        Status.GENERATING: frozenset({Status.IN_REVIEW, Status.NEEDS_ATTENTION, Status.ARCHIVED}),
        Status.NEEDS_ATTENTION: frozenset(
            {Status.GENERATING, Status.IN_REVIEW, Status.ARCHIVED}  # in_review: a request that is taken back
        ),
        Status.IN_REVIEW: frozenset(
            {Status.APPROVED, Status.NEEDS_ATTENTION, Status.GENERATING, Status.ARCHIVED}
        ),
        Status.APPROVED: frozenset({Status.PUBLISHED, Status.SCHEDULED, Status.IN_REVIEW, Status.ARCHIVED}),
        Status.SCHEDULED: frozenset({Status.PUBLISHED, Status.APPROVED, Status.ARCHIVED}),
        Status.PUBLISHED: frozenset({Status.UNPUBLISHED, Status.IN_REVIEW, Status.ARCHIVED}),
        Status.UNPUBLISHED: frozenset({Status.PUBLISHED, Status.IN_REVIEW, Status.ARCHIVED}),
        Status.ARCHIVED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=RandomUUID(), editable=False)
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="projects")
    concept_prompt = models.TextField()
    age_group = models.CharField(max_length=20)
    status = models.CharField(max_length=50, choices=Status, default=Status.DRAFT, db_default="generating")
    ai_generated_script = models.TextField(null=True)
    visual_config = models.JSONField(null=True, blank=True)  # {"style": …}
    qa_results = models.JSONField(null=True)
    approval_notes = models.TextField(null=True)
    created_at = models.DateTimeField(db_default=SqlNow())
    approved_at = models.DateTimeField(null=True)
    published_video = models.ForeignKey(LearningVideo, models.PROTECT, null=True, related_name="+")

    title = models.CharField(max_length=255, default="", db_default="", blank=True)
    source_notes = EncryptedTextField(default="", db_default="", blank=True)
    notes_origin = models.CharField(
        max_length=10, default="creator", db_default="creator"
    )  # creator | shelf | model
    target_seconds = models.IntegerField(default=70, db_default=70)
    language = models.CharField(max_length=10, default="en", db_default="en")
    voice = models.CharField(max_length=60, default="", db_default="", blank=True)
    must_say = models.JSONField(default=list, db_default=models.Value([], models.JSONField()), blank=True)
    must_not_say = models.JSONField(default=list, db_default=models.Value([], models.JSONField()), blank=True)
    burned_captions = models.BooleanField(default=True, db_default=True)
    own_questions = models.JSONField(null=True)  # as people have them; NULL: as the quiz step wrote them
    budget_cap = models.DecimalField(max_digits=9, decimal_places=4, null=True, blank=True)  # US dollars
    approved_film = models.CharField(
        max_length=140, default="", db_default=""
    )  # the pair of fingerprints approved
    publish_at = models.DateTimeField(null=True)
    request_id = models.UUIDField(null=True)  # made by the client; a repeat finds this row
    request_fingerprint = models.CharField(max_length=64, default="", db_default="")
    updated_at = models.DateTimeField(db_default=SqlNow())

    class Meta:
        db_table = "content_projects"
        indexes = (
            models.Index(name="idx_projects_status_updated", fields=["status", "-updated_at"]),
            models.Index(name="idx_projects_creator_updated", fields=["creator", "-updated_at"]),
        )
        constraints = (
            models.CheckConstraint(
                name="target_is_45_to_90_seconds", condition=Q(target_seconds__range=(45, 90))
            ),
            models.UniqueConstraint(name="a_request_makes_one_project", fields=["creator", "request_id"]),
        )

    def __str__(self) -> str:
        return self.title or self.concept_prompt[:80]

    @property
    def brief(self) -> Brief:
        """The frozen view that planning hands to the steps."""
        return Brief(
            concept=self.concept_prompt,
            age_group=self.age_group,
            source_notes=self.source_notes,
            target_seconds=self.target_seconds,
            language=self.language,
            visual_style=str((self.visual_config or {}).get("style", "auto")),
            voice=self.voice,
            must_say=tuple(self.must_say),
            must_not_say=tuple(self.must_not_say),
            burned_captions=self.burned_captions,
            notes_origin=self.notes_origin,
            brand=settings.BRAND,
            questions=tuple(self.own_questions or ()),
        )

    @property
    def last_event(self) -> ProjectEvent | None:
        return self.events.order_by("-id").first()

    @classmethod
    def lock(cls, project_id: UUID) -> ContentProject:
        """The project, its row locked until the transaction ends. Raises DoesNotExist."""
        return cls.objects.select_for_update().get(pk=project_id)

    def move(
        self,
        to: str,
        *,
        actor_id: Any = None,
        reason: str = "",
        message: str = "",
        details: dict[str, Any] | None = None,
        **changes: Any,
    ) -> bool:
        """Move to status `to` if the row still has the status this object was read with.

        Writes the event in the same transaction. Returns False where somebody else got there
        first; raises ValueError for a move that the table does not know. `changes` are further
        columns to set.
        """
        source = self.status
        if to not in self.MOVES[source]:
            raise ValueError(f"A project cannot go from {source} to {to}.")
        now = timezone.now()
        with transaction.atomic():
            moved = ContentProject.objects.filter(pk=self.pk, status=source).update(
                status=to, updated_at=now, **changes
            )
            if moved != 1:
                return False
            ProjectEvent.objects.create(
                project_id=self.pk,
                from_status=source,
                to_status=to,
                actor_id=actor_id,
                reason=reason,
                message=message,
                details=details or {},
                created_at=now,
            )
        self.status = to
        self.updated_at = now
        for name, value in changes.items():
            setattr(self, name, value)
        return True

    def note(
        self,
        reason: str,
        *,
        actor_id: Any = None,
        message: str = "",
        details: dict[str, Any] | None = None,
    ) -> ProjectEvent:
        """Write an event that leaves the status as it is."""
        return ProjectEvent.objects.create(
            project=self,
            from_status=self.status,
            to_status=self.status,
            actor_id=actor_id,
            reason=reason,
            message=message,
            details=details or {},
        )


class StepRun(models.Model):
    """One job, done once: its fingerprint is unique in the project.

    A worker owns it by `token` until `lease_until`; `attempt` grows at the claim.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting for the provider"  # released, comes back at `not_before`
        SUCCEEDED = "succeeded", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(ContentProject, models.CASCADE, related_name="runs")
    step = models.CharField(max_length=20)
    part = models.CharField(max_length=20, default="")
    scene = models.IntegerField(null=True)  # where the scene stood when the run was asked for
    scene_key = models.IntegerField(null=True)  # the scene's own number, where it differs
    fingerprint = models.CharField(max_length=64)
    queue = models.CharField(max_length=20)
    inputs = SealedJSONField(sealed=("notes",))  # what a creator wrote is read by the steps only
    files = models.JSONField(default=dict)  # local name → checksum of what it needs
    output = SealedJSONField(null=True, sealed=("notes_sentences",))
    made = models.JSONField(default=dict)  # name → checksum of what it made
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    attempt = models.IntegerField(default=0)
    token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)  # when the last message about it was sent
    busy_since = models.DateTimeField(null=True)  # first release because the provider was busy
    vendor_job_id = models.CharField(max_length=200, default="")
    error_id = models.CharField(max_length=60, default="")
    error_message = models.TextField(default="")
    error_evidence = models.JSONField(default=dict)
    provider = models.CharField(max_length=60, default="")
    model = models.CharField(max_length=80, default="")
    provider_request_id = models.CharField(max_length=120, default="")
    usage = models.JSONField(default=dict)
    cost = models.DecimalField(
        max_digits=9, decimal_places=4, null=True, default=0
    )  # US dollars; NULL: unknown
    progress = models.FloatField(default=0)  # of the attempt at work, 0-1; a hint for people
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "step_runs"
        constraints = (
            models.UniqueConstraint(name="a_job_is_done_once", fields=["project", "fingerprint"]),
            models.CheckConstraint(
                name="running_has_an_owner",
                condition=~Q(status="running") | Q(token__isnull=False, lease_until__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                name="idx_runs_unfinished",
                fields=["status", "lease_until"],
                condition=Q(status__in=["queued", "running", "waiting"]),
            ),
        )

    def __str__(self) -> str:
        name = f"{self.step} {self.part}".strip()
        return name if self.scene is None else f"{name}, scene {self.scene}"

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class Charge(models.Model):
    """Money: what one attempt reserved at the claim, and what it cost once known.

    A killed worker's attempt keeps its reservation: it may have been billed.
    """

    # What was spent stays spent when the film and its runs are deleted (students.retention).
    run = models.ForeignKey(StepRun, models.SET_NULL, null=True, related_name="charges")
    project = models.ForeignKey(ContentProject, models.SET_NULL, null=True, related_name="charges")
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    token = models.UUIDField(unique=True)  # of the claim
    attempt = models.IntegerField()
    provider = models.CharField(max_length=60)
    reserved = models.DecimalField(max_digits=9, decimal_places=4)
    cost = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    usage = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "charges"
        indexes = (models.Index(name="idx_charges_provider_day", fields=["provider", "created_at"]),)

    def __str__(self) -> str:
        return f"{self.provider} {self.cost if self.cost is not None else self.reserved}"


class AssetQuerySet(models.QuerySet["Asset"]):
    def of_run(self, run: StepRun, names: Iterable[str]) -> AssetQuerySet:
        return self.filter(run=run, name__in=list(names))


class Asset(models.Model):
    """A file that a run made; in storage it is named by its checksum (SHA-256, hex)."""

    run = models.ForeignKey(StepRun, models.CASCADE, related_name="assets")
    name = models.CharField(max_length=100)  # what later steps call it
    checksum = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(max_length=20)
    content_type = models.CharField(max_length=60)
    size = models.BigIntegerField()
    seconds = models.FloatField(null=True)
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AssetQuerySet.as_manager()

    class Meta:
        db_table = "assets"
        constraints = (models.UniqueConstraint(name="a_run_names_a_file_once", fields=["run", "name"]),)

    def __str__(self) -> str:
        return self.name


class ProjectEvent(models.Model):
    """What happened to a project: from, to, who, when, why. Append-only."""

    project = models.ForeignKey(ContentProject, models.CASCADE, related_name="events")
    from_status = models.CharField(max_length=50)
    to_status = models.CharField(max_length=50)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=60, default="")  # a stable code, such as creator:changes-requested
    message = EncryptedTextField(default="")  # may be a person's own words
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "project_events"

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"
