"""Files in an object storage: the same as in a folder, and every failure one that callers know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from django.core.files.base import ContentFile

from config.s3 import StorageAway
from tests.cdn.bucket import Bucket

CONTENT = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with Bucket() as made:
        yield made


@pytest.fixture(autouse=True)
def _healthy(bucket: Bucket) -> Iterator[None]:
    yield
    bucket.fault = ""
    bucket.now = lambda: datetime.now(UTC)
    bucket.ranges.clear()


def test_a_file_is_kept_read_measured_and_deleted_under_its_own_name(bucket: Bucket) -> None:
    storage = bucket.storage()
    assert not storage.exists("films/k/film.mp4")
    assert storage.save("films/k/film.mp4", ContentFile(CONTENT)) == "films/k/film.mp4"
    assert storage.save("films/k/film.mp4", ContentFile(CONTENT)) == "films/k/film.mp4"  # again is the same
    assert storage.size("films/k/film.mp4") == len(CONTENT)
    assert storage.open("films/k/film.mp4").read() == CONTENT
    storage.delete("films/k/film.mp4")
    storage.delete("films/k/film.mp4")
    assert not storage.exists("films/k/film.mp4")
    with pytest.raises(FileNotFoundError):
        storage.open("films/k/film.mp4")
    with pytest.raises(FileNotFoundError):
        storage.open_stream("films/k/film.mp4").read(1)


def test_a_part_of_a_file_is_asked_of_the_bucket_and_nothing_else_of_it(bucket: Bucket) -> None:
    storage = bucket.storage()
    storage.save("films/k/480.mp4", ContentFile(CONTENT))
    with storage.open_stream("films/k/480.mp4") as stream:
        stream.seek(1000)
        stream.expect(300)
        assert stream.read(200) + stream.read(200) == CONTENT[1000:1300]
    assert bucket.ranges == ["bytes=1000-1299"]


def test_another_secret_opens_nothing(bucket: Bucket) -> None:
    stranger = bucket.storage(secret_key="another-secret")
    with pytest.raises(StorageAway) as refused:
        stranger.save("films/k/film.mp4", ContentFile(CONTENT))
    assert refused.value.code == "SignatureDoesNotMatch"
    assert "films/k/film.mp4" not in bucket.names()


def test_a_signed_address_opens_its_file_until_its_end_and_no_other(bucket: Bucket) -> None:
    storage = bucket.storage()
    storage.save("notes/a.txt", ContentFile(b"mine"))
    storage.save("notes/b.txt", ContentFile(b"yours"))
    address = storage.url("notes/a.txt", expire=60)
    assert httpx.get(address).content == b"mine"
    parts = urlsplit(address)
    other = parts._replace(path=parts.path.replace("a.txt", "b.txt")).geturl()
    assert httpx.get(other).status_code == 403
    assert httpx.get(address.partition("?")[0]).status_code == 403
    bucket.now = lambda: datetime.now(UTC) + timedelta(seconds=61)
    assert httpx.get(address).status_code == 403


def test_a_storage_that_refuses_is_an_error_of_files_and_leaves_nothing(bucket: Bucket) -> None:
    storage = bucket.storage()
    bucket.fault = "refuse"
    for ask in (
        lambda: storage.save("films/r/film.mp4", ContentFile(CONTENT)),
        lambda: storage.exists("films/r/film.mp4"),
        lambda: storage.open("films/r/film.mp4"),
        lambda: storage.delete("films/r/film.mp4"),
        lambda: storage.open_stream("films/r/film.mp4").read(1),
    ):
        with pytest.raises(OSError, match="object storage could not"):
            ask()
    bucket.fault = ""
    assert not storage.exists("films/r/film.mp4")


def test_half_a_file_is_never_taken_for_a_file(bucket: Bucket) -> None:
    storage = bucket.storage()
    storage.save("films/p/film.mp4", ContentFile(CONTENT))
    bucket.fault = "partial"
    with pytest.raises(OSError, match="object storage could not"):
        storage.open_stream("films/p/film.mp4").read()
