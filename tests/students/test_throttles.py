"""Limits hold in a sliding window, waiting as long as told helps, and without Redis sign-in stays limited."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.settings import api_settings

from students import counters, guardians, lockout
from students.models import Student
from students.throttles import LIMITS, Limit, Throttle, address_of, blur, use
from tests.caches import GONE, caches_at
from tests.clients import PASSWORD, make_student, student_client

LIMIT = Limit(5, 60, "address")
CHILD = uuid4()
START = 1_800_000_000.0  # the beginning of a clock minute


def test_so_many_requests_pass_and_the_next_one_waits() -> None:
    waits = [use("k", LIMIT, START + second) for second in range(7)]
    assert waits[:5] == [0, 0, 0, 0, 0]
    assert all(wait > 0 for wait in waits[5:])
    assert use("another", LIMIT, START) == 0


@pytest.mark.parametrize("begin", [0.0, 7.0, 31.5, 59.0])
def test_waiting_as_long_as_told_helps(begin: float) -> None:
    now = START + begin
    while (wait := use("k", LIMIT, now)) == 0:
        now += 0.1
    assert use("k", LIMIT, now + wait) == 0


def test_a_refused_request_does_not_prolong_the_wait() -> None:
    for _ in range(5):
        use("k", LIMIT, START)
    first = use("k", LIMIT, START + 1)
    for _ in range(50):
        use("k", LIMIT, START + 1)
    assert use("k", LIMIT, START + 1) == first


def test_the_end_of_a_clock_minute_opens_no_double_burst() -> None:
    passed = [use("k", LIMIT, START + 59) for _ in range(5)]
    assert passed == [0] * 5
    assert use("k", LIMIT, START + 61) > 0


@pytest.fixture
def no_redis(settings: Settings) -> Iterator[None]:
    settings.CACHES = caches_at(GONE, settings.CACHES)
    yield
    counters.local.clear()


@pytest.mark.usefixtures("no_redis")
def test_without_redis_a_closed_limit_is_half_and_an_open_one_lets_through() -> None:
    closed = Limit(6, 60, "address", closed=True)
    assert [use("k", closed, START) > 0 for _ in range(5)] == [False, False, False, True, True]
    assert [use("k", LIMIT, START) for _ in range(50)] == [0] * 50


@pytest.mark.usefixtures("no_redis")
def test_without_redis_wrong_passwords_still_lock() -> None:
    for _ in range(5):
        assert lockout.seconds_locked("otter", "a") == 0
        lockout.note_failure("otter", "a")
    assert 890 <= lockout.seconds_locked("otter", "a") <= 900
    assert lockout.seconds_locked("otter", "b") == 0


def test_a_lock_ends_on_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        lockout.note_failure("otter", "a")
    locked = lockout.seconds_locked("otter", "a")
    now = time.time()
    monkeypatch.setattr("students.lockout.time.time", lambda: now + locked - 5)
    assert lockout.seconds_locked("otter", "a") > 0
    monkeypatch.setattr("students.lockout.time.time", lambda: now + locked + 1)
    assert lockout.seconds_locked("otter", "a") == 0


def test_what_anybody_may_call_and_costs_a_hash_or_a_row_closes_without_redis() -> None:
    closed = {scope for scope, limits in LIMITS.items() if any(limit.closed for limit in limits)}
    assert closed == {"sign-in", "register", "register-class", "recovery"}


@pytest.mark.django_db
@pytest.mark.usefixtures("no_redis")
def test_without_redis_a_child_may_be_exported_and_erased_and_guesses_still_lock() -> None:
    """The limits of these let through; whoever guesses meets the lock-out, which each process counts."""
    student = make_student(password=PASSWORD)
    guardians.issue_code(student)
    client = student_client(student)
    for _ in range(5):
        assert client.delete("/api/student/me", {"password": "wrong"}).status_code == 403
    locked = client.delete("/api/student/me", {"password": PASSWORD})
    assert (locked.status_code, locked.json()["code"]) == (429, "locked-out")
    for _ in range(5):
        assert client.post("/api/student/me/export", {"guardian_code": "wrong"}).status_code == 403
    assert client.post("/api/student/me/export", {"guardian_code": "wrong"}).status_code == 429
    counters.local.clear()
    for _ in range(3):
        assert client.get("/api/student/me/export").status_code == 200
    assert client.delete("/api/student/me", {"password": PASSWORD}).status_code == 202


def test_names_stay_out_of_the_cache() -> None:
    lockout.note_failure("brave-otter-17", "192.0.2.1")
    keys = " ".join(cache.keys("*"))  # type: ignore[attr-defined] # django-redis has it
    assert "lockout" in keys
    assert "brave-otter-17" not in keys
    assert len(blur("brave-otter-17")) == 32


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
    ],
)
def test_an_ipv6_customer_is_counted_by_network(written: str, address: str) -> None:
    assert address_of(Request(RequestFactory().get("/", REMOTE_ADDR=written))) == address


class View:
    """What the limits ask of a view."""

    def __init__(self, scope: str) -> None:
        self.throttle_scope = scope

    def session_ident(self, request: Request) -> str:
        return "a-session"


def ask(scope: str, number: int, *, forwarded: str) -> bool:
    """One request by the same child of the same name, behind our proxy, with another invented origin."""
    raw = RequestFactory().post(
        "/", HTTP_X_FORWARDED_FOR=f"198.51.100.{number % 250}, {forwarded}", REMOTE_ADDR="10.0.0.1"
    )
    request = Request(raw)
    request.user = Student(pk=CHILD)  # type: ignore[assignment] # the stubs know the staff's user only
    body = {"username": "brave-otter-17", "class_code": "aaqs-k5dv-2mzq-x6ca"}
    setattr(request, "_full_data", body)  # noqa: B010 - what parsing would set
    return Throttle().allow_request(request, View(scope))  # type: ignore[arg-type] # what the limits ask for


@pytest.mark.parametrize("scope", sorted(LIMITS))
def test_every_limit_holds_whatever_origin_is_invented(
    scope: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each limit of a scope by itself: so many pass, not one more, and another address is another matter."""
    settings.NUM_PROXIES = 1
    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)
    monkeypatch.setattr("students.throttles.time.time", lambda: START)
    for limit in LIMITS[scope]:
        monkeypatch.setattr("students.throttles.LIMITS", {scope: (limit,)})
        counters.local.clear()
        cache.clear()
        passed = [ask(scope, number, forwarded="203.0.113.5") for number in range(limit.count + 3)]
        assert passed == [True] * limit.count + [False] * 3, limit
        elsewhere = ask(scope, 0, forwarded="203.0.113.99")
        assert elsewhere == (limit.by in {"address", "name"}), limit
