"""The WSGI application that the server runs."""

from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config.exposition import serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

YOUNG = (
    10_000  # new containers between two looks of the collector; Python's own 2,000 is once in a few requests
)


def settle() -> None:
    """What start-up made stays for ever: the collector need not walk it, which stalls a request for long."""
    _ = get_resolver().url_patterns  # loads every interface now and not within the first request
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])


application = get_wsgi_application()
serve()
settle()
