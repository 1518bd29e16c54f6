"""The student's account: names to choose, registration, sign-in, profile."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from students import accounts, tokens, usernames
from students.authentication import student_of
from students.endpoints import OpenEndpoint, StudentEndpoint
from students.problems import Conflict, TooManyRequests, Unauthorized, problems
from students.serializers import (
    ProfileChangeSerializer,
    RefreshSerializer,
    RegisterSerializer,
    RegistrationSerializer,
    SignInSerializer,
    StudentSerializer,
    TokensSerializer,
    UsernameSuggestionsSerializer,
)
from students.throttles import address_of

TAGS = ["student account"]


def field_refused(field: str, code: str, message: str) -> ValidationError:
    """A rule's objection to one field, as the serializers report theirs."""
    return ValidationError({field: [message]}, code=code)


class UsernameSuggestions(OpenEndpoint):
    throttle_scope: ClassVar[str] = "anonymous"

    @extend_schema(
        operation_id="suggest_usernames",
        tags=TAGS,
        auth=[],
        responses={200: UsernameSuggestionsSerializer, **problems()},
    )
    def get(self, request: Request) -> Response:
        """Six free, harmless names to choose from."""
        return Response({"usernames": usernames.suggest_usernames()})


class Register(OpenEndpoint):
    throttle_scope: ClassVar[str] = "register"

    @extend_schema(
        operation_id="register_student",
        tags=TAGS,
        auth=[],
        request=RegisterSerializer,
        responses={201: RegistrationSerializer, **problems(400, 409, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new account. A name that looks like personal data is refused with the reason."""
        body = RegisterSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        try:
            made = accounts.register(
                username=given["username"],
                password=given["password"],
                age_group=given["age_group"],
                time_zone=given["timezone"],
            )
        except usernames.UsernameRefused as error:
            raise field_refused("username", error.code, error.message) from error
        except accounts.AccountRefused as error:
            raise field_refused(error.field, error.code, error.message) from error
        except accounts.UsernameTaken as error:
            raise Conflict("username-taken", "Somebody has this name already. Choose another one.") from error
        pair = tokens.open_session(tokens.STUDENTS, made.student, now=timezone.now())
        answer = {
            "student": made.student,
            "access": pair.access,
            "refresh": pair.refresh,
            "recovery_code": made.recovery_code,
        }
        return Response(RegistrationSerializer(answer).data, status=201)


class SignIn(OpenEndpoint):
    throttle_scope: ClassVar[str] = "sign-in"

    @extend_schema(
        operation_id="sign_in_student",
        tags=TAGS,
        auth=[],
        request=SignInSerializer,
        responses={200: TokensSerializer, **problems(400, 401, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """Tokens for a name and its password. After too many wrong ones the name is locked for 15 minutes."""
        body = SignInSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            student = accounts.sign_in(**body.validated_data, address=address_of(request))
        except accounts.LockedOut as error:
            raise TooManyRequests(
                "locked-out", "Too many wrong passwords. Wait, then try again.", wait=error.seconds
            ) from error
        except accounts.SignInRefused as error:
            raise Unauthorized("sign-in-failed", "The name or the password is wrong.") from error
        pair = tokens.open_session(tokens.STUDENTS, student, now=timezone.now())
        return Response(TokensSerializer(pair).data)


class RefreshEndpoint(OpenEndpoint):
    """The base of both refresh addresses: a limit for each session."""

    throttle_scope: ClassVar[str] = "refresh"
    kind: ClassVar[tokens.SessionKind]

    def session_ident(self, request: Request) -> str | None:
        """What the limit counts by; None lets the serializer refuse a broken body."""
        presented: Any = request.data.get("refresh") if isinstance(request.data, dict) else None
        session = tokens.session_of(self.kind, presented) if isinstance(presented, str) else None
        return str(session) if session is not None else None

    def rotate(self, request: Request) -> Response:
        body = RefreshSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            pair = tokens.rotate(self.kind, body.validated_data["refresh"], now=timezone.now())
        except tokens.RefreshRefused as error:
            raise Unauthorized("refresh-invalid", "The refresh token is not valid. Sign in again.") from error
        return Response(TokensSerializer(pair).data)


class Refresh(RefreshEndpoint):
    kind = tokens.STUDENTS

    @extend_schema(
        operation_id="refresh_student_token",
        tags=TAGS,
        auth=[],
        request=RefreshSerializer,
        responses={200: TokensSerializer, **problems(400, 401, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """New tokens. A refresh token works once; repeated within 30 seconds it gives the same one again."""
        return self.rotate(request)


class SignOutEndpoint(OpenEndpoint):
    """The base of both sign-out addresses."""

    throttle_scope: ClassVar[str] = "sign-out"
    kind: ClassVar[tokens.SessionKind]

    def end(self, request: Request) -> Response:
        body = RefreshSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        tokens.sign_out(self.kind, body.validated_data["refresh"], now=timezone.now())
        return Response(status=204)


class SignOut(SignOutEndpoint):
    kind = tokens.STUDENTS

    @extend_schema(
        operation_id="sign_out_student",
        tags=TAGS,
        auth=[],
        request=RefreshSerializer,
        responses={204: None, **problems(400, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """End the session of a refresh token, at once and for every token of it. Repeating is harmless."""
        return self.end(request)


class Me(StudentEndpoint):
    @extend_schema(
        operation_id="read_profile", tags=TAGS, responses={200: StudentSerializer, **problems(401)}
    )
    def get(self, request: Request) -> Response:
        """The signed-in student."""
        return Response(StudentSerializer(student_of(request)).data)

    @extend_schema(
        operation_id="change_profile",
        tags=TAGS,
        request=ProfileChangeSerializer,
        responses={200: StudentSerializer, **problems(400, 401, 413, 415)},
    )
    def patch(self, request: Request) -> Response:
        """Change age group, time zone or preferences; what is not given stays."""
        body = ProfileChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        try:
            student = accounts.change_profile(
                student_of(request),
                now=timezone.now(),
                age_group=given.get("age_group"),
                time_zone=given.get("timezone"),
                preferences=given.get("learning_preferences"),
            )
        except accounts.AccountRefused as error:
            raise field_refused(error.field, error.code, error.message) from error
        return Response(StudentSerializer(student).data)
