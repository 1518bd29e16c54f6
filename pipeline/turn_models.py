"""Whose turn it is at a queue; kept apart from what a film is made of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import models


class Turn(models.Model):
    """When a creator's work was last taken from a queue (`pipeline.turns`)."""

    queue = models.CharField(max_length=20)
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="queue_turns")
    served_at = models.DateTimeField()

    class Meta:
        db_table = "queue_turns"
        constraints = (
            models.UniqueConstraint(name="one_turn_a_queue_and_creator", fields=["queue", "creator"]),
        )

    def __str__(self) -> str:
        return f"{self.queue}: {self.creator_id}"

    @staticmethod
    def note(*, queue: str, creator_id: UUID, at: datetime) -> None:
        """The creator was served; who was not comes next."""
        Turn.objects.bulk_create(
            [Turn(queue=queue, creator_id=creator_id, served_at=at)],
            update_conflicts=True,
            update_fields=["served_at"],
            unique_fields=["queue", "creator"],
        )
