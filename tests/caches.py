"""Both caches away, as when Redis is down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GONE = "redis://127.0.0.1:1/0"  # nothing listens there


def caches_at(location: str, caches: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """`CACHES` with every cache at this address."""
    return {name: {**entry, "LOCATION": location} for name, entry in caches.items()}
