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
        from axes.signals import user_locked_out  # noqa: PLC0415
        from django.contrib.auth.signals import user_login_failed  # noqa: PLC0415

        from studio import checks, door_events  # noqa: PLC0415

        user_login_failed.connect(door_events.note_failure, dispatch_uid="studio.failed")
        user_locked_out.connect(door_events.note_lock_out, dispatch_uid="studio.locked_out")
        register(checks.check_second_factor, Tags.security)
        authenticator_added.connect(_mark_session, dispatch_uid="studio.second_factor")


def _mark_session(request: Any, **_: Any) -> None:
    from studio import second_factor  # noqa: PLC0415

    second_factor.mark_session(request)
