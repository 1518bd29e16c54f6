"""A class code lets a class behind one address register, for some days, and is no key to anything."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from students import class_codes
from students.models import Student
from tests.clients import PASSWORD, assert_problem
from tests.dumps import dump_database

TODAY = datetime(2026, 11, 24, tzinfo=UTC).date()
REGISTER = "/api/student/register"


def issue(*arguments: str) -> str:
    out = io.StringIO()
    call_command("issue_class_code", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def register(number: int, *, address: str = "192.0.2.1", **body: str) -> Any:
    given = {"username": f"calm-otter-{number:04}", "password": PASSWORD, "age_group": "8-10"} | body
    return APIClient(REMOTE_ADDR=address).post(REGISTER, given)


def test_a_code_counts_until_the_end_of_its_last_day_however_it_is_typed() -> None:
    code = class_codes.issue_code(TODAY)
    assert [len(part) for part in code.split("-")] == [4, 4, 4, 4]
    for typed in (code, code.upper(), code.replace("-", " "), code.replace("-", "")):
        assert class_codes.is_open(typed, today=TODAY)
    assert not class_codes.is_open(code, today=TODAY + timedelta(days=1))
    assert not class_codes.is_open(code, today=TODAY - timedelta(days=40))
    assert class_codes.issue_code(TODAY) != code


def test_a_changed_letter_is_no_code() -> None:
    code = class_codes.name_of(class_codes.issue_code(TODAY))
    for place in range(len(code)):
        other = "A" if code[place] != "A" else "B"
        assert not class_codes.is_open(code[:place] + other + code[place + 1 :], today=TODAY)
    for nonsense in ("", "a", "0000-0000-0000-0000", "ÄÖÜ", "\x00" * 16, "=" * 16, "a" * 5000):
        assert not class_codes.is_open(nonsense, today=TODAY)


def test_the_command_says_until_when_and_refuses_what_is_too_long() -> None:
    today = timezone.now().date()
    assert class_codes.is_open(issue("--days", "1"), today=today)
    assert not class_codes.is_open(issue("--days", "1"), today=today + timedelta(days=1))
    for days in ("0", "31", "-1"):
        with pytest.raises(CommandError, match="1 to 30 days"):
            issue("--days", days)


@pytest.mark.django_db
@pytest.mark.usefixtures("fresh_counters")
def test_sixty_of_a_class_register_from_one_address_and_ten_without_a_code() -> None:
    statuses = [register(number).status_code for number in range(11)]
    assert statuses == [201] * 10 + [429]
    code = issue()
    statuses = [register(100 + number, class_code=code).status_code for number in range(61)]
    assert statuses == [201] * 60 + [429]
    elsewhere = register(500, address="192.0.2.9", class_code=code)
    assert elsewhere.status_code == 429, "the code itself has its limit, wherever it is used"
    assert register(501, address="192.0.2.9").status_code == 201


@pytest.mark.django_db
@pytest.mark.usefixtures("fresh_counters")
def test_a_wrong_code_is_refused_counts_as_a_try_and_opens_nothing() -> None:
    for number in range(10):
        answer = register(number, class_code="aaaa-bbbb-cccc-dddd")
        problem = assert_problem(answer, 400, "invalid")
        assert [(one["field"], one["code"]) for one in problem["errors"]] == [
            ("class_code", "class-code-not-valid")
        ]
    assert register(11, class_code="aaaa-bbbb-cccc-dddd").status_code == 429
    assert not Student.objects.exists()


@pytest.mark.django_db
def test_no_row_remembers_the_class() -> None:
    code = issue()
    assert register(1, class_code=code).status_code == 201
    assert [table for table, row in dump_database() if code in row or class_codes.name_of(code) in row] == []
