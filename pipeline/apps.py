"""App configuration: hands the configured providers to the provider family."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class PipelineConfig(AppConfig):
    name = "pipeline"
    verbose_name = "Pipeline"

    def ready(self) -> None:
        from pipeline import providers  # noqa: PLC0415 - apps must be loaded first

        providers.configure(settings.PIPELINE_PROVIDERS)
