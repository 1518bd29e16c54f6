"""The saved views of the project list: tabs with counts and addresses, of everybody and of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from pipeline.models import ContentProject
from studio import policy
from studio.auditing import record
from studio.models import Creator, SavedView
from studio.reports import has_reports

Status = ContentProject.Status
PARAMETER = "view"
MOST_OWN = 12


@dataclass(frozen=True)
class View:
    slug: str
    title: str
    empty: str
    condition: Q


@dataclass(frozen=True)
class Tab:
    title: str
    link: str
    count: int | None
    active: bool
    own: int | None = None  # the key of a view that the person has kept


def views_of(user: Any) -> list[View]:
    """The views of everybody, in the order of the tabs; "Needs me" depends on the roles."""
    return [
        View("all", "All", "There is no project yet.", Q()),
        View("needs-me", "Needs me", "Nothing waits for you.", needs(user)),
        View(
            "mine",
            "Mine",
            "You have no project yet. An idea and a page of notes are enough to begin.",
            Q(creator=user.pk) & ~Q(status=Status.ARCHIVED),
        ),
        _of_status(Status.DRAFT, "Drafts", "There is no draft."),
        _of_status(Status.GENERATING, "Generating", "Nothing is being made."),
        _of_status(Status.NEEDS_ATTENTION, "Needs attention", "No project has stopped."),
        _of_status(Status.IN_REVIEW, "In review", "No film waits for a verdict."),
        _of_status(Status.APPROVED, "Ready to publish", "Everything that was approved is out."),
        _of_status(Status.SCHEDULED, "Scheduled", "No film has a date."),
        _of_status(Status.PUBLISHED, "Published", "No film is with students yet."),
        View("reported", "Reported", "No child has reported a film that nobody looked at.", has_reports()),
    ]


def _of_status(status: Status, title: str, empty: str) -> View:
    return View(status.replace("_", "-"), title, empty, Q(status=status))


def needs(user: Any) -> Q:
    """What waits for this person, by role: own drafts and returned work, films to judge or to publish,
    for operators what has stopped."""
    roles = policy.roles_of(user)
    found = Q(pk__in=[])
    if roles & {policy.CREATOR, policy.EDITOR}:
        found |= Q(creator=user.pk, status__in=[Status.DRAFT, Status.NEEDS_ATTENTION])
    if roles & {policy.REVIEWER, policy.EDITOR}:
        found |= (Q(status=Status.IN_REVIEW) | has_reports()) & ~policy.authored_by(user)
    if policy.EDITOR in roles:
        found |= Q(status=Status.APPROVED)
    if policy.OPERATOR in roles:
        found |= Q(status=Status.NEEDS_ATTENTION)
    return found


class ViewFilter(admin.SimpleListFilter):
    """Reads the tab's parameter; the tabs themselves are the page's."""

    title = "view"
    parameter_name = PARAMETER
    template = "studio/parts/nothing.html"
    horizontal = False

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.views = {view.slug: view for view in views_of(request.user)}
        super().__init__(request, *args)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(slug, view.title) for slug, view in self.views.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        view = self.views.get(self.value() or "")
        return queryset.filter(view.condition) if view is not None else queryset


def make_tabs(request: HttpRequest) -> tuple[list[Tab], str]:
    """The tabs, counted in one query, and the sentence for an empty list."""
    user, views = request.user, views_of(request.user)
    counts = policy.scope(user).aggregate(
        **{view.slug: Count("pk", filter=view.condition) if view.condition else Count("pk") for view in views}
    )
    address = reverse("admin:pipeline_contentproject_changelist")
    present = request.GET.get(PARAMETER, "")
    plain = not request.GET
    tabs = [
        Tab(
            view.title,
            f"{address}?{PARAMETER}={view.slug}" if view.slug != "all" else address,
            counts[view.slug],
            present == view.slug or (plain and view.slug == "all"),
        )
        for view in views
    ]
    now = keep_query(request.GET.urlencode())
    tabs += [
        Tab(own.name, f"{address}?{own.query}", None, now == own.query, own.pk)
        for own in SavedView.objects.filter(creator=user.pk).order_by("name")
    ]
    empty = next((view.empty for view in views if view.slug == present), views[0].empty)
    return tabs, empty


def keep_query(query: str) -> str:
    """The part of an address that makes a view: filters, search and order, sorted; no page."""
    kept = sorted((key, value) for key, value in parse_qsl(query) if key not in {"p", "all", "e"})
    return urlencode(kept)[:500]


class KeepForm(forms.Form):
    name = forms.CharField(max_length=40)
    query = forms.CharField(max_length=800)


def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep the present filters under a name, or forget a kept view. A POST; one's own alone."""
    address = reverse("admin:pipeline_contentproject_changelist")
    if not isinstance(request.user, Creator) or not policy.roles_of(request.user):
        raise Http404
    if "forget" in request.POST:
        return _forget(request, request.user, address)
    form = KeepForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A view needs a name of at most 40 letters, and filters or a search.")
        return HttpResponseRedirect(address)
    name, query = form.cleaned_data["name"], keep_query(form.cleaned_data["query"])
    if not query or SavedView.objects.filter(creator=request.user).count() >= MOST_OWN:
        messages.error(request, f"Choose filters first; {MOST_OWN} views of your own are the most.")
        return HttpResponseRedirect(address)
    try:
        with transaction.atomic():
            SavedView.objects.create(creator=request.user, name=name, query=query)
            record(actor=request.user, verb="keep_view", target=name, after={"query": query})
    except IntegrityError:
        messages.error(request, f"You have a view “{name}” already.")
    return HttpResponseRedirect(f"{address}?{query}")


def _forget(request: HttpRequest, user: Creator, address: str) -> HttpResponse:
    key = request.POST["forget"]
    view = SavedView.objects.filter(creator=user, pk=int(key) if key.isdecimal() else 0).first()
    if view is None:
        raise Http404("There is no such view.")
    with transaction.atomic():
        record(actor=user, verb="forget_view", target=view.name, before={"query": view.query})
        view.delete()
    return HttpResponseRedirect(address)
