"""The cost of one project: expected and paid, the time of reviewers, its cap and who may move it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from pipeline.models import ContentProject
from studio import budgets, policy
from studio.admin.refusals import STATUS_OF
from studio.admin.wording import STATUS, name_step, say_money
from studio.models import Creator
from studio.spreadsheets import answer_table

PAGE = "admin:pipeline_contentproject_cost"
HEAD = (
    *("time", "step", "part", "scene", "attempt", "failed", "provider"),
    *("seconds", "US dollars", "reserved"),
)
STATUS_OF_CAP = STATUS_OF | {"cap-unreadable": 400, "cap-out-of-range": 400}


@dataclass(frozen=True)
class Line:
    """The attempts of one part of one scene, together."""

    name: str
    attempts: int
    failed: int
    seconds: str
    cost: str


def show_project_cost(
    request: HttpRequest,
    project: ContentProject,
    context: dict[str, Any],
    *,
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    if not policy.can(request.user, "read_runs", project):
        raise PermissionDenied
    attempts = budgets.read_attempts(project)
    if request.method == "GET" and request.GET.get("as") in {"csv", "xlsx"}:
        return _export(request.GET["as"], attempts)
    paid = sum((one.counted for one in attempts), Decimal(0))
    cap, expected = budgets.cap_of(project), budgets.sum_estimates([project.pk]).get(project.pk)
    video, reviewing = project.published_video, budgets.read_reviewing(project)
    minutes = sum(one.seconds for one in reviewing) / 60
    page = {
        "title": f"Cost of {project}",
        "st_title": "Cost",
        "project": project,
        "chip": STATUS[project.status],
        "paid": say_money(paid) + (" + ?" if any(one.is_unknown for one in attempts) else ""),
        "expected": say_money(expected) if expected is not None else "–",
        "cap": say_money(cap),
        "cap_value": f"{cap:.2f}",
        "was": f"{cap:.4f}",
        "percent": min(int(100 * paid / cap), 999) if cap else (100 if paid else 0),
        "failed": say_money(sum((one.counted for one in attempts if one.is_failed), Decimal(0))),
        "lines": _gather(attempts),
        "minutes": f"{minutes:.0f} min" if reviewing else "–",
        "reviewing": [(one.name, f"{one.seconds / 60:.0f} min") for one in reviewing],
        "a_minute": _say_minute(paid, minutes, video.duration_seconds / 60) if video is not None else "–",
        "can_set": policy.can(request.user, "set_budget", project),
        "typed": request.POST if request.method == "POST" else {},
        "wrong": wrong,
    }
    return TemplateResponse(request, "studio/project_cost.html", context | page, status=status)


def _say_minute(paid: Decimal, people: float, film: float) -> str:
    """What one minute of the film took, in money and in minutes of people."""
    return f"{say_money(paid / Decimal(film))} and {people / film:.0f} min of people"


def _gather(attempts: Iterable[budgets.Attempt]) -> list[Line]:
    groups: dict[tuple[str, str, int | None], list[budgets.Attempt]] = {}
    for one in attempts:
        groups.setdefault((one.step, one.part, one.scene), []).append(one)
    return [
        Line(
            name=_name(*key),
            attempts=len(ones),
            failed=sum(one.is_failed for one in ones),
            seconds=_say_seconds([one.seconds for one in ones if one.seconds is not None]),
            cost=say_money(sum((one.counted for one in ones), Decimal(0)))
            + (" + ?" if any(one.is_unknown for one in ones) else ""),
        )
        for key, ones in groups.items()
    ]


def _name(step: str, part: str, scene: int | None) -> str:
    name = name_step(step, part) if step else "A film that has had its time"
    return f"{name}, scene {scene + 1}" if scene is not None else name


def _say_seconds(seconds: list[float]) -> str:
    return f"{sum(seconds):.1f} s" if seconds else "–"


def _export(kind: str, attempts: Iterable[budgets.Attempt]) -> HttpResponse:
    return answer_table(
        kind,
        "project-cost",
        (
            "time",
            "step",
            "part",
            "scene",
            "attempt",
            "failed",
            "provider",
            "seconds",
            "US dollars",
            "reserved",
        ),
        [
            (
                one.at.isoformat(timespec="seconds"),
                one.step,
                one.part,
                one.scene + 1 if one.scene is not None else "",
                one.number,
                "yes" if one.is_failed else "no",
                one.provider,
                round(one.seconds, 3) if one.seconds is not None else "",
                one.cost if one.cost is not None else "?",
                one.reserved,
            )
            for one in attempts
        ],
    )


def change_cap(request: HttpRequest, project: ContentProject, context: dict[str, Any]) -> HttpResponse:
    """The POST of the cap's form."""
    if not isinstance(request.user, Creator):
        raise PermissionDenied
    data = request.POST
    try:
        cap, was = budgets.read_cap(data.get("cap", "")), budgets.read_cap(data.get("was", ""))
        changed = budgets.set_cap(
            project.pk, actor=request.user, cap=cap, was=was, reason=data.get("reason", "")
        )
    except budgets.CapRefused as refused:
        status = STATUS_OF_CAP.get(refused.code, 409)
        return show_project_cost(request, project, context, wrong=refused.message, status=status)
    messages.success(request, f"The cap is {say_money(budgets.cap_of(changed))} from the next paid step on.")
    return HttpResponseRedirect(reverse(PAGE, args=[project.pk]))
