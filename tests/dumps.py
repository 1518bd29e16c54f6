"""Everything that this installation holds, as text to search: database, caches, broker, storage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from psycopg import sql
from redis import Redis


def dump_database() -> Iterator[tuple[str, str]]:
    """(table, row) of every row of every table and partition, as PostgreSQL writes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'm') ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall()]
        for table in tables:
            cursor.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table)))
            yield from ((table, row) for (row,) in cursor.fetchall())


def dump_redis() -> Iterator[tuple[str, str]]:
    """(database, key and value) of caches and broker, whatever the type."""
    for name, url in (("cache", settings.REDIS_URL), ("broker", settings.BROKER_URL)):
        with Redis.from_url(_as_redis(url)) as redis:
            for key in redis.scan_iter(count=1000):
                yield name, repr((key, _value(redis, key)))


def _as_redis(url: str) -> str:
    """Celery's way to write a socket, as redis writes it."""
    return url.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")


def _value(redis: Redis, key: bytes) -> object:
    kind = redis.type(key)
    if kind == b"string":
        return redis.get(key)
    if kind == b"hash":
        return redis.hgetall(key)
    if kind == b"list":
        return redis.lrange(key, 0, -1)
    if kind == b"set":
        return redis.smembers(key)
    return redis.zrange(key, 0, -1)


def dump_storage() -> Iterator[tuple[str, str]]:
    """(path, content) of every file of every storage."""
    for path in sorted(Path(settings.MEDIA_ROOT).rglob("*")):
        if path.is_file():
            yield str(path.relative_to(settings.MEDIA_ROOT)), path.read_bytes().decode("latin-1")


def find_traces(traces: tuple[str, ...]) -> list[str]:
    """Where any of these occurs; what is found, not where it was looked for, is told."""
    found = []
    for place, dump in (("database", dump_database), ("redis", dump_redis), ("storage", dump_storage)):
        for name, content in dump():
            found += [f"{place} {name}: {trace}" for trace in traces if trace in name or trace in content]
    return found
