"""What happened: one row an event, written in the caller's transaction and delivered later."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class Event(models.Model):
    """An outbox row. `subject` is the id that a sink may know, never a username."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event_type = models.CharField(max_length=40)
    subject = models.UUIDField(null=True)
    properties = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "analytics_events"
        indexes = (
            models.Index(
                name="idx_analytics_undelivered",
                fields=["created_at"],
                condition=models.Q(delivered_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.event_type} {self.created_at:%Y-%m-%d %H:%M}"
