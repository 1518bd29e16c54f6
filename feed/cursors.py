"""The signed address of "what follows": whose, for which age group, and what was handed out already.

It names concepts, not positions: an answer changes what comes next at once, and nothing comes twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.core import signing

from students.models import AGE_GROUPS

VALID_FOR = timedelta(hours=24)
SALT = "feed.cursors"


class CursorInvalid(Exception):
    """Altered, expired, or another student's."""

    code: ClassVar[str] = "cursor-invalid"


@dataclass(frozen=True)
class Cursor:
    """`handed_out` are concept ids (hex), oldest first."""

    age_group: str
    handed_out: tuple[str, ...]


def write_cursor(cursor: Cursor, *, student_id: UUID, now: datetime) -> str:
    """Text that is safe in an address."""
    return signing.dumps(
        [student_id.hex, int(now.timestamp()), cursor.age_group, list(cursor.handed_out)],
        key=settings.CURSOR_SIGNING_KEY,
        salt=SALT,
        compress=True,
    )


def read_cursor(text: str, *, student_id: UUID, now: datetime) -> Cursor:
    """Raises CursorInvalid."""
    try:
        owner, made_at, age_group, handed_out = signing.loads(
            text, key=settings.CURSOR_SIGNING_KEY, salt=SALT
        )
    except (signing.BadSignature, ValueError) as error:
        raise CursorInvalid("This cursor is not one of ours. Start again from page 0.") from error
    if owner != student_id.hex or age_group not in AGE_GROUPS:
        raise CursorInvalid("This cursor belongs to somebody else.")
    if not 0 <= now.timestamp() - made_at + 60 <= VALID_FOR.total_seconds():
        raise CursorInvalid("This cursor has expired. Start again from page 0.")
    return Cursor(age_group, tuple(handed_out))
