"""Requested changes as a checklist that goes to the creator and comes back answered."""

from __future__ import annotations

import re
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pipeline.models import ContentProject
from studio import auditing, policy
from studio.models import ChangeItem, Creator, Review

MARK = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
SCENE = re.compile(r"^scene (\d{1,2})\b", re.IGNORECASE)
MOST_ITEMS = 30
Status = ContentProject.Status


class AnswerRefused(policy.Refused):
    """The item was not answered. `code` is stable, `message` says what to do."""


def split_notes(notes: str) -> list[tuple[str, int | None]]:
    """Each line of a reviewer's notes is one change: its words, and the scene that they name first."""
    found = []
    for line in notes.splitlines():
        text = MARK.sub("", line).strip()
        if text:
            named = SCENE.match(text)
            found.append((text, int(named[1]) - 1 if named and int(named[1]) else None))
    return found[:MOST_ITEMS]


def write_checklist(review: Review) -> list[ChangeItem]:
    """The items of a request for changes, inside the caller's transaction."""
    return ChangeItem.objects.bulk_create(
        ChangeItem(project_id=review.project_id, review=review, text=text, scene=scene)
        for text, scene in split_notes(review.notes)
    )


def present_checklist(project: ContentProject) -> list[ChangeItem]:
    """The items of the last request for changes, and of a revision begun after it. One query."""
    items = list(ChangeItem.objects.filter(project=project).select_related("answered_by"))
    last = next((item.review_id for item in reversed(items) if item.review_id), None)
    begun = min((item.created_at for item in items if last and item.review_id == last), default=None)
    return [
        item
        for item in items
        if (last and item.review_id == last)
        or (item.review_id is None and (begun is None or item.created_at >= begun))
    ]


def answer_change(
    project_id: UUID, item_id: UUID, *, person: Creator, answer: str, because: str = ""
) -> ChangeItem:
    """done, or won't do with a reason, or open again. Raises AnswerRefused, ChangeItem.DoesNotExist."""
    because = because.strip()
    if answer not in ChangeItem.Answer.values:
        raise AnswerRefused("answer-unknown", "Answer with done, or with won't do and a reason.")
    if answer == ChangeItem.Answer.WONT and not because:
        raise AnswerRefused("reason-required", "Say why it is not done: the reviewer reads it.")
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        refusal = policy.refusal(person, "edit_scene", project)
        if refusal is not None:
            raise AnswerRefused(refusal.code, refusal.message)
        item = ChangeItem.objects.select_for_update().get(pk=item_id, project=project)
        before = item.answer
        item.answer, item.because = answer, because if answer == ChangeItem.Answer.WONT else ""
        item.answered_by = person if answer else None
        item.answered_at = timezone.now() if answer else None
        item.save(update_fields=["answer", "because", "answered_by", "answered_at"])
        if before != answer:
            auditing.record(
                actor=person,
                verb="answer_change",
                project=project,
                target=f"change {item.pk}",
                before={"answer": before},
                after={"answer": answer},
                reason=item.because,
            )
    return item
