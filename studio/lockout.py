"""The failed sign-ins of the studio, which django-axes counts in the cache, survive the cache's absence."""

from __future__ import annotations

from typing import Any

from axes.handlers.cache import AxesCacheHandler
from django.conf import settings
from django.core.cache import cache

from students import counters


class Failures:
    """The part of a cache that django-axes uses: shared where possible, else of this process."""

    def get(self, key: str, default: int = 0) -> int:
        found = counters.recall(key)
        return default if found is None else int(found)

    def add(self, key: str, value: int, timeout: int | None) -> bool:
        return False  # `incr` makes what is missing

    def incr(self, key: str, delta: int = 1) -> int:
        return counters.count_failure(key, settings.AXES_COOLOFF_TIME.total_seconds())

    def touch(self, key: str, timeout: int | None) -> bool:
        return bool(cache.touch(key, timeout))

    def delete(self, key: str) -> bool:
        known = self.get(key) > 0
        counters.forget(key)
        return known


class LockoutHandler(AxesCacheHandler):  # type: ignore[misc] # django-axes has no types
    """django-axes' own rules, with counters that never make a sign-in fail."""

    def __init__(self) -> None:
        super().__init__()
        self.cache: Any = Failures()
