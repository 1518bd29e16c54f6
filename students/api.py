"""The way in and out of a student's account: names to choose, registration, sign-in, recovery, sign-out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from students import accounts, class_codes, passwords, tokens, usernames
from students.authentication import student_of
from students.cookies import MODE_PARAMETER, answer_with, cookie_name, cookie_of, forget_cookie, wants_cookie
from students.endpoints import OpenEndpoint, StudentEndpoint
from students.problems import Conflict, Problem, TooManyRequests, Unauthorized, problems
from students.serializers import (
    RecoverySerializer,
    RefreshSerializer,
    RegisterSerializer,
    RegistrationSerializer,
    SignInSerializer,
    StudentSerializer,
    StudentTokensSerializer,
    TokensSerializer,
    UsernameSuggestionsSerializer,
    WebRefreshSerializer,
)
from students.throttles import address_of, typed_text

TAGS = ["student account"]


@contextmanager
def explain_wrong_password(wrong: Problem) -> Iterator[None]:
    """Wrong passwords, and too many of them, as problems."""
    try:
        yield
    except accounts.LockedOut as error:
        raise TooManyRequests(
            "locked-out", "Too many wrong passwords. Wait, then try again.", wait=error.seconds
        ) from error
    except accounts.SignInRefused as error:
        raise wrong from error


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

    def choose_scope(self, request: Request) -> str:
        """A class sits behind one address: with a code of its teacher more of it may register."""
        code = typed_text(request, "class_code")
        return "register-class" if class_codes.is_open(code, today=timezone.now().date()) else "register"

    @extend_schema(
        operation_id="register_student",
        tags=TAGS,
        auth=[],
        parameters=[MODE_PARAMETER],
        request=RegisterSerializer,
        responses={201: RegistrationSerializer, **problems(400, 403, 409, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new account. A name that looks like personal data is refused with the reason."""
        as_cookie = wants_cookie(request)
        body = RegisterSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        try:
            if "class_code" in given:
                class_codes.check_code(given["class_code"], today=timezone.now().date())
            made = accounts.register(
                username=given["username"],
                password=given["password"],
                age_group=given["age_group"],
                time_zone=given["timezone"],
            )
        except class_codes.ClassCodeRefused as error:
            raise field_refused("class_code", error.code, error.message) from error
        except usernames.UsernameRefused as error:
            raise field_refused("username", error.code, error.message) from error
        except accounts.AccountRefused as error:
            raise field_refused(error.field, error.code, error.message) from error
        except accounts.UsernameTaken as error:
            raise Conflict("username-taken", "Somebody has this name already. Choose another one.") from error
        return sign_in_as_new(made, as_cookie=as_cookie, status=201)


def sign_in_as_new(made: accounts.Registration, *, as_cookie: bool, status: int) -> Response:
    """Tokens of a session just opened, the profile, and the recovery code, which is not shown again."""
    pair = tokens.open_session(tokens.STUDENTS, made.student, now=timezone.now())
    answer = {"student": StudentSerializer(made.student).data, "recovery_code": made.recovery_code}
    return answer_with(pair, answer, as_cookie=as_cookie, status=status)


