"""The guardian: parent or school, without an account, who holds a code (08, P5).

Staff issue it after the operator's own verification (`manage.py issue_guardian_code`); it never passes
through the child's sign-up. Only its Argon2 hash is kept.
"""

from __future__ import annotations

import base64
import secrets
from typing import ClassVar

from django.contrib.auth.hashers import check_password, make_password

from students import lockout
from students.models import Student
from students.security import record_security_event

CODE_BYTES = 15  # 120 bits; 24 letters and digits without a remainder
LONGEST_CODE = 100


class GuardianRefused(Exception):
    """The code is wrong, or none was ever issued: the answer does not say which."""

    code: ClassVar[str] = "guardian-code-wrong"


class GuardianLocked(Exception):
    """Too many wrong codes; open again after `seconds`. The right code does not help before."""

    code: ClassVar[str] = "locked-out"

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many wrong codes.")
        self.seconds = seconds


def issue_code(student: Student) -> str:
    """A new code, readable once: what is kept is its hash. Any earlier code is void from now on."""
    written = base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower()
    code = "-".join(written[start : start + 6] for start in range(0, len(written), 6))
    Student.objects.filter(pk=student.pk).update(guardian_code=make_password(code))
    record_security_event("guardian-code-issued", student.pk)
    return code


def check_code(student: Student, typed: str, *, address: str) -> None:
    """Nothing where the code is the guardian's. Raises GuardianRefused and GuardianLocked."""
    name = f"guardian:{student.pk}"
    locked = lockout.seconds_locked(name, address)
    if locked:
        raise GuardianLocked(locked)
    code = "-".join(typed.strip().casefold().split())
    known = student.guardian_code or make_password(None)  # no code fits an unusable one
    if not check_password(code, known):
        if lockout.note_failure(name, address):
            record_security_event("locked-out", student.pk)
        record_security_event("guardian-code-wrong", student.pk)
        raise GuardianRefused
    lockout.note_success(name, address)
