"""On whose behalf a call is made: a pseudonym for the vendors' abuse handling, never a person's name.

It is set by whoever runs a step and read by the providers that pass it on. It decides no result, so it is
no part of a request or of a fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_pseudonym: ContextVar[str] = ContextVar("provider_caller", default="")


@contextmanager
def on_behalf_of(pseudonym: str) -> Iterator[None]:
    """Calls inside are made for this pseudonym: an HMAC of at most 64 characters."""
    token = _pseudonym.set(pseudonym)
    try:
        yield
    finally:
        _pseudonym.reset(token)


def pseudonym() -> str:
    """The present caller's pseudonym, "" outside `on_behalf_of`."""
    return _pseudonym.get()
