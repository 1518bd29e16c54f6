"""Limits count in the cache: each test begins with an empty one."""

from __future__ import annotations

from tests.students.conftest import fresh_counters

__all__ = ["fresh_counters"]
