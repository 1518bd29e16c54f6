"""The child's data in the child's and the guardian's hands: consents, export, erasure (08, P5 to P7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from students import consents, privacy
from students.authentication import student_of
from students.endpoints import OpenEndpoint, StudentEndpoint
from students.fields import FlagField, StrictSerializer, TextField
from students.guardian_api import GuardianSerializer, guarded_student
from students.guardians import LONGEST_CODE
from students.models import Consent, Erasure, Student
from students.notice import NOTICE_VERSION
from students.problems import Conflict, Forbidden, Missing, problems
from students.security import record_security_event

TAGS = ["privacy"]
SIGNED_IN_AGAIN = timedelta(minutes=15)  # an export needs a sign-in that is this recent


# --------------------------------------------------------------------------- consents


class DecisionSerializer(StrictSerializer):
    granted = FlagField()
    version = TextField(
        max_length=20, help_text="Of the notice that was read: GET of the same address has it."
    )
    guardian_code = TextField(
        max_length=LONGEST_CODE, required=False, help_text="Needed to give consent, not to take it back."
    )


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    version = serializers.CharField(source="notice_version")

    class Meta:
        model = Consent
        fields = ("purpose", "granted", "version", "given_by", "method", "at")
        read_only_fields = fields


class ConsentStateSerializer(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(choices=Consent.Purpose.values)
    granted = serializers.BooleanField(help_text="Whether a consent is current.")
    present_version = serializers.CharField(help_text="Of the notice that is shown at /privacy.")
    latest = ConsentSerializer(
        allow_null=True, help_text="The decision that counts; null: nobody has decided."
    )


def state_of(purpose: str, row: Consent | None) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "granted": row is not None and row.granted,
        "present_version": NOTICE_VERSION,
        "latest": row,
    }


def find_purpose(written: str) -> Consent.Purpose:
    """Raises Missing, which is a 404."""
    try:
        return Consent.Purpose(written)
    except ValueError as error:
        raise Missing from error


PURPOSE_PARAMETER = OpenApiParameter("purpose", str, OpenApiParameter.PATH, enum=Consent.Purpose.values)


class Consents(StudentEndpoint):
    @extend_schema(
        operation_id="list_consents",
        tags=TAGS,
        responses={200: ConsentStateSerializer(many=True), **problems(401)},
    )
    def get(self, request: Request) -> Response:
        """What was decided about each purpose; nothing decided is no consent."""
        latest = consents.latest_consents(student_of(request))
        states = [state_of(purpose, row) for purpose, row in latest.items()]
        return Response(ConsentStateSerializer(states, many=True).data)


class ConsentOf(StudentEndpoint):
    @extend_schema(
        operation_id="read_consent",
        tags=TAGS,
        parameters=[PURPOSE_PARAMETER],
        responses={200: ConsentStateSerializer, **problems(401, 404)},
    )
    def get(self, request: Request, purpose: str) -> Response:
        """The decision about one purpose, and the version of the notice to read before another one."""
        found = find_purpose(purpose)
        return Response(
            ConsentStateSerializer(state_of(found, consents.latest_consents(student_of(request))[found])).data
        )

    @extend_schema(
        operation_id="decide_consent",
        tags=TAGS,
        parameters=[PURPOSE_PARAMETER],
        request=DecisionSerializer,
        responses={200: ConsentStateSerializer, **problems(400, 401, 403, 404, 409, 413, 415)},
    )
    def put(self, request: Request, purpose: str) -> Response:
        """Give consent with the guardian's code, or take it back: it holds from this moment on."""
        found = find_purpose(purpose)
        body = DecisionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        by_guardian = "guardian_code" in given
        student = guarded_student(request, body) if by_guardian else student_of(request)
        if given["granted"] and not by_guardian:
            raise Forbidden("guardian-code-wrong", "Consent needs the guardian's code. Nothing was changed.")
        try:
            row = consents.decide(
                student,
                found,
                granted=given["granted"],
                version=given["version"],
                by_guardian=by_guardian,
                now=timezone.now(),
            )
        except consents.NoticeOutdated as error:
            raise Conflict(
                "notice-outdated", f"Read the present notice, {NOTICE_VERSION}, and decide again."
            ) from error
        except consents.DeleteInstead as error:
            raise Conflict("delete-instead", "The service ends with the account: delete it.") from error
        return Response(ConsentStateSerializer(state_of(found, row)).data)


# --------------------------------------------------------------------------- export

EXPORT = OpenApiResponse(
    {
        "type": "object",
        "required": ["format", "version", "tables"],
        "properties": {
            "format": {"type": "string", "enum": [privacy.EXPORT_FORMAT]},
            "version": {"type": "integer"},
            "tables": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "object"}},
            },
        },
    },
    description="Everything that is kept, by table; the same bytes for the same data.",
)


def answer_export(student: Student) -> HttpResponse:
    """The file, and the event, which the next file contains."""
    content = privacy.write_export(student)
    record_security_event("exported", student.pk)
    response = HttpResponse(content, content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="everything-about-me.json"'
    return response


class Export(StudentEndpoint):
    throttle_scope: ClassVar[str] = "export"

    @extend_schema(operation_id="export_student", tags=TAGS, responses={200: EXPORT, **problems(401, 403)})
    def get(self, request: Request) -> HttpResponse:
        """Everything kept about this child, as one file, within 15 minutes of signing in."""
        session: Any = request.auth
        if timezone.now() - session.created_at > SIGNED_IN_AGAIN:
            raise Forbidden("sign-in-again", "Sign in again, then ask for the file within 15 minutes.")
        return answer_export(student_of(request))

    @extend_schema(
        operation_id="export_student_as_guardian",
        tags=TAGS,
        request=GuardianSerializer,
        responses={200: EXPORT, **problems(400, 401, 403, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """The same file for the guardian, by the code."""
        body = GuardianSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return answer_export(guarded_student(request, body))


# --------------------------------------------------------------------------- erasure


class DeletionSerializer(StrictSerializer):
    password = TextField(max_length=1000, trim_whitespace=False)


class ReceiptSerializer(serializers.Serializer[Any]):
    receipt = serializers.UUIDField(help_text="GET /api/student/erasures/{receipt} says how far it is.")
    requested_at = serializers.DateTimeField()
    promised_by = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    removed = serializers.DictField(child=serializers.IntegerField(), help_text="Table → rows removed.")


class BodyOfDelete(AutoSchema):
    """drf-spectacular describes no body of a DELETE; ours needs the password."""

    def _get_request_body(self, direction: str = "request") -> Any:
        if self.method != "DELETE":
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        self.method = "POST"
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = "DELETE"


class ErasureReceipt(OpenEndpoint):
    throttle_scope: ClassVar[str] = "anonymous"

    @extend_schema(
        operation_id="read_erasure",
        tags=TAGS,
        auth=[],
        responses={200: ReceiptSerializer, **problems(404)},
    )
    def get(self, request: Request, receipt: UUID) -> Response:
        """How far an erasure is, for whoever holds its receipt. It names nobody."""
        erasure = Erasure.objects.filter(pk=receipt).first()
        if erasure is None:
            raise Missing
        return Response(ReceiptSerializer(privacy.describe_erasure(erasure)).data)
