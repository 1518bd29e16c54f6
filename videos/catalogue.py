"""The version of the published catalogue: part of every feed key, new with every publication.

It lives in the cache and fails open: without a cache nothing is cached under it either.
"""

from __future__ import annotations

from django.core.cache import cache
from django.db import transaction
from uuid_utils.compat import uuid7

KEY = "catalogue-version"
LIFETIME = 86_400  # seconds; a version that expires is only a few pages computed again


def catalogue_version() -> str | None:
    """The present version, or None while the cache is away: then keep nothing."""
    version = cache.get(KEY)
    if version is None:
        cache.add(KEY, _new_version(), LIFETIME)
        version = cache.get(KEY)  # another process may have been first
    return str(version) if version is not None else None


def bump_catalogue() -> None:
    """A film was published, withdrawn or corrected. Takes effect when the caller's transaction commits."""
    transaction.on_commit(lambda: cache.set(KEY, _new_version(), LIFETIME))


def _new_version() -> str:
    """Never the same twice, so an old page cannot come back after an eviction."""
    return uuid7().hex
