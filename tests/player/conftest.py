"""Children with a phone: the player in a real Chromium, on a live server, with encoded films."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.player.wire import Wire

if TYPE_CHECKING:  # Django is set up only after this file is read; so is what fixtures import for themselves
    from students.models import Student
    from tests.player.phones import Publish
    from tests.studio.browser.conftest import Complaints

# ruff: noqa: PLC0415


@pytest.fixture(scope="session")
def film_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of one film of ten seconds, made once a process."""
    from pipeline.media import assembly
    from tests.player.phones import SCENES, SECONDS
    from tests.videos.browser.ladder_films import make_film

    folder = tmp_path_factory.mktemp("film")
    make_film(folder, scenes=SCENES, seconds=SECONDS, source="smptebars")
    return {name: (folder / name).read_bytes() for name in assembly.FILES}


@pytest.fixture
def publish(film_files: dict[str, bytes], transactional_db: None) -> Publish:
    from tests.player.phones import publish_film

    return partial(publish_film, film_files)


@pytest.fixture
def child(transactional_db: None) -> Student:
    from tests.clients import PASSWORD, make_student

    return make_student(username="brave-otter-17", password=PASSWORD, age_group="8-10")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    from tests.studio.browser.conftest import Complaints

    heard = Complaints()
    yield heard
    assert heard.found == []


@pytest.fixture
def wire(live_server: Any) -> Iterator[Wire]:
    from django.core.cache import caches

    from students.counters import local

    caches["default"].clear()
    local.clear()
    with Wire(live_server.thread.port) as made:
        yield made
    wait_for_quiet()


def wait_for_quiet() -> None:
    """What a closed page had sent may still be at work; emptying the tables meanwhile would be a deadlock."""
    from django.db import connection

    end, quiet = time.monotonic() + 30, 0
    while quiet < 3:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND state <> 'idle' AND backend_type = 'client backend'"
            )
            quiet = 0 if cursor.fetchone()[0] else quiet + 1
        assert time.monotonic() < end, "the server is still at work"
        time.sleep(0.03)


@pytest.fixture
def phone(browser: Browser, wire: Wire) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=wire.url,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        reduced_motion="reduce",
        locale="en-GB",
    )
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(phone: BrowserContext, complaints: Complaints) -> Page:
    opened = phone.new_page()
    complaints.hear(opened)
    return opened


@pytest.fixture
def cut_page(phone: BrowserContext) -> Iterator[Page]:
    """A page whose network a test cuts: the browser may complain about that, but no script may break."""
    broken: list[str] = []
    opened = phone.new_page()
    opened.on("pageerror", lambda error: broken.append(str(error)))
    yield opened
    assert broken == []


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test asks more often than a child does."""
    from students import throttles

    for scope in ("quiz", "refresh", "watch", "offline", "feed", "video"):
        monkeypatch.setitem(throttles.LIMITS, scope, (throttles.Limit(1_000_000, 60, "principal"),))
