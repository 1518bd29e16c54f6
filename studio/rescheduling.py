"""move_schedule: a film that has a date gets another."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pipeline.models import ContentProject
from studio import auditing
from studio.models import Creator
from studio.publishing import NotPossible, PublicationRefused, check_right

Status = ContentProject.Status


class ScheduleMoved(PublicationRefused):
    """Somebody else was faster."""

    code = "schedule-moved"


class TimePassed(PublicationRefused):
    code = "time-passed"


def move_schedule(project_id: UUID, *, actor: Creator, was: datetime, at: datetime) -> ContentProject:
    """A scheduled film gets another time. `was` is the time that the person saw.

    Moving to where it stands changes nothing. Raises a PublicationRefused: ScheduleMoved where somebody
    else has moved it, TimePassed, NotPossible, NotAllowed.
    """
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        check_right(actor, "schedule", project)
        if project.status != Status.SCHEDULED or project.publish_at is None:
            raise NotPossible("This film has no date any more. Load the page again.")
        if project.publish_at == at:
            return project
        if project.publish_at != was:
            raise ScheduleMoved(
                f"Somebody has moved this film to {project.publish_at:%Y-%m-%d %H:%M} UTC meanwhile."
            )
        if at <= timezone.now():
            raise TimePassed("This time has passed. Choose one to come.")
        ContentProject.objects.filter(pk=project.pk).update(publish_at=at, updated_at=timezone.now())
        project.publish_at = at
        project.note(
            "editor:schedule-moved",
            actor_id=actor.pk,
            details={"from": was.isoformat(), "at": at.isoformat()},
        )
        auditing.record_event(project, "move_schedule")
    return project
