"""Remarks on a film, on a second, a scene, a sentence or a question: threads that are resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pipeline.models import ContentProject
from studio import auditing, policy
from studio.models import Comment, Creator

LONGEST = 2_000


class CommentRefused(policy.Refused):
    """Nothing was written. `code` is stable, `message` says what to do."""


@dataclass(frozen=True)
class Thread:
    """A remark with its answers, oldest first."""

    first: Comment
    answers: list[Comment] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.first.resolved_at is None


def add_comment(
    project_id: UUID,
    *,
    person: Creator,
    text: str,
    comment_id: UUID | None = None,
    parent: UUID | None = None,
    at_seconds: float | None = None,
    scene: int | None = None,
    sentence: str = "",
    question: int | None = None,
    film: str = "",
) -> Comment:
    """Write a remark or an answer. `comment_id` is made by the client: a repeat finds the first.

    Raises CommentRefused, Comment.DoesNotExist for a parent of another project.
    """
    text = text.strip()
    if not text:
        raise CommentRefused("text-empty", "Write something, or close the comment.")
    if len(text) > LONGEST:
        raise CommentRefused("text-too-long", f"A comment has at most {LONGEST} characters.")
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        _check(person, project)
        first = Comment.objects.get(pk=parent, project=project, parent=None) if parent else None
        if comment_id is not None:
            known = Comment.objects.filter(pk=comment_id).first()
            if known is not None:
                if (known.project_id, known.author_id) != (project.pk, person.pk):
                    raise CommentRefused("idempotency-conflict", "Load the page again, and write once more.")
                return known
        comment = Comment.objects.create(
            **({"id": comment_id} if comment_id else {}),
            project=project,
            author=person,
            parent=first,
            text=text,
            at_seconds=None if first else at_seconds,
            scene=None if first else scene,
            sentence="" if first else sentence,
            question=None if first else question,
            film=film,
        )
        auditing.record(actor=person, verb="comment", project=project, target=f"comment {comment.pk}")
    return comment


def resolve_comment(project_id: UUID, comment_id: UUID, *, person: Creator, is_resolved: bool) -> Comment:
    """Close a thread, or open it again. Raises CommentRefused, Comment.DoesNotExist."""
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        _check(person, project)
        comment = Comment.objects.select_for_update(of=("self",)).get(
            pk=comment_id, project=project, parent=None
        )
        if (comment.resolved_at is not None) != is_resolved:
            comment.resolved_at = timezone.now() if is_resolved else None
            comment.resolved_by = person if is_resolved else None
            comment.save(update_fields=["resolved_at", "resolved_by"])
            verb = "resolve_comment" if is_resolved else "reopen_comment"
            auditing.record(actor=person, verb=verb, project=project, target=f"comment {comment.pk}")
    return comment


def _check(person: Creator, project: ContentProject) -> None:
    refusal = policy.refusal(person, "comment", project)
    if refusal is not None:
        raise CommentRefused(refusal.code, refusal.message)


def show_threads(project: ContentProject, *, limit: int = 200) -> list[Thread]:
    """Open threads first, each group in the order of the film, then of writing. One query."""
    rows = list(
        Comment.objects.filter(project=project)
        .select_related("author", "resolved_by")
        .order_by("created_at", "id")[:limit]
    )
    threads = {row.pk: Thread(row) for row in rows if row.parent_id is None}
    for row in rows:
        if row.parent_id in threads:
            threads[row.parent_id].answers.append(row)
    return sorted(
        threads.values(),
        key=lambda one: (not one.is_open, one.first.at_seconds is None, one.first.at_seconds or 0.0),
    )
