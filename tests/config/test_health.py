"""Probes: alive without asking anybody, ready when the database is, and never telling addresses."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from django.db import DatabaseError
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from config import health


@pytest.fixture(autouse=True)
def forget_answer() -> Iterator[None]:
    health._kept = None
    yield
    health._kept = None


def fail() -> None:
    raise ConnectionError("redis://user:password@cache:6379 is away")


def pass_by() -> None:
    """A part that answers."""


@pytest.mark.django_db
def test_live_asks_nobody(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        response = Client().get("/health/live")
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies


@pytest.mark.django_db
def test_a_probe_asks_by_address_without_tls_and_its_answer_is_guarded_as_all_others(
    settings: Settings,
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["learn.example.org"]
    assert Client().get("/privacy", secure=True, headers={"Host": "10.0.0.7:8000"}).status_code == 400
    response = Client().get("/health/live", headers={"Host": "10.0.0.7:8000"})
    assert response.status_code == 200
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Request-Id"]
    assert not response.cookies


@pytest.mark.django_db(transaction=True)
def test_ready_reports_each_part_with_its_time() -> None:
    response = Client().get("/health/ready")
    report = response.json()
    assert (response.status_code, report["status"]) == (200, "ok")
    assert set(report["parts"]) == {"database", "cache", "broker", "storage"}
    assert all(0 <= part["seconds"] < 1 for part in report["parts"].values())


def test_without_the_database_nothing_is_ready() -> None:
    def no_database() -> None:
        raise DatabaseError("password authentication failed for app")

    status, report = health.examine({"database": no_database, "cache": pass_by})
    assert (status, report["status"]) == (503, "down")
    assert report["parts"]["database"] == {"status": "down", "seconds": None, "error": "DatabaseError"}


def test_without_the_others_the_api_is_degraded_and_their_addresses_stay_secret() -> None:
    status, report = health.examine({"database": pass_by, "cache": fail, "broker": fail})
    assert (status, report["status"]) == (200, "degraded")
    assert "password" not in str(report)


def test_a_part_that_hangs_is_called_slow_after_a_second() -> None:
    began = time.monotonic()
    status, report = health.examine({"database": pass_by, "storage": lambda: time.sleep(1.5)})
    assert time.monotonic() - began < 1.4
    assert (status, report["parts"]["storage"]["status"]) == (200, "slow")


def test_an_answer_is_kept_for_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(health, "CHECKS", {"database": lambda: asked.append(1)})
    for _ in range(5):
        Client().get("/health/ready")
    assert len(asked) == 1
