"""A worker that finds its broker again soon after it is back.

The library waits two seconds longer after each attempt, up to thirty: after an outage of some minutes a
worker that lives stays deaf for half a minute more, and nobody collects what its children have done.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from celery.worker.consumer import Consumer as CeleryConsumer

PATIENCE = {"interval_start": 1, "interval_step": 1, "interval_max": 3}  # seconds between two attempts


class Consumer(CeleryConsumer):
    """Celery's consumer; it asks for a broker that is away at least every three seconds."""

    def ensure_connected(self, conn: Any) -> Any:
        conn.ensure_connection = partial(conn.ensure_connection, **PATIENCE)
        return super().ensure_connected(conn)
