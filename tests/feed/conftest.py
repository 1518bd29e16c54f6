"""Pages and limits live in the cache: each test begins with an empty one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.caches import GONE, caches_at


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    from django.core.cache import cache  # noqa: PLC0415 - Django is set up only after this file is read

    from students.counters import local  # noqa: PLC0415

    cache.clear()
    local.clear()


@pytest.fixture
def dead_cache(settings: Any) -> None:
    """Redis is down: nothing listens where the cache should be."""
    settings.CACHES = caches_at(GONE, settings.CACHES)
