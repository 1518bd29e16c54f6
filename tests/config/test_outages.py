"""While the database is away, callers learn that it passes and when to come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker

REFRESH = "/api/student/token/refresh"


@pytest.fixture
def no_database(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Real connections, to a place where no server listens."""
    options = {key: value for key, value in connection.settings_dict["OPTIONS"].items() if key != "pool"}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    with django_db_blocker.unblock():
        connection.close()
        yield
        connection.close()


@pytest.mark.usefixtures("no_database")
def test_the_api_says_503_and_when_to_ask_again() -> None:
    client = Client(raise_request_exception=False)
    response = client.post(REFRESH, {"refresh": "0" * 43}, content_type="application/json")
    problem = response.json()
    assert (response.status_code, problem["code"], problem["status"]) == (503, "unavailable", 503)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"] == "5"
    assert "no-store" in response.headers["Cache-Control"]
    assert "connect" not in problem["detail"]


@pytest.mark.usefixtures("no_database")
def test_the_studio_says_503_on_a_page_for_people() -> None:
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    response = client.get("/admin/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "Back in a moment" in response.content.decode()
