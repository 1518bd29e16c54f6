"""What every request asks the cache: `CACHES["fast"]`, which is config.cache.RedisCache.

Its keys are its own: what is written here is not found through `django.core.cache.cache`, nor the reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, cast

from django.core.cache import caches


class FastCache(Protocol):
    """Bytes and counters; nothing raises while the cache is away."""

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Values kept as bytes, in one round trip."""

    def keep(self, key: str, value: bytes, seconds: float) -> None:
        """Store bytes for about so long."""

    def count(self, keys: Sequence[str], seconds: float) -> list[int] | None:
        """Add one to the first counter and read all; None while the cache is away."""

    def count_and_read(
        self, counters: Sequence[str], wanted: Sequence[str], seconds: float
    ) -> tuple[list[int], list[bytes | None]] | None:
        """`count` of the counters and `read` of what is wanted, in one round trip."""

    def set(self, key: str, value: bytes, timeout: int) -> None:
        """Django's own: store, for exactly so long."""

    def add(self, key: str, value: bytes, timeout: int) -> bool | None:
        """Django's own: store where nothing is kept yet."""

    def decr(self, key: str) -> int | None:
        """Django's own: take one from a counter. Raises ValueError where there is none."""

    def build_once(
        self, key: str, build: Callable[[], bytes], seconds: float, *, is_fresh: Callable[[bytes], bool]
    ) -> bytes:
        """What is kept and fresh, else what one of all who miss it builds."""


def fast_cache() -> FastCache:
    return cast("FastCache", caches["fast"])
