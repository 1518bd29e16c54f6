"""The rows of the project list: what a page shows is read for the whole page at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from unfold.views import ChangeList

from pipeline.models import Charge, ContentProject, StepRun
from pipeline.planning import Progress, progress_of
from studio import policy
from studio.admin.wording import (
    AT_WORK,
    STATUS,
    Chip,
    count_findings,
    say_age,
    say_findings,
    say_money,
)
from studio.models import Review
from studio.reports import say_children
from videos.reporting import count_children, open_reports

Status = ContentProject.Status
NEXT: dict[str, tuple[str, frozenset[str]]] = {  # status → the next step, and whose it is
    Status.DRAFT: ("Go on", frozenset({policy.CREATOR, policy.EDITOR})),
    Status.GENERATING: ("Follow", frozenset(policy.ROLES)),
    Status.NEEDS_ATTENTION: ("See what to do", frozenset({policy.CREATOR, policy.EDITOR, policy.OPERATOR})),
    Status.IN_REVIEW: ("Review", frozenset({policy.REVIEWER, policy.EDITOR})),
    Status.APPROVED: ("Publish", frozenset({policy.EDITOR})),
}


@dataclass(frozen=True)
class State:
    """The cell that a poll brings up to date: chip, progress, or how long it has waited."""

    key: UUID
    title: str
    chip: Chip
    percent: int | None
    at_work: str
    waiting: str
    updated: Any
    is_working: bool


@dataclass(frozen=True)
class Row:
    """A project as the list shows it."""

    key: UUID
    title: str
    facts: str
    age_group: str
    link: str
    thumbnail: str
    state: State
    findings: str
    blockers: int
    creator: str
    reviewer: str
    cost: str
    cap: str
    next_step: str

    @property
    def chip(self) -> Chip:
        return self.state.chip

    @property
    def percent(self) -> int | None:
        return self.state.percent

    @property
    def at_work(self) -> str:
        return self.state.at_work


class ProjectList(ChangeList):  # type: ignore[misc] # Unfold has no types
    rows: list[Row]
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found: list[ContentProject] = list(self.result_list)
        self.result_list = found
        self.rows = make_rows(found, request.user)


def make_rows(found: Sequence[ContentProject], user: Any) -> list[Row]:
    """At most six queries, whatever the number of projects."""
    keys = [project.pk for project in found]
    states = {state.key: state for state in make_states(found)}
    films = _films(keys)
    spent = {
        row["project"]: row["total"]
        for row in Charge.objects.filter(project__in=keys)
        .order_by()
        .values("project")
        .annotate(total=Sum(Coalesce("cost", "reserved")))
    }
    reviewers = {
        review.project_id: review.reviewer.get_short_name()
        for review in Review.objects.filter(project__in=keys)
        .select_related("reviewer")
        .order_by("project_id", "-created_at")
        .distinct("project_id")
    }
    roles = policy.roles_of(user)
    films_out = [project.published_video_id for project in found if project.published_video_id]
    reported = count_children(open_reports().filter(video__in=films_out)) if films_out else {}
    rows = []
    for project in found:
        film, version = films.get(project.pk, (None, 0))
        facts = [project.concept_prompt] if _differs(project) else []
        facts += [f"ages {project.age_group.replace('-', '–')}", project.language]
        facts += [f"version {version}"] if version > 1 else []
        children = reported.get(project.published_video_id, 0) if project.published_video_id else 0
        facts += [f"reported by {say_children(children)}"] if children else []
        cap = project.budget_cap if project.budget_cap is not None else settings.PIPELINE_BUDGETS["project"]
        rows.append(
            Row(
                key=project.pk,
                title=project.title or project.concept_prompt,
                facts=" · ".join(facts),
                age_group=project.age_group.replace("-", "–"),
                link=reverse("admin:pipeline_contentproject_review", args=[project.pk]),
                thumbnail=reverse("admin:studio-asset", args=[film, "thumbnail.jpg"]) if film else "",
                state=states[project.pk],
                findings=say_findings(project.qa_results),
                blockers=count_findings(project.qa_results)[0],
                creator=str(project.creator),
                reviewer=reviewers.get(project.pk, ""),
                cost=say_money(spent.get(project.pk, Decimal(0))),
                cap=say_money(cap),
                next_step=_next_step(project, user, roles),
            )
        )
    return rows


def make_states(found: Iterable[ContentProject]) -> list[State]:
    """Two queries where any of them is at work, else none."""
    found = list(found)
    working = [project for project in found if project.status == Status.GENERATING]
    progress = progress_of(working) if working else {}
    now = timezone.now()
    return [
        State(
            key=project.pk,
            title=project.title or project.concept_prompt,
            chip=STATUS[project.status],
            percent=int(100 * own.share) if (own := progress.get(project.pk)) is not None else None,
            at_work=_at_work(own),
            waiting=say_age(project.updated_at, now),
            updated=project.updated_at,
            is_working=project.status == Status.GENERATING,
        )
        for project in found
    ]


def render_states(request: HttpRequest, found: Iterable[ContentProject]) -> dict[str, Any]:
    """What the list's poll answers: the cell of each project, and whether any is still at work."""
    states = make_states(found)
    return {
        "cells": {
            str(state.key): render_to_string("studio/parts/row_state.html", {"state": state})
            for state in states
        },
        "working": [str(state.key) for state in states if state.is_working],
    }


def _at_work(own: Progress | None) -> str:
    if own is None:
        return ""
    scene = f" scene {own.scene + 1}" if own.scene is not None else ""
    return (AT_WORK.get(own.step, "finishing") + scene).capitalize()


def _films(keys: Sequence[UUID]) -> dict[UUID, tuple[UUID, int]]:
    """Of each project the run of its newest film, and how many films it has had."""
    found: dict[UUID, tuple[UUID, int]] = {}
    runs = StepRun.objects.filter(
        project__in=keys, step="compose", part="film", status=StepRun.Status.SUCCEEDED
    )
    for project, run in runs.order_by("finished_at", "id").values_list("project_id", "pk"):
        found[project] = run, found.get(project, (run, 0))[1] + 1
    return found


def _differs(project: ContentProject) -> bool:
    return bool(project.title) and project.title.casefold() != project.concept_prompt.casefold()


def _next_step(project: ContentProject, user: Any, roles: frozenset[str]) -> str:
    """A word for the button; it opens the same page for everybody, where the policy decides."""
    step, whose = NEXT.get(project.status, ("Open", roles))
    own_verdict = project.status == Status.IN_REVIEW and project.creator_id == user.pk
    return step if roles & whose and not own_verdict else "Open"
