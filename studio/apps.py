"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "studio"
    verbose_name = "Studio"

    def ready(self) -> None:
        from students.sections import register_section  # noqa: PLC0415 - models exist only now
        from studio.keeping import SECTION  # noqa: PLC0415

        register_section(SECTION)
