"""What is watched, and how it reaches a phone."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from students.database import SqlNow
from students.models import AGE_GROUPS, Student, ages_of
from videos.questions import validate_questions


def make_film_key() -> str:
    """A random folder name for a film's published files: 128 bits, no id in it."""
    return secrets.token_hex(16)


ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MADE_KEY = r"-[0-9a-f]{12}$"  # ends the key of a concept that a publication made (studio.releasing)


class TopicQuerySet(models.QuerySet["Topic"]):
    def topics(self) -> TopicQuerySet:
        return self.filter(parent=None)

    def concepts(self) -> TopicQuerySet:
        return self.filter(parent__isnull=False)

    def topic_ids_of(self, written: Collection[str]) -> list[str]:
        """Those of the texts that are a topic's id, as ids are written in the API."""
        ids = [one for one in written if ID.fullmatch(one)]
        return [str(pk) for pk in self.topics().filter(pk__in=ids).values_list("pk", flat=True)]

    def concept_named(self, name: str) -> Topic | None:
        """The catalogue's concept of exactly this name, whatever its capitals; None: there is none, or two.

        Concepts that publications made for a film of their own are not the catalogue's.
        """
        listed = self.concepts().select_related("parent").exclude(slug__regex=MADE_KEY)
        found = list(listed.filter(name__iexact=" ".join(name.split()))[:2])
        return found[0] if len(found) == 1 else None


