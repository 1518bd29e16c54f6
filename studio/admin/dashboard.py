"""What waits for me: the next steps of a person's roles, and figures that link to the lists they count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone

from pipeline.models import ContentProject, ProjectEvent
from studio import policy
from studio.admin.blocks import BLOCKS
from studio.admin.wording import STATUS, Chip, name_reason, say_age
from studio.models import Creator
from studio.policy import User

Status = ContentProject.Status
SHOWN = 5  # rows of a block; its figure links to all
FIGURES = (
    Status.DRAFT,
    Status.GENERATING,
    Status.NEEDS_ATTENTION,
    Status.IN_REVIEW,
    Status.APPROVED,
    Status.PUBLISHED,
)


@dataclass(frozen=True)
class Figure:
    chip: Chip
    count: int
    link: str


@dataclass(frozen=True)
class Waiting:
    """One project that waits, with the words of its last event where those say what to do."""

    title: str
    link: str
    chip: Chip
    age_group: str
    since: str
    note: str


@dataclass(frozen=True)
class Block:
    title: str
    hint: str
    empty: str
    rows: list[Waiting]
    total: int
    link: str


def make_dashboard(user: User) -> dict[str, Any]:
    """The context of the dashboard; at most seven queries."""
    scope = policy.scope(user)
    counts = dict(scope.order_by().values_list("status").annotate(Count("pk")))
    address = reverse("admin:pipeline_contentproject_changelist")
    return {
        "figures": [
            Figure(STATUS[status], counts.get(status, 0), f"{address}?view={status.replace('_', '-')}")
            for status in FIGURES
        ],
        "blocks": [_block(block, address) for block in _blocks(user, scope)],
        "can_create": policy.can(user, "create"),
        "late_blocks": [(name, block) for name, block in BLOCKS.items() if policy.can(user, block.verb)],
        "first_steps": _first_steps(user, counts),
        "name": user.get_short_name() if isinstance(user, Creator) else "",
    }


def _first_steps(user: User, counts: dict[str, int]) -> list[tuple[bool, str]]:
    """The road of the first film, until one of the person's projects has been judged well; else nothing."""
    if not policy.roles_of(user) & {policy.CREATOR} or policy.EDITOR in policy.roles_of(user):
        return []
    judged = {Status.APPROVED, Status.SCHEDULED, Status.PUBLISHED, Status.UNPUBLISHED}
    if judged & set(counts):
        return []
    begun = set(counts) - {Status.DRAFT}
    made = begun & {Status.IN_REVIEW, Status.NEEDS_ATTENTION}
    return [
        (bool(counts), "Write a brief: one idea, an age group, a page of notes"),
        (bool(begun), "Let the film be made; the page follows it"),
        (bool(made), "Look at it, and mend a sentence where it wants mending"),
        (Status.IN_REVIEW in counts, "Somebody else judges it: four eyes"),
        (False, "The editor-in-chief publishes it"),
    ]


@dataclass(frozen=True)
class _Wanted:
    title: str
    hint: str
    empty: str
    rows: QuerySet[ContentProject]
    query: str


def _blocks(user: User, scope: QuerySet[ContentProject]) -> list[_Wanted]:
    roles = policy.roles_of(user)
    blocks: list[_Wanted] = []
    if not isinstance(user, Creator):
        return blocks
    if roles & {policy.CREATOR, policy.EDITOR}:
        own = scope.filter(creator_id=user.pk)
        blocks.append(
            _Wanted(
                "Yours to go on with",
                "Drafts, requested changes, and what could not be made",
                "Nothing of yours waits. Start a new project.",
                own.filter(status__in=[Status.NEEDS_ATTENTION, Status.DRAFT]),
                "view=needs-me",
            )
        )
    if roles & {policy.REVIEWER, policy.EDITOR}:
        blocks.append(
            _Wanted(
                "Waiting for your verdict",
                "Longest waiting first; your own work is left to others",
                "No film waits for a verdict.",
                scope.filter(status=Status.IN_REVIEW)
                .exclude(policy.authored_by(user))
                .order_by("updated_at"),
                "view=needs-me",
            )
        )
    if policy.EDITOR in roles:
        blocks.append(
            _Wanted(
                "Approved, not yet published",
                "Ready for students",
                "Everything that was approved is out.",
                scope.filter(status__in=[Status.APPROVED, Status.SCHEDULED]).order_by("approved_at"),
                "view=approved",
            )
        )
    if roles & {policy.OPERATOR} and policy.EDITOR not in roles:
        blocks.append(
            _Wanted(
                "Stopped",
                "Projects whose work ended with an error",
                "No project is stopped.",
                scope.filter(status=Status.NEEDS_ATTENTION),
                "view=needs-attention",
            )
        )
    if roles == {policy.STAFF}:
        blocks.append(
            _Wanted(
                "With students now",
                "Published films, newest first",
                "No film is published.",
                scope.order_by("-updated_at"),
                "view=published",
            )
        )
    return blocks


def _block(wanted: _Wanted, address: str) -> Block:
    now = timezone.now()
    rows = wanted.rows if wanted.rows.query.order_by else wanted.rows.order_by("-updated_at")
    found = list(rows[: SHOWN + 1])
    last = {
        event.project_id: event
        for event in ProjectEvent.objects.filter(project__in=[project.pk for project in found])
        .order_by("project_id", "-id")
        .distinct("project_id")
    }
    shown = [_waiting(project, last.get(project.pk), now) for project in found[:SHOWN]]
    return Block(wanted.title, wanted.hint, wanted.empty, shown, len(found), f"{address}?{wanted.query}")


def _waiting(project: ContentProject, event: ProjectEvent | None, now: Any) -> Waiting:
    note = ""
    if event is not None and project.status == Status.NEEDS_ATTENTION:
        note = f"{name_reason(event.reason)}: {event.message}" if event.message else name_reason(event.reason)
    return Waiting(
        title=project.title or project.concept_prompt,
        link=reverse("admin:pipeline_contentproject_review", args=[project.pk]),
        chip=STATUS[project.status],
        age_group=project.age_group,
        since=say_age(project.updated_at, now),
        note=note,
    )
