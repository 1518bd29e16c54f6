"""What hangs on a film in review: what was watched, what was overridden, what is to change, what is said,
and who is editing."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from pipeline.models import ContentProject
from students.encryption import EncryptedTextField

PERSON = settings.AUTH_USER_MODEL


class Viewing(models.Model):
    """How much of one film one person has played, over all tabs and reloads."""

    project = models.ForeignKey(ContentProject, models.CASCADE, related_name="viewings")
    person = models.ForeignKey(PERSON, models.CASCADE, related_name="+")
    film = models.CharField(max_length=140)  # the pair of fingerprints that was played
    ranges = models.JSONField(default=list)  # [[from, to], …] in seconds, apart and in order
    share = models.FloatField(default=0)  # of the film, 0-1
    seconds_spent = models.IntegerField(default=0)  # on the page, while it was visible
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "viewings"
        constraints = (
            models.UniqueConstraint(
                name="one_viewing_a_person_and_film", fields=["project", "person", "film"]
            ),
            models.CheckConstraint(name="share_of_a_film", condition=Q(share__range=(0, 1))),
        )

    def __str__(self) -> str:
        return f"{self.share:.0%} by {self.person_id}"


class FindingOverride(models.Model):
    """A person's reason why a finding does not count. It holds for the very inputs it was given for:
    when the scene changes, `inputs` is another digest, and the override has lapsed. Append-only."""

    class Reason(models.TextChoices):
        FALSE_ALARM = "false_alarm", "False alarm: the rule is wrong here"
        IN_CONTEXT = "in_context", "Right in this context"
        CHECKED = "checked", "Checked against a source"
        MINOR = "minor", "Too small to matter for this age"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(ContentProject, models.CASCADE, related_name="overrides")
    person = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    rule = models.CharField(max_length=80)
    severity = models.CharField(max_length=10)  # block | review
    finding = models.CharField(max_length=64)  # digest of rule, place, quote and message
    inputs = models.CharField(max_length=64)  # digest of the scene, the questions or the film
    reason = models.CharField(max_length=20, choices=Reason)
    text = EncryptedTextField()
    message = models.TextField(default="")  # the finding's own words, for lists
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "finding_overrides"
        indexes = (models.Index(name="idx_overrides_rule", fields=["rule", "-created_at"]),)
        constraints = (
            models.UniqueConstraint(
                name="a_finding_is_overridden_once", fields=["project", "finding", "inputs"]
            ),
            models.CheckConstraint(name="an_override_says_why", condition=~Q(text="")),
        )

    def __str__(self) -> str:
        return f"{self.rule} by {self.person_id}"


class ChangeItem(models.Model):
    """One thing that the creator is asked to change, and the answer: done, or won't, because."""

    class Answer(models.TextChoices):
        OPEN = "", "Open"
        DONE = "done", "Done"
        WONT = "wont", "Won't do"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(ContentProject, models.CASCADE, related_name="changes")
    review = models.ForeignKey("studio.Review", models.CASCADE, null=True, related_name="changes")
    text = EncryptedTextField()
    scene = models.IntegerField(null=True)  # position, where one is meant
    evidence = models.JSONField(default=dict)  # of a revision: what children missed
    answer = models.CharField(max_length=4, choices=Answer, default="", blank=True)
    because = EncryptedTextField(default="", blank=True)
    answered_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "change_items"
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                name="a_refused_change_says_why", condition=~Q(answer="wont") | ~Q(because="")
            ),
        )

    def __str__(self) -> str:
        return self.text


class Comment(models.Model):
    """A remark on a film: on a second, a scene, a sentence or a question. Answers hang on the first."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(ContentProject, models.CASCADE, related_name="comments")
    author = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="answers")
    text = EncryptedTextField()
    at_seconds = models.FloatField(null=True)
    scene = models.IntegerField(null=True)
    sentence = models.TextField(default="", blank=True)  # its words, since its number may change
    question = models.IntegerField(null=True)
    film = models.CharField(max_length=140, default="", blank=True)  # what `at_seconds` is a second of
    resolved_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "comments"
        ordering = ("created_at", "id")  # a client may have made the id
        constraints = (models.CheckConstraint(name="a_comment_says_something", condition=~Q(text="")),)

    def __str__(self) -> str:
        return self.text[:60]


class EditLock(models.Model):
    """Who is editing a project. It lapses when its holder gives no sign of life for three minutes."""

    project = models.OneToOneField(ContentProject, models.CASCADE, related_name="edit_lock")
    holder = models.ForeignKey(PERSON, models.CASCADE, related_name="+")
    taken_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(PERSON, models.CASCADE, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    draft = models.JSONField(default=dict)  # what the former holder had typed and not saved, by field

    class Meta:
        db_table = "edit_locks"

    def __str__(self) -> str:
        return f"{self.project_id} by {self.holder_id}"
