"""Grounds that are pictures: a still with slow motion, or a clip, as large as the frame.

Such a ground is drawn anew in every frame; what stands on it is laid over it each time, so only a headline
does. A veil keeps words readable whatever the picture is like: dark enough for 4.5 : 1 even on white.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import av
import cv2
import numpy as np
from av.error import FFmpegError
from PIL import Image

from pipeline.media.canvas import HEIGHT, WIDTH, Frame, Pixels, Sprite, lay, rgb_to_yuv

ZOOM = 1.12  # from the whole to its part, over a scene
VEIL = 0.70  # opacity of black behind words
SLOWEST = (
    0.6  # of a clip's own speed: a clip shorter than its scene is slowed down, then its last picture stays
)
PATHS = {"push-in": (0, 0), "pull-out": (0, 0), "drift-left": (-1, 0), "drift-right": (1, 0), "rise": (0, -1)}


class Ground(Protocol):
    """What fills the frame at a time; times come in order."""

    def draw(self, frame: Frame, t: float) -> None: ...


def ease(share: float) -> float:
    """Slow at both ends."""
    return 0.5 - 0.5 * math.cos(math.pi * min(1.0, max(0.0, share)))


def ease_out(share: float) -> float:
    """Slow at the end only."""
    return math.sin(math.pi / 2 * min(1.0, max(0.0, share)))


@dataclass(frozen=True)
class CameraPath:
    """How the camera moves over a still: along one of `PATHS`, by at most `zoom`."""

    path: str = "push-in"
    zoom: float = ZOOM
    is_eased_in: bool = True

    @classmethod
    def read(cls, value: Mapping[str, Any] | None, *, draws_back: bool) -> CameraPath:
        """A description of the clip family's motion renderer; what it lacks or gets wrong is as usual."""
        told = value or {}
        usual = "pull-out" if draws_back else "push-in"
        path = str(told.get("path", usual))
        zoom = told.get("zoom", ZOOM)
        return cls(
            path if path in PATHS else usual,
            min(ZOOM, max(1.0, float(zoom))) if isinstance(zoom, int | float) else ZOOM,
            told.get("easing") != "ease-out",
        )


