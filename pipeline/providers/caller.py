"""On whose behalf a call is made: a pseudonym for the vendors' abuse handling, never a person's name; for
which job, so that a vendor can tell a repeated request from a second one; and until when, so that a worker
which has slept over its claim asks for nothing that another may be asking for by then.

They are set by whoever runs a step and read by those that pass them on. They decide no result, so they are
no part of a request or of a fingerprint.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_pseudonym: ContextVar[str] = ContextVar("provider_caller", default="")
_job: ContextVar[str] = ContextVar("provider_job", default="")
_until: ContextVar[float] = ContextVar("provider_until", default=float("inf"))


@contextmanager
def on_behalf_of(pseudonym: str, *, job: str = "", until: float = float("inf")) -> Iterator[None]:
    """Calls inside are made for this pseudonym, an HMAC of at most 64 characters, and for this job: the same
    word for every attempt at one run, another for every other run. `until` is when the caller's claim ends,
    by `time.monotonic`."""
    tokens = _pseudonym.set(pseudonym), _job.set(job), _until.set(until)
    try:
        yield
    finally:
        _until.reset(tokens[2])
        _pseudonym.reset(tokens[0])
        _job.reset(tokens[1])


def pseudonym() -> str:
    """The present caller's pseudonym, "" outside `on_behalf_of`."""
    return _pseudonym.get()


def job() -> str:
    """The present job's word, "" outside `on_behalf_of`."""
    return _job.get()


def seconds_left() -> float:
    """Until the present caller's claim ends; infinite outside `on_behalf_of`."""
    return _until.get() - time.monotonic()
