"""Published files where they belong: what is missing in storage or at Cloudflare, and putting it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages

from pipeline import storage
from videos.delivery import storage_name
from videos.models import LearningVideo, Outgoing, Rendition
from videos.outgoing import announce


@dataclass(frozen=True)
class Missing:
    """A published file that is not where it belongs, or not with all its bytes."""

    film_key: str
    name: str
    sha256: str
    size: int

    @property
    def target(self) -> str:
        return storage_name(self.film_key, self.name)


class NotFound(Exception):
    """Neither the results of steps nor the given folder have the file."""


def published_films() -> Iterator[LearningVideo]:
    yield from LearningVideo.objects.published().order_by("published_at", "pk").iterator(chunk_size=100)


def missing_files(video: LearningVideo) -> list[Missing]:
    """One look-up a file, so a second call does only what the first has left. Raises OSError."""
    target = storages["published"]
    found = []
    for one in Rendition.objects.filter(video=video).order_by("name"):
        name = storage_name(video.film_key, one.name)
        if not target.exists(name) or target.size(name) != one.size:
            found.append(Missing(video.film_key, one.name, one.sha256, one.size))
    return found


def put_back(missing: Missing, *, folder: Path | None) -> None:
    """Copy it from the results of steps, else from `folder` (a former one). Raises NotFound, OSError.

    A file in `folder` counts only with the checksum of its row.
    """
    target = storages["published"]
    if storage.is_whole(missing.sha256, missing.size):
        with storage.open_asset(missing.sha256) as source:
            storage.write_whole(target, missing.target, source)
        return
    former = folder / missing.target if folder is not None else None
    if former is None or not former.is_file() or storage.checksum_of(former) != missing.sha256:
        raise NotFound(f"{missing.target} is nowhere. Rebuild and publish the film again.")
    with former.open("rb") as file:
        storage.write_whole(target, missing.target, file)


def wants_copy(video: LearningVideo) -> bool:
    """Whether Cloudflare Stream should have it and nobody has asked for that yet."""
    if not settings.STREAM or video.stream_uid:
        return False
    asked = Outgoing.objects.filter(
        kind=Outgoing.Kind.COPY_TO_STREAM, subject=video.film_key, done_at__isnull=True
    )
    return not asked.exists()


def ask_for_copy(video: LearningVideo) -> None:
    announce(video)
