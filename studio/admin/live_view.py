"""What changes on a review page while runs work: what its one poll brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from pipeline.models import ContentProject
from pipeline.planning import Plan, plan
from studio import policy
from studio.admin import making
from studio.admin.review_parts import describe_lock
from studio.admin.wording import AT_WORK, STATUS, Chip, name_reason, say_age
from studio.locking import find_lock

Status = ContentProject.Status
LOCKABLE = frozenset({Status.NEEDS_ATTENTION, Status.IN_REVIEW})


@dataclass(frozen=True)
class Progress:
    percent: int
    text: str


def make_live(project: ContentProject, present: Plan) -> dict[str, Any]:
    """The parts that a poll brings again."""
    return {
        "chip": STATUS[project.status],
        "progress": _progress(project, present),
        "timeline": making.show_timeline(present),
        "cost": making.say_cost(present),
        "since": say_age(project.updated_at, timezone.now()),
        "trouble": _trouble(project),
        "project": project,
    }


def render_live(request: HttpRequest, project: ContentProject) -> dict[str, Any]:
    """{"status", "parts": {element id: HTML}}; forms, player and selection are no parts of it."""
    present = plan(project)
    context = make_live(project, present)
    is_lockable = project.status in LOCKABLE
    lock = find_lock(project, now=timezone.now()) if is_lockable else None
    names = {"st-chip": "chip_of_project", "st-progress": "progress"}
    if policy.can(request.user, "read_runs", project):
        names["st-timeline"] = "timeline"
    return {
        "status": project.status,
        "film": present.film,
        "lock": describe_lock(lock, request.user) if is_lockable else None,
        "is_at_rest": lock is None and project.status not in {Status.GENERATING, Status.IN_REVIEW},
        "said": _say_progress(context["progress"]),
        "parts": {
            key: render_to_string(f"studio/parts/{name}.html", context, request)
            for key, name in names.items()
        },
    }


def _say_progress(progress: Progress | None) -> str:
    """What a screen reader is told, once each time it changes."""
    return progress.text if progress is not None else ""


def _progress(project: ContentProject, present: Plan) -> Progress | None:
    if project.status != Status.GENERATING:
        return None
    running = [planned for planned in present.missing if planned.run and planned.run.status == "running"]
    current = next(iter(running), None) or next(iter(present.missing), None)
    text = "Finishing"
    if current is not None:
        text = AT_WORK.get(current.job.step, current.job.step).capitalize()
        if current.job.scene is not None:
            text += f" scene {current.job.scene + 1} of {max(len(present.scenes), current.job.scene + 1)}"
    return Progress(int(100 * present.progress), text)


@dataclass(frozen=True)
class Trouble:
    chip: Chip
    title: str
    message: str
    code: str


def _trouble(project: ContentProject) -> Trouble | None:
    """Why a project needs attention, in the words of its last change of status."""
    if project.status != Status.NEEDS_ATTENTION:
        return None
    event = (
        project.events.filter(to_status=project.status)
        .exclude(from_status=project.status)
        .order_by("-id")
        .first()
    )
    if event is None:
        return None
    return Trouble(STATUS[project.status], name_reason(event.reason), event.message, event.reason)
