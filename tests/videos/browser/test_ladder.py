"""A film's ladder in a real player: hls.js in Chromium, through signed addresses and byte ranges."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from tests.videos.browser.film import SCENES, SECONDS, START, open_player, publish_film
from videos.delivery import playback

pytestmark = [pytest.mark.browser, pytest.mark.film, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def address(live_server: Any) -> str:
    """The signed address of a published film's master playlist."""
    return str(live_server.url) + str(playback(publish_film(), now=timezone.now())["hls_url"])


def test_rungs_change_in_mid_play_without_a_gap(page: Page, address: str) -> None:
    open_player(page)
    assert page.evaluate("Hls.isSupported() && Hls.version") == "1.7.4"
    page.evaluate(START, address)
    page.wait_for_function("document.getElementById('v').currentTime > 1")
    assert page.evaluate("hls.levels.map((level) => level.height)") == [854, 1280, 1920]
    assert page.evaluate("[hls.audioTracks.length, hls.subtitleTracks.length]") == [1, 1]
    page.evaluate("hls.nextLevel = 2")
    page.wait_for_function("document.getElementById('v').videoHeight === 1920")
    page.evaluate("hls.nextLevel = 0")
    page.wait_for_function("document.getElementById('v').videoHeight === 854")
    page.wait_for_function("document.getElementById('v').currentTime > 15.5")
    seen = page.evaluate("seen")
    assert [size for size in seen["sizes"] if size] == [854, 1920, 854]
    assert seen["levels"][0] == 854
    assert 1920 in seen["levels"]
    assert seen["times"] == sorted(seen["times"])
    assert seen["holes"] == 0
    assert seen["errors"] == []
    assert seen["cues"] >= 4
    assert page.evaluate("document.getElementById('v').duration") == pytest.approx(SCENES * SECONDS, abs=0.1)
