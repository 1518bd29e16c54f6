"""Access tokens, sessions, and refresh tokens that work once (08, J1-J7, J11).

One set of rules for students and creators: a `SessionKind` says which tables and which access token.
Refresh tokens are random text, stored as SHA-256; only their successors are computed, so that a
request whose answer was lost can be repeated.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from rest_framework_simplejwt import tokens as simplejwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError

from students import sittings
from students.models import AbstractSession, RefreshToken, Session, Student
from students.security import record_security_event

ISSUER = "microlearning"
LEEWAY = 10  # seconds
GRACE = timedelta(seconds=30)  # within which a repeated refresh gets the same answer
CLAIMS: tuple[tuple[str, type], ...] = (
    ("iss", str),
    ("aud", str),
    ("sub", str),
    ("sid", str),
    ("jti", str),
    ("iat", int),
    ("exp", int),
    ("token_type", str),
)


class RefreshRefused(Exception):
    """The refresh token is unknown, expired, used up, or of an ended session. Sign in again."""

    code = "refresh-invalid"


class TokenRefused(Exception):
    """An access token that is not one of ours, or no longer valid (`is_expired`)."""

    def __init__(self, *, is_expired: bool = False) -> None:
        super().__init__("expired" if is_expired else "invalid")
        self.is_expired = is_expired


@cache
def _backend(audience: str, key: str) -> TokenBackend:
    return TokenBackend("HS256", signing_key=key, audience=audience, issuer=ISSUER, leeway=LEEWAY)


class AccessToken(simplejwt.AccessToken):
    """HS256, ten minutes, for one audience: each class refuses the other's tokens."""

    audience: ClassVar[str]
    lifetime = timedelta(seconds=settings.ACCESS_TOKEN_SECONDS)

    def get_token_backend(self) -> TokenBackend:
        return _backend(self.audience, settings.TOKEN_SIGNING_KEY)

    def verify(self) -> None:
        for name, kind in CLAIMS:
            value = self.payload.get(name)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise TokenError(f"The claim {name} is missing or of another type.")
        for name in ("sub", "sid"):
            try:
                UUID(self.payload[name])
            except ValueError as error:
                raise TokenError(f"The claim {name} is not an id.") from error
        super().verify()


class StudentAccessToken(AccessToken):
    audience = "student"


class CreatorAccessToken(AccessToken):
    audience = "creator"


class Note(Protocol):
    """Told of a session that is used or left; `last_use` is when its present token was made."""

    def __call__(self, session: Any, *, last_use: datetime, now: datetime) -> None: ...


@dataclass(frozen=True)
class SessionKind:
    """Whose sessions: the two tables, the name of the owner's column, the access token, the limit."""

    sessions: models.Manager[Any]
    tokens: models.Manager[Any]
    owner: str
    access: type[AccessToken]
    limit: timedelta
    note_refresh: Note | None = None  # within its transaction
    note_sign_out: Note | None = None


STUDENTS = SessionKind(
    Session.objects,
    RefreshToken.objects,
    "student",
    StudentAccessToken,
    settings.SESSION_LIMIT,
    note_refresh=sittings.note_refresh,
    note_sign_out=sittings.note_sign_out,
)


@dataclass(frozen=True)
class TokenPair:
    access: str
    refresh: str


