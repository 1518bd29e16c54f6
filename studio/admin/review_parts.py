"""The small addresses of the review page: what was played, who is editing, evidence on demand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from pipeline.models import ContentProject, StepRun
from studio import locking, overriding, policy
from studio.admin.findings_view import show_evidence
from studio.models import Creator, EditLock
from studio.policy import User
from studio.watching import WatchRefused, read_ranges, record_watch

MOST_BODY = 100_000  # bytes of a report


def review_urls(view: Callable[..., Any]) -> list[URLPattern]:
    """The addresses below a project; `view` puts each into the shell's rights."""
    name = "pipeline_contentproject"
    return [
        path("session/", view(require_safe(session_view)), name=f"{name}_session"),
        path("session/back/", view(require_safe(back_view)), name=f"{name}_session_back"),
        path("<uuid:project_id>/watch/", view(require_POST(watch_view)), name=f"{name}_watch"),
        path("<uuid:project_id>/lock/", view(require_POST(lock_view)), name=f"{name}_lock"),
        path(
            "<uuid:project_id>/evidence/<slug:act>/",
            view(require_safe(evidence_view)),
            name=f"{name}_evidence",
        ),
    ]


def _project(request: HttpRequest, project_id: UUID) -> ContentProject:
    return get_object_or_404(policy.scope(request.user), pk=project_id)


def _body(request: HttpRequest) -> dict[str, Any]:
    """A JSON object of a page's own script; {} where it is none."""
    if len(request.body) > MOST_BODY:
        return {}
    try:
        value = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _refuse(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)


def session_view(request: HttpRequest) -> HttpResponse:
    """Who is signed in, and the token that forms of a page need after another sign-in."""
    answer = JsonResponse({"person": str(request.user.pk), "token": get_token(request)})
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def back_view(request: HttpRequest) -> HttpResponse:
    """Where a sign-in beside an open page ends."""
    return TemplateResponse(request, "studio/signed_in.html", {"site_title": settings.BRAND})


def watch_view(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """A browser's report of what it has played; answers with the share of the film, 0-1."""
    project, body = _project(request, project_id), _body(request)
    refusal = policy.refusal(request.user, "comment", project)
    if refusal is not None or not isinstance(request.user, Creator):
        return _refuse(403, "forbidden", refusal.message if refusal else "Sign in first.")
    spent = body.get("seconds")
    try:
        watched = record_watch(
            project.pk,
            person=request.user,
            film=str(body.get("film", ""))[:140],
            ranges=read_ranges(body.get("ranges", [])),
            seconds_spent=spent if isinstance(spent, int) else 0,
        )
    except WatchRefused as error:
        return _refuse(409, "stale-film", str(error))
    return JsonResponse({"share": watched.share, "is_enough": watched.is_enough})


def lock_view(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """take, beat, release, ask, hand-over: who is editing. Answers with the lock as it stands."""
    project, body = _project(request, project_id), _body(request)
    user, now = request.user, timezone.now()
    refusal = policy.refusal(user, "edit_scene", project)
    if refusal is not None or not isinstance(user, Creator):
        return _refuse(403, "forbidden", refusal.message if refusal else "Sign in first.")
    deed = body.get("do")
    try:
        if deed in {"take", "beat"}:
            locking.take_lock(project.pk, person=user, now=now)
        elif deed == "release":
            locking.release_lock(project.pk, person=user)
        elif deed == "ask":
            if locking.ask_for_lock(project.pk, person=user, now=now) is None:
                locking.take_lock(project.pk, person=user, now=now)
        elif deed == "hand-over":
            draft = body.get("draft")
            locking.hand_over(
                project.pk, person=user, draft=draft if isinstance(draft, dict) else {}, now=now
            )
        else:
            return _refuse(400, "unknown", "There is no such action.")
    except locking.Locked as error:
        return _refuse(409, error.code, error.message)
    return JsonResponse(describe_lock(locking.find_lock(project, now=now), user))


def describe_lock(lock: EditLock | None, user: User) -> dict[str, Any]:
    """What a page needs to know of the lock: whose it is, who asks for it, what came with it."""
    if lock is None:
        return {"holder": "", "is_mine": False, "asked_by": "", "draft": {}}
    mine = lock.holder_id == user.pk
    return {
        "holder": lock.holder.get_short_name(),
        "is_mine": mine,
        "asked_by": lock.asked_by.get_short_name() if lock.asked_by is not None else "",
        "draft": lock.draft if mine else {},
    }


def evidence_view(request: HttpRequest, project_id: UUID, act: str) -> HttpResponse:
    """The evidence of one finding, by its name (`act`): a part of the page, fetched when it is opened."""
    project = _project(request, project_id)
    for name, record in ((project.qa_results or {}).get("details") or {}).items():
        for check in record.get("checks") or ():
            if check.get("verdict") in {"block", "review"} and overriding.key_of(name, check) == act:
                film = (
                    StepRun.objects.filter(
                        project=project,
                        step="compose",
                        fingerprint=str(record.get("film", "")).removeprefix("sha256:"),
                    )
                    .only("id", "output", "made", "project_id")
                    .first()
                )
                shown = show_evidence(project, check, record, film)
                similar = overriding.similar_overrides(shown.rule, besides=project.pk)
                return TemplateResponse(
                    request, "studio/parts/evidence.html", {"evidence": shown, "similar": similar}
                )
    raise Http404("There is no such finding.")
