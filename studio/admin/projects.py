"""Projects: the list, the brief, the review page and the acts. Thin: rules live in the services."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from unfold.views import ChangeList

from pipeline.models import ContentProject, StepRun
from pipeline.planning import progress_of
from students.models import AGE_GROUPS
from studio import policy
from studio.admin import brief
from studio.admin.acts import Refused, act
from studio.admin.base import ScopedAdmin
from studio.admin.review_page import make_page, render_live
from studio.admin.site import site
from studio.admin.wording import AT_WORK, STATUS, Chip, count_findings, say_age, say_findings
from studio.models import Creator

Status = ContentProject.Status
NEXT: dict[str, tuple[str, frozenset[str]]] = {  # status → the next step, and whose it is
    Status.DRAFT: ("Go on", frozenset({policy.CREATOR, policy.EDITOR})),
    Status.GENERATING: ("Follow", frozenset(policy.ROLES)),
    Status.NEEDS_ATTENTION: ("See what to do", frozenset({policy.CREATOR, policy.EDITOR, policy.OPERATOR})),
    Status.IN_REVIEW: ("Review", frozenset({policy.REVIEWER, policy.EDITOR})),
    Status.APPROVED: ("Publish", frozenset({policy.EDITOR})),
}


class AgeGroupFilter(admin.SimpleListFilter):
    title = "age group"
    parameter_name = "age_group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(group, f"{group.replace('-', '–')} years") for group in AGE_GROUPS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(age_group=self.value()) if self.value() in AGE_GROUPS else queryset


class CreatorFilter(admin.SimpleListFilter):
    """Only creators whose projects the person sees anyway."""

    title = "creator"
    parameter_name = "creator"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        seen = policy.scope(request.user).order_by().values("creator")
        people = Creator.objects.filter(pk__in=seen).order_by("display_name", "email")[:50]
        return [(str(person.pk), str(person)) for person in people]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(creator=self.value()) if self.value() in known else queryset


@dataclass(frozen=True)
class Row:
    """A project as the list shows it."""

    title: str
    concept: str
    age_group: str
    link: str
    thumbnail: str
    chip: Chip
    percent: int | None
    at_work: str
    findings: str
    blockers: int
    waiting: str
    updated: Any
    creator: str
    next_step: str


class ProjectList(ChangeList):  # type: ignore[misc] # Unfold has no types
    """The page's rows, with progress of what is at work in two queries for all of them."""

    rows: list[Row]
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found: list[Any] = list(self.result_list)
        self.result_list = found
        working = [project for project in found if project.status == Status.GENERATING]
        progress = progress_of(working) if working else {}
        now, roles = timezone.now(), policy.roles_of(request.user)
        self.rows = []
        for project in found:
            own = progress.get(project.pk)
            at_work = ""
            if own is not None:
                scene = f" scene {own.scene + 1}" if own.scene is not None else ""
                at_work = (AT_WORK.get(own.step, "finishing") + scene).capitalize()
            film = project.film_run_id
            self.rows.append(
                Row(
                    title=project.title or project.concept_prompt,
                    concept=project.concept_prompt if _differs(project) else "",
                    age_group=project.age_group.replace("-", "–"),
                    link=reverse("admin:pipeline_contentproject_review", args=[project.pk]),
                    thumbnail=reverse("admin:studio-asset", args=[film, "thumbnail.jpg"]) if film else "",
                    chip=STATUS[project.status],
                    percent=int(100 * own.share) if own is not None else None,
                    at_work=at_work,
                    findings=say_findings(project.qa_results),
                    blockers=count_findings(project.qa_results)[0],
                    waiting=say_age(project.updated_at, now),
                    updated=project.updated_at,
                    creator=str(project.creator),
                    next_step=_next_step(project, request.user, roles),
                )
            )


def _differs(project: ContentProject) -> bool:
    return bool(project.title) and project.title.casefold() != project.concept_prompt.casefold()


def _next_step(project: ContentProject, user: Any, roles: frozenset[str]) -> str:
    """A word for the button; it opens the same page for everybody, where the policy decides."""
    step, whose = NEXT.get(project.status, ("Open", roles))
    own_verdict = project.status == Status.IN_REVIEW and project.creator_id == user.pk
    return step if roles & whose and not own_verdict else "Open"


@admin.register(ContentProject, site=site)
class ProjectAdmin(ScopedAdmin):
    list_display = ("__str__",)
    list_filter = ("status", AgeGroupFilter, CreatorFilter)
    search_fields = ("concept_prompt", "title", "ai_generated_script")
    search_help_text = "Concept, title or narration"
    ordering = ("-updated_at",)
    change_list_template = "studio/project_list.html"

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        film = StepRun.objects.filter(
            project=OuterRef("pk"), step="compose", part="film", status=StepRun.Status.SUCCEEDED
        ).order_by("-finished_at")
        return (
            policy.scope(request.user)
            .select_related("creator")
            .defer("ai_generated_script")  # the notes are read by the plan of what is at work
            .annotate(film_run_id=Subquery(film.values("pk")[:1]))
        )

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
        extra = {"title": "Projects", "st_title": "Projects", "can_create": self.has_add_permission(request)}
        response: HttpResponse = super().changelist_view(request, extra | (extra_context or {}))
        return response

    # ------------------------------------------------------------------ pages

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "pipeline_contentproject"
        own = [
            path("<uuid:project_id>/review/", view(require_safe(self.review_view)), name=f"{name}_review"),
            path("<uuid:project_id>/live/", view(require_safe(self.live_view)), name=f"{name}_live"),
            path("<uuid:project_id>/brief/", view(self.brief_view), name=f"{name}_brief"),
            path("<uuid:project_id>/act/<slug:act>/", view(require_POST(self.act_view)), name=f"{name}_act"),
        ]
        return own + list(super().get_urls())

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

    def live_view(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        response = JsonResponse(render_live(request, self._project(request, project_id)))
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def act_view(self, request: HttpRequest, project_id: UUID, act: str) -> HttpResponse:
        result = _act(request, project_id, act)
        if isinstance(result, HttpResponse):
            return result
        if result.status == 404:
            raise Http404(result.message)
        typed = {key: value for key, value in request.POST.items() if isinstance(value, str)}
        return self._page(
            request, self._project(request, project_id), refused=result, typed=typed | {"act": act}
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
        page = make_page(request, project, refused=refused.message if refused else "", typed=typed)
        return TemplateResponse(
            request,
            "studio/review.html",
            self._shell(request) | page,
            status=refused.status if refused else 200,
        )


_act = act
