"""What people do to a project: every change is a POST, on a row of the person's scope, that the policy
allows, through one service call. A refusal shows the page again with its reason; nothing typed is lost.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone

from pipeline import orchestration
from pipeline.models import ContentProject
from students.retention import DRAFTS_KEPT, FILMS_KEPT, say_period
from studio import changes, commenting, overriding, policy, publishing, reports, reviewing
from studio.admin import arrange_acts, compare_page, question_view, scene_acts, upload_acts
from studio.admin.refusals import CONFLICT, STATUS_OF, refusals
from studio.admin.scene_acts import Refused, read_number
from studio.auditing import audited
from studio.locking import check_lock
from studio.models import Creator, Review
from studio.review_queue import find_place
from studio.watching import find_watched, read_ranges, record_watch

ANCHOR = re.compile(r"[a-z][a-z0-9-]{0,60}")
VERDICTS = frozenset({"approve", "request-changes", "reject"})
EDITS = frozenset(  # one person at a time
    {
        *("edit-scene", "keep-sentence", "say-word-as", "move-scene", "split-scene", "merge-scenes"),
        *(
            "edit-question",
            "give-back-questions",
            "add-scene",
            "remove-scene",
            "undo-edit",
            "restore-version",
            "own-picture",
        ),
        *("own-recording", "choose-take", "drop-take", "request-take"),
        *("regenerate", "rebuild", "remake"),
    }
)


Run = Callable[..., str]


@dataclass(frozen=True)
class Act:
    """A verb of the policy and the service call behind it, which returns what to say.

    `is_pipelines`: the service lies below the studio, so its audit row is written here. `takes_files`: it is
    given the files of the form as well.
    """

    verb: str
    run: Run
    is_pipelines: bool = False
    takes_files: bool = False


def _approve(project: ContentProject, user: Creator, data: QueryDict) -> str:
    reviewing.approve(project.pk, **_verdict(project, user, data))
    return "Approved. The editor-in-chief can publish it now."


def _request_changes(project: ContentProject, user: Creator, data: QueryDict) -> str:
    reviewing.request_changes(project.pk, **_verdict(project, user, data))
    return "The creator has your notes."


def _reject(project: ContentProject, user: Creator, data: QueryDict) -> str:
    reviewing.reject(project.pk, **_verdict(project, user, data))
    return f"Rejected. The project is in the archive, and deleted in {DRAFTS_KEPT.days} days."


def _verdict(project: ContentProject, user: Creator, data: QueryDict) -> dict[str, Any]:
    """The arguments of a verdict: what was seen, and how it was come to."""
    film = data.get("film", "")
    watched = find_watched(project, user.pk, film=film)
    played = data.get("played", "")
    if played:  # what was played since the page's last report
        try:
            ranges = read_ranges(json.loads(played))
            watched = record_watch(project.pk, person=user, film=film, ranges=ranges, seconds_spent=0)
        except ValueError:  # of another film, or mangled: it counts for nothing
            pass
    return {
        "reviewer": user,
        "film": film,
        "notes": data.get("notes", ""),
        "account": reviewing.Account(
            reasons=tuple(data.getlist("reasons")),
            checklist={name: name in data.getlist("checked") for name in reviewing.CHECKLIST},
            watched=watched,
            unwatched_reason=data.get("unwatched_reason", ""),
        ),
    }


def _take_back(project: ContentProject, user: Creator, data: QueryDict) -> str:
    reviewing.take_back(project.pk, reviewer=user)
    return "Taken back. The film waits for a verdict again."


def _override(project: ContentProject, user: Creator, data: QueryDict) -> str:
    overriding.override_finding(
        project.pk,
        person=user,
        film=data.get("film", ""),
        finding=data.get("finding", ""),
        reason=data.get("reason", ""),
        text=data.get("text", ""),
    )
    return "Overridden. It is listed on approval, and lapses when what it is about changes."


def _answer_change(project: ContentProject, user: Creator, data: QueryDict) -> str:
    item = changes.answer_change(
        project.pk,
        _uuid(data, "item"),
        person=user,
        answer=data.get("answer", ""),
        because=data.get("because", ""),
    )
    return {"done": "Marked as done.", "wont": "The reviewer will read why."}.get(item.answer, "Open again.")


def _comment(project: ContentProject, user: Creator, data: QueryDict) -> str:
    commenting.add_comment(
        project.pk,
        person=user,
        text=data.get("text", ""),
        comment_id=_uuid(data, "request_id") if data.get("request_id") else None,
        parent=_uuid(data, "parent") if data.get("parent") else None,
        at_seconds=_seconds(data.get("at", "")),
        scene=read_number(data, "on_scene") if data.get("on_scene") else None,
        question=read_number(data, "on_question") if data.get("on_question") else None,
        sentence=data.get("sentence", "")[:600],
        film=data.get("film", "")[:140],
    )
    return "Comment added."


def _resolve_comment(project: ContentProject, user: Creator, data: QueryDict) -> str:
    is_resolved = data.get("resolved") == "1"
    commenting.resolve_comment(project.pk, _uuid(data, "comment"), person=user, is_resolved=is_resolved)
    return "Resolved." if is_resolved else "Open again."


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


def _remake(project: ContentProject, user: Creator, data: QueryDict) -> str:
    with audited(project.pk, "rebuild"):
        orchestration.remake_lost(project.pk, actor_id=user.pk)
    return "Making again what storage has lost."


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


def _settle_reports(project: ContentProject, user: Creator, data: QueryDict) -> str:
    reports.settle(project.pk, actor=user, reason=data.get("reason", ""))
    return "The reports are looked at. The list shows this film no longer as reported."


def _archive(project: ContentProject, user: Creator, data: QueryDict) -> str:
    kept = DRAFTS_KEPT if project.published_video_id is None else FILMS_KEPT
    publishing.archive(project.pk, actor=user, reason=data.get("reason", ""))
    return f"Archived. In {say_period(kept)} it is deleted, with all that was made for it."


ACTS: dict[str, Act] = {
    "approve": Act("approve", _approve),
    "request-changes": Act("request_changes", _request_changes),
    "reject": Act("reject", _reject),
    "take-back": Act("see", _take_back),
    "override": Act("override_warning", _override),
    "answer-change": Act("edit_scene", _answer_change),
    "comment": Act("comment", _comment),
    "resolve-comment": Act("comment", _resolve_comment),
    "reopen": Act("reopen", _reopen),
    "generate": Act("generate", _generate, is_pipelines=True),
    "retry": Act("retry", _retry, is_pipelines=True),
    "rebuild": Act("rebuild", _rebuild, is_pipelines=True),
    "remake": Act("rebuild", _remake),
    "cancel": Act("cancel", _cancel, is_pipelines=True),
    "withdraw": Act("withdraw", _withdraw, is_pipelines=True),
    "publish": Act("publish", _publish),
    "cancel-schedule": Act("cancel_schedule", _cancel_schedule),
    "unpublish": Act("unpublish", _unpublish),
    "settle-reports": Act("settle_reports", _settle_reports),
    "archive": Act("archive", _archive),
    "edit-scene": Act("edit_scene", scene_acts.edit_scene, is_pipelines=True),
    "request-take": Act("regenerate", scene_acts.request_take),
    "choose-take": Act("regenerate", scene_acts.choose_take),
    "drop-take": Act("regenerate", scene_acts.drop_take),
    "regenerate": Act("regenerate", scene_acts.regenerate, is_pipelines=True),
    "keep-sentence": Act("edit_scene", arrange_acts.keep_sentence),
    "say-word-as": Act("edit_scene", arrange_acts.say_word_as),
    "move-scene": Act("regenerate", arrange_acts.move_scene),
    "split-scene": Act("regenerate", arrange_acts.split_scene),
    "merge-scenes": Act("regenerate", arrange_acts.merge_scenes),
    "add-scene": Act("regenerate", arrange_acts.add_scene),
    "remove-scene": Act("regenerate", arrange_acts.remove_scene),
    "undo-edit": Act("edit_scene", arrange_acts.undo_edit),
    "own-picture": Act("regenerate", upload_acts.own_picture, takes_files=True),
    "own-recording": Act("regenerate", upload_acts.own_recording, takes_files=True),
    "restore-version": Act("regenerate", compare_page.restore_version),
    "edit-question": Act("edit_scene", question_view.edit_question),
    "give-back-questions": Act("edit_scene", question_view.give_back_questions),
}


def _uuid(data: QueryDict, name: str) -> UUID:
    try:
        return UUID(data.get(name, ""))
    except ValueError as error:
        raise Refused(400, f"The form has no {name}. Load the page again.") from error


def _seconds(text: str) -> float | None:
    """A second of the film, None where the field is empty."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise Refused(400, "The second of the film cannot be read. Load the page again.") from error
    if not (math.isfinite(value) and 0 <= value < 86_400):
        raise Refused(400, "There is no such second in a film. Load the page again.")
    return value


