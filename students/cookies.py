"""The refresh token of a web page: a cookie that no script can read (08, J9).

A page that sends `X-Session: cookie` where it signs in gets no refresh token in the body. The cookie is
`__Host-refresh` (`refresh` on a developer's machine, which has no TLS): HttpOnly, Secure, SameSite=Strict.
Wherever it is given or used the request must come from a page of this site.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from students.problems import BadRequest, Forbidden
from students.tokens import TokenPair

HEADER, MODE = "X-Session", "cookie"
MODE_PARAMETER = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    enum=[MODE],
    description="For web pages: the refresh token comes as a cookie that no script reads, not in the body.",
)


def cookie_name() -> str:
    return "__Host-refresh" if settings.REFRESH_COOKIE_SECURE else "refresh"


def wants_cookie(request: Request) -> bool:
    """Whether a page of ours asks for cookie mode. Raises 400 for another mode, 403 for another origin."""
    mode = request.headers.get(HEADER)
    if mode is None:
        return False
    if mode != MODE:
        raise BadRequest("session-mode-unknown", f"{HEADER} can only be “{MODE}”.")
    check_origin(request)
    return True


def cookie_of(request: Request) -> str | None:
    """The refresh token in the cookie. Raises 403 where another site's page has caused the request."""
    presented: str | None = request.COOKIES.get(cookie_name())
    if presented is not None:
        check_origin(request)
    return presented


def check_origin(request: Request) -> None:
    """Browsers name the page's origin with every POST; scripts of other sites cannot change it."""
    own = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin") not in {own, *settings.CSRF_TRUSTED_ORIGINS}:
        raise Forbidden("origin-refused", "Only a page of this site may do this.")


def answer_with(pair: TokenPair, body: dict[str, Any], *, as_cookie: bool, status: int = 200) -> Response:
    """`body` with the pair: the refresh token in it, or in the cookie."""
    if not as_cookie:
        return Response({**body, "access": pair.access, "refresh": pair.refresh}, status=status)
    response = Response({**body, "access": pair.access}, status=status)
    response.set_cookie(
        cookie_name(),
        pair.refresh,
        max_age=settings.REFRESH_IDLE,
        secure=settings.REFRESH_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def forget_cookie(request: Request, response: Response) -> None:
    """Remove a cookie that opens nothing any more."""
    if cookie_name() in request.COOKIES:
        # Not delete_cookie: without Secure a browser would keep the `__Host-` cookie.
        response.set_cookie(
            cookie_name(),
            "",
            max_age=0,
            secure=settings.REFRESH_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )
