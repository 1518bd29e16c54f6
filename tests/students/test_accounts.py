"""Rules of accounts: what is kept, which passwords are taken, and what a wrong one tells."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.hashers import check_password
from django.utils import timezone

from students import accounts, lockout
from students.models import Student
from tests.clients import PASSWORD, make_student

pytestmark = pytest.mark.django_db


def register(**changes: str) -> accounts.Registration:
    values = {"username": "brave-otter-17", "password": PASSWORD, "age_group": "8-10"} | changes
    return accounts.register(**values)


def test_password_and_recovery_code_are_kept_as_argon2_hashes() -> None:
    made = register(time_zone="Europe/Berlin")
    row = Student.objects.get()
    assert row.password.startswith("argon2$argon2id$")
    assert row.recovery_code.startswith("argon2$argon2id$")
    assert check_password(made.recovery_code, row.recovery_code)
    assert re.fullmatch(r"(?:[a-z2-7]{5}-){5}[a-z2-7]", made.recovery_code)
    assert (row.time_zone, row.age_group, row.streak_count) == ("Europe/Berlin", "8-10", 0)


def test_a_taken_name_is_refused_whatever_its_case() -> None:
    register()
    with pytest.raises(accounts.UsernameTaken):
        register(username="Brave-Otter-17")
    assert Student.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "short12"}, "password-too-short"),
        ({"password": "x" * 129}, "password-too-long"),
        ({"password": "password123"}, "password-too-common"),
        ({"password": "Brave-Otter-17"}, "password-is-username"),
        ({"age_group": "3-4"}, "age-group-unknown"),
        ({"time_zone": "Berlin"}, "timezone-unknown"),
        ({"time_zone": "../etc/passwd"}, "timezone-unknown"),
    ],
)
def test_what_cannot_be_accepted_is_refused_and_nothing_is_written(change: dict[str, str], code: str) -> None:
    with pytest.raises(accounts.AccountRefused) as refused:
        register(**change)
    assert refused.value.code == code
    assert Student.objects.count() == 0


def test_the_right_password_signs_in_whatever_the_case_of_the_name() -> None:
    student = make_student(username="brave-otter-17", password=PASSWORD)
    assert accounts.sign_in(username=" Brave-Otter-17", password=PASSWORD, address="a") == student


@pytest.mark.parametrize("name", ["brave-otter-17", "nobody-here-99"])
def test_five_wrong_passwords_lock_a_name_for_the_address_whether_or_not_it_exists(name: str) -> None:
    make_student(username="brave-otter-17", password=PASSWORD)
    for _ in range(5):
        with pytest.raises(accounts.SignInRefused):
            accounts.sign_in(username=name, password="wrong", address="a")
    with pytest.raises(accounts.LockedOut) as locked:
        accounts.sign_in(username=name, password=PASSWORD, address="a")
    assert 890 <= locked.value.seconds <= 900


def test_the_same_name_stays_open_from_another_address_until_twenty_failures() -> None:
    student = make_student(username="brave-otter-17", password=PASSWORD)
    for number in range(20):
        assert lockout.seconds_locked("brave-otter-17", "home") == 0
        with pytest.raises(accounts.SignInRefused):
            accounts.sign_in(username="brave-otter-17", password="wrong", address=f"bot-{number}")
    with pytest.raises(accounts.LockedOut):
        accounts.sign_in(username="brave-otter-17", password=PASSWORD, address="home")
    assert student.is_active


def test_a_success_forgets_the_failures_of_its_address() -> None:
    make_student(username="brave-otter-17", password=PASSWORD)
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(accounts.SignInRefused):
                accounts.sign_in(username="brave-otter-17", password="wrong", address="a")
        accounts.sign_in(username="brave-otter-17", password=PASSWORD, address="a")


def test_an_inactive_student_is_told_the_same_as_an_unknown_one() -> None:
    make_student(username="brave-otter-17", password=PASSWORD, is_active=False)
    with pytest.raises(accounts.SignInRefused):
        accounts.sign_in(username="brave-otter-17", password=PASSWORD, address="a")


def test_an_unknown_name_costs_a_hash_too(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def spy(password: str, encoded: str) -> bool:
        checked.append(encoded)
        return False

    monkeypatch.setattr(accounts, "check_password", spy)
    with pytest.raises(accounts.SignInRefused):
        accounts.sign_in(username="nobody-here-99", password="wrong", address="a")
    assert [encoded.split("$")[0] for encoded in checked] == ["argon2"]


def test_another_age_group_makes_cached_feeds_stale_and_other_changes_do_not() -> None:
    student = make_student(age_group="8-10")
    now = timezone.now()
    student = accounts.change_profile(student, now=now, time_zone="Asia/Tokyo", age_group="8-10")
    assert (student.progress_version, student.time_zone) == (0, "Asia/Tokyo")
    student = accounts.change_profile(student, now=now, age_group="11-13")
    assert (student.progress_version, student.age_group) == (1, "11-13")


def test_preferences_are_merged_and_unlisted_ones_do_not_exist() -> None:
    student = make_student()
    now = timezone.now()
    accounts.change_profile(student, now=now, preferences={"captions": True})
    changed = accounts.change_profile(student, now=now, preferences={"data_saver": False})
    assert changed.learning_preferences == {"captions": True, "data_saver": False}
    with pytest.raises(accounts.AccountRefused):
        accounts.change_profile(student, now=now, preferences={"school": True})
    assert Student.objects.get(pk=student.pk).learning_preferences == {"captions": True, "data_saver": False}
