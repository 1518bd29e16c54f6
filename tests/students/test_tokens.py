"""Sessions and refresh tokens: single use, one successor, theft ends the session."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from students import tokens
from students.models import RefreshToken, Session
from tests.clients import make_student

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def open_one() -> tuple[Session, str]:
    student = make_student()
    pair = tokens.open_session(tokens.STUDENTS, student, now=NOW)
    return Session.objects.get(student=student), pair.refresh


def test_only_a_hash_of_the_refresh_token_is_stored() -> None:
    session, refresh = open_one()
    row = RefreshToken.objects.get(session=session)
    assert row.digest == hashlib.sha256(refresh.encode()).hexdigest()
    assert len(refresh) == 43


def test_a_session_lasts_thirty_days_and_a_token_seven_idle_ones() -> None:
    session, _ = open_one()
    assert session.expires_at - NOW == timedelta(days=30)
    assert RefreshToken.objects.get(session=session).expires_at - NOW == timedelta(days=7)


def test_a_refresh_gives_another_token_and_uses_the_first_one_up() -> None:
    session, refresh = open_one()
    pair = tokens.rotate(tokens.STUDENTS, refresh, now=NOW + timedelta(days=1))
    assert pair.refresh != refresh
    assert RefreshToken.objects.get(digest=tokens.digest_of(refresh)).used_at == NOW + timedelta(days=1)
    follower = RefreshToken.objects.get(digest=tokens.digest_of(pair.refresh))
    assert (follower.used_at, follower.session_id) == (None, session.pk)
    assert follower.expires_at == NOW + timedelta(days=8)


def test_the_last_token_of_a_session_ends_with_it() -> None:
    session, refresh = open_one()
    for day in range(6, 30, 6):
        refresh = tokens.rotate(tokens.STUDENTS, refresh, now=NOW + timedelta(days=day)).refresh
    row = RefreshToken.objects.get(digest=tokens.digest_of(refresh))
    assert row.expires_at == session.expires_at


def test_a_repeat_within_thirty_seconds_gets_the_same_successor() -> None:
    session, refresh = open_one()
    first = tokens.rotate(tokens.STUDENTS, refresh, now=NOW)
    second = tokens.rotate(tokens.STUDENTS, refresh, now=NOW + timedelta(seconds=30))
    assert first.refresh == second.refresh
    assert RefreshToken.objects.filter(session=session).count() == 2
    assert Session.objects.get(pk=session.pk).revoked_at is None


def test_a_repeat_after_thirty_seconds_ends_the_session(caplog: pytest.LogCaptureFixture) -> None:
    session, refresh = open_one()
    first = tokens.rotate(tokens.STUDENTS, refresh, now=NOW)
    with pytest.raises(tokens.RefreshRefused):
        tokens.rotate(tokens.STUDENTS, refresh, now=NOW + timedelta(seconds=31))
    ended = Session.objects.get(pk=session.pk)
    assert (ended.revoked_because, ended.revoked_at) == ("refresh-reused", NOW + timedelta(seconds=31))
    with pytest.raises(tokens.RefreshRefused):
        tokens.rotate(tokens.STUDENTS, first.refresh, now=NOW + timedelta(seconds=32))
    assert "refresh-reused" in caplog.text
    assert str(session.pk) not in caplog.text
    assert refresh not in caplog.text


def test_a_token_whose_successor_was_used_ends_the_session_even_within_thirty_seconds() -> None:
    session, refresh = open_one()
    second = tokens.rotate(tokens.STUDENTS, refresh, now=NOW)
    tokens.rotate(tokens.STUDENTS, second.refresh, now=NOW + timedelta(seconds=1))
    with pytest.raises(tokens.RefreshRefused):
        tokens.rotate(tokens.STUDENTS, refresh, now=NOW + timedelta(seconds=2))
    assert Session.objects.get(pk=session.pk).revoked_because == "refresh-reused"


def test_an_idle_token_an_ended_session_and_an_unknown_token_are_refused() -> None:
    session, refresh = open_one()
    with pytest.raises(tokens.RefreshRefused):
        tokens.rotate(tokens.STUDENTS, refresh, now=NOW + timedelta(days=7))
    assert Session.objects.get(pk=session.pk).revoked_at is None  # old age is no theft
    with pytest.raises(tokens.RefreshRefused):
        tokens.rotate(tokens.STUDENTS, "x" * 43, now=NOW)
    tokens.sign_out(tokens.STUDENTS, refresh, now=NOW)
    with pytest.raises(tokens.RefreshRefused):
        tokens.rotate(tokens.STUDENTS, refresh, now=NOW)


def test_a_student_who_is_no_longer_active_gets_no_tokens() -> None:
    session, refresh = open_one()
    session.student.is_active = False
    session.student.save(update_fields=["is_active"])
    with pytest.raises(tokens.RefreshRefused):
        tokens.rotate(tokens.STUDENTS, refresh, now=NOW)


def test_signing_out_everywhere_ends_every_session_of_this_student_only() -> None:
    session, _ = open_one()
    tokens.open_session(tokens.STUDENTS, session.student, now=NOW)
    other, _ = open_one()
    assert tokens.end_student_sessions(session.student, because="test", now=NOW) == 2
    assert Session.objects.filter(student=session.student, revoked_at=None).count() == 0
    assert Session.objects.get(pk=other.pk).revoked_at is None


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_refreshes_of_one_token_make_one_successor() -> None:
    session, refresh = open_one()

    def refresh_once(number: int) -> str:
        try:
            return tokens.rotate(tokens.STUDENTS, refresh, now=NOW + timedelta(milliseconds=number)).refresh
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(refresh_once, range(20)))
    assert len(answers) == 1
    assert RefreshToken.objects.filter(session=session).count() == 2
    assert Session.objects.get(pk=session.pk).revoked_at is None


def test_the_access_token_says_who_and_for_whom_and_nothing_else() -> None:
    student = make_student()
    pair = tokens.open_session(tokens.STUDENTS, student, now=datetime.now(UTC))
    claims = tokens.StudentAccessToken(pair.access).payload  # type: ignore[arg-type] # simplejwt says Token and means text
    assert set(claims) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp", "token_type"}
    assert (claims["sub"], claims["aud"], claims["iss"]) == (str(student.pk), "student", "microlearning")
    assert claims["exp"] - claims["iat"] == settings.ACCESS_TOKEN_SECONDS == 600
