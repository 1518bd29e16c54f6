"""Database functions that the specification's defaults name, and the one clock that all machines share."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, Func


class SqlNow(Func):
    """NOW(), as the specification writes it (Django's own `Now()` is STATEMENT_TIMESTAMP())."""

    function = "NOW"
    output_field = DateTimeField()


def read_clock() -> datetime:
    """The database's time, now and not when the transaction began: what several machines compare.

    The clock of one machine may jump; who holds a lease must not depend on whose clock is asked.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return] # timestamptz is read as an aware datetime
