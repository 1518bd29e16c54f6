"""The guardian's code, and what it decides: minutes and reminders (06, 4.4; 08, P5)."""

from __future__ import annotations

import io
import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from students import guardians
from students.limits import LimitsRefused, set_limits
from students.models import OutageDay, Student
from tests.clients import assert_problem, make_student, student_client

pytestmark = pytest.mark.django_db
LIMITS = "/api/student/me/limits"


def run(*arguments: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue().strip()


@pytest.fixture
def student() -> Student:
    return make_student(username="brave-otter-17")


@pytest.fixture
def code(student: Student) -> str:
    return run("issue_guardian_code", "Brave-Otter-17 ")[0]


@pytest.fixture
def client(student: Student) -> APIClient:
    return student_client(student)


# --------------------------------------------------------------------------- the code


def test_a_code_is_shown_once_and_kept_as_a_hash(student: Student, code: str) -> None:
    assert [len(part) for part in code.split("-")] == [6, 6, 6, 6]
    kept = Student.objects.get(pk=student.pk).guardian_code
    assert kept.startswith("argon2$")
    assert code not in kept
    guardians.check_code(Student.objects.get(pk=student.pk), f" {code.upper()} ", address="a")


def test_a_new_code_voids_the_former_one(student: Student, code: str) -> None:
    second, said = run("issue_guardian_code", student.username)
    assert second != code
    assert "not to the child" in said
    student.refresh_from_db()
    guardians.check_code(student, second, address="a")
    with pytest.raises(guardians.GuardianRefused):
        guardians.check_code(student, code, address="a")


def test_no_code_fits_where_none_was_issued(student: Student) -> None:
    for typed in ("", "!", "None"):
        with pytest.raises(guardians.GuardianRefused):
            guardians.check_code(student, typed, address="a")


def test_a_code_is_not_issued_for_nobody() -> None:
    with pytest.raises(CommandError, match="No code was issued"):
        run("issue_guardian_code", "nobody-here-99")


def test_five_wrong_codes_lock_even_the_right_one(student: Student, code: str) -> None:
    student.refresh_from_db()
    for _ in range(5):
        with pytest.raises(guardians.GuardianRefused):
            guardians.check_code(student, "wrong", address="a")
    with pytest.raises(guardians.GuardianLocked) as locked:
        guardians.check_code(student, code, address="a")
    assert 890 <= locked.value.seconds <= 900


def test_neither_code_nor_name_is_logged(
    student: Student, client: APIClient, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.put(LIMITS, {"guardian_code": code, "learning_minutes": 20})
        client.put(LIMITS, {"guardian_code": "a-wrong-one"})
    assert "guardian-code-wrong" in caplog.text
    assert code not in caplog.text
    assert "a-wrong-one" not in caplog.text
    assert student.username not in caplog.text


# --------------------------------------------------------------------------- limits


def test_the_guardian_sets_the_minutes_of_a_day(client: APIClient, student: Student, code: str) -> None:
    body = {"guardian_code": code, "learning_minutes": 40}
    expected = {
        "learning_minutes": 40,
        "minutes_a_day": 40,
        "reminders_allowed": False,
        "weekends_off": False,
    }
    for _ in range(2):
        answer = client.put(LIMITS, body)
        assert (answer.status_code, answer.json()) == (200, expected)
    assert Student.objects.get(pk=student.pk).progress_version == 1
    assert client.put(LIMITS, {"guardian_code": code}).json() == expected
    back = client.put(LIMITS, {"guardian_code": code, "learning_minutes": None}).json()
    assert (back["learning_minutes"], back["minutes_a_day"]) == (None, 15)


@pytest.mark.parametrize(
    ("change", "field_code"),
    [
        ({"learning_minutes": 4}, "min-value"),
        ({"learning_minutes": 46}, "max-value"),
        ({"learning_minutes": "20"}, "invalid"),
        ({"weekends_off": True}, "unknown-field"),
        ({"guardian_code": None}, "null"),
        ({"reminders": "yes"}, "invalid"),
    ],
)
def test_limits_out_of_their_range_change_nothing(
    client: APIClient, student: Student, code: str, change: dict[str, Any], field_code: str
) -> None:
    (field,) = change
    before = Student.objects.values().get(pk=student.pk)
    answer = client.put(LIMITS, {"guardian_code": code} | change)
    assert_problem(answer, 400, "invalid", field=field, field_code=field_code)
    assert Student.objects.values().get(pk=student.pk) == before


def test_a_wrong_code_changes_nothing_and_five_of_them_lock(
    client: APIClient, student: Student, code: str
) -> None:
    before = Student.objects.values().get(pk=student.pk)
    for _ in range(5):
        wrong = client.put(LIMITS, {"guardian_code": "wrong", "learning_minutes": 45})
        assert_problem(wrong, 403, "guardian-code-wrong")
    locked = client.put(LIMITS, {"guardian_code": code, "learning_minutes": 45})
    assert_problem(locked, 429, "locked-out")
    assert int(locked.headers["Retry-After"]) > 60
    assert Student.objects.values().get(pk=student.pk) == before


def test_ten_tries_an_hour_are_enough_for_a_guardian(client: APIClient, code: str) -> None:
    answers = [client.put(LIMITS, {"guardian_code": code}).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]


def test_another_childs_code_opens_nothing(client: APIClient) -> None:
    other = make_student()
    foreign = guardians.issue_code(other)
    assert_problem(client.put(LIMITS, {"guardian_code": foreign}), 403, "guardian-code-wrong")


def test_the_database_keeps_the_minutes_between_5_and_45(student: Student) -> None:
    for minutes in (4, 46):
        with pytest.raises(IntegrityError), transaction.atomic():
            Student.objects.filter(pk=student.pk).update(learning_minutes=minutes)
        with pytest.raises(LimitsRefused):
            set_limits(student, minutes=minutes)


def test_reminders_are_off_until_a_guardian_allows_them_and_off_again_when_not(
    client: APIClient, student: Student, code: str
) -> None:
    def switch(is_on: bool) -> Any:
        return client.patch("/api/student/me", {"learning_preferences": {"reminders": is_on}})

    assert "reminders" not in client.get("/api/student/me").json()["learning_preferences"]
    assert_problem(
        switch(True), 400, "invalid", field="learning_preferences.reminders", field_code="guardian-needed"
    )
    assert switch(False).status_code == 200
    client.put(LIMITS, {"guardian_code": code, "reminders": True})
    assert switch(True).json()["learning_preferences"]["reminders"] is True
    client.put(LIMITS, {"guardian_code": code, "reminders": False})
    assert client.get("/api/student/me").json()["learning_preferences"]["reminders"] is False


# --------------------------------------------------------------------------- staff


def test_staff_set_minutes_and_free_weekends(student: Student) -> None:
    said, _ = run("set_limits", student.username, "--minutes", "30", "--weekends-off")
    assert said == "brave-otter-17: 30 minutes a day, weekends are free"
    said, _ = run("set_limits", student.username, "--minutes", "default")
    assert said == "brave-otter-17: 15 minutes a day, weekends are free"
    said, _ = run("set_limits", student.username, "--weekends-on")
    assert said == "brave-otter-17: 15 minutes a day, weekends count"


@pytest.mark.parametrize(
    ("name", "minutes"), [("brave-otter-17", "4"), ("brave-otter-17", "many"), ("nobody-here-99", "20")]
)
def test_staff_are_told_what_is_wrong_and_nothing_changes(student: Student, name: str, minutes: str) -> None:
    before = Student.objects.values().get(pk=student.pk)
    with pytest.raises(CommandError):
        run("set_limits", name, "--minutes", minutes)
    assert Student.objects.values().get(pk=student.pk) == before


def test_outage_days_are_written_down_once_listed_and_removed() -> None:
    today = datetime.now(UTC).date()
    assert run("outage_day", today.isoformat(), "--note", "power cut")[0].endswith("written down")
    assert "before" in run("outage_day", today.isoformat(), "--note", "power cut")[0]
    assert run("outage_day")[0] == f"{today}  power cut"
    assert "More than a week back" in run("outage_day", (today - timedelta(days=8)).isoformat())[1]
    assert run("outage_day", today.isoformat(), "--remove")[0] == f"{today} removed"
    assert OutageDay.objects.count() == 1


@pytest.mark.parametrize("typed", ["yesterday", "2026-02-30", "02.03.2026", "2199-01-01"])
def test_a_day_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(CommandError, match=r"Nothing was changed\.$"):
        run("outage_day", typed)
    assert not OutageDay.objects.exists()


def test_an_outage_breaks_nobodys_streak(student: Student) -> None:
    today = date(2026, 3, 4)
    OutageDay.objects.create(day=today - timedelta(days=1))
    Student.objects.filter(pk=student.pk).update(
        streak_count=4, longest_streak=4, last_streak_on=today - timedelta(days=2)
    )
    from feed.progress import read_progress  # noqa: PLC0415 - the rule is students', the reader feed's

    progress = read_progress(Student.objects.get(pk=student.pk), now=datetime(2026, 3, 4, 12, tzinfo=UTC))
    assert progress["current_streak"]["days"] == 4
