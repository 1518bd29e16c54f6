"""Signed cursors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pytest_django import Settings

from feed.cursors import Cursor, CursorInvalid, read_cursor, write_cursor

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
STUDENT = uuid4()
CURSOR = Cursor("8-10", tuple(uuid4().hex for _ in range(100)))


def written() -> str:
    return write_cursor(CURSOR, student_id=STUDENT, now=NOW)


def test_a_cursor_comes_back_as_it_was_written() -> None:
    assert read_cursor(written(), student_id=STUDENT, now=NOW + timedelta(hours=23)) == CURSOR


def test_the_longest_cursor_fits_into_an_address() -> None:
    assert len(written()) < 4000


def test_a_cursor_is_for_its_student_only() -> None:
    with pytest.raises(CursorInvalid, match="somebody else"):
        read_cursor(written(), student_id=uuid4(), now=NOW)


def test_a_cursor_lives_a_day() -> None:
    with pytest.raises(CursorInvalid, match="expired"):
        read_cursor(written(), student_id=STUDENT, now=NOW + timedelta(hours=24, seconds=1))


def test_a_cursor_signed_with_another_key_is_refused(settings: Settings) -> None:
    text = written()
    settings.CURSOR_SIGNING_KEY = "another-key-of-a-test-0000000000000000000"
    with pytest.raises(CursorInvalid):
        read_cursor(text, student_id=STUDENT, now=NOW)


@pytest.mark.parametrize("text", ["", "x", "a:b:c", ":::", "\x00", "é", "." * 5000])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        read_cursor(text, student_id=STUDENT, now=NOW)


def test_an_altered_cursor_is_refused() -> None:
    text = written()
    with pytest.raises(CursorInvalid):
        read_cursor(text[:10] + ("A" if text[10] != "A" else "B") + text[11:], student_id=STUDENT, now=NOW)
