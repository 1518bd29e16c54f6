"""What a log line or a trace belongs to: the request, and the run it led to. Never a person."""

from __future__ import annotations

import re
from contextvars import ContextVar

from uuid_utils.compat import uuid7

request_id: ContextVar[str] = ContextVar("request_id", default="")
run_id: ContextVar[str] = ContextVar("run_id", default="")
WELL_FORMED = re.compile(r"[A-Za-z0-9-]{8,64}")


def adopt(given: str) -> str:
    """The id that a proxy gave, where it looks like one, else one of our own."""
    return given if WELL_FORMED.fullmatch(given) else uuid7().hex
