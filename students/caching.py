"""What the hot paths need of the cache beyond Django's own methods (config.cache.RedisCache has it)."""

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

    def build_once(
        self, key: str, build: Callable[[], bytes], seconds: float, *, is_fresh: Callable[[bytes], bool]
    ) -> bytes:
        """What is kept and fresh, else what one of all who miss it builds."""


def fast_cache() -> FastCache:
    return cast("FastCache", caches["default"])
