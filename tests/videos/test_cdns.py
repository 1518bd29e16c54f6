"""Addresses by CDN: who has which file, who is chosen, and what a signature opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from config import cdns as settings_of_cdns
from tests.cdn.cloudfront import CloudFront
from tests.cdn.keys import key_pair
from tests.clients import make_student, make_video, store_file, student_client
from videos import cdn_health
from videos.delivery import download_folder, playback, thumbnail_url
from videos.models import LearningVideo
from videos.tokens import expiry_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PLAYLIST = (
    b'#EXTM3U\n#EXT-X-MAP:URI="480.hls.mp4",BYTERANGE="800@0"\n'
    b"#EXTINF:4,\n#EXT-X-BYTERANGE:10@0\n480.hls.mp4\n"
)
MASTER = (
    b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",URI="audio.m3u8"\n'
    b"#EXT-X-STREAM-INF:BANDWIDTH=1\n480.m3u8\n"
)


@dataclass(frozen=True)
class Film:
    film_key: str = "0123456789abcdef0123456789abcdef"
    stream_uid: str = ""


@pytest.fixture(autouse=True)
def _everyone_is_well() -> Iterator[None]:
    cdn_health.forget()
    yield
    cdn_health.forget()


@pytest.fixture(params=["rsa", "ec"])
def edge(request: pytest.FixtureRequest, settings: Settings) -> Iterator[CloudFront]:
    with CloudFront(kind=request.param, path_key=settings.MEDIA_SIGNING_KEY) as made:
        yield made


def use(settings: Settings, edge: CloudFront, tokens: str) -> None:
    settings.CLOUDFRONT = edge.settings(tokens)
    settings.CDN_ORDER = ["cloudfront", "origin"]


def stored_video() -> LearningVideo:
    video = make_video()
    for name, content in (("master.m3u8", MASTER), ("480.m3u8", PLAYLIST), ("480.hls.mp4", bytes(1000))):
        store_file(video, name, content)
    return video


def stream_settings(origin: str = "https://customer-x.cloudflarestream.com") -> dict[str, str]:
    return {"origin": origin, "key_id": "k1", "private_key": key_pair("rsa")[0]}


# --------------------------------------------------------------------------- who is chosen


def test_stream_plays_what_it_has_and_everything_else_comes_from_the_next(settings: Settings) -> None:
    settings.STREAM, settings.CDN_ORDER = stream_settings(), ["stream", "origin"]
    found = playback(Film(stream_uid="abc123"), now=NOW)
    assert found["cdn"] == "stream"
    token = re.fullmatch(
        r"https://customer-x\.cloudflarestream\.com/([^/]+)/manifest/video\.m3u8", found["hls_url"]
    )
    assert token is not None
    claims = jwt.decode(token[1], key_pair("rsa")[1], algorithms=["RS256"], options={"verify_exp": False})
    assert claims == {"sub": "abc123", "kid": "k1", "exp": expiry_of(Film.film_key, NOW)}
    assert jwt.get_unverified_header(token[1])["kid"] == "k1"
    assert found["fallback_hls_url"].startswith("/media/")
    assert found["fallback_hls_url"].endswith(f"/{Film.film_key}/master.m3u8")
    assert all(address.startswith("/media/") for address in found["renditions"].values())
    assert thumbnail_url(Film(stream_uid="abc123"), NOW).startswith("/media/")


def test_a_film_that_stream_has_not_copied_yet_plays_from_the_next(settings: Settings) -> None:
    settings.STREAM, settings.CDN_ORDER = stream_settings(), ["stream", "origin"]
    found = playback(Film(), now=NOW)
    assert (found["cdn"], found["fallback_hls_url"]) == ("origin", None)


def test_an_ill_cdn_stands_behind_the_others_and_comes_back_when_it_is_well(settings: Settings) -> None:
    settings.STREAM, settings.CDN_ORDER = stream_settings(), ["stream", "origin"]
    film = Film(stream_uid="abc123")
    cdn_health.note_ill(frozenset({"stream"}))
    cdn_health.forget()
    found = playback(film, now=NOW)
    assert found["cdn"] == "origin"
    assert "cloudflarestream" in found["fallback_hls_url"]
    cdn_health.note_ill(frozenset())
    cdn_health.forget()
    assert playback(film, now=NOW)["cdn"] == "stream"


def test_when_everybody_is_ill_the_first_is_tried_all_the_same(settings: Settings) -> None:
    settings.STREAM, settings.CDN_ORDER = stream_settings(), ["stream", "origin"]
    cdn_health.note_ill(frozenset({"stream", "origin"}))
    cdn_health.forget()
    assert playback(Film(stream_uid="abc123"), now=NOW)["cdn"] == "stream"


def test_a_signature_is_made_once_for_all_who_ask_within_two_minutes(settings: Settings) -> None:
    from videos.cdn_signing import sign_stream  # noqa: PLC0415

    settings.STREAM, settings.CDN_ORDER = stream_settings(), ["stream", "origin"]
    sign_stream.cache_clear()
    for _ in range(50):
        playback(Film(stream_uid="abc123"), now=NOW)
    assert sign_stream.cache_info().misses == 1


def test_the_key_of_a_cdn_is_read_once_a_process(settings: Settings) -> None:
    """Reading an RSA key, which checks it, takes a hundred times as long as signing with it."""
    from videos.cdn_signing import read_private_key, sign_stream  # noqa: PLC0415

    settings.STREAM, settings.CDN_ORDER = stream_settings(), ["stream", "origin"]
    sign_stream.cache_clear()
    read_private_key.cache_clear()
    for number in range(20):
        playback(Film(stream_uid=f"film{number}"), now=NOW)
    assert sign_stream.cache_info().misses == 20
    assert read_private_key.cache_info().misses == 1


def test_a_kept_page_is_not_served_when_another_cdn_is_ill(settings: Settings) -> None:
    """The whole way: the feed's page lies in the cache, Stream is found ill, the next page differs."""
    settings.STREAM, settings.CDN_ORDER = stream_settings(), ["stream", "origin"]
    make_video(stream_uid="abc123")
    client = student_client(make_student())

    def ask() -> Any:
        return client.get("/api/student/feed/me").json()[0]["playback"]

    assert [ask()["cdn"], ask()["cdn"]] == ["stream", "stream"]
    cdn_health.note_ill(frozenset({"stream"}))
    cdn_health.forget()  # three seconds later
    assert ask()["cdn"] == "origin"
    assert "cloudflarestream" in ask()["fallback_hls_url"]


