"""What people do to a project: every change is a POST, on a row of the person's scope, that the policy
allows, through one service call. A refusal shows the page again with its reason; nothing typed is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse

from pipeline import editing, orchestration
from pipeline.models import ContentProject, Scene
from studio import policy, publishing, reviewing
from studio.auditing import audited
from studio.models import Creator

STATUS_OF: dict[str, int] = {"forbidden": 403, "own-work": 403, "notes-required": 400, "reason-required": 400}
CONFLICT = 409


class Refused(Exception):
    """An act was refused: the HTTP status and the sentence to show. Nothing was changed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


Run = Callable[[ContentProject, Creator, QueryDict], str]


@dataclass(frozen=True)
class Act:
    """A verb of the policy and the service call behind it, which returns what to say.

    `is_pipelines`: the service lies below the studio, so its audit row is written here.
    """

    verb: str
    run: Run
    is_pipelines: bool = False


def _approve(project: ContentProject, user: Creator, data: QueryDict) -> str:
    reviewing.approve(project.pk, reviewer=user, film=data.get("film", ""), notes=data.get("notes", ""))
    return "Approved. The editor-in-chief can publish it now."


def _request_changes(project: ContentProject, user: Creator, data: QueryDict) -> str:
    reviewing.request_changes(
        project.pk, reviewer=user, film=data.get("film", ""), notes=data.get("notes", "")
    )
    return "The creator has your notes."


def _reject(project: ContentProject, user: Creator, data: QueryDict) -> str:
    reviewing.reject(project.pk, reviewer=user, film=data.get("film", ""), notes=data.get("notes", ""))
    return "Rejected. The project is in the archive."


def _reopen(project: ContentProject, user: Creator, data: QueryDict) -> str:
    reviewing.reopen(project.pk, actor=user, reason=data.get("reason", ""))
    return "Reopened for review."


def _generate(project: ContentProject, user: Creator, data: QueryDict) -> str:
    orchestration.start(project.pk, actor_id=user.pk)
    return "The film is being made. This page follows it."


def _retry(project: ContentProject, user: Creator, data: QueryDict) -> str:
    orchestration.retry(project.pk, actor_id=user.pk)
    return "Going on where it stopped."


def _rebuild(project: ContentProject, user: Creator, data: QueryDict) -> str:
    orchestration.rebuild(project.pk, actor_id=user.pk)
    return "Making anew what your edits have changed, and nothing else."


def _cancel(project: ContentProject, user: Creator, data: QueryDict) -> str:
    orchestration.cancel(project.pk, actor_id=user.pk)
    return "Cancelled. What is made is kept."


def _withdraw(project: ContentProject, user: Creator, data: QueryDict) -> str:
    orchestration.withdraw(project.pk, actor_id=user.pk)
    return "Withdrawn from review."


def _publish(project: ContentProject, user: Creator, data: QueryDict) -> str:
    at = _moment(data.get("at", ""))
    video = publishing.publish(project.pk, actor=user, at=at)
    return "Published: students can see it now." if video is not None else "Scheduled."


def _cancel_schedule(project: ContentProject, user: Creator, data: QueryDict) -> str:
    publishing.cancel_schedule(project.pk, actor=user)
    return "The schedule is cancelled; the film stays approved."


def _unpublish(project: ContentProject, user: Creator, data: QueryDict) -> str:
    publishing.unpublish(project.pk, actor=user, reason=data.get("reason", ""))
    return "Taken offline. Its addresses are dead from now on."


def _archive(project: ContentProject, user: Creator, data: QueryDict) -> str:
    publishing.archive(project.pk, actor=user, reason=data.get("reason", ""))
    return "Archived."


