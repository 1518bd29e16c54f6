"""The moving ground of a scene: soft coloured light on a dark colour, in two positions that are cross-faded.

Both positions are the same in every scene of a film; only the colours change. At a cut each scene
shows half its own ground and half its neighbour's, so the cut is invisible and yet each scene is
drawn from its own description alone.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.media.canvas import HEIGHT, WIDTH, Frame, rgb_to_yuv
from pipeline.media.palettes import Palette, rgb
from pipeline.media.scenery import lay_scenery

# per position: three lights as (x, y, radius), shares of the width and height
LIGHTS = (
    ((0.22, 0.16, 0.46), (0.96, 0.62, 0.50), (0.12, 0.90, 0.42)),
    ((0.48, 0.08, 0.50), (0.70, 0.80, 0.52), (0.00, 0.58, 0.46)),
)
PERIOD = 7.0  # seconds from the first position to the second and back


def draw_ground(palette: Palette, position: int) -> NDArray[np.float32]:
    """(240, 135, 3) float RGB 0-255: an eighth of the frame."""
    small_h, small_w = HEIGHT // 8, WIDTH // 8
    ys, xs = np.mgrid[0:small_h, 0:small_w].astype(np.float32)
    xs, ys = xs / small_w, ys / small_h
    base = np.array(rgb(palette.base), np.float32)
    picture = np.broadcast_to(base, (small_h, small_w, 3)).astype(np.float32)
    for (x, y, radius), colour in zip(LIGHTS[position], palette.glows, strict=True):
        distance = ((xs - x) ** 2 + ((ys - y) * 1.35) ** 2) / (radius * radius)
        share = np.exp(-1.7 * distance)[..., None] * 0.9
        picture = picture * (1 - share) + np.array(rgb(colour), np.float32) * share
    vignette = 1.0 - 0.34 * np.clip(((xs - 0.5) * 1.25) ** 2 + ((ys - 0.48) * 1.2) ** 2, 0, 1)
    return np.asarray(picture * vignette[..., None], np.float32)


@functools.cache
def _grain() -> NDArray[np.float32]:
    """One level of noise over the brightness, against bands: a quarter of the frame, laid four times."""
    return np.random.default_rng(7).random((HEIGHT // 4, WIDTH), np.float32) - 0.5


def make_plate(palette: Palette, position: int) -> Frame:
    """The ground as a frame of the caller's own."""
    return _draw_plate(palette, position).copy()


@functools.lru_cache(maxsize=4)  # 3 MB each: scenes of a film share their palettes, and so do neighbours
def _draw_plate(palette: Palette, position: int) -> Frame:
    """Converted small, enlarged smoothly, then given its grain."""
    yuv = rgb_to_yuv(draw_ground(palette, position))
    frame = Frame()
    light = cv2.resize(np.ascontiguousarray(yuv[..., 0]), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    grain = _grain()
    for band in light.reshape(-1, *grain.shape):
        cv2.add(band, grain, dst=band)
    np.copyto(frame.y, cv2.convertScaleAbs(light))
    colour = cv2.resize(
        np.ascontiguousarray(yuv[..., 1:]), (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_CUBIC
    )
    np.copyto(frame.uv, cv2.convertScaleAbs(colour))
    lay_scenery(frame, palette)
    return frame


def make_plates(palette: Palette) -> tuple[Frame, Frame]:
    return make_plate(palette, 0), make_plate(palette, 1)


def share_of_second(t: float, seconds: float) -> float:
    """How far the light has moved at `t`: 0 at both ends of the scene, so that neighbours meet."""
    turns = max(1, round(seconds / PERIOD))
    return float(np.sin(np.pi * turns * t / max(seconds, 0.1)) ** 2)