class Topic(models.Model):
    """A topic a child sees (no parent), or a concept below it: the unit of memory.

    `slug` is the key by which an import finds a row again when its name has changed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=RandomUUID(), editable=False)
    name = models.CharField(max_length=255)
    slug = models.SlugField(max_length=255, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="concepts")
    requires = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="prepares")
    age_groups = ArrayField(models.IntegerField(), default=list, blank=True)
    is_core = models.BooleanField(default=True, db_default=True)
    objective = models.CharField(max_length=300, default="", db_default="", blank=True)  # one sentence
    difficulty = models.SmallIntegerField(null=True, blank=True)  # 1-10, of concepts

    objects = TopicQuerySet.as_manager()

    class Meta:
        db_table = "topics"
        constraints = (
            models.CheckConstraint(
                name="topic_difficulty_is_between_1_and_10", condition=Q(difficulty__range=(1, 10))
            ),
        )

    def __str__(self) -> str:
        return self.name


class LearningVideoQuerySet(models.QuerySet["LearningVideo"]):
    def published(self) -> LearningVideoQuerySet:
        return self.filter(status=LearningVideo.Status.PUBLISHED)

    def for_age_group(self, age_group: str) -> LearningVideoQuerySet:
        """Films that suit *every* age of the group: only the group of a child is known (06, 3.4)."""
        return self.filter(age_groups__contains=ages_of(age_group))


class LearningVideo(models.Model):
    """A published film. Its content never changes; a new revision is a new row that supersedes it."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        UNPUBLISHED = "unpublished"
        SUPERSEDED = "superseded"

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=RandomUUID(), editable=False)
    title = models.CharField(max_length=255)
    topic = models.CharField(max_length=255)
    script_content = models.TextField()
    video_url = models.CharField(
        max_length=500
    )  # storage name of the progressive film, signed when handed out
    thumbnail_url = models.CharField(max_length=500, null=True)
    duration_seconds = models.IntegerField()
    difficulty_level = models.IntegerField(null=True)
    age_groups = ArrayField(models.IntegerField())
    quiz_questions = models.JSONField(validators=[validate_questions])
    popularity_score = models.FloatField(default=0, db_default=0)
    view_count = models.IntegerField(default=0, db_default=0)
    completion_rate = models.FloatField(default=0, db_default=0)
    created_at = models.DateTimeField(db_default=SqlNow())
    published_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT, db_default="draft")

    concept = models.ForeignKey(  # indexed below, with the popularity
        Topic, models.PROTECT, null=True, related_name="videos", db_index=False
    )
    film_key = models.CharField(max_length=36, unique=True, default=make_film_key, db_default=RandomUUID())
    film_fingerprint = models.CharField(max_length=64, default="", db_default="")
    language = models.CharField(max_length=10, default="en", db_default="en")
    captions_url = models.CharField(max_length=500, default="", db_default="")
    origin_label = models.CharField(
        max_length=80, default="", db_default=""
    )  # "made from notes" …, shown to everyone
    burned_captions = models.BooleanField(
        default=True, db_default=True
    )  # words stand in the picture: a player lays none over it
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, related_name="successors")
    completions = models.IntegerField(default=0, db_default=0)
    # The topic a child sees, as a key; `topic` is its name. Set with the concept, for the feed's index.
    subject = models.ForeignKey(
        Topic, models.PROTECT, null=True, related_name="+", db_column="topic_id", db_index=False
    )
    impressions = models.IntegerField(default=0, db_default=0)  # cards that were on a screen
    surprise_sum = models.FloatField(default=0, db_default=0)  # of π - e over first films
    surprise_count = models.IntegerField(default=0, db_default=0)
    estimated_difficulty = models.FloatField(null=True)  # the author's level, moved by answers
    # Its id at Cloudflare Stream, once that has made its own ladder of it.
    stream_uid = models.CharField(max_length=64, default="", db_default="", blank=True)
    median_times_ms = models.JSONField(null=True)  # question index → median answering time of a month

    objects = LearningVideoQuerySet.as_manager()

    class Meta:
        db_table = "learning_videos"
        indexes = (
            models.Index(name="idx_videos_topic_age", fields=["topic", "age_groups"]),
            models.Index(name="idx_videos_popularity", fields=["-popularity_score"]),
            *(
                models.Index(
                    name=f"idx_videos_popular_{group.replace('-', '_')}",
                    fields=["-popularity_score"],
                    condition=Q(status="published", age_groups__contains=ages_of(group)),
                )
                for group in AGE_GROUPS
            ),
            models.Index(name="idx_videos_concept_popularity", fields=["concept", "-popularity_score"]),
            models.Index(name="idx_videos_subject_popularity", fields=["subject", "-popularity_score"]),
            models.Index(name="idx_videos_without_concept", fields=["id"], condition=Q(concept__isnull=True)),
            models.Index(
                name="idx_videos_newest", fields=["-published_at", "-id"], condition=Q(status="published")
            ),
            GinIndex(name="idx_videos_age_groups", fields=["age_groups"]),
        )
        constraints = (
            models.CheckConstraint(
                name="difficulty_level_is_between_1_and_10", condition=Q(difficulty_level__range=(1, 10))
            ),
            models.CheckConstraint(name="duration_is_positive", condition=Q(duration_seconds__gt=0)),
            models.CheckConstraint(
                name="completion_rate_is_a_share", condition=Q(completion_rate__range=(0, 1))
            ),
            models.CheckConstraint(
                name="published_has_its_time",
                condition=~Q(status="published") | Q(published_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A film stands below the topic of its concept, whoever makes it."""
        if self.concept is not None and self.subject_id is None:
            self.subject_id = self.concept.parent_id or self.concept_id
        super().save(*args, **kwargs)


class Rendition(models.Model):
    """One published file of a film: `name` is its name below films/<film key>/."""

    video = models.ForeignKey(LearningVideo, models.CASCADE, related_name="renditions")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)  # film, rendition, download, playlist, …
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    bandwidth = models.IntegerField(null=True)  # bits a second, peak
    codecs = models.CharField(max_length=60, default="", db_default="")
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "video_renditions"
        constraints = (models.UniqueConstraint(name="one_file_of_a_name", fields=["video", "name"]),)

    def __str__(self) -> str:
        return self.name


class Watch(models.Model):
    """One playback as the app reported it; `watch_id` is made by the app."""

    student = models.ForeignKey(Student, models.CASCADE, related_name="watches")
    watch_id = models.UUIDField()
    video = models.ForeignKey(LearningVideo, models.PROTECT, related_name="watches")
    fingerprint = models.CharField(
        max_length=64
    )  # SHA-256 of the canonical body, to tell a repeat from a conflict
    seconds_watched = models.FloatField()
    furthest_second = models.FloatField()
    completed = models.BooleanField()
    started_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=SqlNow())
    is_counted = models.BooleanField(default=False, db_default=False)  # folded into the film's figures

    class Meta:
        db_table = "video_watches"
        constraints = (
            models.UniqueConstraint(name="a_watch_is_stored_once", fields=["student", "watch_id"]),
        )
        indexes = (
            models.Index(name="idx_watches_student_time", fields=["student", "created_at"]),
            models.Index(
                name="idx_watches_finished", fields=["student", "video"], condition=Q(completed=True)
            ),
            models.Index(name="idx_watches_uncounted", fields=["id"], condition=Q(is_counted=False)),
        )

    def __str__(self) -> str:
        return f"{self.video_id} {self.seconds_watched:.0f} s"


class FilmReport(models.Model):
    """A child says that something is wrong with a film. No words of the child's, only a kind."""

    class Kind(models.TextChoices):
        FRIGHTENING = "frightening"
        UNKIND = "unkind"
        WRONG = "wrong"
        BROKEN = "broken"

    pk = models.CompositePrimaryKey("student", "report_id")
    student = models.ForeignKey(Student, models.CASCADE, db_index=False, related_name="film_reports")
    report_id = models.UUIDField()  # made by the app
    video = models.ForeignKey(LearningVideo, models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=20, choices=Kind)
    created_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # when the people of the studio heard of it
    settled_at = models.DateTimeField(null=True)  # when one of them had looked at the film

    class Meta:
        db_table = "film_reports"
        constraints = (
            models.UniqueConstraint(
                name="a_child_reports_a_film_once_a_kind", fields=["student", "video", "kind"]
            ),
            models.CheckConstraint(
                name="report_kind_is_listed",
                condition=Q(kind__in=["frightening", "unkind", "wrong", "broken"]),
            ),
        )
        indexes = (
            models.Index(
                name="idx_film_reports_open", fields=["video"], condition=Q(settled_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.video_id}"


class Outgoing(models.Model):
    """What is to be done away from this database: at a CDN, or to files. Written with its cause, done later.

    `subject` is what it is about: a film key, or an id at the CDN. `payload` holds what the next step needs.
    """

    class Kind(models.TextChoices):
        COPY_TO_STREAM = "stream-copy"
        DELETE_FROM_STREAM = "stream-delete"
        PURGE_CLOUDFRONT = "cloudfront-purge"
        REMOVE_FILES = "remove-files"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=SqlNow())
    not_before = models.DateTimeField(db_default=SqlNow())
    attempts = models.IntegerField(default=0, db_default=0)
    last_error = models.CharField(max_length=80, default="", db_default="", blank=True)  # a code of ours
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outgoing"
        indexes = (
            models.Index(name="idx_outgoing_due", fields=["not_before"], condition=Q(done_at__isnull=True)),
        )
        constraints = (
            models.UniqueConstraint(
                name="asked_once_until_done", fields=["kind", "subject"], condition=Q(done_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