class SignIn(OpenEndpoint):
    throttle_scope: ClassVar[str] = "sign-in"

    @extend_schema(
        operation_id="sign_in_student",
        tags=TAGS,
        auth=[],
        parameters=[MODE_PARAMETER],
        request=SignInSerializer,
        responses={200: StudentTokensSerializer, **problems(400, 401, 403, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """Tokens for a name and its password. After too many wrong ones the name is locked for 15 minutes."""
        as_cookie = wants_cookie(request)
        body = SignInSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with explain_wrong_password(Unauthorized("sign-in-failed", "The name or the password is wrong.")):
            student = accounts.sign_in(**body.validated_data, address=address_of(request))
        pair = tokens.open_session(tokens.STUDENTS, student, now=timezone.now())
        return answer_with(pair, {}, as_cookie=as_cookie)


class Recover(OpenEndpoint):
    throttle_scope: ClassVar[str] = "recovery"

    @extend_schema(
        operation_id="recover_student",
        tags=TAGS,
        auth=[],
        parameters=[MODE_PARAMETER],
        request=RecoverySerializer,
        responses={200: RegistrationSerializer, **problems(400, 401, 403, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new password for whoever has the recovery code. Every session ends; a new code is shown, once."""
        as_cookie = wants_cookie(request)
        body = RecoverySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            made = passwords.recover(**body.validated_data, now=timezone.now())
        except accounts.AccountRefused as error:
            raise field_refused(error.field, error.code, error.message) from error
        except passwords.RecoveryRefused as error:
            raise Unauthorized("recovery-refused", "The name or the recovery code is wrong.") from error
        return sign_in_as_new(made, as_cookie=as_cookie, status=200)


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
        return Response(TokensSerializer(self.replace(body.validated_data["refresh"])).data)

    def replace(self, presented: str) -> tokens.TokenPair:
        """Raises the problem of a token that is not valid."""
        try:
            return tokens.rotate(self.kind, presented, now=timezone.now())
        except tokens.RefreshRefused as error:
            raise Unauthorized("refresh-invalid", "The refresh token is not valid. Sign in again.") from error


class WebSession:
    """What a web page's cookie adds to the addresses of a session."""

    def presented(self, request: Request) -> tuple[str | None, bool]:
        """The refresh token of the body, or (True) of the cookie; None where a page has none any more."""
        is_page = wants_cookie(request)
        body = WebRefreshSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        if "refresh" in body.validated_data:
            return body.validated_data["refresh"], False
        from_cookie = cookie_of(request)
        if from_cookie is None and not is_page:
            RefreshSerializer(data={}).is_valid(raise_exception=True)
        return from_cookie, True

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        final: Response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc] # a view's
        if final.status_code == HTTPStatus.UNAUTHORIZED:
            forget_cookie(request, final)
        return final


class Refresh(WebSession, RefreshEndpoint):
    kind = tokens.STUDENTS

    def session_ident(self, request: Request) -> str | None:
        in_body = isinstance(request.data, dict) and "refresh" in request.data
        presented = None if in_body else request.COOKIES.get(cookie_name())
        if presented is None:
            return super().session_ident(request)
        session = tokens.session_of(self.kind, presented)
        return str(session) if session is not None else None

    @extend_schema(
        operation_id="refresh_student_token",
        tags=TAGS,
        auth=[],
        parameters=[MODE_PARAMETER],
        request=WebRefreshSerializer,
        responses={200: StudentTokensSerializer, **problems(400, 401, 403, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """New tokens. A refresh token works once; repeated within 30 seconds it gives the same one again."""
        presented, from_cookie = self.presented(request)
        as_cookie = from_cookie or wants_cookie(request)
        return answer_with(self.replace(presented or ""), {}, as_cookie=as_cookie)


class SignOutEndpoint(OpenEndpoint):
    """The base of both sign-out addresses."""

    throttle_scope: ClassVar[str] = "sign-out"
    kind: ClassVar[tokens.SessionKind]

    def end(self, request: Request) -> Response:
        body = RefreshSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        tokens.sign_out(self.kind, body.validated_data["refresh"], now=timezone.now())
        return Response(status=204)


class SignOut(WebSession, SignOutEndpoint):
    kind = tokens.STUDENTS

    @extend_schema(
        operation_id="sign_out_student",
        tags=TAGS,
        auth=[],
        parameters=[MODE_PARAMETER],
        request=WebRefreshSerializer,
        responses={204: None, **problems(400, 403, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """End the session of a refresh token, at once and for every token of it. Repeating is harmless."""
        presented, from_cookie = self.presented(request)
        tokens.sign_out(self.kind, presented or "", now=timezone.now())
        response = Response(status=204)
        if from_cookie:
            forget_cookie(request, response)
        return response


class SignOutEverywhere(StudentEndpoint):
    throttle_scope: ClassVar[str] = "account"

    @extend_schema(
        operation_id="sign_out_student_everywhere",
        tags=TAGS,
        request=None,
        responses={204: None, **problems(401)},
    )
    def post(self, request: Request) -> Response:
        """End every session of the student on every device, this one too."""
        tokens.end_student_sessions(student_of(request), because="signed-out-everywhere", now=timezone.now())
        response = Response(status=204)
        forget_cookie(request, response)
        return response
