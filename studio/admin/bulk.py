"""Several projects at once: what can be done to which, what it costs, and only then the doing.

The first POST shows a page that sorts the chosen rows into "can" and "cannot, because"; nothing is changed.
The second, from that page, carries it out row by row, each in its own transaction: a row that
somebody else moved meanwhile is reported and the others go on. There is no bulk verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from pipeline import orchestration
from pipeline.estimates import estimate_missing
from pipeline.models import ContentProject
from studio import policy, publishing
from studio.admin.project_rows import make_rows
from studio.admin.wording import say_money
from studio.assigning import AssignmentRefused, reassign
from studio.auditing import audited
from studio.models import Creator
from studio.spreadsheets import answer_csv

MOST = 100  # rows of one go


@dataclass(frozen=True)
class BulkAct:
    """A verb for several rows. `needs` names the further field of the page: "person", "when" or ""."""

    verb: str
    title: str
    button: str
    run: Callable[[ContentProject, Creator, BulkWish], None]
    needs: str = ""
    costs: bool = False


@dataclass(frozen=True)
class BulkWish:
    """What was filled in beside the rows; `place` counts the rows that were done before."""

    person: Creator | None = None
    begin: datetime | None = None
    hours: int = 24
    place: int = 0

    @property
    def moment(self) -> datetime | None:
        return self.begin + timedelta(hours=self.hours * self.place) if self.begin is not None else None


def _retry(project: ContentProject, user: Creator, wish: BulkWish) -> None:
    with audited(project.pk, "retry"):
        orchestration.retry(project.pk, actor_id=user.pk)


def _cancel(project: ContentProject, user: Creator, wish: BulkWish) -> None:
    with audited(project.pk, "cancel"):
        orchestration.cancel(project.pk, actor_id=user.pk)


def _assign(project: ContentProject, user: Creator, wish: BulkWish) -> None:
    if wish.person is None:
        raise AssignmentRefused("person-missing", "Choose to whom.")
    reassign(project.pk, actor=user, to=wish.person)


def _schedule(project: ContentProject, user: Creator, wish: BulkWish) -> None:
    publishing.publish(project.pk, actor=user, at=wish.moment)


ACTS: dict[str, BulkAct] = {
    "retry": BulkAct("retry", "Retry", "Retry", _retry, costs=True),
    "cancel": BulkAct("cancel", "Cancel the work", "Cancel the work", _cancel),
    "assign": BulkAct("reassign", "Assign to somebody", "Assign", _assign, needs="person"),
    "schedule": BulkAct("schedule", "Schedule one after the other", "Schedule", _schedule, needs="when"),
}


@dataclass(frozen=True)
class Judged:
    key: UUID
    title: str
    why_not: str
    price: str


def carry_out(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The POST of the list's bulk bar, and of its own page."""
    user = request.user
    if not isinstance(user, Creator):
        raise Http404
    projects = _chosen(request)
    if not projects:
        messages.warning(request, "No project was selected.")
        return _back(request)
    name = request.POST.get("act", "")
    if name == "export":
        return _export(projects, user)
    act = ACTS.get(name)
    if act is None:
        raise Http404("There is no such action.")
    if "confirmed" not in request.POST:
        return _ask(request, context, name, act, projects)
    wish = _read_wish(request, act)
    if isinstance(wish, str):
        return _ask(request, context, name, act, projects, wrong=wish)
    _do(request, act, projects, user, wish)
    return _back(request)


def _chosen(request: HttpRequest) -> list[ContentProject]:
    keys = []
    for text in request.POST.getlist("project")[:MOST]:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    rows = policy.scope(request.user).select_related("creator", "published_video")
    return list(rows.filter(pk__in=keys).order_by("updated_at"))


def _back(request: HttpRequest) -> HttpResponse:
    from studio.admin.project_views import keep_query  # noqa: PLC0415 - it needs the site, which needs this

    query = keep_query(request.POST.get("query", ""))
    address = reverse("admin:pipeline_contentproject_changelist")
    return HttpResponseRedirect(f"{address}?{query}" if query else address)


def _ask(
    request: HttpRequest,
    context: dict[str, Any],
    name: str,
    act: BulkAct,
    projects: list[ContentProject],
    *,
    wrong: str = "",
) -> HttpResponse:
    judged, total, is_unknown = [], Decimal(0), False
    for project in projects:
        refusal = policy.refusal(request.user, act.verb, project)
        price: Decimal | None = Decimal(0)
        if refusal is None and act.costs:
            price, _ = estimate_missing(project)
            total, is_unknown = total + (price or 0), is_unknown or price is None
        title = project.title or project.concept_prompt
        judged.append(Judged(project.pk, title, refusal.message if refusal else "", say_money(price)))
    can = [one for one in judged if not one.why_not]
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
            "can": can,
            "cannot": [one for one in judged if one.why_not],
            "chosen": len(judged),
            "price": say_money(None if is_unknown else total) if act.costs else "",
            "wrong": wrong,
            "people": people.distinct().order_by("display_name") if act.needs == "person" else [],
            "begin": request.POST.get("begin")
            or (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT09:00"),
            "query": request.POST.get("query", ""),
        },
        status=400 if wrong else 200,
    )


def _read_wish(request: HttpRequest, act: BulkAct) -> BulkWish | str:
    """The further fields, or the sentence that says what is wrong with them."""
    if act.needs == "person":
        people = {str(person.pk): person for person in Creator.objects.filter(is_active=True)}
        person = people.get(request.POST.get("person", ""))
        return BulkWish(person=person) if person is not None else "Choose to whom."
    if act.needs == "when":
        hours = request.POST.get("hours", "")
        try:
            begin = datetime.fromisoformat(request.POST.get("begin", "")).replace(tzinfo=UTC)
        except ValueError:
            return "The date cannot be read. Write it as 2030-01-31T09:00."
        if begin <= timezone.now():
            return "The first date has passed. Choose one to come."
        if not (hours.isascii() and hours.isdigit() and 1 <= int(hours) <= 336):
            return "Between two films lie 1 to 336 hours."
        return BulkWish(begin=begin, hours=int(hours))
    return BulkWish()


def _do(
    request: HttpRequest, act: BulkAct, projects: list[ContentProject], user: Creator, wish: BulkWish
) -> None:
    done, failed = 0, []
    for project in projects:
        title = project.title or project.concept_prompt
        refusal = policy.refusal(user, act.verb, project)
        if refusal is not None:
            failed.append(f"{title}: {refusal.message}")
            continue
        try:
            act.run(project, user, BulkWish(wish.person, wish.begin, wish.hours, done))
        except (
            orchestration.NotPossible,
            publishing.PublicationRefused,
            publishing.CopyFailed,
            AssignmentRefused,
        ) as error:
            failed.append(f"{title}: {error.message}")
        else:
            done += 1
    if done:
        messages.success(request, f"{act.title}: {done} of {len(projects)} done.")
    for sentence in failed[:10]:
        messages.warning(request, sentence)
    if len(failed) > 10:
        messages.warning(request, f"And {len(failed) - 10} more could not be done.")


def _export(projects: list[ContentProject], user: Creator) -> HttpResponse:
    rows = make_rows(projects, user)
    return answer_csv(
        "projects.csv",
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
