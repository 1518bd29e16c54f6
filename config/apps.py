"""The project itself as an app, so that its system checks and commands are found."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "config"
    verbose_name = "Project"

    def ready(self) -> None:
        from django.conf import settings  # noqa: PLC0415 - they are read by now

        from config import celery, checks, logs, tracing  # noqa: F401, PLC0415 - makes the Celery app current, registers the checks

        if settings.SENTRY_DSN:
            logs.start_sentry(settings.SENTRY_DSN, version=settings.VERSION)
        if settings.OTEL_ENDPOINT:
            tracing.start(
                settings.OTEL_ENDPOINT,
                share=settings.TRACE_SHARE,
                service="microlearning",
                version=settings.VERSION,
            )
