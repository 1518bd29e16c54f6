"""Ranges as players need them, and a media address that opens nothing but one published film."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import storages
from django.http import HttpResponseBase
from django.test import Client, RequestFactory
from django.utils import timezone

from tests.clients import make_student, make_video, store_file
from videos.delivery import playback
from videos.media import serve_file
from videos.models import LearningVideo
from videos.tokens import expiry_of, sign_folder

# Closing a response asks every open connection for its state.
pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 1000
SIZE = len(CONTENT)
TAG = '"abc"'


class Watched(BytesIO):
    """A file that remembers how much was read and whether it was closed."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece


def serve(method: str = "GET", **headers: str) -> tuple[HttpResponseBase, bytes, Watched]:
    request = getattr(RequestFactory(), method.lower())("/", headers=headers)
    file = Watched(CONTENT)
    response: Any = serve_file(request, file, content_type="video/mp4", size=SIZE, etag=TAG)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    response.close()
    return response, body, file


def test_a_whole_file_says_that_ranges_are_accepted() -> None:
    response, body, file = serve()
    assert (response.status_code, body) == (200, CONTENT)
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Length"] == str(SIZE)
    assert response.headers["Content-Type"] == "video/mp4"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Range" not in response.headers
    assert file.closed


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-1", 0, 1),
        ("bytes=1000-1999", 1000, 1999),
        ("bytes=255999-255999", SIZE - 1, SIZE - 1),
        ("bytes=100-", 100, SIZE - 1),
        ("bytes=-1", SIZE - 1, SIZE - 1),
        ("bytes=-1000", SIZE - 1000, SIZE - 1),
        ("bytes=-999999999", 0, SIZE - 1),
        ("bytes=10-999999999", 10, SIZE - 1),
        ("bytes=65530-131080", 65530, 131080),
    ],
)
def test_one_range_is_served_exactly_and_nothing_more_is_read(wanted: str, first: int, last: int) -> None:
    response, body, file = serve(Range=wanted)
    assert (response.status_code, body) == (206, CONTENT[first : last + 1])
    assert response.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response.headers["Content-Length"] == str(last - first + 1)
    assert file.taken == last - first + 1
    assert file.closed


@pytest.mark.parametrize(
    "wanted",
    [
        f"bytes={SIZE}-",
        "bytes=999999999-",
        "bytes=-0",
        "bytes=5-2",
        "bytes=-",
        "bytes=",
        "bytes=a-b",
        "bytes=0-1,5-6",
        "bytes=0-0,-1",
        "bytes=" + "1" * 100 + "-",
    ],
)
def test_a_range_that_cannot_be_served_or_several_at_once_are_refused(wanted: str) -> None:
    response, body, file = serve(Range=wanted)
    assert (response.status_code, body) == (416, b"")
    assert response.headers["Content-Range"] == f"bytes */{SIZE}"
    assert file.closed


def test_another_unit_is_ignored() -> None:
    assert serve(Range="items=0-1")[0].status_code == 200


def test_head_tells_the_length_and_reads_nothing() -> None:
    response, body, file = serve("HEAD", Range="bytes=0-1")
    assert (response.status_code, body, file.taken) == (200, b"", 0)
    assert response.headers["Content-Length"] == str(SIZE)
    assert file.closed


def test_a_range_of_another_edition_of_the_file_gives_all_of_this_one() -> None:
    headers = {"Range": "bytes=0-9"}
    assert serve(**headers, **{"If-Range": TAG})[0].status_code == 206
    assert serve(**headers, **{"If-Range": '"other"'})[0].status_code == 200
    assert serve(**headers, **{"If-Range": "Mon, 01 Jan 2024 00:00:00 GMT"})[0].status_code == 200


def test_a_file_that_the_client_has_is_not_sent_again() -> None:
    response, body, file = serve(**{"If-None-Match": f'"x", {TAG}'})
    assert (response.status_code, body, file.closed) == (304, b"", True)


