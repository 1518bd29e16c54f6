"""Limits count in the cache: each test begins with an empty one. A busy machine may take its time."""

from __future__ import annotations

import pytest

from tests.students.conftest import fresh_counters

__all__ = ["fresh_counters"]


@pytest.fixture(autouse=True)
def patient_database(db: None) -> None:
    """The transaction of a test may lie idle for longer than one of a request: while requests are made up."""
    from django.db import connection  # noqa: PLC0415 - Django is set up only after this file is read

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are tested elsewhere; here they would keep the requests from the views."""
    from django.core.cache import cache  # noqa: PLC0415

    from students import throttles  # noqa: PLC0415

    cache.clear()
    many = {
        scope: tuple(throttles.Limit(10**9, limit.seconds, limit.by) for limit in limits)
        for scope, limits in throttles.LIMITS.items()
    }
    monkeypatch.setattr(throttles, "LIMITS", many)