def digest_of(token: str) -> str:
    """What is stored of a refresh token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def successor_of(presented: str) -> str:
    """The one token that follows this one; nobody without the rotation key can compute it."""
    return _encode(hmac.digest(settings.TOKEN_ROTATION_KEY.encode(), presented.encode(), "sha256"))


def _pair(kind: SessionKind, session: AbstractSession, refresh: str, now: datetime) -> TokenPair:
    token = kind.access()
    token["sub"] = str(getattr(session, f"{kind.owner}_id"))
    token["sid"] = str(session.pk)
    token.set_iat(at_time=now)
    token.set_exp(from_time=now)
    return TokenPair(str(token), refresh)


def _keep(kind: SessionKind, session: AbstractSession, refresh: str, now: datetime) -> None:
    kind.tokens.create(
        digest=digest_of(refresh),
        session=session,
        created_at=now,
        expires_at=min(now + settings.REFRESH_IDLE, session.expires_at),
    )


def open_session(kind: SessionKind, owner: models.Model, *, now: datetime) -> TokenPair:
    """A new session of somebody whose password was right."""
    refresh = _encode(secrets.token_bytes(32))
    with transaction.atomic():
        session = kind.sessions.create(**{kind.owner: owner}, created_at=now, expires_at=now + kind.limit)
        _keep(kind, session, refresh, now)
    return _pair(kind, session, refresh, now)


def read_access(kind: SessionKind, access: str | bytes) -> AccessToken:
    """A token of ours that is still valid; whether its session is alive is another question (J1, J2)."""
    try:
        return kind.access(access)  # type: ignore[arg-type] # text or bytes, as simplejwt itself passes it
    except ExpiredTokenError as error:
        raise TokenRefused(is_expired=True) from error
    except TokenError as error:
        raise TokenRefused from error


def find_session(kind: SessionKind, access: str | bytes, *, now: datetime) -> Any:
    """The live session an access token belongs to, with its owner: one query (J3). Raises TokenRefused."""
    token = read_access(kind, access)
    session = _alive(kind, now).filter(pk=token["sid"], **{f"{kind.owner}_id": token["sub"]}).first()
    if session is None:
        raise TokenRefused
    return session


def _alive(kind: SessionKind, now: datetime) -> models.QuerySet[Any]:
    return kind.sessions.select_related(kind.owner).filter(
        revoked_at__isnull=True, expires_at__gt=now, **{f"{kind.owner}__is_active": True}
    )


def session_of(kind: SessionKind, refresh: str) -> UUID | None:
    """The session a refresh token belongs to, alive or not: what its limit is counted by."""
    found: UUID | None = (
        kind.tokens.filter(pk=digest_of(refresh)).values_list("session_id", flat=True).first()
    )
    return found


def rotate(kind: SessionKind, presented: str, *, now: datetime) -> TokenPair:
    """A new pair for a refresh token that was not used before (J5), or the same pair once more within 30 s.

    A token used again later, or after its successor, means that somebody else has it: the whole
    session ends (J6). Raises RefreshRefused.
    """
    with transaction.atomic():
        pair = _rotate(kind, presented, now)
    if pair is None:  # outside the transaction, which has to keep the end of the session
        raise RefreshRefused("This refresh token is not valid. Sign in again.")
    return pair


def _rotate(kind: SessionKind, presented: str, now: datetime) -> TokenPair | None:
    digest, successor = digest_of(presented), successor_of(presented)
    kept = kind.tokens.filter(pk=digest).values_list("session_id", "created_at").first()
    session = _alive(kind, now).filter(pk=kept[0]).first() if kept else None
    if kept is None or session is None:
        return None
    unused = kind.tokens.filter(pk=digest, used_at__isnull=True, expires_at__gt=now)
    if unused.update(used_at=now) == 1:
        _keep(kind, session, successor, now)
        if kind.note_refresh is not None:
            kind.note_refresh(session, last_use=kept[1], now=now)
        return _pair(kind, session, successor, now)
    # Whoever was faster has committed by now: the update above waited for it.
    used_at = kind.tokens.values_list("used_at", flat=True).get(pk=digest)
    if used_at is None:
        return None  # never used, and too old
    follower = kind.tokens.filter(pk=digest_of(successor)).first()
    if now - used_at <= GRACE and follower is not None and follower.used_at is None:
        return _pair(kind, session, successor, now)
    end_sessions(kind, because="refresh-reused", now=now, pk=session.pk)
    record_security_event("refresh-reused", getattr(session, f"{kind.owner}_id"))
    return None


def sign_out(kind: SessionKind, refresh: str, *, now: datetime) -> None:
    """End the session of a refresh token; an unknown one is signed out already."""
    kept = kind.tokens.filter(pk=digest_of(refresh)).values_list("session_id", "created_at").first()
    if kept is None:
        return
    session_id, last_use = kept
    with transaction.atomic():
        session = _alive(kind, now).filter(pk=session_id).first()
        ended = end_sessions(kind, because="signed-out", now=now, pk=session_id)
        if ended and session is not None and kind.note_sign_out is not None:
            kind.note_sign_out(session, last_use=last_use, now=now)


def end_sessions(kind: SessionKind, *, because: str, now: datetime, **which: Any) -> int:
    """End open sessions: one (`pk=`), or all of an owner (`student=`); returns their number."""
    return kind.sessions.filter(revoked_at__isnull=True, **which).update(
        revoked_at=now, revoked_because=because
    )


def end_student_sessions(student: Student, *, because: str, now: datetime) -> int:
    """Sign out everywhere (J7)."""
    return end_sessions(STUDENTS, because=because, now=now, student=student)
