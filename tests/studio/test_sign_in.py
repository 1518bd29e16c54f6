"""Signing in: one page, one count of wrong passwords, and a second factor for the roles that need it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from students import counters
from studio import policy
from studio.models import Creator
from studio.signing_in import FactorAdapter
from tests.studio.factories import PASSWORD, make_person

pytestmark = pytest.mark.django_db

SIGN_IN = "/account/sign-in/"
SET_UP = "/account/second-factor/totp/activate/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
DEMANDED = override_settings(STUDIO_SECOND_FACTOR=True)


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    cache.clear()
    counters.local.clear()
    yield
    cache.clear()
    counters.local.clear()


def sign_in(client: Client, user: Creator, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(SIGN_IN, {"login": user.email, "password": password, "next": "/admin/"} | more)


def give_app(user: Creator, secret: str = SECRET) -> None:
    data = {"secret": FactorAdapter().encrypt(secret)}
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data=data)


def present_code(secret: str = SECRET) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_the_right_password_opens_the_studio_for_twelve_hours_whatever_the_case_of_the_address() -> None:
    user = make_person("creator")
    client = Client()
    answer = client.post(SIGN_IN, {"login": user.email.upper(), "password": PASSWORD, "next": "/admin/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200
    assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 12 * 3600


def test_nobody_is_sent_to_another_site_after_signing_in() -> None:
    client = Client()
    answer = sign_in(client, make_person("creator"), next="https://elsewhere.example/")
    assert answer.headers["Location"] == "/admin/"


@override_settings(ACCOUNT_RATE_LIMITS=False)
def test_wrong_passwords_lock_the_door_with_the_sign_in_libraries_own_limit_switched_off() -> None:
    user = make_person("creator")
    client = Client()
    statuses = [sign_in(client, user, "not this one").status_code for _ in range(6)]
    assert statuses == [200, 200, 200, 200, 429, 429]
    locked = sign_in(client, user)
    assert locked.status_code == 429
    assert b"Too many wrong passwords" in locked.content
    assert sign_in(Client(REMOTE_ADDR="203.0.113.9"), user).status_code == 302  # another address may


@override_settings(ACCOUNT_RATE_LIMITS=False)
def test_page_and_api_count_the_same_failures() -> None:
    user = make_person("creator")
    for _ in range(3):
        sign_in(Client(), user, "wrong")
    api = APIClient()
    body = {"email": user.email, "password": "wrong"}
    codes = [api.post("/api/creator/token", body, format="json").status_code for _ in range(2)]
    assert codes == [401, 429]
    assert sign_in(Client(), user).status_code == 429


def test_a_wrong_password_and_an_unknown_address_read_the_same() -> None:
    user = make_person("creator")
    wrong = Client().post(SIGN_IN, {"login": user.email, "password": "wrong"})
    unknown = Client().post(SIGN_IN, {"login": "nobody@example.org", "password": "wrong"})
    assert wrong.context["form"].errors == unknown.context["form"].errors


def test_there_is_no_way_to_sign_up() -> None:
    for address in ("/account/signup/", "/account/sign-up/", "/account/email/", "/account/password/reset/"):
        assert Client().get(address).status_code == 404


# --------------------------------------------------------------------------- second factor


@DEMANDED
@pytest.mark.parametrize("role", sorted(policy.ROLES))
def test_a_role_that_needs_a_second_factor_lands_on_its_set_up_and_not_on_a_password_form(role: str) -> None:
    client = Client()
    assert sign_in(client, make_person(role)).headers["Location"] == "/admin/"
    answer = client.get("/admin/pipeline/contentproject/?q=bees")
    if role == "creator":
        assert answer.status_code == 200
        return
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{SET_UP}?next=%2Fadmin%2Fpipeline%2Fcontentproject%2F%3Fq%3Dbees"
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    text = page.content.decode()
    assert "Set up your second factor" in text
    assert 'type="password"' not in text
    assert "unsafe" not in page.headers["Content-Security-Policy"]


@DEMANDED
@pytest.mark.django_db(transaction=True)  # the session is marked when the app's row is committed
def test_setting_up_the_app_opens_the_studio_and_shows_recovery_codes() -> None:
    user = make_person("reviewer")
    client = Client()
    sign_in(client, user)
    page = client.get(SET_UP)
    secret = page.context["form"].secret
    assert client.post(SET_UP, {"code": "000000"}).status_code == 200
    done = client.post(SET_UP, {"code": present_code(secret)}, follow=True)
    assert "Recovery codes" in done.content.decode()
    assert client.get("/admin/").status_code == 200
    stored = Authenticator.objects.get(user=user, type="totp").data["secret"]
    assert secret not in stored  # encrypted at rest


@DEMANDED
def test_the_code_is_asked_for_at_the_next_sign_in_and_counts_once() -> None:
    user = make_person("reviewer")
    give_app(user)
    client = Client()
    first = sign_in(client, user)
    assert first.headers["Location"].startswith("/account/second-factor/authenticate/")
    assert client.get("/admin/").status_code == 302  # not in yet
    code = present_code()
    assert client.post("/account/second-factor/authenticate/", {"code": "000000"}).status_code == 200
    assert client.post("/account/second-factor/authenticate/", {"code": code}).status_code == 302
    assert client.get("/admin/").status_code == 200
    again = Client()
    sign_in(again, user)
    assert again.post("/account/second-factor/authenticate/", {"code": code}).status_code == 200


@DEMANDED
def test_a_session_from_before_the_app_has_to_show_it() -> None:
    user = make_person("editor_in_chief")
    client = Client()
    sign_in(client, user)
    give_app(user)
    assert client.get("/admin/").headers["Location"].startswith("/account/second-factor/reauthenticate/")
    answer = client.post("/account/second-factor/reauthenticate/?next=/admin/", {"code": present_code()})
    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200


@DEMANDED
def test_the_factor_costs_no_query_once_it_was_shown() -> None:
    user = make_person("reviewer")
    give_app(user)
    client = Client()
    sign_in(client, user)
    client.post("/account/second-factor/authenticate/", {"code": present_code()})
    client.get("/admin/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/admin/")
    assert not [query for query in queries if "mfa_authenticator" in query["sql"]]


@DEMANDED
def test_a_required_factor_cannot_be_removed() -> None:
    user = make_person("reviewer")
    give_app(user)
    client = Client()
    sign_in(client, user)
    client.post("/account/second-factor/authenticate/", {"code": present_code()})
    client.post("/account/second-factor/totp/deactivate/")
    assert Authenticator.objects.filter(user=user, type="totp").exists()


@DEMANDED
def test_the_api_asks_for_the_code_too() -> None:
    user = make_person("reviewer")
    api = APIClient()
    body = {"email": user.email, "password": PASSWORD}
    answer = api.post("/api/creator/token", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (401, "second-factor-required")
    give_app(user)
    assert api.post("/api/creator/token", body | {"code": "000000"}, format="json").status_code == 401
    code = present_code()
    assert api.post("/api/creator/token", body | {"code": code}, format="json").status_code == 200
    assert api.post("/api/creator/token", body | {"code": code}, format="json").status_code == 401


@DEMANDED
def test_a_cookie_without_the_factor_opens_no_api() -> None:
    client = Client()
    sign_in(client, make_person("reviewer"))
    answer = client.get("/api/creator/projects")
    assert (answer.status_code, answer.json()["code"]) == (403, "second-factor-required")


def test_a_deployment_without_the_second_factor_is_refused() -> None:
    with (
        override_settings(DEVELOPMENT=False, STUDIO_SECOND_FACTOR=False),
        pytest.raises(SystemCheckError, match=r"studio\.E001"),
    ):
        call_command("check", "--tag", "security")