def _edit_scene(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position = _number(data, "position")
    editing.edit_scene(
        project.pk,
        position,
        actor_id=user.pk,
        version=_number(data, "version"),
        narration=data.get("narration"),
        on_screen_text=data.get("on_screen_text"),
        visual_description=data.get("visual_description"),
        visual_kind=data.get("visual_kind"),
    )
    return f"Scene {position + 1} is saved. Rebuild to hear and see it."


def _regenerate(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position, part = _number(data, "position"), data.get("part", "")
    orchestration.regenerate(project.pk, position=position, part=part, actor_id=user.pk)
    named = {"visual": "picture", "clip": "clip"}.get(part, "voice")
    return f"Scene {position + 1} gets another {named}."


ACTS: dict[str, Act] = {
    "approve": Act("approve", _approve),
    "request-changes": Act("request_changes", _request_changes),
    "reject": Act("reject", _reject),
    "reopen": Act("reopen", _reopen),
    "generate": Act("generate", _generate, is_pipelines=True),
    "retry": Act("retry", _retry, is_pipelines=True),
    "rebuild": Act("rebuild", _rebuild, is_pipelines=True),
    "cancel": Act("cancel", _cancel, is_pipelines=True),
    "withdraw": Act("withdraw", _withdraw, is_pipelines=True),
    "publish": Act("publish", _publish),
    "cancel-schedule": Act("cancel_schedule", _cancel_schedule),
    "unpublish": Act("unpublish", _unpublish),
    "archive": Act("archive", _archive),
    "edit-scene": Act("edit_scene", _edit_scene, is_pipelines=True),
    "regenerate": Act("regenerate", _regenerate, is_pipelines=True),
}


def _number(data: QueryDict, name: str) -> int:
    value = data.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 6):
        raise Refused(400, f"The form has no {name}. Load the page again.")
    return int(value)


def _moment(text: str) -> datetime | None:
    """A local date and time of the form, which names UTC; None where the field is empty."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused(400, "The date cannot be read. Write it as 2030-01-31T09:00.") from error


def act(request: HttpRequest, project_id: UUID, name: str) -> HttpResponse | Refused:
    """Do one act, and go back to the page; or what to show there where it was refused."""
    project = get_object_or_404(policy.scope(request.user).select_related("published_video"), pk=project_id)
    try:
        said = _do(project, request.user, name, request.POST)
    except Refused as refused:
        return refused
    messages.success(request, said)
    place = request.POST.get("position", "")
    anchor = f"#scene-{int(place) + 1}" if place.isascii() and place.isdigit() and len(place) < 6 else ""
    visible = policy.scope(request.user).filter(pk=project_id).exists()
    page = "admin:pipeline_contentproject_review" if visible else "admin:pipeline_contentproject_changelist"
    address = reverse(page, args=[project_id] if visible else [])
    return HttpResponseRedirect(address + (anchor if visible else ""))


def _do(project: ContentProject, user: object, name: str, data: QueryDict) -> str:
    wanted = ACTS.get(name)
    if wanted is None or not isinstance(user, Creator):
        raise Refused(404, "There is no such action.")
    judges = name in {"approve", "request-changes", "reject"}  # reviewing says who was faster
    refusal = policy.refusal(user, wanted.verb, project)
    if refusal is not None and not (judges and refusal.code == "status-not-possible"):
        raise Refused(STATUS_OF.get(refusal.code, CONFLICT), refusal.message)
    try:
        if not wanted.is_pipelines:
            return wanted.run(project, user, data)
        with audited(project.pk, wanted.verb):
            return wanted.run(project, user, data)
    except (reviewing.VerdictRefused, publishing.PublicationRefused, publishing.CopyFailed) as error:
        raise Refused(STATUS_OF.get(error.code, CONFLICT), error.message) from error
    except orchestration.NotPossible as error:
        raise Refused(CONFLICT, error.message) from error
    except editing.EditRefused as error:
        raise Refused(400, error.message) from error
    except (editing.NotEditable, editing.SceneConflict) as error:
        raise Refused(CONFLICT, str(error)) from error
    except Scene.DoesNotExist as error:
        raise Refused(
            CONFLICT, "There is no such scene in the present script. Load the page again."
        ) from error
