"""A child's password: confirmed, changed, and replaced by whoever holds the recovery code (08, J7 and J8)."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from students import lockout
from students.accounts import (
    LockedOut,
    Registration,
    SignInRefused,
    check_student_password,
    make_recovery_code,
    secret_of_nobody,
)
from students.models import Student
from students.security import record_security_event
from students.tokens import end_student_sessions
from students.usernames import normalize_username


class RecoveryRefused(Exception):
    """Name or recovery code is wrong: the answer does not say which."""

    code = "recovery-refused"


def confirm_password(student: Student, password: str, *, address: str) -> None:
    """Nothing where the signed-in student's password is right. Raises SignInRefused and LockedOut.

    Wrong ones count with those of sign-in: a stolen access token gives no more tries.
    """
    locked = lockout.seconds_locked(student.username, address)
    if locked:
        raise LockedOut(locked)
    known = Student.objects.values_list("password", flat=True).get(pk=student.pk)
    if not check_password(password, known):
        if lockout.note_failure(student.username, address):
            record_security_event("locked-out", student.pk)
        record_security_event("sign-in-failed", student.pk)
        raise SignInRefused
    lockout.note_success(student.username, address)


def change_password(student: Student, new: str, *, now: datetime) -> None:
    """Another password; every session ends with the old one. Raises AccountRefused, then nothing changed."""
    check_student_password(new, student.username, field="new_password")
    with transaction.atomic():
        Student.objects.filter(pk=student.pk).update(password=make_password(new))
        end_student_sessions(student, because="password-changed", now=now)
        record_security_event("password-changed", student.pk)


def recover(*, username: str, recovery_code: str, new_password: str, now: datetime) -> Registration:
    """A new password and a new recovery code for whoever has the present one; every session ends.

    An unknown name takes the same time and gives the same answer. A code works once, also when two
    requests bring it at the same moment. Raises AccountRefused and RecoveryRefused.
    """
    name = normalize_username(username)
    check_student_password(new_password, name, field="new_password")
    student = Student.objects.active().filter(username=name).first()
    known = (student.recovery_code if student is not None else "") or secret_of_nobody()
    is_right = check_password("-".join(recovery_code.casefold().split()), known)
    if student is None or not is_right:
        record_security_event("recovery-failed", student.pk if student is not None else name)
        raise RecoveryRefused
    code = make_recovery_code()
    replaced = {"password": make_password(new_password), "recovery_code": make_password(code)}
    with transaction.atomic():
        if Student.objects.filter(pk=student.pk, recovery_code=known).update(**replaced) != 1:
            raise RecoveryRefused  # the same code, a moment earlier
        end_student_sessions(student, because="recovered", now=now)
        record_security_event("recovery-used", student.pk)
    lockout.forget_name(name)
    return Registration(student, code)
