"""What a finished film shows: its scenes' glances put together, and the likeness of what was encoded to what
was drawn. See docs/film-evidence.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.media import flashes, glances
from pipeline.media.canvas import FPS, Pixels
from pipeline.media.ffmpeg import MediaFailed, beside
from pipeline.media.glances import FROZEN, SHORTEST_SPAN, Glance
from pipeline.media.storyboard import write_storyboard

INTO = 6  # frames into a group of pictures: predicted frames, not only the keyframe


@dataclass(frozen=True)
class SceneGlance:
    """A scene's glance and its files."""

    glance: Glance
    frames: Path
    cells: Path


@dataclass(frozen=True)
class PictureFacts:
    """Spans are (start, end) in seconds, half a second and more; flashes are a second's worst."""

    black: tuple[tuple[float, float], ...]
    frozen: tuple[tuple[float, float], ...]
    flashes_per_second: float
    red_flashes_per_second: float
    frames: tuple[str, ...]  # names of the files
    frame_seconds: tuple[float, ...]  # and what they show: the middle of each second of a scene


def gather(scenes: Sequence[SceneGlance], folder: Path) -> PictureFacts:
    """A film's facts from its scenes'. Writes `frame-000.jpg` …, `storyboard.jpg` and `storyboard.vtt` into
    `folder`. Raises `MediaFailed`."""
    seen = [glances.read_cells(scene.cells, scene.glance.number) for scene in scenes]
    light = np.concatenate([cells for cells, _ in seen])
    starts = np.cumsum([0, *(scene.glance.number for scene in scenes)]).tolist()
    dark, still = (np.zeros(len(light), bool) for _ in range(2))
    for start, scene in zip(starts, scenes, strict=False):
        for first, last in scene.glance.black:
            dark[start + first : start + last] = True
        for first, last in scene.glance.frozen:
            still[start + first : start + last] = True
    for cut in starts[1:-1]:  # a picture that stands across a cut stands still
        difference = np.abs(light[cut].astype(np.int16) - light[cut - 1]).mean()
        still[cut] = difference < FROZEN
    names, seconds = _write_frames(scenes, starts, folder)
    return PictureFacts(
        black=_spans(dark),
        frozen=_spans(still),
        flashes_per_second=flashes.count_flashes(_full_range(light), FPS),
        red_flashes_per_second=flashes.count_red_flashes(
            _to_rgb(light, np.concatenate([colours for _, colours in seen])), FPS
        ),
        frames=tuple(names),
        frame_seconds=tuple(seconds),
    )


def _write_frames(
    scenes: Sequence[SceneGlance], starts: Sequence[int], folder: Path
) -> tuple[list[str], list[float]]:
    jpegs: list[bytes] = []
    names: list[str] = []
    seconds: list[float] = []
    for start, scene in zip(starts, scenes, strict=False):
        for number, jpeg in enumerate(glances.read_jpegs(scene.frames, scene.glance.sizes)):
            names.append(f"frame-{len(names):03}.jpg")
            seconds.append(round(start / FPS + number + 0.5, 3))
            with beside(folder / names[-1]) as parts:
                parts[0].write_bytes(jpeg)
            jpegs.append(jpeg)
    write_storyboard(folder, list(zip(seconds, jpegs, strict=True)), seconds=starts[-1] / FPS)
    return names, seconds


def _full_range(brightness: Pixels) -> Pixels:
    """BT.709 limited (16-235) to 0-255."""
    return np.asarray(np.clip((brightness.astype(np.float32) - 16) * (255 / 219), 0, 255), np.uint8)


def _to_rgb(brightness: Pixels, colours: Pixels) -> Pixels:
    """(frames, cells) and (frames, cells, 2) of BT.709 limited to (frames, cells, 3) of RGB."""
    y = (brightness.astype(np.float32) - 16) * (255 / 219)
    u, v = ((colours[:, :, side].astype(np.float32) - 128) * (255 / 224) for side in (0, 1))
    rgb = np.stack([y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u], axis=2)
    return np.asarray(np.clip(rgb, 0, 255), np.uint8)


def _spans(flags: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """The stretches of frames that are marked, `SHORTEST_SPAN` and more, in seconds."""
    return tuple(
        (round(first / FPS, 3), round(last / FPS, 3))
        for first, last in glances.find_runs(flags)
        if last - first >= SHORTEST_SPAN * FPS
    )


# --------------------------------------------------------------------------- encoded against drawn


def choose_sample(frames: int, *, keyframe_every: int) -> int:
    """The frame at which a scene's files are compared: a predicted one, in the middle of the scene."""
    return min(frames - 1, frames // 2 // keyframe_every * keyframe_every + INTO)


def compare(drawn: Pixels, number: int, files: Mapping[str, Path]) -> dict[str, float]:
    """The structural similarity (SSIM of brightness, 0-1) of each rung's frame `number` to what was drawn,
    which is brought to the rung's size; of the middle half in width and height. Raises `MediaFailed`."""
    return {name: _liken(drawn, _frame_at(path, number)) for name, path in files.items()}


def _liken(drawn: Pixels, shown: Pixels) -> float:
    height, width = shown.shape
    source = drawn
    if shown.shape != drawn.shape:
        source = np.asarray(cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    middle = slice(height // 4, height - height // 4), slice(width // 4, width - width // 4)
    return round(similarity(source[middle], shown[middle]), 4)


def _frame_at(path: Path, number: int) -> Pixels:
    """The brightness of a file's frame."""
    second = number / FPS
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            container.seek(int(second * av.time_base), backward=True)
            shown = next(frame for frame in container.decode(stream) if frame.time > second - 0.001)
            plane = shown.planes[0]
            rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
            return rows[: plane.height, : plane.width].copy()
    except (av.FFmpegError, IndexError, ValueError, StopIteration) as error:
        raise MediaFailed(
            "platform:render-failed", f"The encoded {path.name} cannot be read. Compose the scene again."
        ) from error


def similarity(first: Pixels, second: Pixels) -> float:
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
