"""A child reports a film: a plain view like the opinions beside it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema

from feed.api import TAGS, answer_json
from feed.bodies import Report, report_decoder
from feed.serializers import KeptReportSerializer, ReportSerializer
from students.calls import Call, endpoint, read_json
from students.problems import Conflict, Missing, problems
from videos.reporting import ReportConflict, record_report
from videos.watching import VideoNotFound


@endpoint(
    "POST",
    throttle="report",
    schema=extend_schema(
        operation_id="report_film",
        tags=TAGS,
        request=ReportSerializer,
        responses={
            200: OpenApiResponse(KeptReportSerializer, description="Said before; nothing has changed."),
            201: KeptReportSerializer,
            **problems(400, 401, 404, 409, 413, 415),
        },
    ),
)
def post_report(call: Call) -> HttpResponse:
    """Say that something is wrong with a film. A person looks at it; several children pause it."""
    body = read_json(call.request, report_decoder, explain_report, shape_report)
    try:
        report, is_new = record_report(
            call.student.pk,
            report_id=body.report_id,
            video_id=body.video_id,
            kind=body.kind,
            now=call.now,
        )
    except VideoNotFound as error:
        raise Missing from error
    except ReportConflict as error:
        raise Conflict("idempotency-conflict", str(error)) from error
    value = {"report_id": report.report_id, "video_id": report.video_id, "kind": report.kind}
    return answer_json(value, HTTPStatus.CREATED if is_new else HTTPStatus.OK)


def explain_report(data: Any) -> ReportSerializer:
    return ReportSerializer(data=data)


def shape_report(values: dict[str, Any]) -> Report:
    return Report(**values)