def _moment(text: str) -> datetime | None:
    """A local date and time of the form, which names UTC; None where the field is empty."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused(400, "The date cannot be read. Write it as 2030-01-31T09:00.") from error


def act(request: HttpRequest, project_id: UUID, name: str) -> HttpResponse | Refused | str:
    """Do one act, and go back to the page; or what to show there where it was refused. A page that asks for
    its parts gets what to say."""
    project = policy.scope(request.user).select_related("published_video").filter(pk=project_id).first()
    if project is None:
        return _tell_who_was_first(request, project_id, name)
    following = find_place(request.user, project).after if name in VERDICTS else None
    try:
        said = _do(project, request, name)
    except Refused as refused:
        return refused
    if wants_parts(request):
        return said
    messages.success(request, said)
    return HttpResponseRedirect(_next_address(request, project_id, name, following))


def wants_parts(request: HttpRequest) -> bool:
    """Whether a script of the page asks, which swaps parts of it and keeps the rest as it is."""
    return request.headers.get("X-Studio-Parts") == "1"


def _tell_who_was_first(request: HttpRequest, project_id: UUID, name: str) -> HttpResponse:
    """A reviewer whose film has just left the queue by another's verdict reads whose it was; any other
    project out of scope is not there. Who names the judged film has seen it."""
    film = request.POST.get("film", "")
    last = Review.objects.filter(project_id=project_id).order_by("-created_at", "-id").first()
    if name not in VERDICTS or last is None or not film or last.film != film:
        raise Http404("There is no such project.")
    if not policy.roles_of(request.user) & {policy.REVIEWER}:
        raise Http404("There is no such project.")
    messages.warning(request, reviewing.describe_verdict(last))
    return HttpResponseRedirect(
        reverse("admin:pipeline_contentproject_changelist") + "?status__exact=in_review"
    )


def _next_address(request: HttpRequest, project_id: UUID, name: str, following: UUID | None) -> str:
    """After a verdict the next film of the queue, which offers to take a request back; else the same page."""
    visible = policy.scope(request.user).filter(pk=project_id).exists()
    if following is not None:
        query = f"?judged={project_id}" if name == "request-changes" else ""
        return reverse("admin:pipeline_contentproject_review", args=[following]) + query
    if not visible:
        return reverse("admin:pipeline_contentproject_changelist")
    address = reverse("admin:pipeline_contentproject_review", args=[project_id])
    if name == "request-changes":
        return f"{address}?judged={project_id}"
    place = request.POST.get("to" if name == "move-scene" else "position", "")
    if place.isascii() and place.isdigit() and len(place) < 6:
        return f"{address}#scene-{int(place) + 1}"
    back = request.POST.get("back", "")
    return f"{address}#{back}" if ANCHOR.fullmatch(back) else address


def _do(project: ContentProject, request: HttpRequest, name: str) -> str:
    user, data = request.user, request.POST
    wanted = ACTS.get(name)
    if wanted is None or not isinstance(user, Creator):
        raise Refused(404, "There is no such action.")
    judges = name in VERDICTS  # reviewing says who was faster
    refusal = policy.refusal(user, wanted.verb, project)
    if refusal is not None and not (judges and refusal.code == "status-not-possible"):
        raise Refused(STATUS_OF.get(refusal.code, CONFLICT), refusal.message)
    with refusals():
        if name in EDITS:
            check_lock(project, person_id=user.pk, now=timezone.now())
        if wanted.takes_files:
            return wanted.run(project, user, data, request.FILES)
        if not wanted.is_pipelines:
            return wanted.run(project, user, data)
        with audited(project.pk, wanted.verb):
            return wanted.run(project, user, data)
