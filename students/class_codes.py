"""A code for a class: with it sixty children behind one address may register in an hour, not ten.

Staff issue it (`manage.py issue_class_code`), a teacher writes it on the board. It says nothing about anybody
and opens nothing else; it carries its last day and is recognised by an HMAC, so no table is kept and no
account remembers it. Whoever guesses has ten tries an hour for one in 2³².
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import date, timedelta

from django.utils.crypto import salted_hmac

FIRST_DAY = date(2026, 1, 1)
LONGEST = timedelta(days=30)
DAY_BYTES, RANDOM_BYTES, SEAL_BYTES = 2, 4, 4
LETTERS = 16  # of Base32, in groups of four


class ClassCodeRefused(Exception):
    """A code that was never issued, or whose last day has passed."""

    code = "class-code-not-valid"
    message = "This class code does not count, or no longer. Ask your teacher, or leave it out."


def issue_code(last_day: date) -> str:
    """A new code that counts until the end of a day (UTC), such as `aaqs-k5dv-2mzq-x6ca`."""
    number = (last_day - FIRST_DAY).days
    message = number.to_bytes(DAY_BYTES) + secrets.token_bytes(RANDOM_BYTES)
    written = base64.b32encode(message + _seal(message)).decode().lower()
    return "-".join(written[start : start + 4] for start in range(0, LETTERS, 4))


def is_open(code: str, *, today: date) -> bool:
    """Whether this is a code of ours whose last day has not passed."""
    message = _open(code)
    if message is None:
        return False
    last_day = FIRST_DAY + timedelta(days=int.from_bytes(message[:DAY_BYTES]))
    return last_day - LONGEST <= today <= last_day


def check_code(code: str, *, today: date) -> None:
    """Raises ClassCodeRefused."""
    if not is_open(code, today=today):
        raise ClassCodeRefused(ClassCodeRefused.message)


def name_of(code: str) -> str:
    """The code as limits count by it, however it was typed."""
    return code.replace("-", "").replace(" ", "").upper()


def _open(code: str) -> bytes | None:
    written = name_of(code)
    if len(written) != LETTERS or not written.isascii():
        return None
    try:
        raw = base64.b32decode(written)
    except ValueError:
        return None
    message, seal = raw[:-SEAL_BYTES], raw[-SEAL_BYTES:]
    return message if hmac.compare_digest(seal, _seal(message)) else None


def _seal(message: bytes) -> bytes:
    return salted_hmac("students.class_codes", message, algorithm="sha256").digest()[:SEAL_BYTES]
