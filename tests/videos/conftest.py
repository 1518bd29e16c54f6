"""Limits count in the cache: each test begins with an empty one."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    from django.core.cache import cache  # noqa: PLC0415 - Django is set up only after this file is read

    from students.counters import local  # noqa: PLC0415

    cache.clear()
    local.clear()
