"""A small film with its whole ladder, and a player that writes down what happens to it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Page

from pipeline.media import assembly
from tests.clients import make_video, store_file
from tests.videos.browser.ladder_films import make_film
from videos.models import LearningVideo

HLS = Path(__file__).parents[3] / "static" / "vendor" / "hls.js" / "hls.min.js"
SCENES, SECONDS = 2, 8.0
PLAYER = """
document.body.innerHTML = '<video id="v" muted playsinline width="270" height="480"></video>';
"""
# Everything that happened, for the test to look at.
START = """
(address) => {
  const video = document.getElementById('v');
  const seen = window.seen = {errors: [], sizes: [], holes: 0, times: [], levels: [], cues: 0};
  const hls = window.hls = new Hls({startLevel: 0, maxBufferLength: 6, maxMaxBufferLength: 6,
                                    subtitleDisplay: true,
                                    xhrSetup: (request) => { request.withCredentials = true; }});
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


@cache
def film_files() -> dict[str, bytes]:
    """Every published file of the film, by name; made once a process."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_film(folder, scenes=SCENES, seconds=SECONDS)
        return {file: (folder / file).read_bytes() for file in assembly.FILES}


def publish_film() -> LearningVideo:
    video = make_video(duration_seconds=int(SCENES * SECONDS))
    for name, content in film_files().items():
        store_file(video, name, content)
    return video


def open_player(page: Page, *cdns: str) -> None:
    """A page of this server with hls.js, under its own policy for content, before anything plays.

    `cdns` are the origins that the policy names, as it does for those of the deployment.
    """
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    media = {"script-src": [*policy["script-src"], "'unsafe-eval'"]}  # Playwright's waiting is an eval
    media |= {name: [*policy[name], *cdns] for name in ("connect-src", "media-src")}
    with override_settings(CONTENT_SECURITY_POLICY={"DIRECTIVES": policy | media}):
        page.set_default_timeout(60_000)
        page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        page.goto("/health/live")  # a real page: what Playwright fulfils may not reach this machine
    page.evaluate(HLS.read_text(encoding="utf-8"))
    page.evaluate(PLAYER)
