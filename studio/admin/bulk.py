"""The list's bulk bar: the first POST shows what can be done to which rows, the second does it.

The acts are those of `studio.bulk`, which `manage.py projects` calls as well.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from pipeline.models import ContentProject
from studio import bulk, policy
from studio.admin.project_rows import make_rows
from studio.admin.wording import say_money
from studio.bulk import ACTS, BulkAct
from studio.models import Creator
from studio.spreadsheets import answer_table

__all__ = ["ACTS", "carry_out"]
EXPORTS = {"export": "csv", "export-xlsx": "xlsx"}


def carry_out(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The POST of the list's bulk bar, and of its own page."""
    user = request.user
    if not isinstance(user, Creator):
        raise Http404
    projects = bulk.find_projects(user, _read_keys(request))
    if not projects:
        messages.warning(request, "No project was selected.")
        return _back(request)
    name = request.POST.get("act", "")
    if name in EXPORTS:
        return _export(projects, user, kind=EXPORTS[name])
    act = ACTS.get(name)
    if act is None:
        raise Http404("There is no such action.")
    if "confirmed" not in request.POST:
        return _ask(request, context, name, projects, user=user)
    try:
        wish = _read_wish(request, act)
    except bulk.WishRefused as refused:
        return _ask(request, context, name, projects, user=user, wrong=refused.message)
    _tell(request, act, bulk.carry_out(projects, act=act, user=user, wish=wish))
    return _back(request)


def _read_keys(request: HttpRequest) -> list[UUID]:
    keys = []
    for text in request.POST.getlist("project")[: bulk.MOST]:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    return keys


def _back(request: HttpRequest) -> HttpResponse:
    from studio.admin.project_views import keep_query  # noqa: PLC0415 - it needs the site, which needs this

    query = keep_query(request.POST.get("query", ""))
    address = reverse("admin:pipeline_contentproject_changelist")
    return HttpResponseRedirect(f"{address}?{query}" if query else address)


def _ask(
    request: HttpRequest,
    context: dict[str, Any],
    name: str,
    projects: list[ContentProject],
    *,
    user: Creator,
    wrong: str = "",
) -> HttpResponse:
    act = ACTS[name]
    judged = bulk.judge(projects, act=act, user=user)
    people = Creator.objects.filter(groups__name__in=[policy.CREATOR, policy.EDITOR], is_active=True)
    return TemplateResponse(
        request,
        "studio/bulk.html",
        context
        | {
            "title": act.title,
            "st_title": act.title,
            "name": name,
            "act": act,
            "can": [(one, say_money(one.price)) for one in judged if not one.why_not],
            "cannot": [one for one in judged if one.why_not],
            "chosen": len(judged),
            "price": say_money(bulk.sum_prices(judged)) if act.costs else "",
            "wrong": wrong,
            "people": people.distinct().order_by("display_name") if act.needs == "person" else [],
            "begin": request.POST.get("begin")
            or (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT09:00"),
            "query": request.POST.get("query", ""),
        },
        status=400 if wrong else 200,
    )


def _read_wish(request: HttpRequest, act: BulkAct) -> bulk.Wish:
    person = None
    if act.needs == "person":
        people = {str(one.pk): one for one in Creator.objects.filter(is_active=True)}
        person = people.get(request.POST.get("person", ""))
    data = request.POST
    return bulk.read_wish(act, person=person, begin=data.get("begin", ""), hours=data.get("hours", ""))


def _tell(request: HttpRequest, act: BulkAct, results: list[bulk.Result]) -> None:
    failed = [f"{one.title}: {one.why_not}" for one in results if one.why_not]
    if len(failed) < len(results):
        messages.success(request, f"{act.title}: {len(results) - len(failed)} of {len(results)} done.")
    for sentence in failed[:10]:
        messages.warning(request, sentence)
    if len(failed) > 10:
        messages.warning(request, f"And {len(failed) - 10} more could not be done.")


def _export(projects: list[ContentProject], user: Creator, *, kind: str) -> HttpResponse:
    rows = make_rows(projects, user)
    return answer_table(
        kind,
        "projects",
        ("id", "title", "ages", "status", "findings", "creator", "reviewer", "cost", "updated"),
        [
            (
                row.key,
                row.title,
                row.age_group,
                row.chip.text,
                row.findings,
                row.creator,
                row.reviewer,
                row.cost,
                row.state.updated.isoformat(timespec="seconds"),
            )
            for row in rows
        ],
    )
