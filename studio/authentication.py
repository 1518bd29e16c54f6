"""Who calls the creator API: a bearer token of its own, or the studio's session with CSRF (08, J11)."""

from __future__ import annotations

from typing import Any

from axes.conf import settings as axes
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from students.authentication import BearerAuthentication
from students.problems import Forbidden
from students.tokens import CreatorAccessToken, SessionKind
from studio import second_factor
from studio.models import Creator, CreatorRefreshToken, CreatorSession

CREATORS = SessionKind(
    CreatorSession.objects,
    CreatorRefreshToken.objects,
    "creator",
    CreatorAccessToken,
    settings.CREATOR_SESSION_LIMIT,
)
JSON = "application/json"


class SignInRefused(Exception):
    """Address or password is wrong."""

    code = "sign-in-failed"


class FactorRefused(SignInRefused):
    """The password is right; the code of the second factor is missing, wrong or was used before."""

    code = "second-factor-required"


class LockedOut(Exception):
    """Too many wrong passwords for this address; open again after `seconds` at the latest."""

    code = "locked-out"

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many wrong passwords.")
        self.seconds = seconds


class CreatorAuthentication(BearerAuthentication):
    kind = CREATORS


class StudioSession(authentication.SessionAuthentication):
    """The studio's cookie. Its changes need the CSRF token, and a body of JSON."""

    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        if found is not None and second_factor.is_missing(request._request):  # noqa: SLF001 - Django's own
            raise Forbidden("second-factor-required", "Open the studio and show your second factor first.")
        return found

    def enforce_csrf(self, request: Any) -> None:
        # First, because Django's check reads form bodies, of any size.
        body_type = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if body_type and body_type != JSON and request.method not in {"GET", "HEAD", "OPTIONS"}:
            raise exceptions.UnsupportedMediaType(body_type[:80])
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise Forbidden(
                "csrf-failed", "The CSRF token is missing or wrong. Load the page again."
            ) from error


class IsCreator(BasePermission):
    """A signed-in person of the studio; what they may see and do is `studio.policy`'s."""

    message = "Sign in to the studio."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, Creator) and request.user.is_staff


def creator_of(request: Request) -> Creator:
    """The signed-in person of a view that demands IsCreator."""
    if not isinstance(request.user, Creator):
        raise TypeError("The view does not demand IsCreator.")
    return request.user


def sign_in(request: Any, *, email: str, password: str, code: str = "") -> Creator:
    """The person whose address and password these are. Raises SignInRefused, FactorRefused and LockedOut.

    The studio's sign-in page counts the same failures. `request` is Django's own.
    """
    # django-axes counts only what comes under the name of its own setting (07, S10).
    credentials = {str(axes.AXES_USERNAME_FORM_FIELD): email.strip().lower(), "password": password}
    user = authenticate(request, **credentials)
    if getattr(request, "axes_locked_out", False):
        request.axes_locked_out = False  # the answer is a problem document, not the page of the middleware
        raise LockedOut(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    if not isinstance(user, Creator) or not user.is_staff:
        raise SignInRefused
    is_right = second_factor.check_code(user, code)
    if is_right is False or (is_right is None and second_factor.must_have_factor(user)):
        raise FactorRefused
    user_logged_in.send(sender=Creator, request=request, user=user)  # forgets the failures
    return user


class CreatorBearer(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # drf-spectacular has no types
    target_class = CreatorAuthentication
    name = "creatorToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class StudioCookie(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # drf-spectacular has no types
    target_class = StudioSession
    name = "studioSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "With X-CSRFToken on every change.",
        }
