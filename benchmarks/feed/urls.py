"""The project's addresses, a view that does nothing, and one that does nothing for a signed-in student."""

from __future__ import annotations

import time

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone

from config.urls import handler400, handler403, handler404, handler500  # noqa: F401 - Django looks for them
from config.urls import urlpatterns as project
from students.calls import find_student

FIXED = b'{"ok": true}' * 10


def answer_nothing(request: HttpRequest) -> HttpResponse:
    """What server, Django and the middleware cost by themselves."""
    return HttpResponse(FIXED, content_type="application/json")


def answer_student(request: HttpRequest) -> HttpResponse:
    """The signed-in floor: fixed bytes behind the full check of token and session (08, J3)."""
    find_student(request, now=timezone.now())
    return HttpResponse(FIXED, content_type="application/json")


def tell_processor_time(request: HttpRequest) -> HttpResponse:
    """Seconds of processor time that this server process has used."""
    return HttpResponse(repr(time.process_time()).encode(), content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("bench/trivial", answer_nothing),
    path("bench/floor", answer_student),
    path("bench/processor", tell_processor_time),
    *project,
]
