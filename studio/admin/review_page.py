"""The review page: one film with its evidence beside it, and what this person may do now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from pipeline import editing
from pipeline.models import ContentProject, StepRun
from pipeline.planning import Plan, plan
from studio import policy, reviewing
from studio.admin import film_view, making
from studio.admin.wording import AT_WORK, STATUS, Chip, name_reason, say_age, say_findings
from studio.policy import User

Status = ContentProject.Status


@dataclass(frozen=True)
class Button:
    """An act that is possible now. `needs` names a text field the act wants: "notes", "reason", ""."""

    act: str
    label: str
    icon: str
    primary: bool = False
    danger: bool = False
    needs: str = ""
    hint: str = ""


BUTTONS: tuple[tuple[str, Button], ...] = (
    ("generate", Button("generate", "Generate the film", "play_arrow", primary=True)),
    ("retry", Button("retry", "Retry", "replay", primary=True)),
    ("rebuild", Button("rebuild", "Rebuild what changed", "build", primary=True)),
    ("publish", Button("publish", "Publish", "public", primary=True)),
    ("cancel_schedule", Button("cancel-schedule", "Cancel the schedule", "event_busy")),
    ("cancel", Button("cancel", "Cancel the work", "stop_circle")),
    ("withdraw", Button("withdraw", "Withdraw from review", "undo")),
    ("reopen", Button("reopen", "Reopen for review", "lock_open", needs="reason")),
    ("unpublish", Button("unpublish", "Take offline", "public_off", danger=True, needs="reason")),
    ("archive", Button("archive", "Archive", "archive", danger=True, needs="reason")),
)


@dataclass(frozen=True)
class Progress:
    percent: int
    text: str


@dataclass(frozen=True)
class Decision:
    """The card: whether it is shown, and why each button is off ("" where it is on)."""

    film: str
    shown: bool
    why_not: str
    why_not_approve: str
    summary: list[str]


def make_page(
    request: HttpRequest,
    project: ContentProject,
    *,
    refused: str = "",
    typed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The context of the page. `refused` and `typed`: the reason and the texts of an act that was refused."""
    user = request.user
    present = plan(project)
    film = present.film_run or _former_film(project)
    checks = present.qa_run
    results = (checks.output or {}).get("results") if checks is not None else None
    shown_results = results or project.qa_results
    not_run, filters = film_view.take_common(film_view.show_findings(project, shown_results))
    can_edit = policy.can(user, "edit_scene", project) and project.status != Status.GENERATING
    buttons = _buttons(user, project, present)
    stale = bool(present.missing) and project.status in {
        Status.IN_REVIEW,
        Status.NEEDS_ATTENTION,
        Status.APPROVED,
        Status.SCHEDULED,
    }
    return {
        "title": project.title or project.concept_prompt,
        "st_title": "Project",
        "project": project,
        "player": film_view.show_player(project, film, is_present=present.film_run is not None),
        "scenes": film_view.show_scenes(present, present.film_run),
        "questions": film_view.show_questions(checks),
        "filters": filters,
        "not_run": not_run,
        "findings": say_findings(shown_results),
        "checks_are_old": results is None and bool(project.qa_results),
        "history": making.show_history(project) if policy.can(user, "read_trail", project) else [],
        "decision": _decide(user, project, present, results),
        "buttons": buttons,
        "can_edit": can_edit,
        "can_regenerate": policy.can(user, "regenerate", project) and project.status != Status.GENERATING,
        "can_edit_brief": policy.can(user, "edit_brief", project),
        "missing_parts": len(present.missing) if stale else 0,
        "estimate": editing.estimate(project) if project.status == Status.DRAFT or stale else None,
        "addresses": _addresses(project),
        "refused": refused,
        "typed": dict(typed or {}),
        "show_runs": policy.can(user, "read_runs", project),
    } | make_live(project, present)


def _former_film(project: ContentProject) -> StepRun | None:
    """The film of earlier texts, to look at until the next one is made."""
    return (
        StepRun.objects.filter(project=project, step="compose", part="film", status=StepRun.Status.SUCCEEDED)
        .order_by("-finished_at")
        .first()
    )


def _addresses(project: ContentProject) -> dict[str, str]:
    base = reverse("admin:pipeline_contentproject_review", args=[project.pk])
    return {
        "act": base.removesuffix("review/") + "act/",
        "live": reverse("admin:pipeline_contentproject_live", args=[project.pk]),
        "brief": reverse("admin:pipeline_contentproject_brief", args=[project.pk]),
        "list": reverse("admin:pipeline_contentproject_changelist"),
    }


# --------------------------------------------------------------------------- what changes while runs work


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
    context = make_live(project, plan(project))
    names = {"st-chip": "chip_of_project", "st-progress": "progress"}
    if policy.can(request.user, "read_runs", project):
        names["st-timeline"] = "timeline"
    return {
        "status": project.status,
        "parts": {
            key: render_to_string(f"studio/parts/{name}.html", context, request)
            for key, name in names.items()
        },
    }


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


# --------------------------------------------------------------------------- what this person may do


def _buttons(user: User, project: ContentProject, present: Plan) -> list[Button]:
    stale = bool(present.missing)
    found = []
    for verb, button in BUTTONS:
        if verb == "rebuild" and not stale:
            continue
        if verb == "retry" and not present.failed and not _was_cancelled(project, present):
            continue
        if verb == "publish" and project.status == Status.SCHEDULED:
            continue
        if policy.can(user, verb, project):
            found.append(button)
    if sum(button.primary for button in found) > 1:  # one main button a card: going on beats making anew
        first = next(button for button in found if button.primary)
        found = [first, *(button for button in found if not button.primary)]
    return found


def _was_cancelled(project: ContentProject, present: Plan) -> bool:
    return any(
        planned.run is not None and planned.run.status == StepRun.Status.CANCELLED
        for planned in present.missing
    )


def _decide(
    user: User, project: ContentProject, present: Plan, results: Mapping[str, Any] | None
) -> Decision:
    shown = project.status == Status.IN_REVIEW and bool(
        policy.roles_of(user) & {policy.REVIEWER, policy.EDITOR, policy.CREATOR}
    )
    refusal = policy.refusal(user, "approve", project) if shown else None
    why_not = refusal.message if refusal is not None else ""
    if shown and not why_not and not present.film:
        why_not = "The film is being changed: parts of it have to be made anew before it is judged."
    return Decision(
        film=present.film,
        shown=shown,
        why_not=why_not,
        why_not_approve=why_not or (reviewing.explain_blockers(results) if shown else ""),
        summary=[
            say_findings(results) or "No checks",
            f"Film {present.film[:8]}" if present.film else "No whole film",
            f"Cost {making.say_cost(present)}",
        ],
    )
