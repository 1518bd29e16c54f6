"""System checks over the configured providers: what would fail at the first call is said before."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.utils import timezone

from pipeline import providers
from pipeline.providers import addresses, pricing
from pipeline.providers.errors import ProviderError

KEY_NAMES = {"openai": "OPENAI_API_KEY", "elevenlabs": "ELEVENLABS_API_KEY"}
NAMED = ("text", "judge", "second", "moderation", "image", "speech", "clip")


@register()
def check_providers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every alias can be made: backend, options, key, address, fallback, price."""
    found: list[CheckMessage] = []
    addresses.allow(hosts=settings.PROVIDER_HOSTS, private=settings.PROVIDER_PRIVATE_HOSTS)
    found += _check_environment()
    found += _check_prices()
    for alias in NAMED:
        if alias not in settings.PIPELINE_PROVIDERS:
            found.append(
                Error(
                    f"PIPELINE_PROVIDERS has no alias {alias}.",
                    hint="Give it one; the offline members are in config/vendors.py.",
                    id="pipeline.E001",
                )
            )
    for alias, entry in settings.PIPELINE_PROVIDERS.items():
        found += _check_entry(alias, entry)
    return found


def _check_environment() -> Iterator[CheckMessage]:
    if os.environ.get("OPENAI_CUSTOM_HEADERS"):
        yield Error(
            "OPENAI_CUSTOM_HEADERS is set; the SDK would send these headers with every call.",
            hint="Unset it. Organisation and project have settings of their own.",
            id="pipeline.E002",
        )


def _check_prices() -> Iterator[CheckMessage]:
    try:
        pricing.use(Path(settings.PRICES_FILE) if settings.PRICES_FILE else None)
    except pricing.PricesInvalid as error:
        pricing.use(None)
        yield Error(f"PRICES_FILE cannot be used: {error}", hint="Correct that entry.", id="pipeline.E003")


def _check_entry(alias: str, entry: Mapping[str, Any]) -> Iterator[CheckMessage]:
    options, backend = entry.get("OPTIONS", {}), str(entry.get("BACKEND", ""))
    fallback = entry.get("FALLBACK", "")
    if fallback and fallback not in settings.PIPELINE_PROVIDERS:
        yield Error(
            f"The fallback of {alias} is {fallback!r}, which is no alias.",
            hint="Name another alias of PIPELINE_PROVIDERS.",
            id="pipeline.E004",
        )
    try:
        made = providers.load(backend)(**options)
    except (ImportError, AttributeError, ValueError) as error:
        yield Error(
            f"The provider {alias} cannot be loaded from {backend!r} ({type(error).__name__}).",
            hint="BACKEND is the dotted path of a class.",
            id="pipeline.E005",
        )
        return
    except (TypeError, ProviderError) as error:
        yield Error(
            f"The provider {alias} does not take its options: {error}",
            hint="The docstring of the class lists them.",
            id="pipeline.E006",
        )
        return
    if "key" in options and not options["key"]:
        name = next((value for word, value in KEY_NAMES.items() if f".{word}." in backend), "its key")
        yield Error(
            f"The provider {alias} is a vendor's, and it has no key.",
            hint=f"Set {name}, or {alias.split('-', maxsplit=1)[0].upper()}_PROVIDER=offline.",
            id="pipeline.E007",
        )
    if "base_url" in options:
        fault = addresses.find_fault(str(options["base_url"]))
        if fault:
            yield Error(f"The provider {alias} cannot be reached: {fault}", id="pipeline.E008")
    yield from _check_price(alias, made)
    yield from _check_lifetime(alias, made)


def _check_lifetime(alias: str, made: Any) -> Iterator[CheckMessage]:
    """An announced end of the model, only at the vendor's own address: other servers may keep a model."""
    if getattr(made, "host", "") not in addresses.VENDOR_HOSTS:
        return
    # It brings a vendor's library, 25 MB that a process without a vendor need not hold.
    from pipeline.providers.lifetimes import look_up_announced  # noqa: PLC0415

    told = look_up_announced(alias, str(made.name), str(made.model), today=timezone.now().date())
    if told is None or told.state == "ok":
        return
    make = Error if told.state == "error" else checks.Warning
    yield make(
        f"The model {told.model} of {alias} is about to go. {told.message}",
        hint=f"Name another in {alias.split('-', maxsplit=1)[0].upper()}_MODEL;"
        " manage.py check_providers asks the vendor itself.",
        id="pipeline.E009" if told.state == "error" else "pipeline.W002",
    )


def _check_price(alias: str, made: Any) -> Iterator[CheckMessage]:
    typical = getattr(made, "typical_cost", None)
    cost: Decimal | None = typical() if typical is not None else Decimal(0)
    if cost is None:
        yield checks.Warning(
            f"Nobody knows what {alias} costs ({made.name}, {made.model}); it is shown as “?” and the caps"
            " cannot hold it back.",
            hint="Add an entry to a price file and name it in PRICES_FILE.",
            id="pipeline.W001",
        )
