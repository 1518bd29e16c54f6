"""Who calls: the student of a live session, read in one query (08, J2, J3)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from students.models import Student
from students.tokens import STUDENTS, SessionKind, TokenRefused, find_session

SCHEME = b"bearer"


def token_in(header: str | bytes) -> str | bytes | None:
    """The access token of an `Authorization` header; None where it is of another scheme or missing.

    Raises AuthenticationFailed, which is a 401, where there is no token behind the scheme.
    """
    if isinstance(header, str):
        header = header.encode("iso-8859-1", "replace")
    parts = header.split()
    if not parts or parts[0].lower() != SCHEME:
        return None
    if len(parts) != 2:
        raise AuthenticationFailed("The Authorization header must be “Bearer” and a token.", "token-invalid")
    return parts[1]


def refuse(error: TokenRefused) -> AuthenticationFailed:
    """What is said about a token that opens nothing."""
    if error.is_expired:
        return AuthenticationFailed("The access token has expired. Use the refresh token.", "token-expired")
    return AuthenticationFailed("The access token is not valid here. Sign in again.", "token-invalid")


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>` of one kind of session. Anything else is nobody."""

    kind: ClassVar[SessionKind]

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """(owner, session); None without a bearer token. Raises AuthenticationFailed, which is a 401."""
        access = token_in(get_authorization_header(request))
        if access is None:
            return None
        try:
            session = find_session(self.kind, access, now=timezone.now())
        except TokenRefused as error:
            raise refuse(error) from error
        return getattr(session, self.kind.owner), session

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class StudentAuthentication(BearerAuthentication):
    kind = STUDENTS


class IsStudent(BasePermission):
    """A signed-in student, and nobody of the studio."""

    message = "Sign in as a student."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, Student)


def student_of(request: Request) -> Student:
    """The signed-in student of a view that demands IsStudent."""
    if not isinstance(request.user, Student):
        raise TypeError("The view does not demand IsStudent.")
    return request.user


class StudentBearer(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # drf-spectacular has no types
    target_class = StudentAuthentication
    name = "studentToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
