"""Problems that an interface reports, each with a stable code (RFC 9457; listed in docs/api.md).

`config.api.problem_response` turns them, and everything Django REST framework raises, into problem
documents. Rules raise their own plain exceptions; views translate them into these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import APIException

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field; `field` is a path such as `scenes.2.narration`, "" for the body."""

    field: str
    code: str
    detail: str


class Problem(APIException):
    """A problem with a code, a sentence for people, and perhaps fields."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        wait: float | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.code = code
        self.errors = tuple(errors)
        self.wait = wait  # seconds; becomes Retry-After


class BadRequest(Problem):
    """The request itself is wrong."""


class Unauthorized(Problem):
    """Nobody is signed in, or no longer."""

    status_code = HTTPStatus.UNAUTHORIZED


class Forbidden(Problem):
    """Known, but not allowed; never used to hide that something exists."""

    status_code = HTTPStatus.FORBIDDEN


class Missing(Problem):
    """Not there, or not yours: the two look the same."""

    status_code = HTTPStatus.NOT_FOUND

    def __init__(self, detail: str = "There is nothing at this address for you.") -> None:
        super().__init__("not-found", detail)


class Conflict(Problem):
    """The present state does not allow it."""

    status_code = HTTPStatus.CONFLICT


class PayloadTooLarge(Problem):
    """The body is larger than an API request may be."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Unprocessable(Problem):
    """Well-formed, but not acceptable."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY


class TooManyRequests(Problem):
    """Too fast; `wait` says for how long."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS


class Unavailable(Problem):
    """Something outside failed; nothing was changed, and a repeat may work."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE


def problem_document(
    status: int, code: str, detail: str, errors: Sequence[FieldError] = ()
) -> dict[str, Any]:
    """The body of a problem answer."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
        "errors": [asdict(error) for error in errors],
    }


# --------------------------------------------------------------------------- OpenAPI


class FieldErrorSerializer(serializers.Serializer[FieldError]):
    field = serializers.CharField(help_text="Path of the field, empty for the body as a whole.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; docs/api.md lists them all.")
    detail = serializers.CharField(help_text="A sentence for people: the cause, and what to do.")
    errors = FieldErrorSerializer(many=True)  # type: ignore[assignment] # a field, not the property


PROBLEM_TEXTS: Mapping[int, str] = {
    400: "The body or a parameter is wrong; `errors` names the fields.",
    401: "Not signed in, or the token is invalid or expired.",
    403: "Not allowed.",
    404: "Not there, or not yours.",
    409: "The present state does not allow it.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "Well-formed, but refused; `code` and `errors` say why.",
    429: "Too fast; see `Retry-After`.",
    503: "Something outside failed; nothing was changed.",
}


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """OpenAPI responses for these problem answers; 429 is always among them."""
    return {
        (status, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description=PROBLEM_TEXTS[status])
        for status in sorted({*statuses, 429})
    }
