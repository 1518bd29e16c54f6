"""A request's body: bounded before it is read, JSON, not nested too deeply. For both kinds of views."""

from __future__ import annotations

import re
from typing import Any, Protocol

from django.conf import settings
from rest_framework import exceptions

from students.problems import PayloadTooLarge

MOST_NESTED = 20  # levels of a body; the deepest that is taken has 3
STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)  # a string may lack its end


class Readable(Protocol):
    """A request, or the stream of one."""

    def read(self, size: int, /) -> Any: ...


def read_bounded(stream: Readable, announced: object) -> bytes:
    """The bytes of a body; `announced` is its Content-Length.

    Raises PayloadTooLarge (413) before or while reading, ParseError (400) where it nests too deeply.
    """
    limit = settings.REQUEST_BODY_LIMIT
    written = str(announced or "0")
    if written.isdigit() and int(written) > limit:
        raise too_large(limit)
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        raise too_large(limit)
    if is_deep(body):
        raise exceptions.ParseError("The JSON is nested too deeply.")
    return body


def is_deep(body: bytes) -> bool:
    """Whether JSON nests beyond MOST_NESTED.

    Python's own limit is no help: it allows 10,000 levels, and the stack of a server's thread
    (2 MB) is full before, which ends the process and every request in it.
    """
    if body.count(b"[") + body.count(b"{") <= MOST_NESTED:
        return False
    depth = 0
    for found in STRING_OR_BRACKET.finditer(body):
        if body[found.start()] in b"[{":
            depth += 1
            if depth > MOST_NESTED:
                return True
        elif body[found.start()] in b"]}":
            depth -= 1
    return False


def too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge("body-too-large", f"A request may have at most {limit:,} bytes.")
