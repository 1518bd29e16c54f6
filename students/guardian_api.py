"""What a guardian does on the child's device, with the code that staff gave them (06, 4.4; 08, P5)."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from students.authentication import student_of
from students.budget import FEWEST_MINUTES, MOST_MINUTES
from students.endpoints import StudentEndpoint
from students.fields import FlagField, StrictSerializer, TextField, WholeField
from students.guardians import LONGEST_CODE, GuardianLocked, GuardianRefused, check_code
from students.limits import KEEP, set_limits
from students.models import Student
from students.problems import Forbidden, TooManyRequests, problems
from students.throttles import address_of

TAGS = ["guardian"]


class GuardianSerializer(StrictSerializer):
    """A body that proves itself by the guardian's code; never in an address, where logs would keep it."""

    guardian_code = TextField(
        max_length=LONGEST_CODE, help_text="As staff have given it, upper case or lower."
    )


class LimitsChangeSerializer(GuardianSerializer):
    learning_minutes = WholeField(
        min_value=FEWEST_MINUTES,
        max_value=MOST_MINUTES,
        allow_null=True,
        required=False,
        help_text="A day; null: what the age group has.",
    )
    reminders = FlagField(required=False, help_text="Whether the child may switch reminders on.")


class LimitsSerializer(serializers.ModelSerializer[Student]):
    minutes_a_day = serializers.IntegerField(help_text="What holds, by choice or by age group.")

    class Meta:
        model = Student
        fields = ("learning_minutes", "minutes_a_day", "reminders_allowed", "weekends_off")
        read_only_fields = fields


def guarded_student(request: Request, body: StrictSerializer) -> Student:
    """The signed-in student, once the body has proved that a guardian sends it. Raises problems."""
    student = student_of(request)
    try:
        check_code(student, body.validated_data["guardian_code"], address=address_of(request))
    except GuardianLocked as error:
        raise TooManyRequests(
            "locked-out", "Too many wrong codes. Wait, then try again.", wait=error.seconds
        ) from error
    except GuardianRefused as error:
        raise Forbidden(
            "guardian-code-wrong",
            "This is not the guardian's code. Nothing was changed; staff can issue one.",
        ) from error
    return student


class Limits(StudentEndpoint):
    throttle_scope: ClassVar[str] = "guardian"

    @extend_schema(
        operation_id="change_limits",
        tags=TAGS,
        request=LimitsChangeSerializer,
        responses={200: LimitsSerializer, **problems(400, 401, 403, 413, 415)},
    )
    def put(self, request: Request) -> Response:
        """The guardian sets minutes and reminders; what is not given stays, the code alone only reads.

        Repeating changes nothing.
        """
        body = LimitsChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = body.validated_data
        student = set_limits(
            guarded_student(request, body),
            minutes=given.get("learning_minutes", KEEP),
            reminders=given.get("reminders", KEEP),
        )
        return Response(LimitsSerializer(student).data)
