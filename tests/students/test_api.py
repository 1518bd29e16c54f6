"""The account's addresses: shapes, refusals by name, limits."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from students import tokens
from students.models import Session, Student
from tests.clients import PASSWORD, assert_problem, make_student, student_client

pytestmark = pytest.mark.django_db
REGISTER = "/api/student/register"
TOKEN = "/api/student/token"
REFRESH = "/api/student/token/refresh"
LOGOUT = "/api/student/logout"
ME = "/api/student/me"
BODY = {"username": "brave-otter-17", "password": PASSWORD, "age_group": "8-10", "timezone": "Europe/Berlin"}


@pytest.fixture
def client() -> APIClient:
    return APIClient()


def test_six_names_are_suggested(client: APIClient) -> None:
    response = client.get("/api/student/username-suggestions")
    assert response.status_code == 200
    assert len(set(response.json()["usernames"])) == 6
    assert response.headers["Cache-Control"] == "private, no-store"


def test_registration_answers_with_student_tokens_and_the_recovery_code(client: APIClient) -> None:
    response = client.post(REGISTER, BODY)
    assert response.status_code == 201
    answer = response.json()
    assert set(answer) == {"student", "access", "refresh", "recovery_code"}
    student = Student.objects.get()
    assert answer["student"] == {
        "id": str(student.pk),
        "username": "brave-otter-17",
        "age_group": "8-10",
        "timezone": "Europe/Berlin",
        "learning_preferences": {},
        "total_videos_watched": 0,
        "created_at": student.created_at.isoformat().replace("+00:00", "Z"),
        "kept_until": (student.last_active + timedelta(days=365)).date().isoformat(),
    }
    assert response.headers["Cache-Control"] == "private, no-store"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer['access']}")
    assert client.get(ME).json() == answer["student"]


def test_the_time_zone_may_be_left_out(client: APIClient) -> None:
    body = {name: value for name, value in BODY.items() if name != "timezone"}
    assert client.post(REGISTER, body).json()["student"]["timezone"] == "UTC"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"username": "emma@example.org"}, "username", "personal-email"),
        ({"username": "Emma Stone"}, "username", "personal-name"),
        ({"username": 17}, "username", "invalid"),
        ({"username": "otter\x00x"}, "username", "null-characters-not-allowed"),
        ({"username": None}, "username", "null"),
        ({"username": ""}, "username", "blank"),
        ({"password": "short"}, "password", "password-too-short"),
        ({"password": "password123"}, "password", "password-too-common"),
        ({"age_group": "3-4"}, "age_group", "invalid-choice"),
        ({"age_group": 8}, "age_group", "invalid-choice"),
        ({"timezone": "Mars/Olympus"}, "timezone", "timezone-unknown"),
        ({"email": "a@b.org"}, "email", "unknown-field"),
        ({"birth_date": "2015-01-01"}, "birth_date", "unknown-field"),
    ],
)
def test_a_registration_that_is_refused_names_the_field_and_writes_nothing(
    client: APIClient, change: dict[str, Any], field: str, code: str
) -> None:
    assert_problem(client.post(REGISTER, BODY | change), 400, "invalid", field=field, field_code=code)
    assert (Student.objects.count(), Session.objects.count()) == (0, 0)


def test_a_missing_field_is_named(client: APIClient) -> None:
    document = assert_problem(client.post(REGISTER, {}), 400, "invalid")
    assert sorted(error["field"] for error in document["errors"]) == ["age_group", "password", "username"]
    assert {error["code"] for error in document["errors"]} == {"required"}


def test_a_taken_name_is_a_conflict(client: APIClient) -> None:
    make_student(username="brave-otter-17")
    assert_problem(client.post(REGISTER, BODY), 409, "username-taken")
    assert Student.objects.count() == 1


def test_registration_ends_after_ten_an_hour_from_one_address(client: APIClient) -> None:
    for number in range(10):
        assert client.post(REGISTER, BODY | {"username": f"otter-{number}a"}).status_code == 201
    response = client.post(REGISTER, BODY | {"username": "otter-99"})
    assert_problem(response, 429, "throttled")
    assert 1 <= int(response.headers["Retry-After"]) <= 7200
    assert Student.objects.count() == 10
    elsewhere = APIClient(REMOTE_ADDR="192.0.2.9")
    assert elsewhere.post(REGISTER, BODY | {"username": "otter-99"}).status_code == 201


def test_another_forwarded_address_does_not_pass_the_limit(client: APIClient) -> None:
    for number in range(10):
        client.post(
            REGISTER, BODY | {"username": f"otter-{number}a"}, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}"
        )
    response = client.post(REGISTER, BODY | {"username": "otter-99"}, HTTP_X_FORWARDED_FOR="192.0.2.99")
    assert response.status_code == 429


def test_name_and_password_give_tokens(client: APIClient) -> None:
    make_student(username="brave-otter-17", password=PASSWORD)
    response = client.post(TOKEN, {"username": "brave-otter-17", "password": PASSWORD})
    assert (response.status_code, set(response.json())) == (200, {"access", "refresh"})


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(client: APIClient) -> None:
    make_student(username="brave-otter-17", password=PASSWORD)
    wrong = client.post(TOKEN, {"username": "brave-otter-17", "password": "wrong"})
    unknown = client.post(TOKEN, {"username": "nobody-here-99", "password": "wrong"})
    assert_problem(wrong, 401, "sign-in-failed")
    assert wrong.json() == unknown.json()
    assert Session.objects.count() == 0


def test_the_sixth_sign_in_within_a_minute_has_to_wait(client: APIClient) -> None:
    make_student(username="brave-otter-17", password=PASSWORD)
    body = {"username": "brave-otter-17", "password": PASSWORD}
    assert [client.post(TOKEN, body).status_code for _ in range(6)] == [200] * 5 + [429]
    other = {"username": "calm-whale-18", "password": PASSWORD}
    make_student(username="calm-whale-18", password=PASSWORD)
    assert client.post(TOKEN, other).status_code == 200


def test_a_locked_name_says_when_it_opens(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    make_student(username="brave-otter-17", password=PASSWORD)
    now = time.time()
    for number in range(5):
        monkeypatch.setattr("students.throttles.time.time", lambda at=now + 61 * number: at)
        assert_problem(
            client.post(TOKEN, {"username": "brave-otter-17", "password": "no"}), 401, "sign-in-failed"
        )
    monkeypatch.setattr("students.throttles.time.time", lambda: now + 310)
    monkeypatch.setattr("students.lockout.time.time", lambda: now + 310)
    locked = client.post(TOKEN, {"username": "brave-otter-17", "password": PASSWORD})
    assert_problem(locked, 429, "locked-out")
    assert 590 <= int(locked.headers["Retry-After"]) <= 1150


def test_thirty_children_of_one_school_can_sign_in_within_a_minute(client: APIClient) -> None:
    for number in range(30):
        make_student(username=f"otter-{number}a", password=PASSWORD)
        answer = client.post(TOKEN, {"username": f"otter-{number}a", "password": PASSWORD})
        assert answer.status_code == 200


def test_refresh_gives_a_pair_that_works_and_the_old_token_is_used_up(client: APIClient) -> None:
    pair = tokens.open_session(tokens.STUDENTS, make_student(), now=timezone.now())
    answer = client.post(REFRESH, {"refresh": pair.refresh})
    assert (answer.status_code, set(answer.json())) == (200, {"access", "refresh"})
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    assert client.get(ME).status_code == 200
    assert client.post(REFRESH, {"refresh": pair.refresh}).json()["refresh"] == answer.json()["refresh"]


def test_an_unknown_refresh_token_is_refused_and_no_text_is_none(client: APIClient) -> None:
    assert_problem(client.post(REFRESH, {"refresh": "x" * 43}), 401, "refresh-invalid")
    assert_problem(
        client.post(REFRESH, {"refresh": 5}), 400, "invalid", field="refresh", field_code="invalid"
    )
    assert_problem(client.post(REFRESH, {}), 400, "invalid", field="refresh", field_code="required")
    assert_problem(client.post(REFRESH, []), 400, "invalid", field="", field_code="")


def test_a_session_refreshes_ten_times_a_minute(client: APIClient) -> None:
    refresh = tokens.open_session(tokens.STUDENTS, make_student(), now=timezone.now()).refresh
    statuses = []
    for _ in range(11):
        answer = client.post(REFRESH, {"refresh": refresh})
        statuses.append(answer.status_code)
        refresh = answer.json().get("refresh", refresh)
    assert statuses == [200] * 10 + [429]


def test_signing_out_ends_the_session_for_every_token_of_it(client: APIClient) -> None:
    pair = tokens.open_session(tokens.STUDENTS, make_student(), now=timezone.now())
    assert client.post(LOGOUT, {"refresh": pair.refresh}).status_code == 204
    assert client.post(LOGOUT, {"refresh": pair.refresh}).status_code == 204
    assert_problem(client.post(REFRESH, {"refresh": pair.refresh}), 401, "refresh-invalid")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    assert_problem(client.get(ME), 401, "token-invalid")


def test_the_profile_changes_in_what_is_given_only() -> None:
    student = make_student(age_group="8-10")
    client = student_client(student)
    answer = client.patch(ME, {"timezone": "Asia/Tokyo", "learning_preferences": {"captions": True}})
    assert answer.status_code == 200
    assert answer.json()["timezone"] == "Asia/Tokyo"
    assert answer.json()["learning_preferences"] == {"captions": True}
    assert answer.json()["age_group"] == "8-10"
    assert client.patch(ME, {"age_group": "11-13"}).json()["age_group"] == "11-13"
    assert client.get(ME).json()["age_group"] == "11-13"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"username": "calm-whale-18"}, "username", "unknown-field"),
        ({"streak_count": 100}, "streak_count", "unknown-field"),
        ({"learning_preferences": {"school": "Hilltop"}}, "learning_preferences.school", "unknown-field"),
        ({"learning_preferences": {"captions": "yes"}}, "learning_preferences.captions", "invalid"),
        ({"learning_preferences": None}, "learning_preferences", "null"),
        ({"timezone": "Mars/Olympus"}, "timezone", "timezone-unknown"),
        ({"age_group": "18-99"}, "age_group", "invalid-choice"),
    ],
)
def test_a_change_that_is_refused_names_the_field_and_changes_nothing(
    body: dict[str, Any], field: str, code: str
) -> None:
    student = make_student()
    before = Student.objects.values().get(pk=student.pk)
    assert_problem(student_client(student).patch(ME, body), 400, "invalid", field=field, field_code=code)
    assert Student.objects.values().get(pk=student.pk) == before


def test_nothing_of_another_student_is_in_the_profile() -> None:
    one, other = make_student(), make_student()
    text = student_client(one).get(ME).content.decode()
    assert str(one.pk) in text
    assert str(other.pk) not in text
    assert other.username not in text
