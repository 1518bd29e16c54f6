"""A film plays in Chromium through the double of each CDN, and what one address opens, no other does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django import Settings

from tests.cdn.cloudfront import CloudFront
from tests.cdn.serving import Reply, Server
from tests.cdn.stream import Stream
from tests.studio.browser.conftest import Complaints
from tests.videos.browser.film import START, open_player, publish_film
from videos import cdn_health
from videos.delivery import playback
from videos.models import LearningVideo
from videos.outgoing import announce, send_due

pytestmark = [pytest.mark.browser, pytest.mark.film, pytest.mark.django_db(transaction=True)]
PLAYED = "document.getElementById('v').currentTime > 6"


@pytest.fixture(autouse=True)
def _everyone_is_well() -> Iterator[None]:
    cdn_health.forget()
    yield
    cdn_health.forget()


@pytest.fixture
def video(settings: Settings, live_server: Any) -> LearningVideo:
    settings.MEDIA_ORIGIN = live_server.url
    return publish_film()


def play(page: Page, address: str, server: Server) -> list[str]:
    """Six seconds of the film; paths that the CDN answered, each with success."""
    open_player(page, server.url)
    page.evaluate(START, address)
    page.wait_for_function(PLAYED)
    assert page.evaluate("seen.errors") == []
    assert {status for _, _, status in server.asked} <= {200}
    return [path for _, path, _ in server.asked]


@pytest.mark.parametrize("tokens", ["path", "query", "cookie"])
def test_a_film_plays_from_cloudfront_however_it_is_guarded(
    page: Page, video: LearningVideo, settings: Settings, tokens: str
) -> None:
    with CloudFront(path_key=settings.MEDIA_SIGNING_KEY) as edge:
        settings.CLOUDFRONT = edge.settings(tokens)
        settings.CDN_ORDER = ["cloudfront", "origin"]
        found = playback(video, now=timezone.now())
        assert found["cdn"] == "cloudfront"
        paths = play(page, found["hls_url"], edge)
    assert any(path.endswith("480.hls.mp4") for path in paths)
    assert any(path.endswith("audio.hls.mp4") for path in paths)


def test_a_film_plays_from_stream_and_a_segment_of_another_does_not(
    page: Page, complaints: Complaints, video: LearningVideo, settings: Settings
) -> None:
    with Stream() as stream:
        settings.STREAM, settings.CDN_ORDER = stream.settings(), ["stream", "origin"]
        announce(video)
        send_due(timezone.now())
        assert send_due(timezone.now() + timedelta(seconds=11)) == 1
        video.refresh_from_db()
        found = playback(video, now=timezone.now())
        assert found["cdn"] == "stream"
        stream.asked.clear()
        paths = play(page, found["hls_url"], stream)
        segments = [path for path in paths if path.endswith(".m4s")]
        assert segments
        assert httpx.get(stream.url + segments[0]).status_code == 200
        other = segments[0].replace(segments[0].split("/")[1], "another-token")
        assert httpx.get(stream.url + other).status_code == 401
        complaints.allow(403)  # the page still plays, and asks for more
        stream.now = lambda: timezone.now().timestamp() + 601
        assert httpx.get(stream.url + segments[0]).status_code == 403


def test_the_fallback_of_a_card_plays_when_its_first_cdn_is_down(
    page: Page, complaints: Complaints, video: LearningVideo, settings: Settings
) -> None:
    """What a player does whose stream breaks before we know: it goes on at `fallback_hls_url`."""
    with CloudFront(path_key=settings.MEDIA_SIGNING_KEY) as edge:
        settings.CLOUDFRONT = edge.settings("path")
        settings.CDN_ORDER = ["cloudfront", "origin"]
        found = playback(video, now=timezone.now())
        edge.answer = lambda ask: Reply(503)  # type: ignore[method-assign]
        complaints.allow(503)
        open_player(page, edge.url)
        page.evaluate(START, found["hls_url"])
        page.wait_for_function("seen.errors.length > 0")
        page.evaluate("(address) => hls.loadSource(address)", found["fallback_hls_url"])
        page.wait_for_function(PLAYED)
