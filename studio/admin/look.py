"""The studio's colours and its sidebar.

Unfold paints buttons with primary-600 under white text, links with primary-600 on light and
primary-500 on dark ground; the palette keeps all of these at a contrast of 4.5 or more.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from studio import policy

COLORS: dict[str, dict[str, str]] = {
    "base": {
        "50": "#f7f9fb",
        "100": "#eef2f6",
        "200": "#dde4ec",
        "300": "#c3cedb",
        "400": "#93a3b8",
        "500": "#5d6c82",
        "600": "#46546a",
        "700": "#344154",
        "800": "#1f2a3b",
        "900": "#131c2b",
        "950": "#0b121d",
    },
    "primary": {
        "50": "#effcfa",
        "100": "#d0f5ef",
        "200": "#a3e9e0",
        "300": "#6fd6cb",
        "400": "#3dbdb2",
        "500": "#22a89e",
        "600": "#0c7872",
        "700": "#0b605c",
        "800": "#0d4d4a",
        "900": "#0f403e",
        "950": "#042726",
    },
    "font": {
        "subtle-light": "#5d6c82",
        "subtle-dark": "#93a3b8",
        "default-light": "#46546a",
        "default-dark": "#c3cedb",
        "important-light": "#131c2b",
        "important-dark": "#eef2f6",
    },
}


def make_sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of links a person's roles give them, as Unfold's sidebar template reads them; no query
    beyond the roles."""
    user = request.user
    projects = reverse("admin:pipeline_contentproject_changelist")
    work = [
        _item(request, "Dashboard", "space_dashboard", reverse("admin:index")),
        _item(request, "Projects", "movie", projects),
        _item(request, "Waiting for review", "rate_review", f"{projects}?view=in-review"),
    ]
    if policy.can(user, "create"):
        work.append(_item(request, "New project", "add_circle", reverse("admin:pipeline_contentproject_add")))
    groups: list[dict[str, Any]] = [{"title": "Work", "items": work}]
    if policy.can(user, "see_videos"):
        groups.append(
            {
                "title": "With students",
                "separator": True,
                "items": [
                    _item(request, "Calendar", "calendar_month", reverse("admin:studio-calendar")),
                    _item(
                        request, "Videos", "smart_display", reverse("admin:videos_learningvideo_changelist")
                    ),
                    _item(request, "Topics", "category", reverse("admin:videos_topic_changelist")),
                    *(
                        [_item(request, "Students", "school", reverse("admin:students_student_changelist"))]
                        if policy.can(user, "see_students")
                        else []
                    ),
                ],
            }
        )
    items = []
    if policy.roles_of(user) & {policy.CREATOR, policy.EDITOR, policy.OPERATOR}:
        items.append(_item(request, "Cost", "payments", reverse("admin:studio-cost")))
    if policy.can(user, "see_own_acts"):
        items.append(_item(request, "Audit trail", "history", reverse("admin:studio_auditentry_changelist")))
    if policy.can(user, "see_people"):
        items.append(_item(request, "People", "group", reverse("admin:studio_creator_changelist")))
    groups.append({"title": "Studio", "separator": True, "items": items})
    return groups


def _item(request: HttpRequest, title: str, icon: str, link: str) -> dict[str, Any]:
    """Links that differ only in their query are told apart: the whole address counts."""
    path, _, query = link.partition("?")
    here = request.path == path and (
        query in request.META.get("QUERY_STRING", "") if query else _is_plain(request)
    )
    return {"title": title, "icon": icon, "link": link, "has_permission": True, "active": here}


def _is_plain(request: HttpRequest) -> bool:
    return "view=in-review" not in request.META.get("QUERY_STRING", "")
