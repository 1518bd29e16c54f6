"""What a scene shows, measured while it is drawn: nothing is decoded again, and an edit measures one scene.

Looked at is the picture of the 480 rung as the encoder gets it. A scene keeps one small JPEG a second
(`FRAMES`, a motion-JPEG stream), the brightness and colours of 27 × 48 cells of every frame (`CELLS_FILE`,
from which a film's flashes are counted across its cuts), and its stretches of black and of standing still.
`evidence.gather` makes a film's facts of them.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.media.canvas import FPS, Pixels, yuv_to_rgb
from pipeline.media.ffmpeg import MediaFailed, beside
from pipeline.media.ladder import SEEN

FRAMES, CELLS_FILE = FILES = SEEN
CELLS = (27, 48)  # columns and rows in which flashes are looked for
FRAME = (270, 480)  # pixels of the frames that filters see
SHORTEST_SPAN = 0.5  # seconds: black or frozen stretches below are not mentioned
BLACK_LEVEL, BLACK_SHARE = 29, 0.98  # brightness (16 is black), share of the picture
FROZEN = 0.2  # mean difference of brightness to the frame with which a still stretch began: -62 dB
_JPEG_QUALITY = 70
_QUICKLY = [cv2.IMWRITE_PNG_COMPRESSION, 1]


@dataclass(frozen=True)
class Glance:
    """A scene's stretches as (first frame, one after the last), its JPEGs' sizes in bytes, one a second."""

    number: int  # of frames
    black: tuple[tuple[int, int], ...]
    frozen: tuple[tuple[int, int], ...]
    sizes: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "frames": self.number,
            "black": [list(span) for span in self.black],
            "frozen": [list(span) for span in self.frozen],
            "sizes": list(self.sizes),
        }


def from_json(value: Any) -> Glance:
    black, frozen = (
        tuple((int(first), int(last)) for first, last in value[kind]) for kind in ("black", "frozen")
    )
    return Glance(int(value["frames"]), black, frozen, tuple(int(size) for size in value["sizes"]))


class Watch:
    """Sees a scene's frames in order, then writes what it saw."""

    def __init__(self) -> None:
        self._cells: list[Pixels] = []
        self._dark: list[bool] = []
        self._still: list[bool] = []
        self._jpegs: list[bytes] = []
        self._before: Pixels | None = None

    def see(self, y: Pixels, uv: Pixels) -> None:
        """The next frame, NV12 in limited BT.709: brightness (height, width), colours at half size."""
        number = len(self._cells)
        sparse = np.ascontiguousarray(y[2::4, 2::4])  # a sixteenth: enough for means
        half = np.ascontiguousarray(uv[1::2, 1::2])
        light = cv2.resize(sparse, CELLS, interpolation=cv2.INTER_AREA)
        colours = cv2.resize(half, CELLS, interpolation=cv2.INTER_AREA)
        self._cells.append(np.concatenate([light.reshape(-1), colours.reshape(-1)]).astype(np.uint8))
        self._dark.append(bool(np.count_nonzero(sparse <= BLACK_LEVEL) >= BLACK_SHARE * sparse.size))
        before = self._before
        still = before is not None and cv2.norm(sparse, before, cv2.NORM_L1) < FROZEN * sparse.size
        self._still.append(bool(still))
        if not still:
            self._before = sparse
        if number % FPS == FPS // 2:
            self._jpegs.append(_make_jpeg(y, uv))

    def write(self, folder: Path) -> Glance:
        """Writes `FILES` into `folder`."""
        with beside(folder / FRAMES, folder / CELLS_FILE) as parts:
            parts[0].write_bytes(b"".join(self._jpegs))
            _, packed = cv2.imencode(".png", np.array(self._cells), _QUICKLY)
            parts[1].write_bytes(packed.tobytes())
        return Glance(
            number=len(self._cells),
            black=_stretches(self._dark),
            frozen=_stretches(self._still),
            sizes=tuple(len(jpeg) for jpeg in self._jpegs),
        )


def _make_jpeg(y: Pixels, uv: Pixels) -> bytes:
    light = cv2.resize(y, FRAME, interpolation=cv2.INTER_AREA)
    colours = cv2.resize(uv, FRAME, interpolation=cv2.INTER_LINEAR)
    made = io.BytesIO()
    picture = yuv_to_rgb(np.asarray(light, np.uint8), np.asarray(colours, np.uint8))
    Image.fromarray(picture).save(made, "JPEG", quality=_JPEG_QUALITY)
    return made.getvalue()


def find_runs(flags: Sequence[bool] | NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Each stretch of marked frames: (its first, one after its last)."""
    edges = np.flatnonzero(np.diff(np.array([False, *flags, False]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _stretches(flags: Sequence[bool]) -> tuple[tuple[int, int], ...]:
    """Those that are long enough to be mentioned, or might be so together with the neighbour's."""
    return tuple(
        (first, last)
        for first, last in find_runs(flags)
        if last - first >= SHORTEST_SPAN * FPS or first <= 1 or last == len(flags)
    )


# --------------------------------------------------------------------------- reading them again


def read_cells(path: Path, frames: int) -> tuple[Pixels, Pixels]:
    """Brightness (frames, cells) and colours (frames, cells, 2). Raises `MediaFailed`."""
    packed = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    number = CELLS[0] * CELLS[1]
    if packed is None or packed.shape != (frames, 3 * number):
        raise _unreadable(path)
    values = np.asarray(packed, np.uint8)
    return values[:, :number], values[:, number:].reshape(frames, number, 2)


def read_jpegs(path: Path, sizes: Sequence[int]) -> list[bytes]:
    """The stream's pictures. Raises `MediaFailed`."""
    try:
        stream = path.read_bytes()
    except FileNotFoundError as error:
        raise _unreadable(path) from error
    if len(stream) != sum(sizes):
        raise _unreadable(path)
    ends = np.cumsum([0, *sizes]).tolist()
    return [stream[start:end] for start, end in itertools.pairwise(ends)]


def _unreadable(path: Path) -> MediaFailed:
    return MediaFailed(
        "platform:render-failed",
        f"What was measured of a scene ({path.name}) cannot be read. Compose that scene again.",
    )