# --------------------------------------------------------------------------- CloudFront


def fetch(address: str, **options: Any) -> httpx.Response:
    return httpx.get(address, **options)


def test_one_signature_in_the_query_opens_every_file_of_one_film(
    settings: Settings, edge: CloudFront
) -> None:
    use(settings, edge, "query")
    video, other = stored_video(), stored_video()
    found = playback(video, now=timezone.now())
    assert found["cdn"] == "cloudfront"
    client = Client()
    master = client.get(found["hls_url"]).getvalue().decode()
    assert 'URI="audio.m3u8?cdn=cloudfront"' in master
    rung = client.get(found["hls_url"].replace("master.m3u8", "480.m3u8")).getvalue().decode()
    addresses = re.findall(r"http://[^\"\n]+", rung)
    assert len(set(addresses)) == 1
    assert len(addresses) == 2
    assert fetch(addresses[0]).content == bytes(1000)
    assert fetch(addresses[0], headers={"Range": "bytes=0-9"}).status_code == 206
    assert fetch(addresses[0].replace(video.film_key, other.film_key)).status_code == 403
    assert fetch(addresses[0].partition("?")[0]).status_code == 403
    assert fetch(addresses[0].replace("Signature=", "Signature=A")).status_code == 403
    edge.now = lambda: timezone.now().timestamp() + 601
    assert fetch(addresses[0]).status_code == 403


