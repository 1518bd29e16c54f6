"""System checks over settings: a wrong value is named with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

KEYS = (
    "SECRET_KEY",
    "TOKEN_SIGNING_KEY",
    "TOKEN_ROTATION_KEY",
    "MEDIA_SIGNING_KEY",
    "CURSOR_SIGNING_KEY",
    "ANALYTICS_KEY",
    "TOMBSTONE_KEY",
    "FIELD_INDEX_KEY",
)


@register()
def check_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Keys are at least 32 bytes and all different (08, J10)."""
    values = {name: str(getattr(settings, name)) for name in KEYS}
    values |= {f"FIELD_KEYS {number}": key for number, key in settings.FIELD_KEYS.items()}
    problems: list[CheckMessage] = [
        Error(
            f"{name} has {len(value.encode())} bytes; 32 are needed.",
            hint="Generate one: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            id="config.E001",
        )
        for name, value in values.items()
        if len(value.encode()) < 32
    ]
    if len(set(values.values())) != len(values):
        problems.append(
            Error(
                "Two keys have the same value.",
                hint=f"Give each of {', '.join(values)} its own.",
                id="config.E002",
            )
        )
    return problems


@register()
def check_proxies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Outside development somebody has said how many proxies there are (08, section 4).

    One too few, and all the world has the proxy's address and one child locks out all; one too many, and
    whoever writes `X-Forwarded-For` has a new address with every request.
    """
    if settings.DEVELOPMENT or settings.IS_NUM_PROXIES_SAID:
        return []
    return [
        Error(
            "NUM_PROXIES is not set: limits would count by an address that may not be the client's.",
            hint="Set it to the number of proxies that add to X-Forwarded-For; 0 where there is none.",
            id="config.E005",
        )
    ]


@register()
def check_celery(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A task must survive the loss of its worker, and a lease the broker's patience (09, section 3)."""
    from pipeline.steps import STEPS  # noqa: PLC0415 - apps must be loaded

    problems: list[CheckMessage] = []
    if not (settings.CELERY_TASK_ACKS_LATE and settings.CELERY_TASK_REJECT_ON_WORKER_LOST):
        problems.append(
            Error(
                "Tasks would be lost with their worker.",
                hint="Set both late settings to True.",
                id="config.E003",
            )
        )
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    for step in STEPS:
        limits = step.limits
        if not limits.soft < limits.hard < limits.lease < visibility:
            problems.append(
                Error(
                    f"Step {step.name}: soft < hard < lease < visibility timeout does not hold "
                    f"({limits.soft}, {limits.hard}, {limits.lease}, {visibility}).",
                    hint="Correct `limits` of the step.",
                    id="config.E004",
                )
            )
    return problems
