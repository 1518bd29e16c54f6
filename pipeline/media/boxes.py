"""The boxes of an MP4 file (ISO/IEC 14496-12), as far as playlists and checks need them."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline.media.ffmpeg import MediaFailed

_SIZE_64, _DATA_OFFSET, _FIRST_FLAGS, _DURATION, _SIZE = 1, 0x1, 0x4, 0x100, 0x200
_TFHD_SIZE = 0x10
_TFHD_BEFORE_SIZE = ((0x1, 8), (0x2, 4), (0x8, 4))  # base offset, description index, default duration


@dataclass(frozen=True)
class Box:
    """`start` and `size` in bytes of the file, `head` the bytes before its content."""

    kind: str
    start: int
    size: int
    head: int

    @property
    def end(self) -> int:
        return self.start + self.size


@dataclass(frozen=True)
class Fragment:
    """A movie fragment: where it starts, and where the first frame in it (a keyframe) ends."""

    start: int
    first_frame_end: int


def read_boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes between two places of a file. Raises `ValueError` where a size makes no sense."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == _SIZE_64:
            size, head = struct.unpack(">Q", file.read(8))[0], 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise ValueError(f"A box of {size} bytes at {start} does not fit.")
        yield Box(kind.decode("latin-1"), start, size, head)
        start += size


def read_top(path: Path) -> list[Box]:
    """The outer boxes of a file. Raises `MediaFailed`."""
    try:
        with path.open("rb") as file:
            return list(read_boxes(file, 0, path.stat().st_size))
    except (OSError, ValueError, struct.error) as error:
        raise _unreadable(path) from error


def starts_fast(path: Path) -> bool:
    """Whether a player can begin before it has the whole file: its index stands before its media."""
    kinds = [box.kind for box in read_top(path)]
    return "moov" in kinds and "mdat" in kinds and kinds.index("moov") < kinds.index("mdat")


def read_fragments(path: Path) -> tuple[int, list[Fragment]]:
    """(length of the header in front, fragments) of a fragmented file. Raises `MediaFailed`."""
    top = read_top(path)
    header = next((box.end for box in top if box.kind == "moov"), 0)
    fragments = []
    try:
        with path.open("rb") as file:
            for box, following in itertools.pairwise(top):
                if box.kind == "moof" and following.kind == "mdat":
                    size = _first_size(file, box)
                    fragments.append(Fragment(box.start, following.start + following.head + size))
    except (OSError, ValueError, struct.error) as error:
        raise _unreadable(path) from error
    return header, fragments


def _first_size(file: BinaryIO, moof: Box) -> int:
    """The bytes of the first sample of a fragment's first track."""
    traf = next(box for box in read_boxes(file, moof.start + moof.head, moof.end) if box.kind == "traf")
    default = 0
    for box in read_boxes(file, traf.start + traf.head, traf.end):
        file.seek(box.start + box.head)
        flags = struct.unpack(">I", file.read(4))[0] & 0xFFFFFF
        if box.kind == "tfhd" and flags & _TFHD_SIZE:
            file.seek(4 + sum(length for flag, length in _TFHD_BEFORE_SIZE if flags & flag), 1)
            default = struct.unpack(">I", file.read(4))[0]
        if box.kind == "trun":
            file.seek(4 + (4 if flags & _DATA_OFFSET else 0) + (4 if flags & _FIRST_FLAGS else 0), 1)
            if not flags & _SIZE:
                return int(default)
            file.seek(4 if flags & _DURATION else 0, 1)
            return int(struct.unpack(">I", file.read(4))[0])
    raise ValueError("A fragment has no samples.")


def _unreadable(path: Path) -> MediaFailed:
    return MediaFailed("platform:render-failed", f"The film file {path.name} cannot be read. Retry the film.")
