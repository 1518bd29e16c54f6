"""The catalogue's version in the cache."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.db import transaction
from pytest_django import Settings

from tests.caches import GONE, caches_at
from videos.catalogue import KEY, bump_catalogue, catalogue_version


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    caches["fast"].clear()


@pytest.mark.django_db
def test_a_version_stays_until_it_is_bumped_or_lost() -> None:
    first = catalogue_version()
    assert first is not None
    assert catalogue_version() == first
    caches["fast"].delete(KEY)
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
    settings.CACHES = caches_at(GONE, settings.CACHES)
    bump_catalogue()
    assert catalogue_version() is None
