"""The queue of films that wait for a verdict: where one stands in it, and what comes before and after."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Window
from django.db.models.functions import FirstValue, Lag, Lead, RowNumber

from pipeline.models import ContentProject
from studio import policy
from studio.policy import User


@dataclass(frozen=True)
class Place:
    """Number from 1 of `total`; 0 where the project does not wait for this person."""

    number: int
    total: int
    before: UUID | None
    after: UUID | None


def find_place(user: User, project: ContentProject) -> Place:
    """Where a project stands among those that this person may judge, longest waiting first: one query."""
    if not policy.roles_of(user) & {policy.REVIEWER, policy.EDITOR}:
        return Place(0, 0, None, None)
    order = [F("updated_at").asc(), F("id").asc()]
    waiting = (
        policy.scope(user)
        .filter(status=ContentProject.Status.IN_REVIEW)
        .exclude(policy.authored_by(user))
        .annotate(
            number=Window(RowNumber(), order_by=order),
            before=Window(Lag("id"), order_by=order),
            after=Window(Lead("id"), order_by=order),
            total=Window(Count("id")),
            own=Window(FirstValue("id"), partition_by=F("id")),  # a filter by `pk` would narrow the windows
        )
        .filter(own=project.pk)
    )
    row = waiting.values_list("number", "total", "before", "after").first()
    return Place(*row) if row else Place(0, 0, None, None)
