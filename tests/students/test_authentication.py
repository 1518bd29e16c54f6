"""Whose access tokens open what: forged, foreign, expired and orphaned ones open nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from students import tokens
from students.models import Session, Student
from studio.models import Creator
from tests.clients import assert_problem, bearer, creator_client, make_student, student_client

ME = "/api/student/me"
pytestmark = pytest.mark.django_db


def claims_of(student: Student) -> dict[str, Any]:
    """The claims of a fresh, valid token."""
    pair = tokens.open_session(tokens.STUDENTS, student, now=timezone.now())
    return dict(tokens.StudentAccessToken(pair.access).payload)  # type: ignore[arg-type] # it means text


def sign(claims: dict[str, Any], *, key: str = "", algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key or settings.TOKEN_SIGNING_KEY, algorithm=algorithm)


def without(name: str) -> Callable[[dict[str, Any]], str]:
    return lambda claims: sign({key: value for key, value in claims.items() if key != name})


def with_value(name: str, value: Any) -> Callable[[dict[str, Any]], str]:
    return lambda claims: sign(claims | {name: value})


FORGED: dict[str, Callable[[dict[str, Any]], str]] = {
    "no algorithm": lambda claims: jwt.encode(claims, "", algorithm="none"),
    "another algorithm": lambda claims: sign(claims, algorithm="HS512"),
    "another key": lambda claims: sign(claims, key="x" * 40),
    "signature cut off": lambda claims: sign(claims).rsplit(".", 1)[0] + ".",
    "not a token": lambda claims: "abc",
    "no issuer": without("iss"),
    "another issuer": with_value("iss", "somebody"),
    "no audience": without("aud"),
    "creators' audience": with_value("aud", "creator"),
    "two audiences": with_value("aud", ["student", "creator"]),
    "no subject": without("sub"),
    "subject not an id": with_value("sub", "1"),
    "subject a number": with_value("sub", 1),
    "somebody else's subject": with_value("sub", "018f0000-0000-7000-8000-000000000000"),
    "no session": without("sid"),
    "unknown session": with_value("sid", "018f0000-0000-7000-8000-000000000000"),
    "no jti": without("jti"),
    "no time of issue": without("iat"),
    "issued tomorrow": lambda claims: sign(claims | {"iat": claims["iat"] + 86_400}),
    "no end": without("exp"),
    "the end is text": lambda claims: sign(claims | {"exp": str(claims["exp"])}),
    "no type": without("token_type"),
    "a refresh token": with_value("token_type", "refresh"),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_opens_nothing(forge: Callable[[dict[str, Any]], str]) -> None:
    token = forge(claims_of(make_student()))
    response = bearer(token).get(ME)
    assert_problem(response, 401, "token-invalid")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_is_good_for_ten_minutes_and_ten_seconds_of_clock_difference() -> None:
    claims = claims_of(make_student())
    assert bearer(sign(claims | {"exp": claims["iat"] - 5})).get(ME).status_code == 200
    assert_problem(bearer(sign(claims | {"exp": claims["iat"] - 15})).get(ME), 401, "token-expired")


def test_the_untouched_token_of_the_same_claims_is_accepted() -> None:
    student = make_student()
    assert bearer(sign(claims_of(student))).get(ME).json()["id"] == str(student.pk)


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YTpi", "Bearer a b", "Token x"])
def test_without_a_bearer_token_nobody_is_signed_in(header: str) -> None:
    client = bearer("")
    client.credentials(HTTP_AUTHORIZATION=header)
    assert client.get(ME).status_code == 401


def test_an_ended_session_is_refused_on_the_next_request() -> None:
    student = make_student()
    client = student_client(student)
    assert client.get(ME).status_code == 200
    tokens.end_student_sessions(student, because="test", now=timezone.now())
    assert_problem(client.get(ME), 401, "token-invalid")


def test_an_old_session_an_inactive_and_a_deleted_student_are_refused() -> None:
    old, inactive, deleted = make_student(), make_student(), make_student()
    clients = [student_client(student) for student in (old, inactive, deleted)]
    Session.objects.filter(student=old).update(expires_at=timezone.now() - timedelta(seconds=1))
    Student.objects.filter(pk=inactive.pk).update(is_active=False)
    deleted.delete()
    assert [client.get(ME).status_code for client in clients] == [401, 401, 401]


def test_signing_a_request_in_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client = student_client(make_student())
    with django_assert_num_queries(1):
        assert client.get(ME).status_code == 200


def test_tokens_of_students_and_creators_do_not_open_each_others_api() -> None:
    student = student_client(make_student())
    creator = creator_client(Creator.objects.create_user("person@example.org"))
    assert_problem(student.get("/api/creator/projects"), 401, "token-invalid")
    assert_problem(creator.get(ME), 401, "token-invalid")
    assert student.get(ME).status_code == 200
    assert creator.get("/api/creator/projects").status_code == 200
