"""The cache of the hot path: bytes, short timeouts, and a breaker: its loss costs no child a wait.

`CACHES["fast"]`, under a prefix of its own, as the other cache is django-redis and neither can read what the
other has written. Beside Django's own methods it has those of `students.caching.FastCache`: several keys in
one round trip, a counter in one, and a value built once however many ask for it at the same time (09, section
1.5). Nothing here raises because Redis is away: a read finds nothing, a write is not kept, `incr`, `decr` and
`add` give None.
"""

from __future__ import annotations

import pickle
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from redis import BlockingConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.breaker import Breaker

TIMEOUT = 0.05  # seconds to connect, to answer, and to get a connection of the pool
MOST_CONNECTIONS = 16
JITTER = 0.1  # of a lifetime, so that what was kept together does not expire together
LOCK_MS = 2000  # how long another process may build before its lock is forgotten
WAIT = 0.2  # seconds that others wait for it, then they build themselves
PAUSE = 0.01
RAW, TEXT, PICKLED = b"b", b"s", b"p"  # how a value is written; whole numbers are plain digits, for INCR


class Link:
    """One server, shared by all threads of this process."""

    def __init__(self, address: str, timeout: float) -> None:
        self.breaker = Breaker()
        self.client = Redis(
            connection_pool=BlockingConnectionPool.from_url(
                address,
                max_connections=MOST_CONNECTIONS,
                timeout=timeout,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                retry=Retry(NoBackoff(), 0),
                decode_responses=False,
            )
        )

    def ask[T](self, question: Callable[[Redis], T]) -> T | None:
        """The answer, or None where the server is away or has just been."""
        if not self.breaker.allows():
            return None
        try:
            answer = question(self.client)
        except (RedisError, OSError):
            self.breaker.note_failure()
            return None
        self.breaker.note_success()
        return answer


@cache
def link_to(address: str, timeout: float) -> Link:
    return Link(address, timeout)


