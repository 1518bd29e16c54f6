"""The public notice: what is kept, how long, who else gets anything. Rendered from the code that does it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from students.models import Consent
from students.retention import ERASED_WITHIN, TABLE

NOTICE_VERSION = "2026-11"


@dataclass(frozen=True)
class Vendor:
    """A company outside that makes parts of films. It is asked about films, never about children."""

    uses: str
    host: str
    terms: str  # region, and whether zero retention is agreed, as the operator has stated it


@require_safe
@cache_control(public=True, max_age=3600)
def for_adults(request: HttpRequest) -> HttpResponse:
    """The notice for parents, schools and whoever wants to check."""
    context = {
        "brand": settings.BRAND,
        "version": NOTICE_VERSION,
        "table": TABLE,
        "vendors": find_vendors(),
        "analytics_vendor": "Amplitude" if settings.AMPLITUDE_API_KEY else "",
        "purposes": Consent.Purpose.choices,
        "erased_within": ERASED_WITHIN.days,
    }
    return render(request, "privacy/adults.html", context)


@require_safe
@cache_control(public=True, max_age=3600)
def for_children(request: HttpRequest) -> HttpResponse:
    """The same in words a child can read."""
    return render(request, "privacy/children.html", {"brand": settings.BRAND, "version": NOTICE_VERSION})


def find_vendors() -> list[Vendor]:
    """The configured providers that work outside this installation, by host."""
    uses: dict[str, list[str]] = {}
    for use, provider in settings.PIPELINE_PROVIDERS.items():
        host = urlsplit(str(provider.get("OPTIONS", {}).get("base_url", ""))).hostname
        if host:
            uses.setdefault(host, []).append(use.removesuffix("-fallback"))
    terms = settings.VENDOR_TERMS
    return [
        Vendor(", ".join(sorted(set(names))), host, terms.get(host, "not stated"))
        for host, names in sorted(uses.items())
    ]