class PictureGround:
    """A still over which the camera moves: closer to its focus, back from it, or along it; still where
    `is_calm`."""

    def __init__(
        self,
        picture: Image.Image,
        *,
        focus: tuple[float, float] = (0.5, 0.45),
        seconds: float,
        camera: CameraPath = CameraPath(),
        is_calm: bool = False,
    ) -> None:
        scale = max(WIDTH * ZOOM / picture.width, HEIGHT * ZOOM / picture.height)
        size = (math.ceil(picture.width * scale / 2) * 2, math.ceil(picture.height * scale / 2) * 2)
        large = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        yuv = rgb_to_yuv(np.asarray(large, np.float32))
        self._y: Pixels = np.asarray(cv2.convertScaleAbs(np.ascontiguousarray(yuv[..., 0])), np.uint8)
        half = cv2.resize(yuv[..., 1:], (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)
        self._uv: Pixels = np.asarray(cv2.convertScaleAbs(half), np.uint8)
        self._size, self._focus, self._seconds = size, focus, max(0.1, seconds)
        self._camera, self._is_calm = camera, is_calm

    def window(self, t: float) -> tuple[float, float, float]:
        """(left, top, scale) of what is seen at `t`, in pixels of the enlarged picture."""
        camera = self._camera
        eased = ease if camera.is_eased_in else ease_out
        share = 0.0 if self._is_calm else eased(t / self._seconds)
        across, down = PATHS[camera.path]
        # Pixels of the picture that one of the frame takes: where all is seen, and where the camera is close.
        whole, close = ZOOM, ZOOM / camera.zoom
        travels = bool(across or down)
        near = 1.0 if travels else 1.0 - share if camera.path == "pull-out" else share
        scale = whole - (whole - close) * near
        wide, tall = WIDTH * scale, HEIGHT * scale
        room = (camera.zoom - 1.0) * (2 * share - 1) / 2  # of the frame, to either side of the focus
        x = self._focus[0] * self._size[0] + across * room * wide
        y = self._focus[1] * self._size[1] + down * room * tall
        x = min(max(x, wide / 2), self._size[0] - wide / 2)
        y = min(max(y, tall / 2), self._size[1] - tall / 2)
        return x - wide / 2, y - tall / 2, scale

    def draw(self, frame: Frame, t: float) -> None:
        left, top, scale = self.window(t)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        for source, target, half in ((self._y, frame.y, 1.0), (self._uv, frame.uv, 2.0)):
            matrix = np.array([[scale, 0, left / half], [0, scale, top / half]], np.float32)
            height, width = target.shape[:2]
            cv2.warpAffine(
                source, matrix, (width, height), dst=target, flags=flags, borderMode=cv2.BORDER_REPLICATE
            )


class ClipGround:
    """A film clip cropped to the frame, slowed down a little where the scene is longer; its last picture
    stays. Raises ValueError for what is no clip. `seconds` is the scene's length, 0: as it was taken."""

    def __init__(self, path: Path, *, seconds: float = 0.0) -> None:
        self._file = path.open("rb")  # a handle: no address inside the file is followed
        try:
            self._container = av.open(self._file, "r")
            stream = self._container.streams.video[0]
            stream.thread_type = "NONE"
            self._frames: Iterator[av.VideoFrame] = iter(self._container.decode(stream))
            self._next: av.VideoFrame | None = next(self._frames)
            length = float(self._container.duration or 0) / av.time_base
        except (FFmpegError, IndexError, StopIteration) as error:
            self._file.close()
            raise ValueError("the clip cannot be decoded") from error
        self._shown: Pixels | None = None
        self._speed = min(1.0, max(SLOWEST, length / seconds)) if length > 0 and seconds > 0 else 1.0

    def draw(self, frame: Frame, t: float) -> None:
        t *= self._speed
        while self._next is not None and (self._shown is None or float(self._next.time or 0.0) <= t):
            self._shown = _crop(self._next)
            try:
                self._next = next(self._frames, None)
            except FFmpegError:  # cut off in the middle: what there is, is shown
                self._next = None
        if self._shown is not None:
            np.copyto(frame.buffer, self._shown)

    def close(self) -> None:
        self._container.close()
        self._file.close()


def _crop(picture: av.VideoFrame) -> Pixels:
    """A decoded picture as one NV12 frame, its middle kept."""
    scale = max(WIDTH / picture.width, HEIGHT / picture.height)
    width, height = (math.ceil(side * scale / 2) * 2 for side in (picture.width, picture.height))
    whole = picture.reformat(
        width=width, height=height, format="nv12", dst_colorspace="ITU709", dst_color_range="MPEG"
    ).to_ndarray()
    left, top = (width - WIDTH) // 4 * 2, (height - HEIGHT) // 4 * 2
    light = whole[top : top + HEIGHT, left : left + WIDTH]
    colour = whole[height + top // 2 : height + top // 2 + HEIGHT // 2, left : left + WIDTH]
    return np.ascontiguousarray(np.concatenate([light, colour]))


class Veil:
    """Darkness behind the words: at the foot from `top` on, and a little at the head for the chrome."""

    def __init__(self, top: int) -> None:
        first = max(0, top - 340) // 2 * 2
        ramp = np.clip((np.arange(first, HEIGHT) - first) / max(1, top - 40 - first), 0, 1)
        self._foot = (_shade((ramp**1.3 * VEIL).astype(np.float32)), first)
        head = np.clip(1 - np.arange(0, 260) / 260, 0, 1) * 0.66
        self._head = (_shade(head.astype(np.float32)), 0)

    def draw(self, frame: Frame) -> None:
        for sprite, top in (self._foot, self._head):
            lay(frame, sprite, 0, top)


def _shade(opacity: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Sprite:
    """Rows of black by their opacity, as wide as the frame."""
    keep = np.round(255 * (1 - opacity)).astype(np.uint8)
    light = np.round(16 * opacity).astype(np.uint8)
    half, grey = keep[::2], np.round(128 * opacity[::2]).astype(np.uint8)

    def wide(column: Pixels, width: int) -> Pixels:
        return np.ascontiguousarray(np.repeat(column[:, None], width, axis=1))

    return Sprite(
        y=wide(light, WIDTH),
        y_keep=wide(keep, WIDTH),
        uv=np.ascontiguousarray(np.stack([wide(grey, WIDTH // 2)] * 2, axis=-1)),
        uv_keep=np.ascontiguousarray(np.stack([wide(half, WIDTH // 2)] * 2, axis=-1)),
    )
