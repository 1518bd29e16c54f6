"""Failed sign-ins at the studio's door as security events, for page and API alike (08, section 10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from students.security import record_security_event
from studio.models import Creator


def note_failure(credentials: Mapping[str, Any], **_: Any) -> None:
    """Receives `user_login_failed`."""
    record_security_event("sign-in-failed", _subject(credentials.get("username") or credentials.get("email")))


def note_lock_out(username: str | None = None, **_: Any) -> None:
    """Receives django-axes' `user_locked_out`."""
    record_security_event("locked-out", _subject(username))


def _subject(typed: object) -> object:
    """The account's id, or what was typed where there is none; both leave as an HMAC only."""
    name = str(typed or "")[:254]
    return Creator.objects.filter(email__iexact=name).values_list("pk", flat=True).first() or name
