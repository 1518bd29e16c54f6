"""The review page: one film with its evidence beside it, and what this person may do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from pipeline import editing, undoing, uploading
from pipeline.models import ContentProject, Scene, StepRun
from pipeline.planning import Plan, plan
from studio import overriding, policy, reports, reviewing
from studio.admin import film_view, findings_view, making
from studio.admin.decide_card import count_open, make_decision
from studio.admin.live_view import LOCKABLE, make_live
from studio.admin.question_view import show_questions
from studio.admin.scene_acts import Refused
from studio.admin.wording import name_reason, say_age, say_findings
from studio.changes import present_checklist
from studio.commenting import show_threads
from studio.locking import find_lock
from studio.models import Creator
from studio.policy import User
from studio.releasing import list_conditions
from studio.review_queue import find_place
from studio.versions import list_versions, say_version
from studio.watching import Watched, find_watched

Status = ContentProject.Status


OWN_KINDS = (  # field, act, label, types that the browser offers
    (
        *("picture", "own-picture"),
        *("A picture (PNG, JPEG or WebP, 10 MB)", "image/png,image/jpeg,image/webp"),
    ),
    (
        *("recording", "own-recording"),
        *("A recording of exactly these words (WAV, MP3, AAC or FLAC, 10 MB)", "audio/*"),
    ),
)


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


def make_page(
    request: HttpRequest,
    project: ContentProject,
    *,
    refused: str = "",
    typed: Mapping[str, str] | None = None,
    conflict: Scene | None = None,
    doubts: Sequence[str] = (),
) -> dict[str, Any]:
    """The context of the page. `refused` and `typed`: the reason and the texts of an act that was refused;
    `conflict`: the scene that somebody else saved meanwhile; `doubts`: what the checks say of a question."""
    user = request.user
    present = plan(project)
    film = present.film_run or _former_film(project)
    checks = present.qa_run
    results = (checks.output or {}).get("results") if checks is not None else None
    shown_results = results or project.qa_results
    found = overriding.find_checks(present, shown_results)
    overrides = overriding.overrides_in_force(project, found) if results else {}
    now = timezone.now()
    lock = find_lock(project, now=now) if project.status in LOCKABLE else None
    scenes = film_view.show_scenes(present, present.film_run, age_group=project.age_group)
    starts = {view.scene.position: view.start for view in scenes if view.start is not None}
    not_run, filters = findings_view.take_common(
        findings_view.show_findings(
            project,
            shown_results,
            found,
            overrides=overrides,
            may=_may_override(user, project) if results else frozenset(),
            starts=starts,
        )
    )
    known = list_versions(project, present)
    version = say_version(known)
    is_judging = project.status == Status.IN_REVIEW and isinstance(user, Creator)
    watched = find_watched(project, user.pk, film=present.film) if is_judging else Watched()
    cost = making.say_cost(present)
    decision = make_decision(
        user,
        project,
        present,
        results,
        found=found,
        overrides=overrides,
        lock=lock,
        watched=watched,
        version=version,
        cost=cost,
    )
    can_edit = policy.can(user, "edit_scene", project) and project.status != Status.GENERATING
    buttons = _buttons(user, project, present)
    stale = bool(present.missing) and project.status in {
        Status.IN_REVIEW,
        Status.NEEDS_ATTENTION,
        Status.APPROVED,
        Status.SCHEDULED,
    }
    is_priced = project.status in {Status.DRAFT, Status.GENERATING} or stale
    origins, licences = making.show_origins(present)
    player = film_view.show_player(project, film, is_present=present.film_run is not None)
    return {
        "title": project.title or project.concept_prompt,
        "st_title": "Project",
        "project": project,
        "film": present.film,
        "player": player,
        "marks": _finding_marks(filters, player.seconds if player else 0.0),
        "scenes": scenes,
        "questions": show_questions(project, present, checks),
        "filters": filters,
        "open_findings": count_open(filters),
        "checked_at": say_age(checks.finished_at, now) if checks and checks.finished_at else "",
        "version": version,
        "versions": known,
        "not_run": not_run,
        "findings": say_findings(shown_results),
        "checks_are_old": results is None and bool(project.qa_results),
        "history": making.show_history(project) if policy.can(user, "read_trail", project) else [],
        "threads": show_threads(project),
        "can_comment": policy.can(user, "comment", project),
        "reported": (reported := reports.read_reports(project)),
        "reported_kinds": [(reports.KINDS[kind], count) for kind, count in reported.kinds.items()],
        "reported_since": say_age(reported.since, now) if reported.since else "",
        "can_settle": policy.can(user, "settle_reports", project),
        "changes": present_checklist(project),
        "lock": lock,
        "is_locked": lock is not None and lock.holder_id != user.pk,
        "place": find_place(user, project) if project.status == Status.IN_REVIEW else None,
        "decision": decision,
        "reasons": reviewing.REASONS,
        "override_reasons": overriding.Reason.choices,
        "buttons": buttons,
        "conditions": list_conditions(
            film_run=present.film_run,
            qa_run=checks,
            is_approved_film=bool(project.approved_film) and project.approved_film == present.film,
        )
        if any(button.act == "publish" for button in buttons)
        else [],
        "can_edit": can_edit,
        "can_arrange": can_edit and policy.can(user, "regenerate", project),
        "own_kinds": OWN_KINDS,
        "licences_known": list(uploading.LICENCES.items()),
        "undoable": _find_undoable(project) if can_edit else None,
        "can_regenerate": policy.can(user, "regenerate", project) and project.status != Status.GENERATING,
        "can_edit_brief": policy.can(user, "edit_brief", project),
        "missing_parts": len(present.missing) if stale else 0,
        "estimate": editing.estimate(project) if is_priced else None,
        "costs": making.break_down_cost(present),
        "origins": origins,
        "licences": licences,
        "addresses": _addresses(project),
        "refused": refused,
        "typed": dict(typed or {}),
        "conflict": conflict,
        "doubts": list(doubts),
        "judged": _find_judged(request),
        "hearable": player is None and any(view.speech for view in scenes),
        "can_remake": policy.can(user, "rebuild", project),
        "show_runs": policy.can(user, "read_runs", project),
    } | make_live(project, present)


@dataclass(frozen=True)
class Undoable:
    """The edit that a click undoes, in words."""

    event: int
    words: str


def _find_undoable(project: ContentProject) -> Undoable | None:
    event = undoing.find_undoable(project)
    if event is None:
        return None
    scene = event.details.get("scene")
    where = f", scene {scene + 1}" if isinstance(scene, int) else ""
    return Undoable(event.pk, name_reason(event.reason).lower() + where)


PARTS = {
    "st-whole": "whole",
    "st-findings": "findings",
    "st-script": "script",
    "st-questions": "questions",
    "st-decision-card": "decision_card",
    "st-next": "next_steps",
}


def render_parts(request: HttpRequest, context: Mapping[str, Any]) -> dict[str, str]:
    """The parts of the page that an edit changes, by the id of the element they fill."""
    return {
        key: render_to_string(f"studio/parts/{name}.html", dict(context), request)
        for key, name in PARTS.items()
    }


def read_typed(request: HttpRequest) -> dict[str, str]:
    """What a form sent, to be shown again, with the act that it was sent to."""
    typed = {key: value for key, value in request.POST.items() if isinstance(value, str)}
    return typed | {"act": request.path.rstrip("/").rpartition("/")[2]}


def answer_parts(request: HttpRequest, project: ContentProject, result: Refused | str) -> JsonResponse:
    """What a script swaps after an act: {"said", "film", "status", "parts"}; after a refusal nothing was
    changed, and the parts are as they stand by now."""
    said, status = (result, 200) if isinstance(result, str) else (result.message, result.status)
    context = (
        make_page(request, project)
        if isinstance(result, str)
        else make_page(
            request,
            project,
            typed=read_typed(request),
            conflict=result.scene,
            doubts=result.findings,
        )
    )
    parts = render_parts(request, context)
    answer = JsonResponse(
        {"said": said, "film": context["film"], "status": project.status, "parts": parts}, status=status
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@dataclass(frozen=True)
class Judged:
    """A request for changes that this person has just made and may still take back."""

    pk: UUID
    title: str
    seconds: int


def _find_judged(request: HttpRequest) -> Judged | None:
    """The project of `?judged=`, while its request can be taken back; two queries, and only then."""
    try:
        wanted = UUID(request.GET.get("judged", ""))
    except ValueError:
        return None
    if not isinstance(request.user, Creator):
        return None
    project = policy.scope(request.user).filter(pk=wanted, status=Status.NEEDS_ATTENTION).first()
    left = reviewing.seconds_to_take_back(project, request.user) if project is not None else 0
    return Judged(project.pk, str(project), left) if project is not None and left > 0 else None


def _may_override(user: User, project: ContentProject) -> frozenset[str]:
    rights = {"block": "override_blocker", "review": "override_warning"}
    if project.status != Status.IN_REVIEW:
        return frozenset()
    return frozenset(name for name, verb in rights.items() if policy.can(user, verb, project))


@dataclass(frozen=True)
class FindingMark:
    """An open finding on the scrubber: where it stands, in percent of the film."""

    label: str
    at: float
    percent: float
    tone: str
    icon: str


def _finding_marks(filters: list[findings_view.FilterView], seconds: float) -> list[FindingMark]:
    if not seconds:
        return []
    marks = [
        FindingMark(
            f"{one.chip.text} at {one.clock}: {one.message}",
            one.at,
            round(min(100 * one.at / seconds, 100.0), 2),
            one.chip.tone,
            one.chip.icon,
        )
        for view in filters
        for one in view.open
        if one.at is not None and one.is_open
    ]
    return sorted(marks, key=lambda mark: mark.at)


def _former_film(project: ContentProject) -> StepRun | None:
    """The film of earlier texts, to look at until the next one is made."""
    return (
        StepRun.objects.filter(project=project, step="compose", part="film", status=StepRun.Status.SUCCEEDED)
        .order_by("-finished_at")
        .first()
    )


def _addresses(project: ContentProject) -> dict[str, str]:
    base = reverse("admin:pipeline_contentproject_review", args=[project.pk])
    root = base.removesuffix("review/")
    return {
        "root": root,
        "act": f"{root}act/",
        "watch": f"{root}watch/",
        "lock": f"{root}lock/",
        "live": reverse("admin:pipeline_contentproject_live", args=[project.pk]),
        "brief": reverse("admin:pipeline_contentproject_brief", args=[project.pk]),
        "list": reverse("admin:pipeline_contentproject_changelist"),
    }


# --------------------------------------------------------------------------- what this person may do


def _buttons(user: User, project: ContentProject, present: Plan) -> list[Button]:
    stale = bool(present.missing)
    found = []
    for verb, button in BUTTONS:
        if verb == "rebuild" and not stale:
            if project.status != Status.NEEDS_ATTENTION or not present.film:
                continue
            found.append(replace(button, label="Send to review again", icon="send"))
            continue
        if (
            verb == "rebuild"
            and not (present.film or present.failed or _former_film(project))
            and project.status == Status.NEEDS_ATTENTION
        ):
            button = replace(button, label="Go on: make the film", icon="play_arrow")  # noqa: PLW2901
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
