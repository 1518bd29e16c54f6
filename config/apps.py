"""The project itself as an app, so that its system checks and commands are found."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "config"
    verbose_name = "Project"

    def ready(self) -> None:
        from config import celery, checks  # noqa: F401, PLC0415 - makes the Celery app current, registers the checks
