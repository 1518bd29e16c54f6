"""The web server's own application, in a process whose clock can be made to jump."""

from __future__ import annotations

from tests.faults import clock

clock.install()

from config.wsgi import application  # noqa: E402 - the clock comes first

__all__ = ["application"]
