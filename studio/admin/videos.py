"""Films with students; read-only, content changes through a project."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from studio import policy
from studio.admin import insights
from studio.admin.base import ScopedAdmin
from studio.admin.site import site
from studio.admin.wording import Chip
from videos.delivery import thumbnail_url
from videos.models import LearningVideo

Status = LearningVideo.Status
STATES: dict[str, Chip] = {
    Status.DRAFT: Chip("edit_note", "Draft", "quiet"),
    Status.PUBLISHED: Chip("public", "With students", "good"),
    Status.UNPUBLISHED: Chip("public_off", "Taken offline", "warn"),
    Status.SUPERSEDED: Chip("update", "Superseded", "quiet"),
}


@admin.register(LearningVideo, site=site)
class VideoAdmin(ScopedAdmin):
    view_verb = "see_videos"
    list_display = (
        "film",
        "show_status",
        "topic",
        "ages",
        "length",
        "view_count",
        "completed",
        "published_at",
        "insights_link",
    )
    list_filter = ("status", "language")
    search_fields = ("title", "topic")
    ordering = ("-published_at",)
    fields = (
        "title",
        "topic",
        "concept",
        "status",
        "ages",
        "language",
        "length",
        "origin_label",
        "script_content",
        "view_count",
        "completed",
        "popularity_score",
        "published_at",
        "supersedes",
    )
    readonly_fields = fields

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("concept", "supersedes")

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, "videos_learningvideo"
        own = [
            path(
                "<uuid:video_id>/insights/", view(require_safe(self.insights_view)), name=f"{name}_insights"
            ),
            path(
                "<uuid:video_id>/revise/", view(require_POST(insights.begin_revision)), name=f"{name}_revise"
            ),
        ]
        return own + list(super().get_urls())

    def insights_view(self, request: HttpRequest, video_id: UUID) -> HttpResponse:
        request.current_app = self.admin_site.name
        return insights.show_insights(request, video_id, self.admin_site.each_context(request))

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Insights are for who may read them of every film; creators come from their own projects."""
        shown = list(self.list_display)
        return shown if policy.can(request.user, "see_aggregates") else shown[:-1]

    @admin.display(description="Insights")
    def insights_link(self, video: LearningVideo) -> str:
        link = reverse("admin:videos_learningvideo_insights", args=[video.pk])
        return format_html(
            '<a class="st-link" href="{}">Insights<span class="st-hidden"> of {}</span></a>',
            link,
            video.title,
        )

    @admin.display(description="Film")
    def film(self, video: LearningVideo) -> str:
        if video.status != Status.PUBLISHED:
            return video.title
        return format_html(
            '<span class="st-film"><img class="st-thumb" src="{}" alt="" width="36" height="64" '
            'loading="lazy"><span>{}</span></span>',
            thumbnail_url(video, timezone.now()),
            video.title,
        )

    @admin.display(description="State", ordering="status")
    def show_status(self, video: LearningVideo) -> str:
        return render_to_string("studio/parts/chip.html", {"chip": STATES[video.status]})

    @admin.display(description="Ages")
    def ages(self, video: LearningVideo) -> str:
        return f"{min(video.age_groups)}–{max(video.age_groups)}" if video.age_groups else "–"

    @admin.display(description="Length")
    def length(self, video: LearningVideo) -> str:
        return f"{video.duration_seconds} s"

    @admin.display(description="Watched to the end")
    def completed(self, video: LearningVideo) -> str:
        return f"{video.completion_rate:.0%}"