class Builders:
    """One lock a key, for as long as somebody builds it in this process."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[threading.Lock, int]] = {}
        self._guard = threading.Lock()

    def enter(self, key: str) -> threading.Lock:
        with self._guard:
            lock, users = self._locks.get(key, (threading.Lock(), 0))
            self._locks[key] = (lock, users + 1)
        return lock

    def leave(self, key: str) -> None:
        with self._guard:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)


builders = Builders()


class RedisCache(BaseCache):
    """`LOCATION` is a Redis address; `OPTIONS = {"TIMEOUT_MS": 50}`."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = params.get("OPTIONS", {})
        self._link = link_to(location, float(options.get("TIMEOUT_MS", TIMEOUT * 1000)) / 1000)

    # ----------------------------------------------------------------- more than Django asks

    @property
    def is_away(self) -> bool:
        return self._link.breaker.is_open

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values that `keep` or Django's `set` stored as bytes, in one round trip."""
        names = [self.make_and_validate_key(key) for key in keys]
        found: Any = self._link.ask(lambda client: client.mget(names))
        if found is None:
            return [None] * len(names)
        return [as_bytes(value) for value in found]

    def keep(self, key: str, value: bytes, seconds: float) -> None:
        """Store bytes for about so long: 10 % more or less."""
        lifetime = int(1000 * seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret
        name = self.make_and_validate_key(key)
        self._link.ask(lambda client: client.set(name, RAW + value, px=max(lifetime, 1)))

    def count(self, keys: Sequence[str], seconds: float) -> list[int] | None:
        """Add one to the first counter, forgotten `seconds` after its first count; all their values.

        None while the cache is away.
        """
        found = self.count_and_read(keys, (), seconds)
        return None if found is None else found[0]

    def count_and_read(
        self, counters: Sequence[str], wanted: Sequence[str], seconds: float
    ) -> tuple[list[int], list[bytes | None]] | None:
        """`count` of the counters and `read` of what is wanted, in one round trip."""
        names = [self.make_and_validate_key(key) for key in (*counters, *wanted)]
        found: Any = self._link.ask(
            lambda client: client.eval(COUNT, len(names), *names, max(int(1000 * seconds), 1))
        )
        if found is None:
            return None
        size = len(counters)
        return [int(value or 0) for value in found[:size]], [as_bytes(value) for value in found[size:]]

    def build_once(
        self, key: str, build: Callable[[], bytes], seconds: float, *, is_fresh: Callable[[bytes], bool]
    ) -> bytes:
        """The kept value where it is fresh, else what `build` gives, which is kept.

        Of many that miss at once one builds: in this process they wait for its lock, in others at most
        0.2 s for its value.
        """
        lock = builders.enter(key)
        try:
            with lock:
                (kept,) = self.read([key])
                if kept is not None and is_fresh(kept):
                    return kept
                guard = f"{key}:building"
                if not self._is_first(guard):
                    waited = self._wait(key, is_fresh)
                    if waited is not None:
                        return waited
                value = build()
                self.keep(key, value, seconds)
                self.delete(guard)
                return value
        finally:
            builders.leave(key)

    def _is_first(self, guard: str) -> bool:
        """Whether nobody else builds; without a cache everybody is the first."""
        if self.is_away:
            return True
        name = self.make_and_validate_key(guard)
        made = self._link.ask(lambda client: bool(client.set(name, b"1", nx=True, px=LOCK_MS)))
        return made is not False

    def _wait(self, key: str, is_fresh: Callable[[bytes], bool]) -> bytes | None:
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            time.sleep(PAUSE)
            (kept,) = self.read([key])
            if kept is not None and is_fresh(kept):
                return kept
        return None

    # ----------------------------------------------------------------- what Django asks

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        name = self.make_and_validate_key(key, version=version)
        found: Any = self._link.ask(lambda client: client.get(name))
        return default if found is None else decode(found)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        wanted = list(keys)
        if not wanted:
            return {}
        names = [self.make_and_validate_key(key, version=version) for key in wanted]
        found: Any = self._link.ask(lambda client: client.mget(names)) or []
        pairs = zip(wanted, found, strict=False)
        return {key: decode(value) for key, value in pairs if value is not None}

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._store(key, value, timeout, version)

    def set_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[Any]:
        for key, value in data.items():
            self._store(key, value, timeout, version)
        return []

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> Any:
        return self._store(key, value, timeout, version, nx=True)

    def _store(
        self, key: Any, value: Any, timeout: Any, version: int | None, *, nx: bool = False
    ) -> bool | None:
        name = self.make_and_validate_key(key, version=version)
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        if seconds is not None and seconds <= 0:
            self.delete(key, version=version)
            return True
        lifetime = None if seconds is None else max(int(1000 * seconds), 1)
        written = encode(value)
        return self._link.ask(lambda client: bool(client.set(name, written, px=lifetime, nx=nx)))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        name = self.make_and_validate_key(key, version=version)
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        if seconds is None:
            return bool(self._link.ask(lambda client: client.persist(name)))
        return bool(self._link.ask(lambda client: client.pexpire(name, int(1000 * seconds))))

    def delete(self, key: Any, version: int | None = None) -> bool:
        name = self.make_and_validate_key(key, version=version)
        return bool(self._link.ask(lambda client: client.delete(name)))

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        names = [self.make_and_validate_key(key, version=version) for key in keys]
        if names:
            self._link.ask(lambda client: client.delete(*names))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        """The new value; ValueError for a key that is not there, None while the cache is away."""
        name = self.make_and_validate_key(key, version=version)
        found: Any = self._link.ask(lambda client: client.eval(INCREASE, 1, name, delta))
        if found == MISSING:
            raise ValueError(f"There is no counter {key!r}.")
        return found

    def decr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        return self.incr(key, -delta, version=version)

    def has_key(self, key: Any, version: int | None = None) -> bool:
        name = self.make_and_validate_key(key, version=version)
        return bool(self._link.ask(lambda client: client.exists(name)))

    def keys(self, pattern: str) -> list[str]:
        """Names that match, for people and tests; it reads them all."""
        name = self.make_key(pattern)
        found: Any = self._link.ask(lambda client: list(client.scan_iter(name, count=1000))) or []
        return [key.decode().split(":", 2)[2] for key in found]

    def clear(self) -> None:
        """Empties the whole database of the server, which belongs to the two caches alone."""
        self._link.ask(lambda client: client.flushdb())

    def close(self, **kwargs: Any) -> None:
        """Connections outlive requests; a forked child gets its own from redis-py."""


COUNT = """
local found = {redis.call('INCR', KEYS[1])}
if found[1] == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
for place = 2, #KEYS do found[place] = redis.call('GET', KEYS[place]) end
return found
"""
MISSING = b"missing"
INCREASE = (
    "if redis.call('EXISTS', KEYS[1]) == 0 then return 'missing' end"
    " return redis.call('INCRBY', KEYS[1], ARGV[1])"
)


def as_bytes(written: bytes | None) -> bytes | None:
    """What `keep` stored; None for nothing, and for a value of another kind."""
    return written[1:] if written is not None and written[:1] == RAW else None


def encode(value: Any) -> bytes:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value).encode()
    if isinstance(value, bytes):
        return RAW + value
    if isinstance(value, str):
        return TEXT + value.encode()
    return PICKLED + pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def decode(written: bytes) -> Any:
    kind, rest = written[:1], written[1:]
    if kind == RAW:
        return rest
    if kind == TEXT:
        return rest.decode()
    if kind == PICKLED:
        return pickle.loads(rest)  # noqa: S301 - the cache is ours, as for Django's own backend
    return int(written)
