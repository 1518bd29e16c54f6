"""The catalogue's version in the cache."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import transaction
from pytest_django import Settings

from videos.catalogue import KEY, bump_catalogue, catalogue_version


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.mark.django_db
def test_a_version_stays_until_it_is_bumped_or_lost() -> None:
    first = catalogue_version()
    assert first is not None
    assert catalogue_version() == first
    cache.delete(KEY)
    assert catalogue_version() not in {None, first}


@pytest.mark.django_db(transaction=True)
def test_a_bump_takes_effect_when_the_transaction_commits() -> None:
    before = catalogue_version()
    with transaction.atomic():
        bump_catalogue()
        assert catalogue_version() == before
    assert catalogue_version() != before


@pytest.mark.django_db(transaction=True)
def test_a_bump_that_is_rolled_back_changes_nothing() -> None:
    before = catalogue_version()
    with transaction.atomic():
        bump_catalogue()
        transaction.set_rollback(True)
    assert catalogue_version() == before


@pytest.mark.django_db(transaction=True)
def test_without_a_cache_there_is_no_version_and_no_error(settings: Settings) -> None:
    settings.CACHES = {
        **settings.CACHES,
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"},
    }
    bump_catalogue()
    assert catalogue_version() is None
