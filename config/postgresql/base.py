"""Connections of the pool are looked at before they are used, without asking the server.

Django lets the pool send an empty query before each use: 0.27 ms of a request's processor time, more than
half of what a signed-in request costs at least (decision 0028). A server that ends a connection says so on
its socket, so one with nothing to read belongs to a live connection; one with anything to read is asked.
"""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool


def look_at(connection: Connection[Any]) -> None:
    """Return if the connection may be used. Raises psycopg.OperationalError: the pool takes another."""
    if connection.closed:
        raise OperationalError("the connection is closed")
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLPRI)
    if poll.poll(0):  # a farewell, an end, an error, or a harmless notice
        ConnectionPool.check_connection(connection)


class DatabaseWrapper(base.DatabaseWrapper):
    @property
    def pool(self) -> Any:
        pool: Any = super().pool
        # Django chooses the check itself and takes no other (5.2); a test sees it if the name changes.
        if pool is not None and pool._check is ConnectionPool.check_connection:  # noqa: SLF001
            pool._check = look_at  # noqa: SLF001
        return pool
