"""The signed-in student's own account: profile and password."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from students import accounts, passwords, tokens
from students.api import TAGS, explain_wrong_password, field_refused
from students.authentication import student_of
from students.cookies import MODE_PARAMETER, answer_with, wants_cookie
from students.endpoints import StudentEndpoint
from students.problems import Forbidden, problems
from students.serializers import (
    PasswordChangeSerializer,
    ProfileChangeSerializer,
    StudentSerializer,
    StudentTokensSerializer,
)
from students.throttles import address_of


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


class Password(StudentEndpoint):
    throttle_scope: ClassVar[str] = "account"

    @extend_schema(
        operation_id="change_password",
        tags=TAGS,
        parameters=[MODE_PARAMETER],
        request=PasswordChangeSerializer,
        responses={200: StudentTokensSerializer, **problems(400, 401, 403, 413, 415)},
    )
    def put(self, request: Request) -> Response:
        """Another password. Every session ends; the answer signs this device in again."""
        as_cookie = wants_cookie(request)
        body = PasswordChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        student, now = student_of(request), timezone.now()
        with explain_wrong_password(Forbidden("password-wrong", "This is not the present password.")):
            passwords.confirm_password(student, body.validated_data["password"], address=address_of(request))
        try:
            passwords.change_password(student, body.validated_data["new_password"], now=now)
        except accounts.AccountRefused as error:
            raise field_refused(error.field, error.code, error.message) from error
        pair = tokens.open_session(tokens.STUDENTS, student, now=now)
        return answer_with(pair, {}, as_cookie=as_cookie)
