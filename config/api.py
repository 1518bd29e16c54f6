"""Policy of the whole API: the default refuses, bodies are bounded, every error is a problem document."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults
from django.views.decorators.csrf import requires_csrf_token
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from students.bodies import read_bounded
from students.problems import MEDIA_TYPE, FieldError, Missing, Problem, problem_document

if TYPE_CHECKING:  # DRF loads its defaults, and so this module, while it loads its views
    from rest_framework.views import APIView

API_PREFIX = "/api/"
RETRY_AFTER_OUTAGE = 5  # seconds; a database that restarts is back before

# Codes of what Django REST framework itself raises, by its own name of the code.
CODES: Mapping[str, str] = {
    "parse_error": "malformed",
    "not_authenticated": "not-authenticated",
    "authentication_failed": "token-invalid",
    "method_not_allowed": "method-not-allowed",
    "not_acceptable": "not-acceptable",
    "unsupported_media_type": "unsupported-media-type",
    "throttled": "throttled",
    "error": "server-error",
}


class Refuse(BasePermission):
    """The default permission: a view that forgets to name one serves nobody."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return False


class BoundedJSONParser(BaseParser):
    """JSON of at most `REQUEST_BODY_LIMIT` bytes: refused before it is read, or while it is read."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Raises PayloadTooLarge (413), and ParseError (400) for everything that is not JSON."""
        request = (parser_context or {}).get("request")
        announced = request.META.get("CONTENT_LENGTH") if request is not None else None
        body = read_bounded(stream, announced)
        try:
            return msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise exceptions.ParseError("The body is not JSON.") from error


# --------------------------------------------------------------------------- errors


def problem_response(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to an exception of a view; None for the unexpected, which is logged and becomes a 500."""
    problem = _as_known(exc)
    if problem is None:
        return None
    status = int(problem.status_code)
    response = Response(
        problem_document(status, _code_of(problem), _sentence_of(problem), list(_errors_of(problem))),
        status=status,
        content_type=MEDIA_TYPE,
    )
    wait = getattr(problem, "wait", None)
    if wait is not None:
        response.headers["Retry-After"] = str(max(math.ceil(wait), 1))
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _as_known(exc: Exception) -> exceptions.APIException | None:
    if isinstance(exc, Http404 | exceptions.NotFound):
        return Missing()
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    return exc if isinstance(exc, exceptions.APIException) else None


def _code_of(problem: exceptions.APIException) -> str:
    if isinstance(problem, Problem):
        return problem.code
    if isinstance(problem, exceptions.ValidationError):
        return "invalid"
    code = str(problem.get_codes())
    return CODES.get(code, code.replace("_", "-"))


def _sentence_of(problem: exceptions.APIException) -> str:
    if isinstance(problem, exceptions.ValidationError):
        return "Some fields are missing or wrong; see errors."
    if isinstance(problem, exceptions.Throttled):
        return "Too many requests. Wait as long as Retry-After says."
    return str(problem.detail)


def _errors_of(problem: exceptions.APIException) -> Iterator[FieldError]:
    if isinstance(problem, Problem):
        yield from problem.errors
    elif isinstance(problem, exceptions.ValidationError):
        yield from flatten_errors(problem.detail)


def flatten_errors(detail: Any, path: str = "") -> Iterator[FieldError]:
    """DRF's nested errors as a list with paths such as `scenes.2.narration`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from flatten_errors(inner, ".".join(filter(None, (path, own))))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from flatten_errors(inner, f"{path}.{number}".strip(".") if nested else path)
    else:
        code = str(getattr(detail, "code", "invalid"))
        yield FieldError(path, code.replace("_", "-"), str(detail))


# --------------------------------------------------------------------------- Django's own errors


def _plain_problem(status: int, code: str, detail: str) -> HttpResponse:
    return JsonResponse(
        problem_document(status, code, detail),
        status=status,
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store"},
    )


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400: a request that Django refuses before any view."""
    if request.path.startswith(API_PREFIX):
        return _plain_problem(400, "malformed", "The request is malformed.")
    return defaults.bad_request(request, exception)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    if request.path.startswith(API_PREFIX):
        return _plain_problem(403, "permission-denied", "This is not allowed.")
    return defaults.permission_denied(request, exception)


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404: no such address."""
    if request.path.startswith(API_PREFIX):
        return _plain_problem(404, "not-found", "There is nothing at this address for you.")
    return defaults.page_not_found(request, exception)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: our fault; the cause is in the log, never in the answer.

    Django calls it while the exception is being handled. A database that is away, restarting or too
    slow is no fault of the code: 503, and when to ask again.
    """
    away = isinstance(sys.exc_info()[1], OperationalError)
    if not request.path.startswith(API_PREFIX):
        response = render(request, "unavailable.html", status=503) if away else defaults.server_error(request)
    elif away:
        detail = "The service is away for a moment. Send the same request again: it counts once."
        response = _plain_problem(503, "unavailable", detail)
    else:
        response = _plain_problem(500, "server-error", "Something went wrong on our side. Try again later.")
    if away:
        response.headers["Retry-After"] = str(RETRY_AFTER_OUTAGE)
        response.headers["Cache-Control"] = "no-store"
    return response
