"""Counters that several processes share, in the cache; where the cache is down, counters of this process."""

from __future__ import annotations

import threading
import time

from django.core.cache import cache

LOCAL_LIMIT = 10_000  # keys of this process; the oldest go first


class LocalStore:
    """A small dictionary with expiry, used while the cache is down."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[float, float]] = {}  # key → (value, expires at)
        self._lock = threading.Lock()

    def add(self, key: str, seconds: float, now: float) -> int:
        with self._lock:
            value, expires = self._values.pop(key, (0.0, now + seconds))
            if expires <= now:
                value, expires = 0.0, now + seconds
            self._keep(key, value + 1, expires)
            return int(value + 1)

    def put(self, key: str, value: float, seconds: float, now: float) -> None:
        with self._lock:
            self._values.pop(key, None)
            self._keep(key, value, now + seconds)

    def read(self, key: str, now: float) -> float | None:
        value, expires = self._values.get(key, (0.0, 0.0))
        return value if expires > now else None

    def drop(self, key: str) -> None:
        with self._lock:
            self._values.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._values.clear()

    def _keep(self, key: str, value: float, expires: float) -> None:
        if len(self._values) >= LOCAL_LIMIT:
            del self._values[next(iter(self._values))]
        self._values[key] = (value, expires)


local = LocalStore()


def add_shared(key: str, seconds: float) -> int | None:
    """Count one more under this key, which is forgotten `seconds` after its first count; None: no cache."""
    count: int | None
    try:
        count = cache.incr(key)  # None: the cache is down
    except ValueError:  # the key is new
        added: bool | None = cache.add(key, 0, timeout=int(seconds))
        if added is None:
            return None
        try:
            count = cache.incr(key)  # whoever was faster: both count
        except ValueError:
            return 1  # forgotten in between
    return count


def count_failure(key: str, seconds: float) -> int:
    """Count one more, shared if possible, else in this process."""
    count = add_shared(key, seconds)
    return local.add(key, seconds, time.time()) if count is None else count


def remember(key: str, value: float, seconds: float) -> None:
    """Keep a number for some time, shared if possible, else in this process."""
    added: bool | None = cache.add(key, value, timeout=int(seconds))  # False: it is kept already
    if added is None:
        local.put(key, value, seconds, time.time())


def recall(key: str) -> float | None:
    """The number kept under this key, whoever keeps it."""
    shared = cache.get(key)
    return float(shared) if isinstance(shared, int | float) else local.read(key, time.time())


def forget(*keys: str) -> None:
    cache.delete_many(list(keys))
    for key in keys:
        local.drop(key)
