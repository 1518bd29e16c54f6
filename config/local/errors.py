"""The one error of this package: its text is the whole message for the person at the terminal."""

from __future__ import annotations


class LocalServerError(Exception):
    """A local server or process cannot run. The message is one sentence: the cause, and what to do."""