def test_cookies_open_one_film_and_are_sent_for_no_other(settings: Settings, edge: CloudFront) -> None:
    use(settings, edge, "cookie")
    video, other = stored_video(), stored_video()
    entered = Client().get(playback(video, now=timezone.now())["hls_url"])
    assert (entered.status_code, entered.headers["Cache-Control"]) == (302, "private, no-store")
    cookies = {name: morsel.value for name, morsel in entered.cookies.items()}
    assert set(cookies) == {"CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id"}
    assert {morsel["path"] for morsel in entered.cookies.values()} == {f"/films/{video.film_key}/"}
    address = entered.headers["Location"]
    header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    assert fetch(address, headers=header).content == MASTER
    assert fetch(address.replace("master.m3u8", "480.hls.mp4"), headers=header).content == bytes(1000)
    assert fetch(address).status_code == 403
    assert fetch(address.replace(video.film_key, other.film_key), headers=header).status_code == 403
    edge.now = lambda: timezone.now().timestamp() + 601
    assert fetch(address, headers=header).status_code == 403


def test_a_path_token_is_believed_by_the_edge_for_its_film_and_time(
    settings: Settings, edge: CloudFront
) -> None:
    use(settings, edge, "path")
    video, other = stored_video(), stored_video()
    address = playback(video, now=timezone.now())["hls_url"]
    assert address.startswith(f"{edge.url}/media/")
    assert fetch(address).content == MASTER
    assert fetch(address.replace("master.m3u8", "480.hls.mp4")).content == bytes(1000)
    assert fetch(address.replace(video.film_key, other.film_key)).status_code == 403
    folder, _ = download_folder(video.film_key, timezone.now())
    assert fetch(f"{folder}/480.hls.mp4").content == bytes(1000)
    edge.now = lambda: timezone.now().timestamp() + 601
    assert fetch(address).status_code == 403


def test_no_address_of_any_cdn_holds_anything_of_a_student(settings: Settings, edge: CloudFront) -> None:
    use(settings, edge, "query")
    settings.STREAM, settings.CDN_ORDER = stream_settings(), ["stream", "cloudfront", "origin"]
    make_video(stream_uid="abc123")
    ann, ben = make_student(), make_student()
    pages = [student_client(one).get("/api/student/feed/me").json()[0]["playback"] for one in (ann, ben)]
    assert pages[0] == pages[1]
    assert all(str(one.pk) not in str(pages) and one.username not in str(pages) for one in (ann, ben))


# --------------------------------------------------------------------------- settings


def test_what_is_missing_or_unknown_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAM_ORIGIN", "https://customer-x.cloudflarestream.com")
    with pytest.raises(ImproperlyConfigured, match="STREAM_KEY_ID is not set"):
        settings_of_cdns.read_stream()
    monkeypatch.setenv("CLOUDFRONT_ORIGIN", "https://d1.cloudfront.net/")
    monkeypatch.setenv("CLOUDFRONT_TOKENS", "hope")
    with pytest.raises(ImproperlyConfigured, match="path, query, cookie"):
        settings_of_cdns.read_cloudfront()
    monkeypatch.setenv("CLOUDFRONT_TOKENS", "query")
    monkeypatch.setenv("CLOUDFRONT_KEY_ID", "K1")
    monkeypatch.setenv("CLOUDFRONT_PRIVATE_KEY", "no key!")
    with pytest.raises(ImproperlyConfigured, match="neither PEM nor base64"):
        settings_of_cdns.read_cloudfront()
    monkeypatch.setenv("CDN_ORDER", "origin,akamai")
    with pytest.raises(ImproperlyConfigured, match="not akamai"):
        settings_of_cdns.read_order(has_stream=True, has_cloudfront=True)


def test_the_order_holds_what_is_configured_and_always_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of_cdns.read_order(has_stream=False, has_cloudfront=False) == ["origin"]
    assert settings_of_cdns.read_order(has_stream=True, has_cloudfront=True) == [
        "stream",
        "cloudfront",
        "origin",
    ]
    monkeypatch.setenv("CDN_ORDER", "cloudfront")
    assert settings_of_cdns.read_order(has_stream=True, has_cloudfront=True) == ["cloudfront", "origin"]
