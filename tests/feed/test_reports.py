"""A child reports a film: once, in one of four kinds, without a word. Over HTTP."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from students.models import Student
from tests.clients import assert_problem, make_student, make_video, student_client
from videos.models import FilmReport, LearningVideo
from videos.reporting import count_reports, settle_reports

pytestmark = pytest.mark.django_db
REPORTS = "/api/student/reports"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def student() -> Student:
    return make_student()


@pytest.fixture
def client(student: Student) -> APIClient:
    return student_client(student)


def report(film: LearningVideo, kind: str = "frightening", **fields: Any) -> dict[str, Any]:
    return {"report_id": str(uuid4()), "video_id": str(film.pk), "kind": kind} | fields


def test_a_report_sent_again_is_one_and_another_body_is_a_conflict(
    client: APIClient, student: Student
) -> None:
    film, other = make_video(), make_video()
    sent = report(film)
    replies = [client.post(REPORTS, sent) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [201, 200, 200]
    assert {reply.content for reply in replies} == {replies[0].content}
    assert replies[0].json() == sent
    for changed in (sent | {"kind": "wrong"}, sent | {"video_id": str(other.pk)}):
        assert_problem(client.post(REPORTS, changed), 409, "idempotency-conflict")
    row = FilmReport.objects.get()
    assert (row.student, row.video, row.kind, row.told_at, row.settled_at) == (
        student,
        film,
        "frightening",
        None,
        None,
    )


def test_a_child_counts_once_for_a_film_however_often_it_says_so(client: APIClient) -> None:
    film = make_video()
    first = client.post(REPORTS, report(film))
    again = client.post(REPORTS, report(film))
    assert (again.status_code, again.content) == (200, first.content)
    assert client.post(REPORTS, report(film, "broken")).status_code == 201
    student_client(make_student()).post(REPORTS, report(film, "broken"))
    found = count_reports(film.pk)
    assert (found.children, found.kinds) == (2, {"broken": 2, "frightening": 1})


def test_nothing_but_a_listed_kind_is_taken(client: APIClient) -> None:
    film = make_video()
    refused = client.post(REPORTS, report(film, "boring"))
    assert_problem(refused, 400, "invalid", field="kind", field_code="invalid-choice")
    for name in ("text", "comment", "reason"):
        sent = report(film, **{name: "my name is"})
        assert_problem(client.post(REPORTS, sent), 400, "invalid", field=name, field_code="unknown-field")
    assert not FilmReport.objects.exists()


def test_a_film_that_is_not_for_this_child_cannot_be_reported(client: APIClient) -> None:
    older, draft = make_video(age_groups=[14, 15, 16, 17]), make_video(status="draft")
    for film in (older, draft):
        assert_problem(client.post(REPORTS, report(film)), 404, "not-found")
    assert not FilmReport.objects.exists()


@pytest.mark.parametrize("status", ["unpublished", "superseded"])
def test_a_film_that_was_withdrawn_meanwhile_can_be_reported(client: APIClient, status: str) -> None:
    assert client.post(REPORTS, report(make_video(status=status))).status_code == 201


def test_reports_that_somebody_looked_at_wait_no_longer(client: APIClient, now: datetime) -> None:
    film = make_video()
    client.post(REPORTS, report(film))
    assert settle_reports(film.pk, now=now) == 1
    assert settle_reports(film.pk, now=now) == 0
    assert count_reports(film.pk).children == 0
    assert FilmReport.objects.get().settled_at == now


def test_the_export_tells_the_child_its_own_reports_and_when_somebody_looked(
    client: APIClient, student: Student
) -> None:
    film = make_video()
    client.post(REPORTS, report(film, "wrong"))
    rows = json.loads(client.get("/api/student/me/export").content)["tables"]["film_reports"]
    assert len(rows) == 1
    assert (rows[0]["kind"], rows[0]["video_id"], rows[0]["settled_at"]) == ("wrong", str(film.pk), None)


def test_the_database_knows_the_kinds_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'report_kind_is_listed'"
        )
        (rule,) = cursor.fetchone()
    assert all(f"'{kind}'" in rule for kind in FilmReport.Kind.values)
    assert len(FilmReport.Kind.values) == rule.count("'") // 2
