"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class QuizzesConfig(AppConfig):
    name = "quizzes"
    verbose_name = "Quizzes"

    def ready(self) -> None:
        from quizzes.keeping import SECTION  # noqa: PLC0415 - models exist only now
        from students.sections import register_section  # noqa: PLC0415

        register_section(SECTION)
