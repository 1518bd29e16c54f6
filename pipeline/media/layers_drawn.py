"""Layers that draw themselves: lines that grow, rings that fill, lights that travel, waves that spread.

Those that come to rest are `Piece`s, so they are baked and keep the dust behind them like any other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.media.canvas import Frame, Pixels, Sprite, Stamp, lay, make_sprite
from pipeline.media.layers import Piece, ease_out

LEAVES = 0.25  # seconds
Side = Literal["right", "left", "down", "up"]


@dataclass
class Wipe(Piece):
    """A picture that is uncovered towards one side."""

    towards: Side = "right"

    def draw(self, frame: Frame, t: float) -> None:
        share = (t - self.start) / self.seconds
        if share <= 0:
            return
        if share >= 1:
            self.stamp.lay(frame, self.x, self.y)
            return
        sprite, left, top = self.stamp.at(self.x, self.y)
        height, width = sprite.y.shape
        shown = ease_out(share)
        wide, tall = int(width * shown) // 2 * 2, int(height * shown) // 2 * 2
        if self.towards == "right":
            box = (0, 0, wide, height)
        elif self.towards == "left":
            box = (width - wide, 0, width, height)
        elif self.towards == "down":
            box = (0, 0, width, tall)
        else:
            box = (0, height - tall, width, height)
        if box[2] - box[0] >= 2 and box[3] - box[1] >= 2:
            lay(frame, _cut(sprite, box), left + box[0], top + box[1])


def _cut(sprite: Sprite, box: tuple[int, int, int, int]) -> Sprite:
    """The part (left, top, right, bottom) of a sprite; even numbers."""
    left, top, right, bottom = box
    full = (slice(top, bottom), slice(left, right))
    half = (slice(top // 2, bottom // 2), slice(left // 2, right // 2))
    return Sprite(sprite.y[full], sprite.y_keep[full], sprite.uv[half], sprite.uv_keep[half])


@dataclass
class Leaving(Piece):
    """A picture that makes room again: at `until` it fades within a quarter of a second."""

    until: float = math.inf

    @property
    def rests(self) -> float:
        return self.until + LEAVES

    def draw(self, frame: Frame, t: float) -> None:
        gone = (t - self.until) / LEAVES
        if gone <= 0:
            super().draw(frame, t)
        elif gone < 1:
            self.stamp.lay(frame, self.x, self.y, 1.0 - gone)


class Sweep(Piece):
    """A ring or a disc, uncovered around its middle, clockwise from `turn` (0-1) over `share` of it."""

    def __init__(
        self,
        picture: Image.Image,
        x: float,
        y: float,
        start: float,
        seconds: float,
        *,
        share: float,
        turn: float = 0.0,
    ) -> None:
        side = max(picture.size)
        side += side % 2
        array = np.zeros((side, side, 4), np.uint8)
        array[: picture.height, : picture.width] = np.asarray(picture.convert("RGBA"))
        self._array, self._share = array, share
        ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
        angle = np.arctan2(xs - side / 2 + 0.5, -(ys - side / 2 + 0.5)) / (2 * np.pi) - turn
        self._angle: NDArray[np.float32] = np.asarray(angle % 1.0, np.float32)
        super().__init__(Stamp(self._picture(share)), x, y, start, "fade", seconds)

    def _alpha(self, share: float) -> Pixels:
        if share >= 1:
            return np.asarray(self._array[..., 3], np.uint8)
        soft = cv2.convertScaleAbs(
            np.clip((share - self._angle) * self._angle.shape[0] * 2.0, 0, 1), alpha=255.0
        )
        return np.asarray(cv2.multiply(self._array[..., 3], soft, scale=1 / 255), np.uint8)

    def _picture(self, share: float) -> Image.Image:
        array = self._array.copy()
        array[..., 3] = self._alpha(share)
        return Image.fromarray(array, "RGBA")

    def draw(self, frame: Frame, t: float) -> None:
        share = (t - self.start) / self.seconds
        if share <= 0:
            return
        if share >= 1:
            self.stamp.lay(frame, self.x, self.y)
            return
        alpha = self._alpha(self._share * ease_out(share))
        colour = cv2.multiply(self._array[..., :3], cv2.merge([alpha] * 3), scale=1 / 255)
        lay(frame, make_sprite(np.dstack([colour, alpha])), int(self.x), int(self.y))


@dataclass
class Travel:
    """Lights that move along a path, one behind the other, fading at both ends; for ever."""

    stamp: Stamp
    path: Sequence[tuple[float, float]]
    start: float
    period: float = 2.4  # seconds from end to end
    number: int = 3
    hides: tuple[float, float, float, float] | None = None  # behind what: left, top, right, bottom
    rests: float = math.inf

    def draw(self, frame: Frame, t: float) -> None:
        since = t - self.start
        if since <= 0:
            return
        for index in range(self.number):
            share = since / self.period - index / self.number
            if share < 0:
                continue
            share %= 1.0
            place = share * (len(self.path) - 1)
            first = min(int(place), len(self.path) - 2)
            rest = place - first
            (x0, y0), (x1, y1) = self.path[first], self.path[first + 1]
            x, y = x0 + (x1 - x0) * rest, y0 + (y1 - y0) * rest
            if self.hides and self.hides[0] < x < self.hides[2] and self.hides[1] < y < self.hides[3]:
                continue
            opacity = min(1.0, 5 * share, 5 * (1 - share), since / 0.4)
            self.stamp.lay(frame, x - self.stamp.width / 2, y - self.stamp.height / 2, opacity)


class Ripple:
    """Rings that spread from a point and fade, one at a time; for ever. Made once in eight sizes."""

    rests = math.inf

    def __init__(self, rings: Sequence[Image.Image], x: float, y: float, start: float, period: float) -> None:
        self._stamps = [Stamp(ring) for ring in rings]
        self._x, self._y, self._start, self._period = x, y, start, period

    def draw(self, frame: Frame, t: float) -> None:
        since = t - self._start
        if since <= 0:
            return
        share = since / self._period % 1.0
        stamp = self._stamps[min(len(self._stamps) - 1, int(share * len(self._stamps)))]
        x, y = self._x - stamp.width / 2, self._y - stamp.height / 2
        stamp.lay(frame, round(x / 2) * 2, round(y / 2) * 2, (1 - share) ** 1.5)
