"""App configuration: hands the configured providers to the provider family."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class PipelineConfig(AppConfig):
    name = "pipeline"
    verbose_name = "Pipeline"

    def ready(self) -> None:
        from pipeline import checks, providers  # noqa: F401, PLC0415 - apps must be loaded first
        from pipeline.keeping import SECTION  # noqa: PLC0415
        from pipeline.providers import pricing  # noqa: PLC0415
        from students.sections import register_section  # noqa: PLC0415

        register_section(SECTION)

        providers.configure(
            settings.PIPELINE_PROVIDERS,
            hosts=settings.PROVIDER_HOSTS,
            private_hosts=settings.PROVIDER_PRIVATE_HOSTS,
        )
        # An unreadable price table is found by the system checks, not by a crash of every command.
        with suppress(pricing.PricesInvalid):
            pricing.use(Path(settings.PRICES_FILE) if settings.PRICES_FILE else None)
