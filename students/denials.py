"""Somebody signed in asks for what is not theirs to ask: an event for operators (08, section 10).

Wrong passwords and codes have events of their own. One row a minute for each person: who insists is seen, and
fills no table.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from students import counters
from students.security import blur_subject, record_security_event

CODES = {"permission-denied", "forbidden", "own-work"}
SECONDS = 60


class NoteDenials:
    """Below the middleware that knows who is signed in; the API's views say so themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if response.status_code == HTTPStatus.FORBIDDEN and _is_denial(response):
            _note(getattr(request, "user", None))
        return response


def _is_denial(response: HttpResponse) -> bool:
    """A page's refusal, or a problem of the API that is about rights."""
    data = getattr(response, "data", None)
    return data.get("code") in CODES if isinstance(data, dict) else True


def _note(person: object) -> None:
    key = getattr(person, "pk", None)
    if key is not None and counters.count_failure(f"denied:{blur_subject(key)}", SECONDS) == 1:
        record_security_event("permission-denied", key)
