"""Projects: the list, the brief, the review page and the acts. Thin: rules live in the services."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST, require_safe

from pipeline.models import ContentProject, ProjectEvent
from studio import policy, reviewing
from studio.admin import batch, brief, brief_panel, bulk, project_cost
from studio.admin.acts import act, wants_parts
from studio.admin.base import ScopedAdmin
from studio.admin.compare_page import make_comparison
from studio.admin.live_view import render_live
from studio.admin.project_filters import (
    AgeGroupFilter,
    CostFilter,
    CreatorFilter,
    FindingFilter,
    LanguageFilter,
    OverriddenFilter,
    ReviewerFilter,
    RuleFilter,
    StaleFilter,
    TopicFilter,
    UpdatedFilter,
)
from studio.admin.project_rows import ProjectList, render_states
from studio.admin.project_views import ViewFilter, keep_query, keep_view, make_tabs
from studio.admin.review_page import answer_parts, make_page, read_typed
from studio.admin.review_parts import review_urls
from studio.admin.scene_acts import Refused
from studio.admin.site import site
from studio.admin.wording import FINDING, name_reason
from studio.models import Review

SHORTEST_TERM = 2  # letters of a search
MOST_POLLED = 25


@admin.register(ContentProject, site=site)
class ProjectAdmin(ScopedAdmin):
    list_display = ("__str__",)
    list_filter = (
        ViewFilter,
        "status",
        AgeGroupFilter,
        LanguageFilter,
        TopicFilter,
        CreatorFilter,
        ReviewerFilter,
        FindingFilter,
        RuleFilter,
        OverriddenFilter,
        StaleFilter,
        CostFilter,
        UpdatedFilter,
    )
    search_fields = ("concept_prompt", "title", "ai_generated_script")
    search_help_text = "Concept, title, narration or id"
    ordering = ("-updated_at",)
    change_list_template = "studio/project_list.html"

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return policy.scope(request.user).select_related("creator").defer("ai_generated_script")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """From two letters on; what reads like the beginning of an id is looked up as one too."""
        term = search_term.strip()
        if len(term) < SHORTEST_TERM:
            return queryset, False
        found, many = super().get_search_results(request, queryset, term)
        if set(term.lower()) <= set("0123456789abcdef-") and len(term) >= 8:
            by_id = queryset.annotate(id_text=Cast("pk", TextField())).filter(
                id_text__startswith=term.lower()
            )
            found = queryset.filter(pk__in=[*by_id.values_list("pk", flat=True)[:50]]) | found
        return found, many

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None:
            return policy.can(request.user, "see", obj)
        return bool(policy.roles_of(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return policy.can(request.user, "create")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ProjectList]:
        return ProjectList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        tabs, empty = make_tabs(request)
        extra = {
            "title": "Projects",
            "st_title": "Projects",
            "can_create": self.has_add_permission(request),
            "tabs": tabs,
            "empty": empty,
            "query": keep_query(request.GET.urlencode()),
            "bulk_acts": [
                (name, act.button)
                for name, act in bulk.ACTS.items()
                if policy.roles_of(request.user) & policy.roles_for(act.verb)
            ],
        }
        response: HttpResponse = super().changelist_view(request, extra | (extra_context or {}))
        return response

    # ------------------------------------------------------------------ pages

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "pipeline_contentproject"
        own = [
            path("batch/", view(self.batch_view), name=f"{name}_batch"),
            path(
                "batch/template.csv",
                view(require_safe(batch.answer_template)),
                name=f"{name}_batch_template",
            ),
            path(
                "batch/<uuid:batch_id>/", view(require_safe(self.batch_page_view)), name=f"{name}_batch_page"
            ),
            path(
                "batch/<uuid:batch_id>/result.csv",
                view(require_safe(batch.answer_result)),
                name=f"{name}_batch_result",
            ),
            path(
                "batch/<uuid:batch_id>/<slug:act>/",
                view(require_POST(self.batch_act_view)),
                name=f"{name}_batch_act",
            ),
            path("panel/", view(require_POST(brief_panel.show_panel)), name=f"{name}_panel"),
            path("bulk/", view(require_POST(self.bulk_view)), name=f"{name}_bulk"),
            path("views/", view(require_POST(keep_view)), name=f"{name}_views"),
            path("states/", view(require_safe(self.states_view)), name=f"{name}_states"),
            path("<uuid:project_id>/row/", view(require_safe(self.row_view)), name=f"{name}_row"),
            path("<uuid:project_id>/review/", view(require_safe(self.review_view)), name=f"{name}_review"),
            path("<uuid:project_id>/compare/", view(require_safe(self.compare_view)), name=f"{name}_compare"),
            path("<uuid:project_id>/live/", view(require_safe(self.live_view)), name=f"{name}_live"),
            path("<uuid:project_id>/cost/", view(require_safe(self.cost_view)), name=f"{name}_cost"),
            path("<uuid:project_id>/cap/", view(require_POST(self.cap_view)), name=f"{name}_cap"),
            path("<uuid:project_id>/brief/", view(self.brief_view), name=f"{name}_brief"),
            path("<uuid:project_id>/act/<slug:act>/", view(require_POST(self.act_view)), name=f"{name}_act"),
        ]
        return own + review_urls(view) + list(super().get_urls())

    def batch_view(self, request: HttpRequest) -> HttpResponse:
        return batch.show_start(request, self._shell(request))

    def batch_page_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        return batch.show_batch(request, batch_id, self._shell(request))

    def batch_act_view(self, request: HttpRequest, batch_id: UUID, act: str) -> HttpResponse:
        return batch.act(request, batch_id, act, self._shell(request))

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        return bulk.carry_out(request, self._shell(request))

    def states_view(self, request: HttpRequest) -> HttpResponse:
        """The list's one poll: the cells of the rows it names that this person may see."""
        keys = [UUID(text) for text in request.GET.getlist("id")[:MOST_POLLED] if _is_key(text)]
        found = policy.scope(request.user).filter(pk__in=keys).defer("ai_generated_script")
        response = JsonResponse(render_states(request, found))
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def row_view(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """What an opened row shows: the last events, the last note, the open findings."""
        project = self._project(request, project_id)
        may_read = policy.can(request.user, "read_trail", project)
        events = ProjectEvent.objects.filter(project=project).select_related("actor").order_by("-id")[:5]
        verdict = Review.objects.filter(project=project).select_related("reviewer").order_by("-id").first()
        found = [
            (FINDING[severity], check.get("message", ""))
            for severity in ("block", "review")
            for check in reviewing.open_checks(project.qa_results, verdict=severity)
        ]
        events_shown = [(event, name_reason(event.reason)) for event in events] if may_read else []
        context = {"project": project, "events": events_shown, "verdict": verdict, "found": found[:6]}
        response = TemplateResponse(request, "studio/parts/row_opened.html", context)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return brief.add_brief(request, self._shell(request))

    def brief_view(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        return brief.edit_brief(request, project_id, self._shell(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """There is no form over the columns; the review page is the page of a project."""
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        try:
            project_id = UUID(object_id)
        except ValueError as error:
            raise Http404("There is no such project.") from error
        project = self._project(request, project_id)
        return HttpResponseRedirect(reverse("admin:pipeline_contentproject_review", args=[project.pk]))

    def review_view(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        return self._page(request, self._project(request, project_id))

    def cost_view(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        project = self._project(request, project_id)
        return project_cost.show_project_cost(request, project, self._shell(request))

    def cap_view(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        return project_cost.change_cap(request, self._project(request, project_id), self._shell(request))

    def compare_view(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        page = make_comparison(request, self._project(request, project_id))
        return TemplateResponse(request, "studio/compare.html", self._shell(request) | page)

    def live_view(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        project = self._project(request, project_id)
        news = render_live(request, project)
        response = JsonResponse(news, status=286 if news["is_at_rest"] else 200)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def act_view(self, request: HttpRequest, project_id: UUID, act: str) -> HttpResponse:
        result = _act(request, project_id, act)
        if isinstance(result, HttpResponse):
            return result
        if isinstance(result, str) or (wants_parts(request) and result.status != 404):
            return answer_parts(request, self._project(request, project_id), result)
        if result.status == 404:
            raise Http404(result.message)
        return self._page(
            request, self._project(request, project_id), refused=result, typed=read_typed(request)
        )

    # ------------------------------------------------------------------ parts of pages

    def _project(self, request: HttpRequest, project_id: UUID) -> ContentProject:
        rows = policy.scope(request.user).select_related("creator", "published_video")
        return get_object_or_404(rows, pk=project_id)

    def _shell(self, request: HttpRequest) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        context: dict[str, Any] = self.admin_site.each_context(request)
        return context

    def _page(
        self,
        request: HttpRequest,
        project: ContentProject,
        *,
        refused: Refused | None = None,
        typed: dict[str, str] | None = None,
    ) -> TemplateResponse:
        page = make_page(
            request,
            project,
            refused=refused.message if refused else "",
            typed=typed,
            conflict=refused.scene if refused else None,
            doubts=refused.findings if refused else (),
        )
        return TemplateResponse(
            request,
            "studio/review.html",
            self._shell(request) | page,
            status=refused.status if refused else 200,
        )


_act = act


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
