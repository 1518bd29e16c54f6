"""A connection of the pool is used without asking the server first, and never after it has died."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from django.db import connection, connections
from psycopg_pool import ConnectionPool

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pool() -> Any:
    connection.close()  # back to the pool
    return cast("Any", connections["default"]).pool


@contextmanager
def traced(link: Any, path: Path) -> Iterator[None]:
    """What the client and the server say to one another, in a file that is whole afterwards."""
    number = os.open(
        path, os.O_WRONLY | os.O_CREAT, 0o600
    )  # stays open: libpq keeps it in a buffer of its own
    link.pgconn.trace(number)
    try:
        yield
    finally:
        link.pgconn.untrace()


def backend(link: Any) -> int:
    return int(link.info.backend_pid)


def end(pid: int) -> None:
    """As a restart of the server does: it says farewell to the backend's client and goes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        assert cursor.fetchone() == (True,)
    connection.close()


def test_a_quiet_connection_comes_from_the_pool_without_a_byte_to_the_server(
    pool: ConnectionPool, tmp_path: Path
) -> None:
    link = pool.getconn()
    with traced(link, tmp_path / "taking"):
        pool.putconn(link)
        taken: list[Any] = []
        while link not in taken:  # the pool may have others, which stand before it
            taken.append(pool.getconn(timeout=10))
    assert (tmp_path / "taking").read_text() == ""
    with traced(link, tmp_path / "asking"):
        link.execute("SELECT 1")
    assert "SELECT 1" in (tmp_path / "asking").read_text()  # the trace hears what is said
    for one in taken:
        pool.putconn(one)


def test_a_connection_that_the_server_has_ended_is_replaced_before_anybody_uses_it(
    pool: ConnectionPool,
) -> None:
    link, other = pool.getconn(), pool.getconn()
    pool.putconn(other)
    died = backend(link)
    end(died)
    assert select.select([link.fileno()], [], [], 10)[0]  # the farewell has arrived
    pool.putconn(link)
    used = [pool.getconn(timeout=10) for _ in range(2)]
    assert died not in map(backend, used)
    assert [one.execute("SELECT 1").fetchone() for one in used] == [(1,), (1,)]
    for one in used:
        pool.putconn(one)


def test_a_notice_that_waits_on_the_socket_ends_no_connection(pool: ConnectionPool) -> None:
    link = pool.getconn()
    mine = backend(link)
    link.execute("LISTEN somebody")
    pool.putconn(link)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # whichever the pool gives
    with psycopg.connect(link.info.dsn, password=link.info.password, autocommit=True) as speaker:
        speaker.execute("NOTIFY somebody, 'hello'")
    assert select.select([link.fileno()], [], [], 10)[0]
    connection.close()
    used = [pool.getconn(timeout=10) for _ in range(2)]
    assert mine in map(backend, used)
    for one in used:
        one.execute("UNLISTEN *")
        pool.putconn(one)
