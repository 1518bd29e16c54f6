"""The audit trail: read-only, filtered, as CSV; each row has an address that stays."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from pipeline.models import ContentProject
from studio import policy
from studio.admin.base import ScopedAdmin
from studio.admin.project_filters import ChoiceFilter, times_of
from studio.admin.site import site
from studio.models import AuditEntry, Creator
from studio.spreadsheets import answer_table

MOST_EXPORTED = 50_000


class VerbFilter(admin.SimpleListFilter):
    """Verbs are few and their names are in the code; the ones that occur are asked for."""

    title = "what"
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        verbs = policy.trail_scope(request.user).order_by("verb").values_list("verb", flat=True).distinct()
        return [(verb, say_verb(verb)) for verb in verbs]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(verb=self.value()) if self.value() else rows


class WhoFilter(admin.SimpleListFilter):
    title = "who"
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        actors = policy.trail_scope(request.user).order_by().values("actor")
        people = Creator.objects.filter(pk__in=actors).order_by("display_name", "email")[:50]
        return [("clock", "The clock"), *((str(person.pk), str(person)) for person in people)]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        known = {key for key, _ in self.lookup_choices}
        if self.value() not in known:
            return rows
        return rows.filter(actor=None if self.value() == "clock" else self.value())


class WhenFilter(ChoiceFilter):
    title = "when"
    parameter_name = "when"
    choices_of: ClassVar = times_of("created_at")


def say_verb(verb: str) -> str:
    return verb.replace("_", " ").capitalize()


def _say(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in values.items())


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "…"


def _without(query: QueryDict, name: str) -> QueryDict:
    """The list takes every name of the address for a filter."""
    rest = query.copy()
    rest.pop(name, None)
    return rest


def _find_project(entry: AuditEntry) -> ContentProject | None:
    """None for a project that was purged since: its trail stays."""
    try:
        return entry.project
    except ContentProject.DoesNotExist:
        return None


@admin.register(AuditEntry, site=site)
class AuditAdmin(ScopedAdmin):
    view_verb = "see_own_acts"
    list_display = ("when", "who", "what", "subject", "change", "reason_shown")
    list_filter = (VerbFilter, WhoFilter, WhenFilter)
    search_fields = ("target", "project__concept_prompt", "project__title", "request_id")
    search_help_text = "Project, target or id of a request"
    ordering = ("-created_at", "-id")
    list_per_page = 50
    list_select_related = ("actor", "project")
    change_list_template = "studio/trail.html"
    fields = ("when", "who", "what", "subject", "before", "after", "reason", "address", "request_id", "id")
    readonly_fields = fields

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return policy.trail_scope(request.user).select_related("actor", "project")

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "export.csv",
            self.admin_site.admin_view(require_safe(self.export_view)),
            name="studio_auditentry_export",
        )
        return [own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        export = reverse("admin:studio_auditentry_export")
        query = request.GET.urlencode()
        address = f"{export}?{query}&" if query else f"{export}?"
        extra = {"title": "Audit trail", "export": f"{address}as=csv", "export_xlsx": f"{address}as=xlsx"}
        response: HttpResponse = super().changelist_view(request, extra | (extra_context or {}))
        return response

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """The rows that the list shows with the same filters, as CSV or XLSX."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        kind = request.GET.get("as", "csv")
        request.GET = _without(request.GET, "as")  # type: ignore[assignment] # a copy
        rows = self.get_changelist_instance(request).get_queryset(request)[:MOST_EXPORTED]
        return answer_table(
            kind,
            "audit-trail",
            (
                *("time", "who", "verb", "project", "target", "before", "after", "reason"),
                *("address", "request id", "id"),
            ),
            [
                (
                    entry.created_at.isoformat(timespec="seconds"),
                    entry.actor.email if entry.actor is not None else "",
                    entry.verb,
                    entry.project_id or "",
                    entry.target,
                    json.dumps(entry.before, ensure_ascii=False, sort_keys=True) if entry.before else "",
                    json.dumps(entry.after, ensure_ascii=False, sort_keys=True) if entry.after else "",
                    entry.reason,
                    entry.address,
                    entry.request_id,
                    entry.pk,
                )
                for entry in rows
            ],
        )

    @admin.display(description="Time", ordering="created_at")
    def when(self, entry: AuditEntry) -> SafeString:
        return format_html(
            '<time datetime="{}">{}</time>',
            entry.created_at.isoformat(timespec="seconds"),
            f"{entry.created_at:%Y-%m-%d %H:%M:%S}",
        )

    @admin.display(description="Who", ordering="actor__display_name")
    def who(self, entry: AuditEntry) -> str:
        return str(entry.actor) if entry.actor is not None else "The clock"

    @admin.display(description="What", ordering="verb")
    def what(self, entry: AuditEntry) -> str:
        return say_verb(entry.verb)

    @admin.display(description="On what")
    def subject(self, entry: AuditEntry) -> str | SafeString:
        if entry.project_id is None:
            return entry.target
        project = _find_project(entry)
        if project is None:
            return f"A project that was purged{', ' + entry.target if entry.target else ''}"
        link = reverse("admin:pipeline_contentproject_review", args=[project.pk])
        name = f"{project}{', ' + entry.target if entry.target else ''}"
        return format_html('<a class="st-link" href="{}">{}</a>', link, name)

    @admin.display(description="Change")
    def change(self, entry: AuditEntry) -> str:
        if "status" in entry.before and "status" in entry.after:
            return f"{entry.before['status']} → {entry.after['status']}".replace("_", " ")
        return _say({name: value for name, value in entry.after.items() if name != "reason"})

    @admin.display(description="Why")
    def reason_shown(self, entry: AuditEntry) -> str:
        return entry.reason if len(entry.reason) <= 140 else entry.reason[:137] + "…"
