"""A web page's session: the refresh token is a cookie that no script reads and no other site can use."""

from __future__ import annotations

from http.cookies import Morsel
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from students import tokens
from students.models import Session, Student
from tests.clients import PASSWORD, assert_problem, make_student

pytestmark = pytest.mark.django_db
TOKEN = "/api/student/token"
REFRESH = "/api/student/token/refresh"
LOGOUT = "/api/student/logout"
ORIGIN = "http://testserver"
BODY = {"username": "brave-otter-17", "password": PASSWORD}


@pytest.fixture
def page() -> APIClient:
    """A browser's page of this site: it names its origin and asks for cookie mode."""
    return APIClient(HTTP_X_SESSION="cookie", HTTP_ORIGIN=ORIGIN)


def sign_in(page: APIClient) -> Any:
    make_student(username="brave-otter-17", password=PASSWORD)
    answer = page.post(TOKEN, BODY)
    assert answer.status_code == 200
    return answer


def attributes(cookie: Morsel[str]) -> dict[str, Any]:
    return {name: value for name, value in cookie.items() if value}


def test_in_cookie_mode_the_body_holds_no_refresh_token(page: APIClient) -> None:
    answer = sign_in(page)
    assert set(answer.json()) == {"access"}
    cookie = answer.cookies["refresh"]
    assert tokens.session_of(tokens.STUDENTS, cookie.value) == Session.objects.get().pk
    assert attributes(cookie) == {
        "path": "/",
        "samesite": "Strict",
        "httponly": True,
        "max-age": 7 * 86_400,
        "expires": cookie["expires"],
    }


def test_outside_development_the_cookie_is_bound_to_host_and_tls(page: APIClient, settings: Settings) -> None:
    settings.REFRESH_COOKIE_SECURE = True
    cookie = sign_in(page).cookies["__Host-refresh"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert page.post(REFRESH).status_code == 200
    gone = page.post(LOGOUT).cookies["__Host-refresh"]
    assert (gone.value, gone["secure"], gone["max-age"]) == ("", True, 0)


def test_without_the_header_nothing_changes_and_no_cookie_is_set() -> None:
    answer = sign_in(APIClient())
    assert set(answer.json()) == {"access", "refresh"}
    assert not answer.cookies


def test_registration_and_recovery_serve_a_page_too(page: APIClient) -> None:
    made = page.post("/api/student/register", BODY | {"age_group": "8-10"})
    assert made.status_code == 201
    assert set(made.json()) == {"student", "access", "recovery_code"}
    assert made.cookies["refresh"].value
    body = {
        "username": "brave-otter-17",
        "recovery_code": made.json()["recovery_code"],
        "new_password": "four green pears",
    }
    again = page.post("/api/student/recover", body)
    assert set(again.json()) == {"student", "access", "recovery_code"}
    assert again.cookies["refresh"].value != made.cookies["refresh"].value


def test_a_page_refreshes_without_a_body_and_the_cookie_moves_on(page: APIClient) -> None:
    first = sign_in(page).cookies["refresh"].value
    answer = page.post(REFRESH)
    assert set(answer.json()) == {"access"}
    assert answer.cookies["refresh"].value == tokens.successor_of(first)
    assert page.post(REFRESH).cookies["refresh"].value == tokens.successor_of(tokens.successor_of(first))


def test_signing_out_without_a_body_ends_the_session_and_removes_the_cookie(page: APIClient) -> None:
    sign_in(page)
    answer = page.post(LOGOUT)
    assert (answer.status_code, answer.cookies["refresh"].value, answer.cookies["refresh"]["max-age"]) == (
        204,
        "",
        0,
    )
    assert Session.objects.get().revoked_because == "signed-out"


@pytest.mark.parametrize("address", [REFRESH, LOGOUT])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver:8080", "", None])
def test_a_page_of_another_site_cannot_use_the_cookie(
    page: APIClient, address: str, origin: str | None
) -> None:
    cookie = sign_in(page).cookies["refresh"].value
    other = APIClient() if origin is None else APIClient(HTTP_ORIGIN=origin)
    other.cookies["refresh"] = cookie
    assert_problem(other.post(address), 403, "origin-refused")
    session = Session.objects.get()
    assert (session.revoked_at, session.refresh_tokens.get().used_at) == (None, None)


def test_a_page_of_another_site_cannot_open_a_session_in_cookie_mode() -> None:
    make_student(username="brave-otter-17", password=PASSWORD)
    other = APIClient(HTTP_X_SESSION="cookie", HTTP_ORIGIN="https://evil.example")
    assert_problem(other.post(TOKEN, BODY), 403, "origin-refused")
    register = other.post("/api/student/register", BODY | {"username": "otter-18", "age_group": "8-10"})
    assert_problem(register, 403, "origin-refused")
    assert (Session.objects.count(), Student.objects.count()) == (0, 1)


def test_an_origin_that_the_operator_trusts_may(settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://films.example.org"]
    assert sign_in(APIClient(HTTP_X_SESSION="cookie", HTTP_ORIGIN="https://films.example.org")).cookies


def test_another_mode_is_refused() -> None:
    client = APIClient(HTTP_X_SESSION="local-storage")
    for address, body in ((TOKEN, BODY), (REFRESH, {"refresh": "x"}), (LOGOUT, {"refresh": "x"})):
        assert_problem(client.post(address, body), 400, "session-mode-unknown")


def test_without_token_and_cookie_a_page_is_signed_out_and_an_app_has_forgotten_something(
    page: APIClient,
) -> None:
    assert_problem(page.post(REFRESH), 401, "refresh-invalid")
    assert page.post(LOGOUT).status_code == 204
    document = assert_problem(APIClient().post(REFRESH), 400, "invalid")
    assert [(error["field"], error["code"]) for error in document["errors"]] == [("refresh", "required")]


def test_a_cookie_that_opens_nothing_is_removed(page: APIClient) -> None:
    page.cookies["refresh"] = "x" * 43
    answer = page.post(REFRESH)
    assert_problem(answer, 401, "refresh-invalid")
    assert (answer.cookies["refresh"].value, answer.cookies["refresh"]["max-age"]) == ("", 0)


def test_a_token_in_the_body_counts_before_the_cookie(page: APIClient) -> None:
    cookie = sign_in(page).cookies["refresh"].value
    pair = tokens.open_session(tokens.STUDENTS, Student.objects.get(), now=timezone.now())
    answer = page.post(REFRESH, {"refresh": pair.refresh})
    assert answer.cookies["refresh"].value == tokens.successor_of(pair.refresh)
    assert tokens.rotate(tokens.STUDENTS, cookie, now=timezone.now()).refresh == tokens.successor_of(cookie)


def test_the_cookie_counts_as_its_session_for_the_limit(page: APIClient) -> None:
    sign_in(page)
    assert [page.post(REFRESH).status_code for _ in range(11)] == [200] * 10 + [429]


def test_the_cookie_alone_opens_no_other_address(page: APIClient) -> None:
    sign_in(page)
    assert_problem(page.get("/api/student/me"), 401, "not-authenticated")
