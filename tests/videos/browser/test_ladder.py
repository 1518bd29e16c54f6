"""A film's ladder in a real player: hls.js in Chromium, through signed addresses and byte ranges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route

from pipeline.media import assembly
from tests.clients import make_video, store_file
from tests.videos.browser.ladder_films import make_film
from videos.delivery import playback

pytestmark = [pytest.mark.browser, pytest.mark.film, pytest.mark.django_db(transaction=True)]

HLS = Path(__file__).parents[3] / "static" / "vendor" / "hls.js" / "hls.min.js"
SCENES, SECONDS = 2, 8.0
PLAYER = """
<!doctype html><title>Player</title><video id="v" muted playsinline width="270" height="480"></video>
"""
# Everything that happened, for the test to look at.
START = """
(address) => {
  const video = document.getElementById('v');
  const seen = window.seen = {errors: [], sizes: [], holes: 0, times: [], levels: [], cues: 0};
  const hls = window.hls = new Hls({startLevel: 0, maxBufferLength: 6, maxMaxBufferLength: 6,
                                    subtitleDisplay: true});
  hls.on(Hls.Events.ERROR, (_, data) => seen.errors.push(data.details));
  hls.on(Hls.Events.LEVEL_SWITCHED, (_, data) => seen.levels.push(hls.levels[data.level].height));
  hls.on(Hls.Events.MANIFEST_PARSED, () => { hls.nextLevel = 0; hls.subtitleTrack = 0; video.play(); });
  video.addEventListener('resize', () => seen.sizes.push(video.videoHeight));
  setInterval(() => {
    seen.times.push(video.currentTime);
    if (video.buffered.length > 1) seen.holes += 1;
    seen.cues = Math.max(seen.cues, video.textTracks.length ? (video.textTracks[0].cues || []).length : 0);
  }, 100);
  hls.loadSource(address);
  hls.attachMedia(video);
}
"""


@pytest.fixture
def address(tmp_path: Path, live_server: Any) -> str:
    """The signed address of a published film's master playlist."""
    make_film(tmp_path, scenes=SCENES, seconds=SECONDS)
    video = make_video(duration_seconds=16)
    for name in assembly.FILES:
        store_file(video, name, (tmp_path / name).read_bytes())
    return str(live_server.url) + str(playback(video, now=timezone.now())["hls_url"])


def test_rungs_change_in_mid_play_without_a_gap(page: Page, address: str) -> None:
    page.set_default_timeout(60_000)
    page.route("**/player-of-the-test", _show)
    page.goto("/player-of-the-test")
    page.add_script_tag(path=str(HLS))
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


def _show(route: Route) -> None:
    route.fulfill(body=PLAYER, content_type="text/html")
