"""The one map of addresses."""

from __future__ import annotations

from csp.decorators import csp_update
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import health, player
from students import notice
from studio.admin.site import site

# Here and not at start-up: a worker has no pages, and the admin's modules cost it a third of its start.
admin.autodiscover()

# The page has its script in a file of its own, but a few styles within; only they are allowed.
docs_view = csp_update({"style-src": ["'unsafe-inline'"]})(
    SpectacularSwaggerSplitView.as_view(url_name="schema")
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", player.shell, name="player"),
    path("sw.js", player.service_worker, name="player-service-worker"),
    path("manifest.webmanifest", player.manifest, name="player-manifest"),
    path("privacy", notice.for_adults, name="privacy"),
    path("privacy/children", notice.for_children, name="privacy-children"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("api/student/", include("students.urls")),
    path("api/student/", include("feed.urls")),
    path("api/videos/", include("videos.urls")),
    path("api/creator/", include("studio.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", docs_view, name="docs"),
    path("media/", include("videos.media_urls")),
    path("account/", include("studio.account_urls")),
    path("admin/", site.urls),
]

handler400 = "config.api.bad_request"
handler403 = "config.api.permission_denied"
handler404 = "config.api.page_not_found"
handler500 = "config.api.server_error"
