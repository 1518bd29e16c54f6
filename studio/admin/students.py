"""Students, for staff: a short id and counters. Names are not shown; nothing can be changed here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from students.models import Student
from studio.admin.base import ScopedAdmin
from studio.admin.site import site


@admin.register(Student, site=site)
class StudentAdmin(ScopedAdmin):
    view_verb = "see_students"
    list_display = ("short_id", "age_group", "streak_count", "total_videos_watched", "active", "last_active")
    list_filter = ("is_active",)
    ordering = ("-last_active",)
    fields = (
        "short_id",
        "age_group",
        "streak_count",
        "longest_streak",
        "total_videos_watched",
        "minutes_a_day",
        "weekends_off",
        "active",
        "created_at",
        "last_active",
    )
    readonly_fields = fields

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.defer("username", "password", "recovery_code", "guardian_code")

    @admin.display(description="Student")
    def short_id(self, student: Student) -> str:
        return student.pk.hex[-8:]

    @admin.display(description="Learning minutes a day")
    def minutes_a_day(self, student: Student) -> int:
        return student.minutes_a_day

    @admin.display(description="Active", boolean=True, ordering="is_active")
    def active(self, student: Student) -> bool:
        return student.is_active
