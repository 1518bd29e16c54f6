"""Register, sign in, change what a child may change. A username is all we know of a child."""

from __future__ import annotations

import base64
import secrets
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from students import lockout
from students.models import AGE_GROUPS, Student
from students.moving import MovedTooSoon, plan_move
from students.preferences import ORDERING, PreferenceRefused, check_preferences
from students.security import record_security_event
from students.usernames import check_username, normalize_username

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128


class AccountRefused(Exception):
    """A field cannot be accepted; `field` names it, `code` is stable."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field, self.code, self.message = field, code, message


class UsernameTaken(Exception):
    """Somebody has this name already."""

    code = "username-taken"


class SignInRefused(Exception):
    """Name or password is wrong: the answer does not say which."""

    code = "sign-in-failed"


class LockedOut(Exception):
    """Too many wrong passwords; open again after `seconds`. The right password does not help before."""

    code = "locked-out"

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many wrong passwords.")
        self.seconds = seconds


@dataclass(frozen=True)
class Registration:
    """A new student, and the recovery code, which is shown once and kept only as a hash."""

    student: Student
    recovery_code: str


def register(*, username: str, password: str, age_group: str, time_zone: str = "UTC") -> Registration:
    """A new account. Raises UsernameRefused, AccountRefused, UsernameTaken; then nothing was written."""
    name = check_username(username)
    check_student_password(password, name)
    check_age_group(age_group)
    check_time_zone(time_zone)
    if Student.objects.filter(username=name).exists():
        raise UsernameTaken(name)
    code = make_recovery_code()
    try:
        with transaction.atomic():
            student = Student.objects.create(
                username=name,
                age_group=age_group,
                time_zone=time_zone,
                password=make_password(password),
                recovery_code=make_password(code),
            )
    except IntegrityError as error:  # the same name, at the same moment
        raise UsernameTaken(name) from error
    return Registration(student, code)


def make_recovery_code() -> str:
    """128 bits in groups of letters and digits that a child can copy by hand."""
    written = base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()
    return "-".join(written[start : start + 5] for start in range(0, len(written), 5))


def check_student_password(password: str, username: str, *, field: str = "password") -> None:
    """At least 8 characters, not a common one, not the name itself. Raises AccountRefused for `field`."""
    if len(password) < SHORTEST_PASSWORD:
        raise AccountRefused(
            field, "password-too-short", f"A password has at least {SHORTEST_PASSWORD} characters."
        )
    if len(password) > LONGEST_PASSWORD:
        raise AccountRefused(
            field, "password-too-long", f"A password has at most {LONGEST_PASSWORD} characters."
        )
    if normalize_username(password) == username:
        raise AccountRefused(field, "password-is-username", "The password must not be the name.")
    try:
        _common_passwords().validate(password)
    except ValidationError as error:
        raise AccountRefused(
            field, "password-too-common", "Many people use this password. Put a few words together."
        ) from error


@cache
def _common_passwords() -> CommonPasswordValidator:
    return CommonPasswordValidator()


def check_age_group(age_group: str) -> None:
    if age_group not in AGE_GROUPS:
        raise AccountRefused("age_group", "age-group-unknown", f"Choose one of {', '.join(AGE_GROUPS)}.")


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def check_time_zone(name: str) -> None:
    if name not in _zones():
        raise AccountRefused("timezone", "timezone-unknown", "Give an IANA time zone, such as Europe/Berlin.")


def sign_in(*, username: str, password: str, address: str) -> Student:
    """The student whose name and password these are. Raises SignInRefused and LockedOut.

    An unknown name takes the same time, counts the same failures and gives the same answer.
    """
    name = normalize_username(username)
    locked = lockout.seconds_locked(name, address)
    if locked:
        raise LockedOut(locked)
    student = Student.objects.active().filter(username=name).first()
    known = student.password if student is not None else secret_of_nobody()
    is_right = check_password(password, known)
    if student is None or not is_right:
        whom = student.pk if student is not None else name
        if lockout.note_failure(name, address):
            record_security_event("locked-out", whom)
        record_security_event("sign-in-failed", whom)
        raise SignInRefused
    lockout.note_success(name, address)
    Student.objects.filter(pk=student.pk).update(last_active=timezone.now())
    return student


@cache
def secret_of_nobody() -> str:
    """A hash that nothing typed fits: checking it takes as long as checking somebody's."""
    return make_password(secrets.token_urlsafe(24))


def change_profile(
    student: Student,
    *,
    now: datetime,
    age_group: str | None = None,
    time_zone: str | None = None,
    preferences: Mapping[str, Any] | None = None,
) -> Student:
    """Change what is given; what changes the feed makes every cached page of this child stale.

    Raises AccountRefused. Preferences are merged, and only the listed ones exist; a new time zone holds
    from the next day.
    """
    if age_group is not None:
        check_age_group(age_group)
    if time_zone is not None:
        check_time_zone(time_zone)
    with transaction.atomic():
        locked = Student.objects.select_for_update().get(pk=student.pk)
        changes: dict[str, Any] = {"last_active": now}
        is_stale = False
        if age_group is not None and age_group != locked.age_group:
            changes["age_group"] = age_group
            is_stale = True
        if time_zone is not None:
            moved = _plan_move(locked, time_zone, now)
            changes |= moved
            is_stale |= "streak_trail" in moved
        if preferences is not None:
            _check_preferences(locked, preferences)
            former = locked.learning_preferences or {}
            changes["learning_preferences"] = {**former, **preferences}
            is_stale |= any(preferences.get(name) != former.get(name) for name in ORDERING & set(preferences))
        if is_stale:
            changes["progress_version"] = F("progress_version") + 1
        Student.objects.filter(pk=locked.pk).update(**changes)
    locked.refresh_from_db()
    return locked


def _plan_move(student: Student, zone: str, now: datetime) -> dict[str, Any]:
    try:
        return plan_move(student, zone, now=now)
    except MovedTooSoon as error:
        opens = error.opens_at.astimezone(UTC).isoformat(timespec="minutes").replace("+00:00", "Z")
        raise AccountRefused(
            "timezone", "timezone-too-soon", f"The time zone changes once in seven days. Try after {opens}."
        ) from error


def _check_preferences(student: Student, preferences: Mapping[str, Any]) -> None:
    try:
        check_preferences(preferences, reminders_allowed=student.reminders_allowed)
    except PreferenceRefused as error:
        path = ".".join(filter(None, ("learning_preferences", error.field)))
        raise AccountRefused(path, error.code, error.message) from error
