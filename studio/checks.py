"""What a deployment of the studio must not do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_second_factor(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.DEVELOPMENT or settings.STUDIO_SECOND_FACTOR:
        return []
    return [
        Error(
            "The studio does not ask reviewers, editors, staff and operators for a second factor.",
            hint="Remove STUDIO_SECOND_FACTOR=0 from the environment; it is for demonstrations.",
            id="studio.E001",
        )
    ]
