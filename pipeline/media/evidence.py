"""What a finished film shows when it is looked at: one decoding of its smallest streamed rung feeds all
measures of the picture, the filters' frames and the pictures for scrubbing. See docs/film-evidence.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.media import flashes
from pipeline.media.ffmpeg import MediaFailed, beside
from pipeline.media.storyboard import EVERY, Storyboard

CELLS = (27, 48)  # columns and rows in which flashes are looked for
FRAME = (270, 480)  # pixels of the frames that filters see
SHORTEST_SPAN = 0.5  # seconds: black or frozen stretches below are not mentioned
BLACK_LEVEL, BLACK_SHARE = 29, 0.98  # brightness (16 is black), share of the picture
FROZEN = 0.2  # mean difference of brightness to the frame with which a still stretch began: -62 dB
SAMPLES = 3  # places where rungs are compared
INTO = 12  # frames into a group of pictures: predicted frames, not only the keyframe
_TICK_FRAMES = 60

Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class PictureFacts:
    """Spans are (start, end) in seconds, half a second and more; flashes are a second's worst."""

    black: tuple[tuple[float, float], ...]
    frozen: tuple[tuple[float, float], ...]
    flashes_per_second: float
    red_flashes_per_second: float
    frames: tuple[str, ...]  # names of the files: the middle of each second


def look(
    path: Path, folder: Path, *, fps: float = 30.0, tick: Callable[[], None] | None = None
) -> PictureFacts:
    """Decodes a film once. Writes `frame-000.jpg` … (the middle of each second), `storyboard.jpg` and
    `storyboard.vtt` into `folder`. Raises `MediaFailed`."""
    light: list[Plane] = []
    colours: list[Plane] = []
    dark: list[bool] = []
    still: list[bool] = []
    names: list[str] = []
    board = Storyboard()
    before: Plane | None = None
    step = max(1, round(fps))
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for number, frame in enumerate(container.decode(stream)):
                y, u, v = (_plane(frame, index) for index in range(3))
                sparse = np.ascontiguousarray(y[2::4, 2::4])  # a sixteenth: enough for means
                light.append(_small(sparse))
                colours.append(np.stack([_small(u[1::2, 1::2]), _small(v[1::2, 1::2])], axis=1))
                dark.append(bool(np.count_nonzero(sparse <= BLACK_LEVEL) >= BLACK_SHARE * sparse.size))
                still.append(before is not None and float(cv2.absdiff(sparse, before).mean()) < FROZEN)
                before = before if still[-1] else sparse
                if number % step == step // 2:
                    picture = _to_picture(frame)
                    names.append(f"frame-{number // step:03}.jpg")
                    _write_frame(picture, folder / names[-1])
                    if number // step % EVERY == 0:
                        board.add(picture)
                if tick is not None and number % _TICK_FRAMES == 0:
                    tick()
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise MediaFailed(
            "platform:render-failed", f"The film file {path.name} cannot be read. Retry the film."
        ) from error
    board.write(folder, seconds=len(light) / fps)
    brightness = np.array(light)
    return PictureFacts(
        black=_spans(dark, fps),
        frozen=_spans(still, fps),
        flashes_per_second=flashes.count_flashes(_full_range(brightness), fps),
        red_flashes_per_second=flashes.count_red_flashes(_to_rgb(brightness, np.array(colours)), fps),
        frames=tuple(names),
    )


def _to_picture(frame: av.VideoFrame) -> Image.Image:
    small = frame.reformat(*FRAME, "rgb24", src_colorspace="ITU709", interpolation="FAST_BILINEAR")
    return Image.fromarray(small.to_ndarray())


def _plane(frame: av.VideoFrame, index: int) -> Plane:
    plane = frame.planes[index]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _small(plane: Plane) -> Plane:
    dense = np.ascontiguousarray(plane)
    return np.asarray(cv2.resize(dense, CELLS, interpolation=cv2.INTER_AREA), np.uint8).reshape(-1)


def _write_frame(picture: Image.Image, path: Path) -> None:
    with beside(path) as parts:
        picture.save(parts[0], "JPEG", quality=70)


def _full_range(brightness: Plane) -> Plane:
    """BT.709 limited (16-235) to 0-255."""
    return np.asarray(np.clip((brightness.astype(np.float32) - 16) * (255 / 219), 0, 255), np.uint8)


def _to_rgb(brightness: Plane, colours: Plane) -> Plane:
    """(frames, cells) and (frames, cells, 2) of BT.709 limited to (frames, cells, 3) of RGB."""
    y = (brightness.astype(np.float32) - 16) * (255 / 219)
    u, v = ((colours[:, :, side].astype(np.float32) - 128) * (255 / 224) for side in (0, 1))
    rgb = np.stack([y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u], axis=2)
    return np.asarray(np.clip(rgb, 0, 255), np.uint8)


def _spans(flags: list[bool], fps: float) -> tuple[tuple[float, float], ...]:
    """The stretches of frames that are marked, `SHORTEST_SPAN` and more."""
    edges = np.flatnonzero(np.diff(np.array([False, *flags, False]).astype(np.int8)))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return tuple(
        (round(first / fps, 3), round(last / fps, 3))
        for first, last in pairs
        if (last - first) / fps >= SHORTEST_SPAN
    )


# --------------------------------------------------------------------------- rungs against each other


def compare(
    reference: Path, others: Mapping[str, Path], *, keyframes: tuple[float, ...], fps: float = 30.0
) -> dict[str, float]:
    """The lowest structural similarity (SSIM of brightness, 0-1) of each rung to the reference, which is
    brought to the rung's size, over `SAMPLES` predicted frames of the film. Raises `MediaFailed`."""
    places = [keyframes[len(keyframes) * (2 * number + 1) // (2 * SAMPLES)] for number in range(SAMPLES)]
    seconds = sorted({place + INTO / fps for place in places})
    sharp = _frames_at(reference, seconds)
    found: dict[str, float] = {}
    for name, path in others.items():
        frames = _frames_at(path, seconds)
        values = [
            similarity(_reduced(one, frame.shape), frame) for one, frame in zip(sharp, frames, strict=True)
        ]
        found[name] = round(min(values), 4)
    return found


def _reduced(picture: Plane, shape: tuple[int, ...]) -> Plane:
    return np.asarray(cv2.resize(picture, (shape[1], shape[0]), interpolation=cv2.INTER_AREA), np.uint8)


def _frames_at(path: Path, seconds: list[float]) -> list[Plane]:
    """The brightness of the frames shown at these seconds."""
    made: list[Plane] = []
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for second in seconds:
                container.seek(int(second * av.time_base), backward=True)
                shown = next(frame for frame in container.decode(stream) if frame.time > second - 0.001)
                made.append(_plane(shown, 0).copy())
    except (av.FFmpegError, IndexError, ValueError, StopIteration) as error:
        raise MediaFailed(
            "platform:render-failed", f"The film file {path.name} cannot be compared. Retry the film."
        ) from error
    return made


def similarity(first: Plane, second: Plane) -> float:
    """SSIM of two pictures' brightness (Wang et al., 2004: Gaussian window of 11, sigma 1.5)."""
    a, b = first.astype(np.float32), second.astype(np.float32)

    def blur(picture: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(picture, (11, 11), 1.5), np.float32)

    mean_a, mean_b = blur(a), blur(b)
    variance_a, variance_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    together = blur(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    map_ = ((2 * mean_a * mean_b + c1) * (2 * together + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    )
    return float(map_.mean())
