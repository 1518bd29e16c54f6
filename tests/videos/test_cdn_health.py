"""Who asks whether a CDN is well, and how soon everybody knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from pytest_django import Settings

from config import celery
from tests.cdn.cloudfront import CloudFront
from tests.cdn.serving import Ask, Reply, Server
from tests.clients import make_video, store_file
from videos import cdn_health, tasks

pytestmark = pytest.mark.django_db


class Answers(Server):
    """What a CDN may say, by path."""

    replies: ClassVar = {
        "/well": Reply(200, b"#EXTM3U\n"),
        "/wrong": Reply(200, b"<html>Back soon</html>"),
        "/refused": Reply(403),
        "/broken": Reply(500, b"#EXTM3U\n"),
        "/endless": Reply(200, b"#EXTM3U\n" + b"x" * 200_000),
        "/moved": Reply(302, headers={"Location": "/well"}),
    }

    def answer(self, ask: Ask) -> Reply:
        return self.replies[ask.path]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    cdn_health.forget()
    yield
    cdn_health.forget()


def test_only_a_whole_playlist_from_the_address_itself_counts_as_well() -> None:
    pauses: list[float] = []
    with Answers() as server:
        addresses = {path: f"{server.url}{path}" for path in Answers.replies}
        found = cdn_health.examine(addresses | {"/nobody": "http://127.0.0.1:9/x"}, sleep=pauses.append)
    assert {path for path, seconds in found.items() if seconds is not None} == {"/well"}
    assert pauses == [cdn_health.PAUSE] * 6
    assert [path for _, path, _ in server.asked].count("/wrong") == cdn_health.TRIES


def test_the_prober_finds_an_edge_that_is_down_and_one_that_is_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdn_health, "PAUSE", 0)
    store_file(make_video(), "master.m3u8", b"#EXTM3U\n")
    with CloudFront(path_key=settings.MEDIA_SIGNING_KEY) as edge:
        settings.CLOUDFRONT = edge.settings("path")
        settings.CDN_ORDER = ["cloudfront", "origin"]
        assert tasks.probe_cdns() == []
        edge.is_down = True
        assert tasks.probe_cdns() == ["cloudfront"]
        assert cdn_health.ill_cdns() == frozenset({"cloudfront"})
        edge.is_down = False
        assert tasks.probe_cdns() == []
    cdn_health.forget()
    assert cdn_health.ill_cdns() == frozenset()


def test_without_an_outside_cdn_nobody_is_asked() -> None:
    make_video()
    assert tasks.probe_cdns() == []


def test_a_process_asks_the_cache_once_in_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("videos.cdn_health.time.monotonic", lambda: clock[0])
    assert cdn_health.choice() == ""
    cdn_health.note_ill(frozenset({"stream", "cloudfront"}))
    clock[0] += cdn_health.MEMO_SECONDS
    assert cdn_health.choice() == ""
    clock[0] += 0.1
    assert cdn_health.choice() == "cloudfront,stream"


def test_cards_name_the_other_cdn_within_thirty_seconds() -> None:
    assert celery.SCHEDULE["cdn-health"] == ("videos.tasks.probe_cdns", cdn_health.PROBE_SECONDS)
    longest_look = cdn_health.TRIES * cdn_health.TIMEOUT + cdn_health.PAUSE
    assert cdn_health.PROBE_SECONDS + longest_look + cdn_health.MEMO_SECONDS <= 20
