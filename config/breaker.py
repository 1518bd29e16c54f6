"""When Redis is away nobody waits for it twice: a breaker, and the client of django-redis behind one."""

from __future__ import annotations

import threading
import time
from typing import Any
from weakref import WeakKeyDictionary

from django_redis.exceptions import ConnectionInterrupted
from redis import ConnectionPool, Redis, RedisError
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import ResponseError

OPEN_FOR = 1.0  # seconds without Redis after an error; then one request tries


class Breaker:
    """After an error nobody asks for a second; then one request tries, and the others still do not."""

    def __init__(self) -> None:
        self._open_until = 0.0
        self._lock = threading.Lock()

    def allows(self) -> bool:
        if not self._open_until:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._open_until:
                return False
            self._open_until = now + OPEN_FOR  # this request tries
            return True

    def note_failure(self) -> None:
        self._open_until = time.monotonic() + OPEN_FOR

    def note_success(self) -> None:
        if self._open_until:
            self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        return bool(self._open_until)


_breakers: WeakKeyDictionary[ConnectionPool, Breaker] = WeakKeyDictionary()


def breaker_of(pool: ConnectionPool) -> Breaker:
    """One a pool; django-redis makes clients as it likes, but one pool an address."""
    return _breakers.setdefault(pool, Breaker())


def any_open() -> bool:
    """Whether one of django-redis' servers has just been away."""
    return any(breaker.is_open for breaker in _breakers.values())


class GuardedRedis(Redis):
    """`REDIS_CLIENT_CLASS` of django-redis: a sign-in that asks eight times waits for one of them.

    Raises what django-redis ignores, also from those of its methods that let redis' own errors through
    (`touch`), and does not ask while the breaker is open.
    """

    def execute_command(self, *args: Any, **options: Any) -> Any:
        breaker = breaker_of(self.connection_pool)
        if not breaker.allows():
            raise ConnectionInterrupted(connection=self) from RedisAway("The cache has just been away.")
        try:
            answer = super().execute_command(*args, **options)  # type: ignore[no-untyped-call] # as redis has it
        except ResponseError:  # a server that says no is there
            breaker.note_success()
            raise
        except (RedisError, OSError) as error:
            breaker.note_failure()
            raise ConnectionInterrupted(connection=self) from error
        breaker.note_success()
        return answer
