"""Students, for staff: a short id and counters; a name is shown only by an act that leaves its row."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from students.models import Student
from studio.admin import student_acts
from studio.admin.base import ScopedAdmin
from studio.admin.site import site


@admin.register(Student, site=site)
class StudentAdmin(ScopedAdmin):
    view_verb = "see_students"
    list_display = ("short_id", "age_group", "streak_count", "total_videos_watched", "active", "last_active")
    list_filter = ("is_active",)
    ordering = ("-last_active",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        act = path(
            "<uuid:student_id>/act/<slug:name>/",
            view(require_POST(self.act_view)),
            name="students_student_act",
        )
        return [act, *super().get_urls()]

    def act_view(self, request: HttpRequest, student_id: UUID, name: str) -> HttpResponse:
        request.current_app = self.admin_site.name
        return student_acts.act(request, student_id, name, self.admin_site.each_context(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """There is no form over the columns of a child."""
        if request.method not in {"GET", "HEAD"} or not self.has_view_permission(request):
            raise PermissionDenied
        student = self.get_object(request, object_id)
        if student is None:
            raise Http404("There is no such student.")
        request.current_app = self.admin_site.name
        return student_acts.show_student(request, student, self.admin_site.each_context(request))

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.defer("username", "password", "recovery_code", "guardian_code")

    @admin.display(description="Student")
    def short_id(self, student: Student) -> str:
        return student_acts.short_id(student)

    @admin.display(description="Active", boolean=True, ordering="is_active")
    def active(self, student: Student) -> bool:
        return student.is_active
