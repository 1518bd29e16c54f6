"""What a guardian reads on the child's device, with the code that staff gave them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feed.next_topics import Reason
from feed.summary import read_summary
from students.endpoints import StudentEndpoint
from students.guardian_api import TAGS, GuardianSerializer, guarded_student
from students.problems import problems


class NamedConceptSerializer(serializers.Serializer[Any]):
    topic = serializers.CharField()
    concept = serializers.CharField()


class MasteredSerializer(serializers.Serializer[Any]):
    topics = serializers.ListField(child=serializers.CharField())
    concepts = NamedConceptSerializer(many=True, help_text="At most 50 by name.")
    count = serializers.IntegerField()


class RememberedSerializer(serializers.Serializer[Any]):
    learned_so_far = serializers.IntegerField()
    remembered_now = serializers.IntegerField(help_text="Of these, with a recall of 0.7 or more today.")
    practised_this_week = serializers.IntegerField()
    recalled_this_week = NamedConceptSerializer(many=True, help_text="At most 50 by name.")


class ComingSerializer(serializers.Serializer[Any]):
    topic = serializers.CharField()
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason])


class SummarySerializer(serializers.Serializer[Any]):
    to = serializers.DateField(help_text="The present learning day; `from` is six days earlier.")
    mastered = MasteredSerializer()
    remembered = RememberedSerializer()
    next = ComingSerializer(many=True)
    sentences = serializers.ListField(child=serializers.CharField(), help_text="The same in words.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # `from` is a word of the language and cannot stand as an attribute above.
        return {"from": serializers.DateField(), **super().get_fields()}


class Summary(StudentEndpoint):
    throttle_scope: ClassVar[str] = "guardian"

    @extend_schema(
        operation_id="read_summary",
        tags=TAGS,
        request=GuardianSerializer,
        responses={200: SummarySerializer, **problems(400, 401, 403, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """The week in figures and in words: mastered, remembered, next. Reading changes nothing.

        A POST, so that the guardian's code stands in the body and in no log of addresses.
        """
        body = GuardianSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        student = guarded_student(request, body)
        return Response(read_summary(student, now=timezone.now()))