def test_a_name_makes_a_download() -> None:
    file = BytesIO(b"x")
    request = RequestFactory().get("/")
    response = serve_file(request, file, content_type="text/vtt", size=1, filename="Bienen ü.vtt")
    assert response.headers["Content-Disposition"] == "attachment; filename*=utf-8''Bienen%20%C3%BC.vtt"


def test_an_empty_file_is_served_empty() -> None:
    request = RequestFactory().get("/")
    response: Any = serve_file(request, BytesIO(b""), content_type="text/vtt", size=0)
    assert (response.status_code, b"".join(response.streaming_content)) == (200, b"")
    assert response.headers["Content-Length"] == "0"


# --------------------------------------------------------------------------- the student media view


@pytest.fixture
def video(db: None) -> LearningVideo:
    video = make_video()
    store_file(video, "film.mp4", CONTENT)
    store_file(video, "captions.vtt", b"WEBVTT\n")
    return video


def address(video: LearningVideo, name: str = "film.mp4") -> str:
    return str(playback(video, now=timezone.now())["hls_url"]).replace("master.m3u8", name)


def test_a_published_film_plays_from_its_signed_address_without_signing_in(video: LearningVideo) -> None:
    response: Any = Client().get(address(video), headers={"Range": "bytes=10-19"})
    assert (response.status_code, b"".join(response.streaming_content)) == (206, CONTENT[10:20])
    assert response.headers["Content-Type"] == "video/mp4"
    assert response.headers["ETag"].strip('"') == video.renditions.get(name="film.mp4").sha256
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    lifetime = int(response.headers["Cache-Control"].removeprefix("public, max-age="))
    assert 0 < lifetime <= 600
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


def test_captions_are_text(video: LearningVideo) -> None:
    response = Client().get(address(video, "captions.vtt"))
    assert response.headers["Content-Type"] == "text/vtt; charset=utf-8"


@pytest.mark.parametrize(
    "status", [LearningVideo.Status.DRAFT, LearningVideo.Status.UNPUBLISHED, LearningVideo.Status.SUPERSEDED]
)
def test_a_film_that_is_not_published_is_refused_although_its_address_has_not_expired(
    video: LearningVideo, status: str
) -> None:
    good = address(video)
    LearningVideo.objects.filter(pk=video.pk).update(status=status)
    assert Client().get(good).status_code == 403


def test_an_altered_expired_or_foreign_address_is_refused(video: LearningVideo) -> None:
    other = make_video()
    store_file(other, "film.mp4", b"other")
    now = timezone.now()
    expired = sign_folder(video.film_key, int(now.timestamp()) - 1)
    good = sign_folder(video.film_key, expiry_of(video.film_key, now))
    refused = [
        f"/media/{expired}/{video.film_key}/film.mp4",
        f"/media/{good}/{other.film_key}/film.mp4",
        f"/media/{good}x/{video.film_key}/film.mp4",
        f"/media/x/{video.film_key}/film.mp4",
        f"/media/{good}/{video.film_key}/nothing.mp4",
    ]
    assert [Client().get(one).status_code for one in refused] == [403] * 5
    assert Client().get(f"/media/{good}/{video.film_key}/film.mp4").status_code == 200


@pytest.mark.parametrize("name", ["../film.mp4", "..%2ffilm.mp4", "%2e%2e/x", "a/b.mp4", ".hidden"])
def test_a_name_never_leaves_its_folder(video: LearningVideo, name: str) -> None:
    assert Client().get(address(video, name)).status_code in {403, 404}


def test_a_row_whose_file_is_lost_is_refused(video: LearningVideo) -> None:
    row = store_file(video, "720.mp4", b"x")
    storages["published"].delete(f"films/{video.film_key}/{row.name}")
    assert Client().get(address(video, "720.mp4")).status_code == 403


def test_nothing_but_reading_is_possible(video: LearningVideo) -> None:
    assert Client().post(address(video)).status_code == 405
    assert Client().head(address(video)).status_code == 200


def test_no_student_is_named_in_an_address(video: LearningVideo) -> None:
    student = make_student()
    text = str(playback(video, now=timezone.now()))
    assert str(student.pk) not in text
    assert str(video.pk) not in text
