"""Consent: given with the guardian's code, taken back by the child, append-only, in force at once (P5)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from analytics.models import Event, Suppression
from analytics.tracking import VideoView, track
from students import guardians
from students.models import Consent, Student
from students.notice import NOTICE_VERSION
from tests.clients import assert_problem, make_student, student_client

pytestmark = pytest.mark.django_db
LIST = "/api/student/me/consents"
ADDRESS = "/api/student/me/consents/third_party_analytics"


@pytest.fixture
def student() -> Student:
    return make_student()


@pytest.fixture
def client(student: Student) -> APIClient:
    return student_client(student)


def giving(student: Student, **changes: Any) -> dict[str, Any]:
    return {
        "granted": True,
        "version": NOTICE_VERSION,
        "guardian_code": guardians.issue_code(student),
    } | changes


TAKING_BACK = {"granted": False, "version": NOTICE_VERSION}


def test_before_anybody_decides_there_is_no_consent(client: APIClient) -> None:
    nothing = {"granted": False, "present_version": NOTICE_VERSION, "latest": None}
    assert client.get(LIST).json() == [
        {"purpose": "service", **nothing},
        {"purpose": "third_party_analytics", **nothing},
    ]
    assert client.get(ADDRESS).json() == {"purpose": "third_party_analytics", **nothing}


def test_a_guardian_gives_consent(student: Student, client: APIClient) -> None:
    answer = client.put(ADDRESS, giving(student))
    assert (answer.status_code, answer.json()["granted"]) == (200, True)
    row = Consent.objects.get()
    assert (row.given_by, row.method, row.notice_version) == ("guardian", "guardian-code", NOTICE_VERSION)
    assert Student.objects.get().shares_analytics is True
    assert client.get(ADDRESS).json()["latest"]["at"] == row.at.isoformat().replace("+00:00", "Z")


def test_the_evidence_is_encrypted(student: Student, client: APIClient) -> None:
    client.put(ADDRESS, giving(student))
    assert Consent.objects.get().evidence.startswith(f"guardian-code; notice {NOTICE_VERSION}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT evidence FROM student_consents")
        assert "notice" not in cursor.fetchone()[0]


@pytest.mark.parametrize("code", ["wrong", None])
def test_without_the_code_nobody_gives_consent(student: Student, client: APIClient, code: str | None) -> None:
    body = giving(student, guardian_code=code)
    if code is None:
        del body["guardian_code"]
    assert_problem(client.put(ADDRESS, body), 403, "guardian-code-wrong")
    assert (Consent.objects.count(), Student.objects.get().shares_analytics) == (0, False)


def test_the_database_too_takes_consent_from_a_guardian_only(student: Student) -> None:
    with pytest.raises(IntegrityError, match="only_a_guardian_gives_consent"), transaction.atomic():
        Consent.objects.create(
            student=student,
            purpose="service",
            granted=True,
            notice_version="1",
            given_by="student",
            method="own-device",
            at=timezone.now(),
        )


def test_consent_to_another_notice_is_none(student: Student, client: APIClient) -> None:
    assert_problem(client.put(ADDRESS, giving(student, version="2019-01")), 409, "notice-outdated")
    assert Consent.objects.count() == 0


def test_the_child_takes_it_back_alone_and_it_holds_at_once(student: Student, client: APIClient) -> None:
    client.put(ADDRESS, giving(student))
    waiting = VideoView(
        student_id=student.pk,
        at=timezone.now(),
        video_id=student.pk,
        duration_seconds=1,
        completed=True,
    )
    track(waiting, third_party=True)
    answer = client.put(ADDRESS, TAKING_BACK)
    assert (answer.status_code, answer.json()["granted"]) == (200, False)
    assert answer.json()["latest"]["given_by"] == "student"
    assert Student.objects.get().shares_analytics is False
    assert Suppression.objects.get().subject == student.pk
    assert [event.third_party for event in Event.objects.all()] == [False]
    assert [row.granted for row in Consent.objects.order_by("at")] == [True, False]


def test_given_again_it_is_in_force_again(student: Student, client: APIClient) -> None:
    client.put(ADDRESS, giving(student))
    client.put(ADDRESS, TAKING_BACK)
    client.put(ADDRESS, giving(student))
    assert (Student.objects.get().shares_analytics, Suppression.objects.count()) == (True, 0)
    assert Consent.objects.count() == 3


def test_the_same_decision_twice_is_one_row(student: Student, client: APIClient) -> None:
    first = client.put(ADDRESS, giving(student)).json()
    assert client.put(ADDRESS, giving(student)).json() == first
    assert Consent.objects.count() == 1


def test_the_service_ends_with_the_account(student: Student, client: APIClient) -> None:
    service = "/api/student/me/consents/service"
    assert client.put(service, giving(student)).status_code == 200
    assert_problem(client.put(service, TAKING_BACK), 409, "delete-instead")
    assert (client.get(service).json()["granted"], Student.objects.get().shares_analytics) == (True, False)


@pytest.mark.parametrize("purpose", ["advertising", "SERVICE", "%00", "service/x"])
def test_there_is_no_other_purpose(student: Student, client: APIClient, purpose: str) -> None:
    answer = client.put(f"{LIST}/{purpose}", giving(student))
    assert_problem(answer, 404, "not-found")
    assert Consent.objects.count() == 0


def test_another_child_sees_nothing_of_it(student: Student, client: APIClient) -> None:
    client.put(ADDRESS, giving(student))
    assert student_client(make_student()).get(ADDRESS).json()["latest"] is None
