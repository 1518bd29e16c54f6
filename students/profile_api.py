"""The signed-in student's own account: profile and password."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from students import accounts, erasing, passwords, privacy, tokens
from students.api import TAGS, explain_wrong_password, field_refused
from students.authentication import student_of
from students.cookies import MODE_PARAMETER, answer_with, forget_cookie, wants_cookie
from students.endpoints import StudentEndpoint
from students.privacy_api import TAGS as PRIVACY_TAGS
from students.privacy_api import BodyOfDelete, DeletionSerializer, ReceiptSerializer
from students.problems import Forbidden, problems
from students.serializers import (
    PasswordChangeSerializer,
    ProfileChangeSerializer,
    StudentSerializer,
    StudentTokensSerializer,
)
from students.throttles import address_of


class Me(StudentEndpoint):
    schema = BodyOfDelete()

    def get_throttles(self) -> list[Any]:
        if self.request.method == "DELETE":
            self.throttle_scope = "erase"  # type: ignore[misc] # of this request's view
        return super().get_throttles()

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

    @extend_schema(
        operation_id="delete_student",
        tags=PRIVACY_TAGS,
        request=DeletionSerializer,
        responses={202: ReceiptSerializer, **problems(400, 401, 403, 413, 415)},
    )
    def delete(self, request: Request) -> Response:
        """Delete the account: closed and signed out at once, everything gone within 30 days.

        The receipt says what was removed. It cannot be undone.
        """
        body = DeletionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        student = student_of(request)
        wrong = Forbidden("password-wrong", "This is not the password. Nothing was deleted.")
        with explain_wrong_password(wrong):
            passwords.confirm_password(student, body.validated_data["password"], address=address_of(request))
        with transaction.atomic():
            erasure = privacy.request_erasure(student, by="student", now=timezone.now())
            erasing.ring_on_commit(erasure.pk)
        response = Response(ReceiptSerializer(privacy.describe_erasure(erasure)).data, status=202)
        forget_cookie(request, response)
        return response


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
