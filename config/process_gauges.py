"""What only the process itself knows at this moment: its pool of connections, and whether it can reach Redis.

Read when somebody scrapes, so requests pay nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, connections
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.breaker import any_open


class ProcessCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        waits = find_pool_stats()
        yield CounterMetricFamily(
            "db_pool_wait_seconds",
            "Time that requests have waited for a connection of the pool.",
            value=waits.get("requests_wait_ms", 0) / 1000,
        )
        family = GaugeMetricFamily(
            "redis_breaker_open", "1 while this process goes on without a cache.", labels=["cache"]
        )
        fast: Any = caches["fast"]
        family.add_metric(["fast"], float(fast.is_away))
        family.add_metric(["default"], float(any_open()))
        yield family

    def describe(self) -> list[Metric]:
        """Nothing is asked when the collector is registered."""
        return []


def find_pool_stats() -> dict[str, int]:
    """What the pool has counted; {} where this process has none yet (none is opened for it)."""
    pools: dict[str, Any] = type(connections[DEFAULT_DB_ALIAS])._connection_pools  # type: ignore[attr-defined]  # noqa: SLF001 - asking for the pool would open one
    pool = pools.get(DEFAULT_DB_ALIAS)
    return dict(pool.get_stats()) if pool is not None else {}
