"""The circuit of each provider alias: after certain failures nobody calls until it may work again.

It lives in the cache and may be lost: then it is closed, and the caps on money still hold. A spent quota
or a rejected key opens it until an operator closes it (`manage.py circuits --close`) or the one probe an
hour succeeds; five transient failures in a minute open it for a minute, doubling to a quarter of an hour.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache

logger = logging.getLogger(__name__)

PROBE_SECONDS = 3600
FAILURES, FAILURES_SECONDS = 5, 60
SHORTEST, LONGEST = 60, 900  # seconds, after transient failures
CALM_SECONDS = 3600  # after so long without an opening, the next one is short again
UNTIL_CLOSED = frozenset({"quota", "auth"})


@dataclass(frozen=True)
class Opening:
    """Why nobody may call, and until when (None: until somebody closes it, or a probe succeeds)."""

    alias: str
    kind: str
    code: str
    message: str
    until: datetime | None

    @property
    def wants_fallback(self) -> bool:
        """Money and keys need a person, so that another member may stand in; trouble passes by itself."""
        return self.kind in UNTIL_CLOSED

    def seconds_left(self, now: datetime) -> float:
        """How long to wait before looking again."""
        return 60.0 if self.until is None else max((self.until - now).total_seconds(), 1.0)


def _key(alias: str, what: str) -> str:
    return f"circuit:{alias}:{what}"


def find_opening(alias: str, *, now: datetime) -> Opening | None:
    """The opening of an alias, None while it is closed or the cache is away."""
    kept: dict[str, Any] | None = cache.get(_key(alias, "open"))
    if not kept:
        return None
    until = datetime.fromisoformat(kept["until"]) if kept["until"] else None
    if until is not None and now >= until:
        return None
    return Opening(alias, kept["kind"], kept["code"], kept["message"], until)


def may_probe(alias: str) -> bool:
    """Whether this caller is the one that may try an open circuit this hour."""
    return bool(cache.add(_key(alias, "probe"), "1", PROBE_SECONDS))


def note_failure(alias: str, *, kind: str, code: str, message: str, now: datetime) -> None:
    """A call failed. Opens the circuit where the rules above say so."""
    if kind in UNTIL_CLOSED:
        if find_opening(alias, now=now) is None:
            logger.error("The circuit of %s is open: %s (%s)", alias, message, code)
            cache.set(_key(alias, "probe"), "1", PROBE_SECONDS)  # the first probe is an hour away
        _open(alias, kind=kind, code=code, message=message, until=None)
    elif kind == "transient" and _count_failure(alias) >= FAILURES:
        level = int(cache.get(_key(alias, "level")) or 0)
        seconds = min(SHORTEST * 2**level, LONGEST)
        cache.set(_key(alias, "level"), level + 1, CALM_SECONDS)
        cache.delete(_key(alias, "failures"))
        logger.warning("The circuit of %s is open for %s s: %s", alias, seconds, message)
        _open(alias, kind=kind, code=code, message=message, until=now + timedelta(seconds=seconds))


def _count_failure(alias: str) -> int:
    key = _key(alias, "failures")
    cache.add(key, 0, FAILURES_SECONDS)
    try:
        return int(cache.incr(key) or 0)
    except ValueError:  # it ran out between two commands
        return 0


def _open(alias: str, *, kind: str, code: str, message: str, until: datetime | None) -> None:
    kept = {"kind": kind, "code": code, "message": message, "until": until.isoformat() if until else ""}
    cache.set(_key(alias, "open"), kept, None if until is None else LONGEST)


def note_success(alias: str) -> None:
    """A call succeeded: an open circuit is closed."""
    if cache.get(_key(alias, "open")):
        logger.warning("The circuit of %s is closed: a call succeeded.", alias)
        close(alias)


def close(alias: str) -> None:
    """Let everybody call again."""
    cache.delete_many([_key(alias, what) for what in ("open", "probe", "failures", "level")])
