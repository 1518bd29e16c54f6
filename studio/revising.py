"""start_revision: what children missed becomes the checklist of the next version.

The project is reopened and handed to its creator, with the evidence of this film as suggestions. Nothing
of the film changes until a person rebuilds, and students keep the present one until the next is published.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from pipeline import orchestration
from pipeline.models import ContentProject
from studio import insights, policy, reviewing
from studio.auditing import audited
from studio.insights import Choice
from studio.models import ChangeItem, Creator
from videos.models import LearningVideo

Status = ContentProject.Status


class RevisionRefused(policy.Refused):
    """Nothing was reopened; `message` says why."""


def start_revision(project_id: UUID, video: LearningVideo, *, actor: Creator) -> int:
    """published or unpublished → needs_attention, with a checklist of what to change; its length.

    Repeating is harmless: a revision that has begun keeps its list. Raises RevisionRefused.
    """
    try:
        with transaction.atomic():
            project = ContentProject.lock(project_id)
            if project.published_video_id != video.pk:
                raise RevisionRefused(
                    "superseded", "A newer film has replaced this one. Look at its answers."
                )
            curve = insights.read_curve(video, Choice())
            found = insights.suggest_changes(
                insights.read_questions(video, Choice()), insights.read_scenes(project, video, curve)
            )
            reviewing.reopen(project_id, actor=actor, reason="A revision, from what children answered.")
            with audited(project_id, "withdraw"):
                orchestration.withdraw(project_id, actor_id=actor.pk)
            ChangeItem.objects.bulk_create(
                ChangeItem(project_id=project_id, text=text, scene=scene) for text, scene in found
            )
    except reviewing.VerdictRefused as error:
        raise RevisionRefused(error.code, error.message) from error
    return len(found)
