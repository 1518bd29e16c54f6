"""reassign: a project gets another creator. The one who made it still never judges it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pipeline.models import ContentProject
from studio import policy
from studio.auditing import record_event
from studio.models import Creator


class AssignmentRefused(policy.Refused):
    """Nothing was changed; `message` says why."""


def reassign(project_id: UUID, *, actor: Creator, to: Creator) -> bool:
    """Whether the project changed hands; to its present creator it does not. Raises AssignmentRefused."""
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        refusal = policy.refusal(actor, "reassign", project)
        if refusal is not None:
            raise AssignmentRefused(refusal.code, refusal.message)
        if policy.CREATOR not in policy.roles_of(to) and policy.EDITOR not in policy.roles_of(to):
            raise AssignmentRefused("not-a-creator", f"{to} is not a creator.")
        if project.creator_id == to.pk:
            return False
        former = project.creator_id
        ContentProject.objects.filter(pk=project.pk).update(creator=to, updated_at=timezone.now())
        project.note(
            "studio:reassigned",
            actor_id=actor.pk,
            details={"from": str(former), "to": str(to.pk)},
        )
        record_event(project, "reassign")
    return True
