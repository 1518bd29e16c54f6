"""The people of the studio and their roles, for the editor-in-chief; read-only here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from studio.admin.base import ScopedAdmin
from studio.admin.site import site
from studio.models import Creator
from studio.policy import ROLES


@admin.register(Creator, site=site)
class PersonAdmin(ScopedAdmin):
    view_verb = "see_people"
    list_display = ("name", "email", "roles", "projects_count", "active", "created_at")
    search_fields = ("display_name", "email")
    ordering = ("display_name", "email")
    fields = ("name", "email", "roles", "projects_count", "active", "created_at", "last_login")
    readonly_fields = fields

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        counted: QuerySet[Any] = rows.prefetch_related("groups").annotate(project_count=Count("projects"))
        return counted

    @admin.display(description="Name", ordering="display_name")
    def name(self, person: Creator) -> str:
        return str(person)

    @admin.display(description="Roles")
    def roles(self, person: Creator) -> str:
        held = [ROLES[group.name] for group in person.groups.all() if group.name in ROLES]
        return ", ".join(["Superuser"] if person.is_superuser else sorted(held)) or "none"

    @admin.display(description="Projects", ordering="project_count")
    def projects_count(self, person: Creator) -> int:
        count: int = getattr(person, "project_count", 0)
        return count

    @admin.display(description="Active", boolean=True, ordering="is_active")
    def active(self, person: Creator) -> bool:
        return person.is_active
