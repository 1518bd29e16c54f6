"""Database functions that the specification's defaults name."""

from __future__ import annotations

from django.db.models import DateTimeField, Func


class SqlNow(Func):
    """NOW(), as the specification writes it (Django's own `Now()` is STATEMENT_TIMESTAMP())."""

    function = "NOW"
    output_field = DateTimeField()
