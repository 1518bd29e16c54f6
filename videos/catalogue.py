"""The version of the published catalogue: part of what a kept page or film is compared by.

It lives in the cache and fails open: without a cache nothing is kept under it either.
"""

from __future__ import annotations

from django.db import transaction
from uuid_utils.compat import uuid7

from students.caching import fast_cache

KEY = "catalogue-version"
LIFETIME = 86_400  # seconds; a version that expires is only a few pages computed again


def catalogue_version() -> bytes | None:
    """The present version, or None while the cache is away: then keep nothing."""
    (version,) = fast_cache().read([KEY])
    if version is None:
        fast_cache().add(KEY, _new_version(), LIFETIME)
        (version,) = fast_cache().read([KEY])  # another process may have been first
    return version


def bump_catalogue() -> None:
    """A film was published, withdrawn or corrected. Takes effect when the caller's transaction commits."""
    transaction.on_commit(lambda: fast_cache().set(KEY, _new_version(), LIFETIME))


def _new_version() -> bytes:
    """Never the same twice, so an old page cannot come back after an eviction."""
    return uuid7().bytes
