"""The studio's site: Unfold's shell with our own brand, sidebar, search, policy headers and sign-in page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from studio import policy
from studio.admin import calendar_page, look, profile
from studio.admin.blocks import show_block
from studio.admin.cost import show_cost
from studio.admin.dashboard import make_dashboard
from studio.admin.errors import show_error
from studio.admin.media import asset_file
from studio.second_factor import send_to_factor

# Alpine evaluates its attributes and Unfold sets inline styles; inline script stays forbidden.
SHELL_POLICY = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}


class StudioSite(UnfoldAdminSite):  # type: ignore[misc] # Unfold has no types
    index_title = "Dashboard"
    index_template = "studio/dashboard.html"
    logout_template = "studio/signed_out.html"
    enable_nav_sidebar = True

    @property
    def site_title(self) -> str:
        return f"{settings.BRAND} Studio"

    site_header = site_title

    def admin_view(
        self, view: Callable[..., Any], cacheable: bool = False
    ) -> Callable[..., HttpResponseBase]:
        """Every page inside the shell, and no other, gets the two sources that the shell needs."""
        inner: Callable[..., HttpResponseBase] = csp_update(SHELL_POLICY)(
            super().admin_view(self._explained(view), cacheable)
        )

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            first = send_to_factor(request) if self.has_permission(request) else None
            return inner(request, *args, **kwargs) if first is None else first

        return guarded

    def _explained(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Refusals of a view as pages of the shell. Other exceptions go their way to the log."""

        @wraps(view)
        def explained(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            try:
                return view(request, *args, **kwargs)
            except PermissionDenied as error:
                return self._show_error(request, 403, str(error))
            except Http404:
                return self._show_error(request, 404, "")
            except RequestDataTooBig:
                return self._show_error(request, 413, "")

        return explained

    def _show_error(self, request: HttpRequest, status: int, detail: str) -> HttpResponse:
        request.current_app = self.name
        return show_error(request, status, self.each_context(request), detail=detail)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one page to sign in, and it is not this one (07, S11)."""
        following = request.GET.get("next", "")
        if not request.user.is_authenticated:
            query = urlencode({"next": following or reverse("admin:index")})
            return HttpResponseRedirect(f"{reverse('account_login')}?{query}")
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        return TemplateResponse(request, "studio/no_role.html", {"site_title": self.site_title}, status=403)

    def has_permission(self, request: HttpRequest) -> bool:
        """People with a role come in; what they see is `policy.scope`."""
        return bool(policy.roles_of(request.user))

    def get_urls(self) -> list[URLResolver | URLPattern]:
        own: list[URLResolver | URLPattern] = [
            path("bell/", self.admin_view(require_safe(profile.show_bell)), name="studio-bell"),
            path("bell/seen/", self.admin_view(require_POST(profile.mark_seen)), name="studio-bell-seen"),
            path("profile/", self.admin_view(self.profile_view), name="studio-profile"),
            path("cost/", self.admin_view(require_safe(self.cost_view)), name="studio-cost"),
            path("calendar/", self.admin_view(require_safe(self.calendar_view)), name="studio-calendar"),
            path(
                "calendar/change/",
                self.admin_view(require_POST(self.change_plan_view)),
                name="studio-calendar-change",
            ),
            path("blocks/<slug:name>/", self.admin_view(require_safe(self.block_view)), name="studio-block"),
            path("media/<uuid:run_id>/<str:name>", self.admin_view(asset_file), name="studio-asset"),
        ]
        return own + list(super().get_urls())

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        return context | {
            "site_title": self.site_title,
            "site_header": self.site_title,
            "site_symbol": "play_lesson",
            "site_url": None,
            "colors": look.COLORS,
            "border_radius": "10px",
            "site_favicons": [
                Favicon(href=static("studio/icon.svg"), rel="icon", type="image/svg+xml", sizes="any")
            ],
            "styles": [static("studio/studio.css")],
            "st_script": static("studio/studio.js"),
            "show_history": False,
            "show_view_on_site": False,
            "sidebar_show_search": False,
            "sidebar_navigation": look.make_sidebar(request) if self.has_permission(request) else [],
        }

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        context = (
            self.each_context(request)
            | {"title": self.index_title, "st_title": self.index_title}
            | make_dashboard(request.user)
            | (extra_context or {})
        )
        request.current_app = self.name
        return TemplateResponse(request, self.index_template, context)

    def profile_view(self, request: HttpRequest) -> HttpResponse:
        request.current_app = self.name
        return profile.show_profile(request, self.each_context(request))

    def cost_view(self, request: HttpRequest) -> HttpResponse:
        request.current_app = self.name
        return show_cost(request, self.each_context(request))

    def calendar_view(self, request: HttpRequest) -> HttpResponse:
        request.current_app = self.name
        return calendar_page.show_calendar(request, self.each_context(request))

    def change_plan_view(self, request: HttpRequest) -> HttpResponse:
        request.current_app = self.name
        return calendar_page.change_plan(request, self.each_context(request))

    def block_view(self, request: HttpRequest, name: str) -> HttpResponse:
        context = {} if request.headers.get("HX-Request") == "true" else self.each_context(request)
        return show_block(request, name, context)

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse | HttpResponse:
        """The command palette, without a cache and through the scope: what is not ours is not found."""
        return require_safe(_search)(request)

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """There are no pages of apps; the dashboard is the one index."""
        return self.index(request, extra_context)


def _search(request: HttpRequest) -> TemplateResponse | HttpResponse:
    term = request.GET.get("s", "").strip()
    if len(term) < 2:
        return HttpResponse()
    words = Q(concept_prompt__icontains=term) | Q(title__icontains=term)
    found = policy.scope(request.user).filter(words).order_by("-updated_at")[:20]
    hits = [
        {
            "title": project.title or project.concept_prompt,
            "description": f"{project.get_status_display()} · ages {project.age_group}",
            "link": reverse("admin:pipeline_contentproject_review", args=[project.pk]),
            "icon": "movie",
        }
        for project in found
    ]
    return TemplateResponse(request, "studio/search_results.html", {"results": hits, "search_term": term})


site = StudioSite(name="admin")
