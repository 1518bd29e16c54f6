"""Files by checksum: written once, repaired when broken, never changed by who reads them."""

from __future__ import annotations

import errno
import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from pipeline import orchestration, storage
from pipeline.models import Asset, StepRun
from pipeline.steps.base import MadeFile
from tests.pipeline.films import make_film, start
from tests.pipeline.quick_steps import checksum_of

pytestmark = pytest.mark.usefixtures("quick")


def made(folder: Path, text: str, name: str = "speech.wav") -> MadeFile:
    path = folder / name
    path.write_text(text)
    return MadeFile(name, path, "speech", seconds=2.5)


def stored(files: Path) -> list[str]:
    return sorted(str(path.relative_to(files)) for path in files.rglob("*") if path.is_file())


def test_a_file_is_named_by_its_checksum_and_writing_it_twice_is_writing_it_once(
    files: Path, tmp_path: Path
) -> None:
    file, checksum = made(tmp_path, "hello"), checksum_of("hello")
    first, second = storage.keep([file]), storage.keep([file])
    assert first == second
    assert (first[0].checksum, first[0].size, first[0].content_type) == (checksum, 5, "audio/wav")
    assert stored(files) == [f"assets/{checksum[:2]}/{checksum}"]


def test_a_write_that_broke_off_is_replaced(files: Path, tmp_path: Path) -> None:
    name = storage.path_of(checksum_of("hello"))
    default_storage.save(name, ContentFile(b"hel"))
    storage.keep([made(tmp_path, "hello")])
    assert stored(files) == [name]
    assert storage.open_asset(checksum_of("hello")).read() == b"hello"


def test_half_a_copy_of_a_worker_that_was_faster_is_not_taken_for_the_file(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = storage.path_of(checksum_of("hello"))
    default_storage.save(name, ContentFile(b"hel"))
    answers = iter([False])  # it appeared just after this worker had looked
    monkeypatch.setattr(
        default_storage._wrapped,  # type: ignore[attr-defined]
        "exists",
        lambda asked: next(answers, (files / asked).exists()) if asked == name else (files / asked).exists(),
    )
    storage.keep([made(tmp_path, "hello")])
    assert stored(files) == [name]
    assert (files / name).read_bytes() == b"hello"


def test_the_copy_of_a_worker_that_was_faster_stays_alone(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = made(tmp_path, "hello")
    storage.keep([file])
    answers = iter([False])
    name = storage.path_of(checksum_of("hello"))
    monkeypatch.setattr(
        default_storage._wrapped,  # type: ignore[attr-defined]
        "exists",
        lambda asked: next(answers, (files / asked).exists()) if asked == name else (files / asked).exists(),
    )
    storage.keep([file])
    assert stored(files) == [name]


def test_a_missing_file_is_named_with_what_to_do(files: Path) -> None:
    with pytest.raises(storage.AssetMissing, match=r"is not in storage\. Rebuild"):
        storage.open_asset(checksum_of("never"))
    assert not storage.is_stored(checksum_of("never"))


def test_who_changes_a_fetched_file_does_not_change_the_stored_one(files: Path, tmp_path: Path) -> None:
    storage.keep([made(tmp_path, "hello")])
    workdir = tmp_path / "workdir"
    storage.fetch({"inner/in.wav": checksum_of("hello")}, workdir)
    assert (workdir / "inner" / "in.wav").read_text() == "hello"
    (workdir / "inner" / "in.wav").write_text("changed")
    assert storage.open_asset(checksum_of("hello")).read() == b"hello"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("master.m3u8", "application/vnd.apple.mpegurl"),
        ("captions.vtt", "text/vtt"),
        ("1080.hls.mp4", "video/mp4"),
        ("poster.JPG", "image/jpeg"),
        ("unknown", "application/octet-stream"),
    ],
)
def test_content_types_are_those_that_phones_expect(name: str, expected: str) -> None:
    assert storage.content_type_of(name) == expected


@pytest.mark.django_db
def test_a_run_that_is_made_again_names_its_new_files_and_no_old_ones(files: Path, tmp_path: Path) -> None:
    film = start(make_film())
    orchestration.advance(film.pk)
    run: StepRun = film.run("script")
    storage.record(run, storage.keep([made(tmp_path, "one"), made(tmp_path, "gone", "other.wav")]))
    again = storage.keep([made(tmp_path, "two")])
    assert storage.record(run, again) == {"speech.wav": checksum_of("two")}
    assert storage.record(run, again) == {"speech.wav": checksum_of("two")}  # settled twice
    asset = Asset.objects.get(run=run)
    assert (asset.name, asset.checksum, asset.kind, asset.size, asset.seconds) == (
        "speech.wav", checksum_of("two"), "speech", 3, 2.5,
    )  # fmt: skip


class _Shrinking(io.BytesIO):
    """A file whose copy meets a full disk in the middle."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= 70_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().read(size)


def test_a_full_disk_leaves_nothing_half_written(files: Path) -> None:
    name = storage.path_of("f" * 64)
    with pytest.raises(OSError, match="No space left") as refused:
        storage.write_whole(default_storage, name, _Shrinking(b"x" * 200_000))
    assert refused.value.errno == errno.ENOSPC
    assert stored(files) == []
    storage.write_whole(default_storage, name, io.BytesIO(b"x" * 200_000))
    assert stored(files) == [name]


def test_what_a_killed_worker_has_left_beside_files_is_removed_a_day_later(files: Path) -> None:
    name = storage.path_of("e" * 64)
    storage.write_whole(default_storage, name, io.BytesIO(b"whole"))
    left = Path(default_storage.path(name)).with_name("e" * 64 + ".0123.part")
    left.write_bytes(b"ha")
    now = timezone.now()
    assert storage.clear_parts(default_storage, before=now - timedelta(days=1)) == 0
    assert storage.clear_parts(default_storage, before=now + timedelta(days=1)) == 1
    assert stored(files) == [name]
