"""A step's files into media storage as Assets, and back into a working folder.

In storage a file is named by its checksum, so that writing it twice is writing it once.
"""

from __future__ import annotations

import hashlib
import mimetypes
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

from django.core.files import File
from django.core.files.storage import Storage, default_storage

from pipeline.models import Asset, StepRun
from pipeline.steps.base import MadeFile

CHUNK = 1 << 20
PART = ".part"  # a file that is being written
CONTENT_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".vtt": "text/vtt",
    ".mp4": "video/mp4",
    ".wav": "audio/wav",
    ".jpg": "image/jpeg",
    ".png": "image/png",
}


class AssetMissing(Exception):
    """A file that the database knows is not in storage."""


@dataclass(frozen=True)
class Kept:
    """A file that is safely in storage, not yet in the database."""

    made: MadeFile
    checksum: str
    size: int
    content_type: str


def path_of(checksum: str) -> str:
    """The storage name of a file: `assets/ab/abcd…`."""
    return f"assets/{checksum[:2]}/{checksum}"


def is_stored(checksum: str) -> bool:
    return bool(default_storage.exists(path_of(checksum)))


def is_whole(checksum: str, size: int) -> bool:
    """Whether the file is there with all its bytes."""
    name = path_of(checksum)
    return bool(default_storage.exists(name) and default_storage.size(name) == size)


def content_type_of(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return CONTENT_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def checksum_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def write_whole(target: Storage, name: str, source: IO[bytes]) -> None:
    """One whole copy under exactly this name, at once: somebody else may write the same just now.

    In a folder it is written beside and renamed; an object store puts objects whole.
    """
    try:
        final = Path(target.path(name))
    except NotImplementedError:
        final = None
    if final is None:
        target.save(name, File(source))
        return
    beside = f"{name}.{uuid4().hex}{PART}"
    try:
        target.save(beside, File(source))
        Path(target.path(beside)).replace(final)
    except OSError:  # the disk is full, or away
        with suppress(OSError):
            Path(target.path(beside)).unlink(missing_ok=True)
        raise


def clear_parts(target: Storage, *, before: datetime) -> int:
    """Remove what workers that were killed while they wrote have left beside files; returns how many."""
    try:
        root = Path(target.path(""))
    except NotImplementedError:
        return 0  # an object store keeps whole objects only
    removed = 0
    for left in root.rglob(f"*{PART}"):
        with suppress(FileNotFoundError):  # somebody else's clean-up, or its own end
            if left.stat().st_mtime < before.timestamp():
                left.unlink()
                removed += 1
    return removed


def keep(files: Sequence[MadeFile]) -> list[Kept]:
    """Put a run's files into storage; no database. Safe to repeat.

    A file of the right name and size is taken to be the right one, because names are checksums. One
    of another size is damaged and is replaced.
    """
    kept = []
    for made in files:
        checksum, size = checksum_of(made.path), made.path.stat().st_size
        name = path_of(checksum)
        if not default_storage.exists(name) or default_storage.size(name) != size:
            with made.path.open("rb") as file:
                write_whole(default_storage, name, file)
        kept.append(Kept(made, checksum, size, content_type_of(made.name)))
    return kept


def record(run: StepRun, kept: Sequence[Kept]) -> dict[str, str]:
    """Write Asset rows for a run's files (inside the caller's transaction); returns name → checksum.

    A run that is made again, because storage lost a file, names its new files and no old ones.
    """
    Asset.objects.filter(run=run).exclude(name__in=[item.made.name for item in kept]).delete()
    Asset.objects.bulk_create(
        [
            Asset(
                run=run,
                name=item.made.name,
                checksum=item.checksum,
                kind=item.made.kind,
                content_type=item.content_type,
                size=item.size,
                seconds=item.made.seconds,
                width=item.made.width,
                height=item.made.height,
            )
            for item in kept
        ],
        update_conflicts=True,
        unique_fields=["run", "name"],
        update_fields=["checksum", "kind", "content_type", "size", "seconds", "width", "height"],
    )
    return {item.made.name: item.checksum for item in kept}


def open_asset(checksum: str) -> File[bytes]:
    """The stored file, opened for reading. Raises AssetMissing."""
    try:
        return default_storage.open(path_of(checksum))
    except FileNotFoundError as error:
        raise AssetMissing(
            f"The file {checksum[:12]}… is not in storage. Rebuild the part that made it."
        ) from error


def fetch(files: Mapping[str, str], workdir: Path) -> None:
    """Copy files (name → checksum) into a working folder. Raises AssetMissing.

    Never by link: a step that overwrites one of its inputs must not change what is stored.
    """
    for name, checksum in files.items():
        target = workdir / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with open_asset(checksum) as stored, target.open("wb") as local:
            shutil.copyfileobj(stored, local, CHUNK)
