"""What a publication asks of CDNs: done once, whatever breaks, and undone when the film is withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from tests.cdn.cloudfront import DISTRIBUTION, CloudFront
from tests.cdn.stream import Stream
from tests.clients import make_video, store_file
from videos import tasks
from videos.delivery import storage_name
from videos.models import LearningVideo, Outgoing
from videos.outgoing import LEASE, announce, describe_waiting, send_due, withdraw

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stream(settings: Settings, live_server: Any) -> Iterator[Stream]:
    settings.MEDIA_ORIGIN = live_server.url
    with Stream() as made:
        settings.STREAM = made.settings()
        settings.CDN_ORDER = ["stream", "origin"]
        yield made


def published() -> LearningVideo:
    video = make_video()
    store_file(video, "film.mp4", b"not really a film")
    return video


def row() -> Outgoing:
    return Outgoing.objects.latest("created_at")


def later(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def test_a_film_is_copied_once_and_named_by_cards_when_it_is_ready(stream: Stream) -> None:
    video = published()
    announce(video)
    announce(video)
    stream.polls_until_ready = 2
    assert send_due(timezone.now()) == 0
    (uid,) = stream.copies
    assert stream.copies[uid]["meta"] == {"name": video.film_key}
    assert row().payload["uid"] == uid  # kept before the first look
    assert [send_due(later(11)), send_due(later(22)), send_due(later(33))] == [0, 1, 0]
    video.refresh_from_db()
    assert video.stream_uid == uid
    assert Outgoing.objects.count() == 1


def test_an_answer_that_was_lost_makes_no_second_copy(stream: Stream) -> None:
    announce(published())
    stream.lose_answer = True
    assert send_due(timezone.now()) == 0
    assert (row().last_error, row().payload.get("uid")) == ("stream:away", None)
    assert send_due(later(30)) == 0
    assert len(stream.copies) == 1
    assert row().payload["uid"] in stream.copies


@pytest.mark.parametrize(
    ("status", "code", "least"),
    [
        (500, "stream:away", 10),
        (429, "stream:too-many", 10),
        (403, "stream:key-refused", 10),
        (400, "stream:refused", 3600),
    ],
)
def test_a_refusal_is_put_off_and_said(stream: Stream, status: int, code: str, least: float) -> None:
    announce(published())
    stream.refuse = status
    now = timezone.now()
    assert send_due(now) == 0
    assert row().last_error == code
    assert row().not_before == now + timedelta(seconds=least)
    assert [one["last_error"] for one in describe_waiting()] == [code]
    stream.refuse = 0
    assert send_due(now + timedelta(seconds=least + 1)) == 0
    assert len(stream.copies) == 1


def test_waits_double_up_to_an_hour(stream: Stream) -> None:
    announce(published())
    stream.refuse = 500
    now, waits = timezone.now(), []
    for _ in range(11):
        send_due(now)
        waits.append((row().not_before - now).total_seconds())
        now = row().not_before
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]


def test_whoever_dies_with_a_row_leaves_it_to_the_next(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(published())
    now = timezone.now()

    class Killed(BaseException):
        """The process ends here."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("videos.outgoing.HANDLERS", dict.fromkeys(Outgoing.Kind, die))
        with pytest.raises(Killed):
            send_due(now)
    assert send_due(now + LEASE - timedelta(seconds=1)) == 0
    assert stream.copies == {}
    send_due(now + LEASE)
    assert len(stream.copies) == 1


def test_a_film_that_cloudflare_cannot_fetch_is_asked_for_again_in_an_hour(stream: Stream) -> None:
    video = make_video()  # no file
    announce(video)
    send_due(timezone.now())
    assert send_due(later(11)) == 0
    assert row().last_error == "stream:copy-failed"
    assert stream.copies == {}
    store_file(video, "film.mp4", b"here now")
    send_due(later(3700))
    assert send_due(later(3720)) == 1


def test_what_was_withdrawn_while_it_was_copied_does_not_stay(stream: Stream) -> None:
    video = published()
    announce(video)
    send_due(timezone.now())
    LearningVideo.objects.update(status=LearningVideo.Status.UNPUBLISHED)
    assert send_due(later(11)) == 1
    assert stream.copies == {}
    video.refresh_from_db()
    assert video.stream_uid == ""


def test_withdrawing_removes_files_copy_and_what_edges_keep(stream: Stream, settings: Settings) -> None:
    video = published()
    announce(video)
    send_due(timezone.now())
    assert send_due(later(11)) == 1
    video.refresh_from_db()
    with CloudFront() as edge:
        settings.CLOUDFRONT = edge.settings("path")
        with transaction.atomic():
            LearningVideo.objects.update(status=LearningVideo.Status.UNPUBLISHED)
            withdraw(video, ["film.mp4"])
        assert set(Outgoing.objects.filter(done_at=None).values_list("kind", flat=True)) == {
            "remove-files",
            "stream-delete",
            "cloudfront-purge",
        }
        edge.polls_until_done = 2
        assert send_due(later(12)) == 2
        assert [send_due(later(24)), send_due(later(36))] == [0, 1]
        assert list(edge.purged.values()) == [f"/films/{video.film_key}/*"]
        assert f"/2020-05-31/distribution/{DISTRIBUTION}/invalidation" in edge.asked[0][1]
    assert stream.copies == {}
    assert not storages["published"].exists(storage_name(video.film_key, "film.mp4"))
    assert tasks.send_outgoing() == 0


def test_a_purge_with_another_secret_is_refused_and_stays(settings: Settings) -> None:
    video = published()
    with CloudFront() as edge:
        settings.CLOUDFRONT = edge.settings("path") | {"secret_key": "another"}
        withdraw(video, [])
        LearningVideo.objects.update(status=LearningVideo.Status.UNPUBLISHED)
        send_due(timezone.now())
        assert edge.purged == {}
    waiting = Outgoing.objects.get(done_at=None)
    assert (waiting.kind, waiting.last_error) == ("cloudfront-purge", "cloudfront:refused")


def test_a_film_that_is_out_again_under_its_key_keeps_its_files() -> None:
    video = published()
    withdraw(video, ["film.mp4"])
    assert send_due(timezone.now()) == 1
    assert storages["published"].exists(storage_name(video.film_key, "film.mp4"))
