"""What happened: one row an event, written in the caller's transaction and delivered later."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from uuid_utils.compat import uuid7


class Event(models.Model):
    """An outbox row; `subject` is a student's id until the row is delivered, and the row goes with it.

    `third_party`: a consent was current when it happened, so that a configured vendor may have it too.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event_type = models.CharField(max_length=40)
    subject = models.UUIDField(null=True)
    properties = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    third_party = models.BooleanField(default=False, db_default=False)
    delivered_at = models.DateTimeField(null=True)  # into the database's own records
    claimed_until = models.DateTimeField(null=True)  # a worker is sending it to the vendor

    class Meta:
        db_table = "analytics_events"
        indexes = (
            models.Index(
                name="idx_analytics_undelivered",
                fields=["created_at"],
                condition=models.Q(delivered_at__isnull=True),
            ),
            models.Index(
                name="idx_analytics_for_vendor",
                fields=["created_at"],
                condition=models.Q(third_party=True, delivered_at__isnull=False),
            ),
            models.Index(name="idx_analytics_subject", fields=["subject"]),
        )

    def __str__(self) -> str:
        return f"{self.event_type} {self.created_at:%Y-%m-%d %H:%M}"


class Record(models.Model):
    """What the database sink keeps: the same under an id of its month, and the hour it happened in."""

    id = models.UUIDField(primary_key=True, editable=False)  # the event's
    event_type = models.CharField(max_length=40)
    subject = models.CharField(max_length=64)  # analytics.subjects
    properties = models.JSONField(default=dict)
    hour = models.DateTimeField()

    class Meta:
        db_table = "analytics_records"
        indexes = (
            models.Index(name="idx_analytics_records_hour", fields=["hour"]),
            models.Index(name="idx_analytics_records_subject", fields=["subject"]),
        )

    def __str__(self) -> str:
        return f"{self.event_type} {self.hour:%Y-%m-%d %H}"


class SinkKey(models.Model):
    """A random part of a sink's key of one month: without it nobody can say who an old id was."""

    sink = models.CharField(max_length=20)
    month = models.DateField()  # its first day
    salt = models.BinaryField(max_length=32)

    class Meta:
        db_table = "analytics_sink_keys"
        constraints = (models.UniqueConstraint(name="one_key_a_sink_and_month", fields=["sink", "month"]),)

    def __str__(self) -> str:
        return f"{self.sink} {self.month:%Y-%m}"


class Suppression(models.Model):
    """Somebody whose events no vendor gets any more, whatever is under way."""

    subject = models.UUIDField(primary_key=True)
    since = models.DateTimeField()

    class Meta:
        db_table = "analytics_suppressions"

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d}"


class VendorDeletion(models.Model):
    """What a vendor has to delete. The ids go when it has said that it will; status and time stay."""

    sink_ids = ArrayField(models.CharField(max_length=64))
    requested_at = models.DateTimeField()
    attempts = models.IntegerField(default=0, db_default=0)
    status = models.IntegerField(null=True)  # the vendor's last HTTP status
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "analytics_vendor_deletions"

    def __str__(self) -> str:
        return f"{self.requested_at:%Y-%m-%d} {self.status}"
