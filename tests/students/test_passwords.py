"""Recovery, another password, signing out everywhere: who may, and what ends with it (J7, J8)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from students import accounts, guardians, lockout, passwords, tokens
from students.models import SecurityEvent, Session, Student
from students.security import blur_subject
from tests.clients import PASSWORD, assert_problem, bearer, make_student, student_client

pytestmark = pytest.mark.django_db
NEW = "four green pears"
RECOVER = "/api/student/recover"
ME = "/api/student/me"
CODE = "abcde-fghij-klmno-pqrst-uvwxy-z"


def make_one(**fields: Any) -> Student:
    return make_student(
        username="brave-otter-17", password=PASSWORD, recovery_code=make_password(CODE), **fields
    )


def body(**changes: Any) -> dict[str, Any]:
    return {"username": "brave-otter-17", "recovery_code": CODE, "new_password": NEW} | changes


def events(student: Student) -> list[str]:
    subject = blur_subject(student.pk)
    return list(SecurityEvent.objects.filter(subject=subject).order_by("pk").values_list("event", flat=True))


# --------------------------------------------------------------------------- recovery


def test_the_recovery_code_gives_a_new_password_a_new_code_and_this_device_alone() -> None:
    student = make_one()
    other = student_client(student)
    answer = APIClient().post(RECOVER, body())
    assert answer.status_code == 200
    assert set(answer.json()) == {"student", "access", "refresh", "recovery_code"}
    assert answer.json()["student"]["id"] == str(student.pk)
    student.refresh_from_db()
    assert check_password(NEW, student.password)
    assert check_password(answer.json()["recovery_code"], student.recovery_code)
    assert_problem(other.get(ME), 401, "token-invalid")
    assert bearer(answer.json()["access"]).get(ME).status_code == 200
    assert events(student) == ["recovery-used"]


def test_a_recovery_code_works_once() -> None:
    make_one()
    assert APIClient().post(RECOVER, body()).status_code == 200
    assert_problem(APIClient().post(RECOVER, body(new_password=PASSWORD)), 401, "recovery-refused")
    assert check_password(NEW, Student.objects.get().password)


def test_the_code_may_be_typed_in_capitals_and_with_spaces_around() -> None:
    make_one()
    assert APIClient().post(RECOVER, body(recovery_code=f" {CODE.upper()} ")).status_code == 200


def test_unknown_name_wrong_code_and_no_code_get_the_same_answer_and_change_nothing() -> None:
    make_one()
    Student.objects.create(username="calm-whale-18", age_group="8-10")
    before = list(Student.objects.order_by("pk").values())
    answers = [
        APIClient().post(RECOVER, body(recovery_code="wrong")),
        APIClient().post(RECOVER, body(username="nobody-here-99")),
        APIClient().post(RECOVER, body(username="calm-whale-18", recovery_code="")),
        APIClient().post(RECOVER, body(username="calm-whale-18")),
    ]
    assert_problem(answers[0], 401, "recovery-refused")
    assert answers[0].json() == answers[1].json() == answers[3].json()
    assert_problem(answers[2], 400, "invalid", field="recovery_code", field_code="blank")
    assert list(Student.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("name", ["brave-otter-17", "nobody-here-99", "calm-whale-18"])
def test_a_wrong_code_costs_one_hash_whether_or_not_the_name_exists(name: str) -> None:
    make_one()
    Student.objects.create(username="calm-whale-18", age_group="8-10")
    accounts.secret_of_nobody()  # made once a process
    with (
        patch.object(passwords, "check_password", wraps=check_password) as checked,
        pytest.raises(passwords.RecoveryRefused),
    ):
        passwords.recover(username=name, recovery_code="no", new_password=NEW, now=timezone.now())
    assert [call.args[1].split("$")[1] for call in checked.call_args_list] == ["argon2id"]


def test_a_bad_new_password_is_named_before_anything_is_compared() -> None:
    make_one()
    for name in ("brave-otter-17", "nobody-here-99"):
        answer = APIClient().post(RECOVER, body(username=name, new_password="short"))
        assert_problem(answer, 400, "invalid", field="new_password", field_code="password-too-short")
    assert check_password(PASSWORD, Student.objects.get().password)


def test_recovery_is_tried_three_times_an_hour_for_a_name_however_it_is_written() -> None:
    make_one()
    for name in ("brave-otter-17", "Brave-Otter-17", "ｂrave-otter-17"):
        answer = APIClient().post(RECOVER, body(username=name, recovery_code="no"))
        assert_problem(answer, 401, "recovery-refused")
    assert_problem(APIClient(REMOTE_ADDR="192.0.2.9").post(RECOVER, body()), 429, "throttled")


def test_recovery_is_tried_ten_times_an_hour_from_an_address() -> None:
    for number in range(10):
        APIClient().post(RECOVER, body(username=f"nobody-here-{number}"))
    make_one()
    assert_problem(APIClient().post(RECOVER, body()), 429, "throttled")
    assert APIClient(REMOTE_ADDR="192.0.2.9").post(RECOVER, body()).status_code == 200


def test_an_inactive_student_recovers_nothing() -> None:
    make_one(is_active=False)
    assert_problem(APIClient().post(RECOVER, body()), 401, "recovery-refused")
    assert Session.objects.count() == 0


def test_recovery_opens_a_name_that_wrong_passwords_have_locked() -> None:
    make_one()
    for number in range(20):
        lockout.note_failure("brave-otter-17", f"192.0.2.{number}")
    assert lockout.seconds_locked("brave-otter-17", "198.51.100.1") > 0
    assert APIClient().post(RECOVER, body()).status_code == 200
    assert lockout.seconds_locked("brave-otter-17", "198.51.100.1") == 0


@pytest.mark.django_db(transaction=True)
def test_two_requests_with_one_code_make_one_new_password() -> None:
    make_one()

    def recover_once(password: str) -> str:
        try:
            passwords.recover(
                username="brave-otter-17", recovery_code=CODE, new_password=password, now=timezone.now()
            )
        except passwords.RecoveryRefused:
            return ""
        finally:
            connection.close()
        return password

    chosen = [f"four green pears {number}" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        done = [one for one in pool.map(recover_once, chosen) if one]
    assert len(done) == 1
    assert check_password(done[0], Student.objects.get().password)


# --------------------------------------------------------------------------- another password


def test_another_password_signs_every_device_out_but_this_one() -> None:
    student = make_one()
    here, there = student_client(student), student_client(student)
    answer = here.put("/api/student/me/password", {"password": PASSWORD, "new_password": NEW})
    assert (answer.status_code, set(answer.json())) == (200, {"access", "refresh"})
    assert_problem(there.get(ME), 401, "token-invalid")
    assert_problem(here.get(ME), 401, "token-invalid")
    assert bearer(answer.json()["access"]).get(ME).status_code == 200
    assert check_password(NEW, Student.objects.get().password)
    assert events(student) == ["password-changed"]


def test_a_wrong_present_password_changes_nothing_and_counts_as_a_failed_sign_in() -> None:
    student = make_one()
    client = student_client(student)
    wrong = {"password": "no", "new_password": NEW}
    for _ in range(5):
        assert_problem(client.put("/api/student/me/password", wrong), 403, "password-wrong")
    right = {"password": PASSWORD, "new_password": NEW}
    assert_problem(client.put("/api/student/me/password", right), 429, "locked-out")
    assert check_password(PASSWORD, Student.objects.get().password)
    assert client.get(ME).status_code == 200
    assert events(student) == ["sign-in-failed"] * 4 + ["locked-out", "sign-in-failed"]


def test_a_bad_new_password_is_named() -> None:
    client = student_client(make_one())
    answer = client.put("/api/student/me/password", {"password": PASSWORD, "new_password": "password123"})
    assert_problem(answer, 400, "invalid", field="new_password", field_code="password-too-common")
    assert client.get(ME).status_code == 200


# --------------------------------------------------------------------------- what ends sessions

ENDINGS: dict[str, Callable[[Student, APIClient], object]] = {
    "sign out everywhere": lambda student, client: client.post("/api/student/logout/everywhere"),
    "another password": lambda student, client: passwords.change_password(student, NEW, now=timezone.now()),
    "recovery": lambda student, client: client.post(RECOVER, body()),
    "deactivation": lambda student, client: Student.objects.filter(pk=student.pk).update(is_active=False),
    "deletion": lambda student, client: student.delete(),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
def test_every_device_is_signed_out_by(end: Callable[[Student, APIClient], object]) -> None:
    student, stranger = make_one(), student_client(make_student())
    pairs = [tokens.open_session(tokens.STUDENTS, student, now=timezone.now()) for _ in range(3)]
    end(student, bearer(pairs[0].access))
    for pair in pairs:
        assert_problem(bearer(pair.access).get(ME), 401, "token-invalid")
        with pytest.raises(tokens.RefreshRefused):
            tokens.rotate(tokens.STUDENTS, pair.refresh, now=timezone.now())
    assert stranger.get(ME).status_code == 200


# --------------------------------------------------------------------------- events


def test_events_say_what_happened_and_to_whom_only_as_an_hmac() -> None:
    student = make_one()
    code = guardians.issue_code(student)
    for name in ("brave-otter-17", "nobody-here-99"):
        with pytest.raises(accounts.SignInRefused):
            accounts.sign_in(username=name, password="no", address="192.0.2.1")
    rows = list(SecurityEvent.objects.values("event", "subject"))
    assert [row["event"] for row in rows] == ["guardian-code-issued", "sign-in-failed", "sign-in-failed"]
    assert rows[0]["subject"] == rows[1]["subject"] == blur_subject(student.pk)
    assert rows[2]["subject"] == blur_subject("nobody-here-99")
    kept = str(list(SecurityEvent.objects.values()))
    assert not any(one in kept for one in (str(student.pk), student.username, "nobody-here-99", code))
