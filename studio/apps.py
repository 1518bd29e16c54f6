"""The studio's app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags, register


class StudioConfig(AppConfig):
    name = "studio"
    verbose_name = "Studio"

    def ready(self) -> None:
        from students.sections import register_section  # noqa: PLC0415 - models exist only now
        from studio.keeping import SECTION  # noqa: PLC0415

        register_section(SECTION)
        from allauth.mfa.signals import authenticator_added  # noqa: PLC0415 - models are ready only now

        from studio import checks  # noqa: PLC0415

        register(checks.check_second_factor, Tags.security)
        authenticator_added.connect(_mark_session, dispatch_uid="studio.second_factor")


def _mark_session(request: Any, **_: Any) -> None:
    from studio import second_factor  # noqa: PLC0415

    second_factor.mark_session(request)
