"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class StudentsConfig(AppConfig):
    name = "students"
    verbose_name = "Students"

    def ready(self) -> None:
        from students.keeping import register_own_sections  # noqa: PLC0415 - models exist only now

        register_own_sections()
